//! How many different values there were, without keeping them.
//!
//! HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007): each value falls into one of 2^14
//! registers, which keeps the longest run of zeros that a hash of its values began with. There is
//! no ceiling below 2^60; the standard error is 1.04 / sqrt(2^14) = 0.8 %. While most registers are
//! empty, their number gives the better estimate (linear counting), so that a few hundred values
//! are counted almost exactly.
//!
//! Written down, each register is a letter, so that counters of several machines can be added up.

use core::{fmt, str::FromStr};

/// Bits of a hash that choose its register.
const INDEX_BITS: u32 = 14;
const REGISTERS: usize = 1 << INDEX_BITS;

/// A letter for each value of a register: no run is longer than the 50 bits that are left, and one.
const LETTERS: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const _: () = assert!(LETTERS.len() == (u64::BITS - INDEX_BITS) as usize + 2);

/// A counter of different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct(Vec<u8>);

impl Default for Distinct {
    fn default() -> Self {
        Self(vec![0; REGISTERS])
    }
}

impl Distinct {
    /// Counts a value by its hash, all of whose 64 bits must be as good as random.
    pub(super) fn insert(&mut self, hash: u64) {
        let register = (hash >> (u64::BITS - INDEX_BITS)) as usize;
        // A one behind the bits that are left ends every run.
        let run = (hash << INDEX_BITS | 1 << (INDEX_BITS - 1)).leading_zeros() as u8 + 1;
        self.0[register] = self.0[register].max(run);
    }

    /// Counts what the other counted as well.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            *ours = (*ours).max(*theirs);
        }
    }

    /// The estimate.
    #[must_use]
    pub fn count(&self) -> u64 {
        let registers = REGISTERS as f64;
        let sum: f64 = self.0.iter().map(|run| 0.5f64.powi((*run).into())).sum();
        let estimate = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / sum;
        let empty = self.0.iter().filter(|run| **run == 0).count();
        let is_small = estimate <= 2.5 * registers && empty > 0;
        let estimate =
            if is_small { registers * (registers / empty as f64).ln() } else { estimate };
        estimate.round() as u64
    }
}

impl fmt::Display for Distinct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters: String =
            self.0.iter().map(|run| char::from(LETTERS[usize::from(*run)])).collect();
        f.write_str(&letters)
    }
}

impl FromStr for Distinct {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let run = |letter| LETTERS.iter().position(|other| *other == letter);
        let runs: Option<Vec<u8>> =
            text.bytes().map(|letter| run(letter).map(|run| run as u8)).collect();
        let runs = runs.filter(|runs| runs.len() == REGISTERS);
        runs.map(Self).ok_or_else(|| format!("{REGISTERS} letters from A to Z, a to z are needed"))
    }
}

/// A 64-bit mix in which every bit of the value reaches every bit of the result (splitmix64's).
pub(super) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(values: impl Iterator<Item = u64>) -> Distinct {
        let mut distinct = Distinct::default();
        values.for_each(|value| distinct.insert(mix(value.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        distinct
    }

    /// Five standard errors: no ceiling at 2^16, and none soon.
    #[test]
    fn the_count_is_near_the_truth_at_every_size() {
        for truth in [0, 1, 100, 10_000, 40_000, 65_536, 300_000, 3_000_000] {
            let count = counted(1..=truth).count();
            assert!(count.abs_diff(truth) as f64 <= truth as f64 * 0.04, "{count} for {truth}");
        }
    }

    #[test]
    fn what_comes_again_counts_once_and_two_counters_add_up() {
        let mut one = counted((0..10_000).chain(0..10_000));
        assert_eq!(one.count(), counted(0..10_000).count());
        one.merge(&counted(5_000..20_000));
        assert_eq!(one.count(), counted(0..20_000).count());
    }

    #[test]
    fn a_counter_is_read_as_it_was_written() {
        let counter = counted(0..300_000);
        assert_eq!(counter.to_string().parse(), Ok(counter.clone()));
        let mut longest = Distinct::default();
        (0..1 << INDEX_BITS).for_each(|index| longest.insert(index << (u64::BITS - INDEX_BITS)));
        assert_eq!(longest.to_string(), "z".repeat(REGISTERS));
        assert_eq!(longest.to_string().parse(), Ok(longest));
        for bad in ["", "A", &"!".repeat(REGISTERS), &"é".repeat(REGISTERS / 2)] {
            assert!(bad.parse::<Distinct>().is_err());
        }
    }
}
