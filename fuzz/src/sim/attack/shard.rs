//! A part of a run: the parts of all shards have no seed in common, and together they are the run.

use core::{fmt, str::FromStr};

/// The most shards of a run.
const SHARDS_MAX: u64 = 1 << 16;

/// Shard K of N, written `K/N`. It has every N-th history of the run, from the K-th on, so that a
/// run without a last history can be split as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    number: u64,
    count: u64,
}

impl Shard {
    /// The whole run.
    pub const WHOLE: Self = Self { number: 1, count: 1 };

    /// K, from 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.number
    }

    /// N.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The position in the whole run of the shard's history at `position`, both from 0; `u64::MAX`
    /// if no run is so long.
    #[must_use]
    pub const fn history(self, position: u64) -> u64 {
        position.saturating_mul(self.count).saturating_add(self.number - 1)
    }

    /// How many histories the shard has of a run of `histories`.
    #[must_use]
    pub const fn share(self, histories: u64) -> u64 {
        histories.saturating_sub(self.number - 1).div_ceil(self.count)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
            plain.then(|| digits.parse::<u64>().ok()).flatten()
        };
        match text.split_once('/').map(|(k, n)| (number(k), number(n))) {
            Some((Some(number @ 1..), Some(count @ 1..=SHARDS_MAX))) if number <= count => {
                Ok(Self { number, count })
            }
            _ => Err(format!("K/N is needed, with K from 1 to N and N from 1 to {SHARDS_MAX}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_disjoint_and_together_the_run() {
        for (count, histories) in [(1, 0), (1, 7), (2, 9), (3, 9), (7, 3), (32, 1000)] {
            let mut all = Vec::new();
            for number in 1..=count {
                let shard: Shard = format!("{number}/{count}").parse().unwrap();
                let of = (0..shard.share(histories)).map(|position| shard.history(position));
                all.extend(of);
                assert!(shard.history(shard.share(histories)) >= histories, "{shard}");
            }
            all.sort_unstable();
            assert_eq!(all, (0..histories).collect::<Vec<_>>(), "{count}");
        }
        let last: Shard = format!("{SHARDS_MAX}/{SHARDS_MAX}").parse().unwrap();
        assert_eq!((last.history(u64::MAX), last.share(u64::MAX)), (u64::MAX, (1 << 48) - 1));
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        let bad = ["", "1", "/", "0/4", "5/4", "1/0", "1/65537", "+1/4", "1/ 4", "1/4/4", "-1/4"];
        for text in bad.into_iter().chain(["18446744073709551617/18446744073709551617"]) {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
