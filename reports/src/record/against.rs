//! The JSON record of two commits measured in one run: everything that its table and its page show.
//!
//! Readers must accept fields that they do not know; a change that they could not read changes
//! [`SCHEMA`].

use serde::{Deserialize, Serialize};

use super::{Head, Ratio, Spread, Workload};

/// The name of this layout.
pub const SCHEMA: &str = "ammeter/against/1";

/// A slow-down that is allowed where none was named.
pub const ALLOWED: f64 = 0.03;

/// One run of `ammeter compare --against`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// What was derived and how it was sampled.
    pub workload: Workload,
    /// The other commit.
    pub before: Side,
    /// The working tree.
    pub after: Side,
    /// By which part a row may be slower, if it was asked for: 0.03 for three per cent.
    pub fail_above: Option<f64>,
    /// A backend each, by hash.
    pub rows: Vec<Row>,
}

/// One of the two builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// As it was named.
    pub revision: String,
    /// Its commit; ends in `-dirty` if the tree had changes.
    pub commit: String,
}

/// One backend of both commits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The hash.
    pub hash: String,
    /// Its name.
    pub backend: String,
    /// Pairs a second of the other commit's, all threads together.
    pub before: Option<Spread>,
    /// Pairs a second of the working tree's.
    pub after: Option<Spread>,
    /// The speed of the working tree's over that of the other commit's.
    pub change: Option<Ratio>,
    /// A/A: the other commit's over its own, 1 but for noise. It ran three times beside the row:
    /// this is the pair that differed more.
    pub noise: Option<Ratio>,
    /// Rounds sampled.
    pub rounds: u64,
    /// What this run says.
    pub verdict: Verdict,
    /// What went wrong.
    pub fault: Option<String>,
}

/// What a run says of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Slower, whatever the noise did.
    Slower,
    /// Faster, whatever the noise did.
    Faster,
    /// Not slower by more than is allowed, whatever the noise did.
    Alike,
    /// The noise and the interval are wider than what is allowed, or a clock could not be believed.
    CannotTell,
    /// One of the two was wrong or failed, or the working tree does not serve it any more.
    Wrong,
}

impl Verdict {
    /// Of a [widened](Row::widened) change, where a row may be slower by the part `allowed`.
    #[must_use]
    pub fn of(widened: Option<Ratio>, allowed: f64) -> Self {
        match widened {
            Some(Ratio { high, .. }) if high < 1.0 => Self::Slower,
            Some(Ratio { low, .. }) if low > 1.0 => Self::Faster,
            Some(Ratio { low, .. }) if low >= 1.0 - allowed => Self::Alike,
            // Not a number, or no A/A, too.
            _ => Self::CannotTell,
        }
    }

    /// In a word or two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Alike => "no difference",
            Self::CannotTell => "cannot tell",
            Self::Wrong => "wrong",
        }
    }
}

impl Row {
    /// The change with the noise at both ends of its interval.
    #[must_use]
    pub fn widened(&self) -> Option<Ratio> {
        let (Ratio { median, low, high }, noise) = (self.change?, self.noise?);
        let noise = 1.0 + noise.distance_from_one();
        Some(Ratio { median, low: low / noise, high: high * noise })
    }
}

impl Record {
    /// The part by which a row may be slower.
    #[must_use]
    pub fn allowed(&self) -> f64 {
        self.fail_above.unwrap_or(ALLOWED)
    }

    /// Rows that are slower by more than is allowed, whatever the noise did. None unless it was
    /// asked for.
    pub fn regressions(&self) -> impl Iterator<Item = &Row> {
        let least = self.fail_above.map_or(0.0, |allowed| 1.0 - allowed);
        self.rows.iter().filter(move |row| row.widened().is_some_and(|ratio| ratio.high < least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(change: [f64; 3], noise: f64) -> Row {
        let [low, median, high] = change;
        let noise = Ratio { median: 1.0, low: 1.0 - noise, high: 1.0 + noise / 2.0 };
        Row {
            hash: "sha256".into(),
            backend: "ammeter/portable".into(),
            before: None,
            after: None,
            change: Some(Ratio { median, low, high }),
            noise: Some(noise),
            rounds: 9,
            verdict: Verdict::Wrong,
            fault: None,
        }
    }

    fn verdict(change: [f64; 3], noise: f64) -> Verdict {
        Verdict::of(row(change, noise).widened(), ALLOWED)
    }

    #[test]
    fn a_verdict_is_given_only_beyond_interval_and_noise() {
        assert_eq!(verdict([0.97, 0.98, 0.985], 0.01), Verdict::Slower);
        assert_eq!(verdict([0.985, 0.99, 0.995], 0.01), Verdict::Alike, "0.995 × 1.01 is above 1");
        assert_eq!(verdict([1.02, 1.03, 1.04], 0.01), Verdict::Faster);
        assert_eq!(verdict([1.005, 1.03, 1.04], 0.01), Verdict::Alike);
        assert_eq!(verdict([0.98, 1.0, 1.02], 0.02), Verdict::CannotTell);
        assert_eq!(verdict([f64::NAN, 1.0, 1.02], 0.02), Verdict::CannotTell);
        assert_eq!(Verdict::of(None, ALLOWED), Verdict::CannotTell);
    }
}
