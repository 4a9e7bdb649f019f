//! A regression gate that knows noise.
//!
//! A figure is a ratio that was sampled side by side with what it is compared with: a backend over
//! the baseline, the receiver over redb. Two runs are compared by their figures and never by their
//! rates, because a machine is rarely as fast today as it was yesterday. Each figure has an
//! interval and each run an A/A; a change has both ends of both intervals and both noises in it,
//! and three verdicts are possible: it regressed, it did not, or these two runs cannot tell.

mod figures;
mod show;

use serde::Serialize;

pub use figures::{Figure, figures};
pub use show::{junit, lines, markdown};

use crate::record::Ratio;

/// What became of one figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What was measured.
    pub figure: String,
    /// The figure of the new run over that of the old one: below 1 it is slower.
    pub change: Option<Ratio>,
    /// Whether that is too much.
    pub verdict: Verdict,
}

/// Whether a change is too much.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "because")]
pub enum Verdict {
    /// Slower by more than is allowed, whatever the noise did; or no longer right at all.
    Regressed(String),
    /// Not slower by more than is allowed, whatever the noise did.
    Fine,
    /// These two runs cannot tell, and why.
    Unknown(String),
}

impl Verdict {
    /// The greater, the worse.
    const fn gravity(&self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Unknown(_) => 1,
            Self::Regressed(_) => 2,
        }
    }

    /// Whether the gate closes.
    #[must_use]
    pub const fn is_regression(&self) -> bool {
        matches!(self, Self::Regressed(_))
    }
}

/// Compares every figure of `old` with those of that name in `new`, of the same machine and against
/// the same other if there are any; of several the worst verdict counts, whatever their order. A
/// figure may become slower by the part `allowed`, 0.03 for three per cent. What only `new` has is
/// no change.
#[must_use]
pub fn changes(old: &[Figure], new: &[Figure], allowed: f64) -> Vec<Change> {
    let worst = |old: &Figure| {
        let named: Vec<&Figure> = new.iter().filter(|new| new.name == old.name).collect();
        let is_alike = |new: &&&Figure| new.cpu == old.cpu && new.against == old.against;
        let alike: Vec<&Figure> = named.iter().filter(is_alike).copied().collect();
        let these = if alike.is_empty() { named } else { alike };
        let all = these.into_iter().map(|new| change(old, Some(new), allowed));
        all.max_by_key(|change| change.verdict.gravity())
            .unwrap_or_else(|| change(old, None, allowed))
    };
    old.iter().map(worst).collect()
}

/// Why not one figure could be compared, each reason once; `None` if one could.
#[must_use]
pub fn incomparable(changes: &[Change]) -> Option<String> {
    let mut reasons: Vec<&str> = Vec::new();
    for Change { change, verdict, .. } in changes {
        match verdict {
            Verdict::Unknown(why) if change.is_none() => {
                if !reasons.contains(&why.as_str()) {
                    reasons.push(why);
                }
            }
            _ => return None,
        }
    }
    Some(reasons.join("; "))
}

fn change(old: &Figure, new: Option<&Figure>, allowed: f64) -> Change {
    let of = |change, verdict| Change { figure: old.name.clone(), change, verdict };
    let unknown = |change, why: &str| of(change, Verdict::Unknown(why.into()));
    let Some(new) = new else { return unknown(None, "the new run does not have it") };
    if let Some(fault) = &old.fault {
        return unknown(None, &format!("the old run has no figure of it: {fault}"));
    }
    match &new.fault {
        // Its outputs are right: a busy machine is enough for that.
        Some(fault) if new.clock_refused => return unknown(None, fault),
        Some(fault) => return of(None, Verdict::Regressed(fault.clone())),
        None => {}
    }
    let (Some(before), Some(after)) = (old.ratio, new.ratio) else {
        return unknown(None, "a ratio is missing");
    };
    if old.cpu != new.cpu {
        return unknown(None, "the machines differ");
    }
    if old.against != new.against {
        return unknown(None, "what it was compared with differs");
    }
    let (Some(noise_before), Some(noise_after)) = (old.noise, new.noise) else {
        return unknown(None, "a run without A/A does not know its noise");
    };
    let noise = (1.0 + noise_before.distance_from_one()) * (1.0 + noise_after.distance_from_one());
    let change = Ratio {
        median: after.median / before.median,
        low: after.low / before.high / noise,
        high: after.high / before.low * noise,
    };
    let least = 1.0 - allowed;
    match change {
        Ratio { high, .. } if high < least => of(
            Some(change),
            Verdict::Regressed(format!("slower by more than {:.1} %", 100.0 * allowed)),
        ),
        Ratio { low, .. } if low >= least => of(Some(change), Verdict::Fine),
        // Not a number, too.
        _ => unknown(Some(change), "noise and intervals are wider than what is asked"),
    }
}

#[cfg(test)]
mod tests;
