//! What is counted of payments, and how seeds become medians with intervals.

use super::simulation::Outcome;
use crate::statistics::Interval;

/// One number for all payments of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The part of payments that were paid, of those that the oracle can pay.
    Success,
    /// Parts sent for a payment, failed ones too.
    Attempts,
    /// Times at which a payment sent parts.
    Rounds,
    /// Parts of a paid payment.
    Parts,
    /// Fees in millionths of what was paid.
    FeeMillionths,
    /// Seconds in which a slot was taken, for a payment, all hops together.
    HtlcSeconds,
    /// The most slots that a payment took at a time, all hops together.
    Slots,
    /// Seconds until a paid payment was complete.
    Seconds,
    /// Seconds for which as much as the payment's amount was locked on one hop by a set that never
    /// completed.
    LockedInVain,
    /// The part of a payment's amount that was settled although the payment was never complete.
    PaidInVain,
    /// The part of the parts that failed for lack of a slot.
    ShortOfSlots,
}

impl Figure {
    /// All of them, in the order of records.
    pub const ALL: [Self; 11] = [
        Self::Success,
        Self::Attempts,
        Self::Rounds,
        Self::Parts,
        Self::FeeMillionths,
        Self::HtlcSeconds,
        Self::Slots,
        Self::Seconds,
        Self::LockedInVain,
        Self::PaidInVain,
        Self::ShortOfSlots,
    ];

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Attempts => "attempts",
            Self::Rounds => "rounds",
            Self::Parts => "parts",
            Self::FeeMillionths => "fee_millionths",
            Self::HtlcSeconds => "htlc_seconds",
            Self::Slots => "slots",
            Self::Seconds => "seconds",
            Self::LockedInVain => "locked_in_vain_seconds",
            Self::PaidInVain => "paid_in_vain",
            Self::ShortOfSlots => "short_of_slots",
        }
    }

    /// Of one seed's payments, each with its amount; `None` if it has nothing to count.
    #[must_use]
    pub fn of(self, payments: &[(u64, Outcome)]) -> Option<f64> {
        let paid = || payments.iter().filter(|(_, outcome)| outcome.is_paid);
        let in_vain = || payments.iter().filter(|(_, outcome)| !outcome.is_paid);
        let all = payments.len() as f64;
        let sum = |count: &dyn Fn(&Outcome) -> u64| {
            payments.iter().map(|(_, outcome)| count(outcome)).sum::<u64>() as f64
        };
        let of_paid = |count: &dyn Fn(&Outcome) -> u64| {
            paid().map(|(_, outcome)| count(outcome)).sum::<u64>() as f64
        };
        let value = match self {
            Self::Success => paid().count() as f64 / all,
            Self::Attempts => sum(&|outcome| outcome.attempts) / all,
            Self::Rounds => sum(&|outcome| outcome.rounds) / all,
            Self::Parts => of_paid(&|outcome| outcome.arrived) / paid().count() as f64,
            Self::FeeMillionths => {
                1e6 * of_paid(&|outcome| outcome.fee_msat)
                    / of_paid(&|outcome| outcome.settled_msat)
            }
            Self::HtlcSeconds => sum(&|outcome| outcome.htlc_ms as u64) / all / 1000.0,
            Self::Slots => sum(&|outcome| outcome.slots) / all,
            Self::Seconds => {
                of_paid(&|outcome| outcome.decided_ms) / paid().count() as f64 / 1000.0
            }
            Self::LockedInVain => {
                let seconds = |(amount, outcome): &(u64, Outcome)| {
                    outcome.msat_ms as f64 / *amount as f64 / 1000.0
                };
                in_vain().map(seconds).sum::<f64>() / all
            }
            Self::PaidInVain => {
                let part = |(amount, outcome): &(u64, Outcome)| {
                    outcome.settled_msat as f64 / *amount as f64
                };
                in_vain().map(part).sum::<f64>() / all
            }
            Self::ShortOfSlots => {
                sum(&|outcome| outcome.short_of_slots) / sum(&|outcome| outcome.attempts)
            }
        };
        // The sum of no numbers is a negative zero.
        value.is_finite().then_some(value + 0.0)
    }
}

/// The median over seeds with its interval; `None` if no seed has the figure.
#[must_use]
pub fn median(seeds: &[Option<f64>], seed: u64) -> Option<Interval> {
    let known: Vec<f64> = seeds.iter().copied().flatten().collect();
    (!known.is_empty()).then(|| Interval::of_median(&known, seed))
}

/// The median over seeds of one row's figure over another's of the same seed. `None` if a seed has
/// no quotient, because one of the two has no figure there or the other's is zero: without those
/// seeds the median would be of the others only, and they are those in which something was lost.
#[must_use]
pub fn paired(seeds: &[Option<f64>], others: &[Option<f64>], seed: u64) -> Option<Interval> {
    let quotient = |(value, other): (&Option<f64>, &Option<f64>)| {
        let other = (*other)?;
        (other > 0.0).then_some((*value)? / other)
    };
    let quotients: Option<Vec<f64>> = seeds.iter().zip(others).map(quotient).collect();
    quotients.filter(|all| !all.is_empty()).map(|all| Interval::of_median(&all, seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_two_known_payments() {
        let paid = Outcome {
            is_paid: true,
            attempts: 3,
            rounds: 2,
            arrived: 2,
            fee_msat: 5,
            settled_msat: 1000,
            htlc_ms: 4000,
            msat_ms: 1,
            slots: 6,
            short_of_balance: 1,
            short_of_slots: 0,
            decided_ms: 1500,
        };
        let in_vain = Outcome {
            attempts: 1,
            rounds: 1,
            settled_msat: 500,
            htlc_ms: 2000,
            msat_ms: 2_000_000,
            slots: 2,
            short_of_slots: 1,
            ..Outcome::default()
        };
        let both = [(1000, paid), (1000, in_vain)];
        let values = Figure::ALL.map(|figure| figure.of(&both).unwrap());
        assert_eq!(values, [0.5, 2.0, 1.5, 2.0, 5000.0, 3.0, 4.0, 1.5, 1.0, 0.25, 0.25]);
        assert_eq!(Figure::Parts.of(&both[1..]), None, "nothing was paid");
        assert_eq!(Figure::Success.of(&[]), None);
    }

    #[test]
    fn quotients_are_of_the_same_seed() {
        let (one, other) = ([Some(2.0), Some(30.0)], [Some(1.0), Some(10.0)]);
        assert_eq!(paired(&one, &other, 1).map(|interval| interval.median), Some(2.5));
        assert_eq!(paired(&one, &[Some(0.0); 2], 1), None);
        assert_eq!(paired(&one, &[Some(0.0), Some(10.0)], 1), None, "one seed of two has none");
        assert_eq!(paired(&[Some(2.0), None], &other, 1), None, "nor where there is no figure");
        assert_eq!(paired(&[Some(0.0); 2], &other, 1).map(|interval| interval.median), Some(0.0));
        assert_eq!(paired(&[], &[], 1), None);
        assert_eq!(median(&[None], 1), None);
    }
}
