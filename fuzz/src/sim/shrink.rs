//! Makes a history that fails shorter: fewer operations, then plainer values, while the same
//! invariant breaks.

use std::time::{Duration, Instant};

use ammeter_amp::receiver::Policy;
use ammeter_core::HtlcKey;

use crate::{
    sim::subject::UnderTest,
    sim::{
        history::{Form, History, Make, Name, Operation, Twist},
        invariants::{Violation, Watch},
        replay::replay,
    },
};

/// The most histories that are tried. Most failures need a few hundred.
const TRIES_MAX: u32 = 20_000;
/// How long they are tried, at most: a program that hangs takes seconds for each.
const SHRINK_FOR: Duration = Duration::from_secs(60);

/// A shorter history that breaks the same invariant, and how it breaks it.
pub fn shrink(
    history: &History,
    violation: &Violation,
    subject: &mut dyn UnderTest,
    watch: Watch,
) -> (History, Violation) {
    let (history, violation) = (history.clone(), violation.clone());
    let until = Instant::now() + SHRINK_FOR;
    let mut shrinker = Shrinker { history, violation, subject, watch, tries: 0, until };
    loop {
        let before = shrinker.history.clone();
        shrinker.drop_operations();
        shrinker.drop_payments();
        shrinker.plainer();
        if shrinker.history == before || shrinker.is_over() {
            return (shrinker.history, shrinker.violation);
        }
    }
}

struct Shrinker<'a> {
    /// The shortest history so far that fails.
    history: History,
    violation: Violation,
    subject: &'a mut dyn UnderTest,
    watch: Watch,
    tries: u32,
    until: Instant,
}

impl Shrinker<'_> {
    fn is_over(&self) -> bool {
        self.tries >= TRIES_MAX || Instant::now() >= self.until
    }

    /// Keeps a candidate if it breaks the same invariant, and returns whether it did.
    fn try_on(&mut self, mut candidate: History) -> bool {
        self.subject.profile().fix(&mut candidate.policy);
        if self.is_over() || candidate == self.history {
            return false;
        }
        self.tries += 1;
        match replay(&candidate, self.subject, self.watch) {
            Err(violation) if violation.invariant == self.violation.invariant => {
                (self.history, self.violation) = (candidate, violation);
                true
            }
            _ => false,
        }
    }

    /// Changes a copy, keeps it if it breaks the same invariant, and returns whether it did.
    fn change(&mut self, change: impl FnOnce(&mut History)) -> bool {
        let mut candidate = self.history.clone();
        change(&mut candidate);
        self.try_on(candidate)
    }

    /// Drops the operations behind the failure, then halves, quarters, … single operations and
    /// pairs.
    fn drop_operations(&mut self) {
        let behind = self.violation.position + 1;
        if behind < self.history.operations.len() {
            self.change(|history| history.operations.truncate(behind));
        }
        let mut size = self.history.operations.len().next_power_of_two();
        while size > 0 {
            let mut start = 0;
            while start < self.history.operations.len() {
                let end = (start + size).min(self.history.operations.len());
                let dropped = self.change(|history| {
                    history.operations.drain(start..end);
                });
                if !dropped {
                    start += size;
                }
            }
            size /= 2;
        }
        self.drop_pairs();
    }

    /// Drops pairs of operations of which neither can go alone.
    fn drop_pairs(&mut self) {
        let mut first = 0;
        while first < self.history.operations.len() {
            let seconds = first + 1..self.history.operations.len();
            let dropped = seconds.into_iter().any(|second| {
                self.change(|history| {
                    history.operations.remove(second);
                    history.operations.remove(first);
                })
            });
            if !dropped {
                first += 1;
            }
        }
    }

    /// Drops payments that no failing operation needs.
    fn drop_payments(&mut self) {
        for position in (0..self.history.payments.len()).rev() {
            self.change(|history| forget_payment(history, position as u8));
        }
    }

    /// Replaces values by plainer ones, one at a time.
    fn plainer(&mut self) {
        self.plainer_policy();
        for position in 0..self.history.payments.len() {
            self.plainer_payment(position);
        }
        for position in 0..self.history.operations.len() {
            self.plainer_operation(position);
        }
        self.change(renumber);
    }

    fn plainer_policy(&mut self) {
        /// Takes one field, or a group of them, from the second policy.
        type Take = fn(&mut Policy, Policy);
        const TAKES: [Take; 10] = [
            |policy, plain| *policy = plain,
            |policy, plain| policy.limits = plain.limits,
            |policy, _| policy.hash = ammeter_core::Hash::Sha256,
            |policy, plain| policy.deviation = plain.deviation,
            |policy, plain| policy.realms = plain.realms,
            |policy, plain| policy.spontaneous = plain.spontaneous,
            |policy, plain| policy.overpayment_factor_max = plain.overpayment_factor_max,
            |policy, plain| policy.hold_ms = plain.hold_ms,
            |policy, plain| policy.expiry_margin_blocks = plain.expiry_margin_blocks,
            |policy, plain| policy.retention_ms = plain.retention_ms,
        ];
        let plain = Policy::new(self.history.policy.hash);
        for take in TAKES {
            self.change(|history| take(&mut history.policy, plain));
        }
    }

    fn plainer_payment(&mut self, position: usize) {
        self.change(|history| history.payments[position].make = Make::Honest);
        if self.subject.profile().forms().contains(&Form::Basic) {
            self.change(|history| history.payments[position].form = Form::Basic);
        }
        self.change(|history| history.payments[position].name = Name::Own);
        self.change(|history| history.payments[position].fold = 0);
        self.change(|history| history.payments[position].amount_msat = 1_000);
        self.change(|history| history.payments[position].root = position as u8);
        for parts in 1..self.history.payments[position].parts {
            if self.change(|history| history.payments[position].parts = parts) {
                break;
            }
        }
    }

    fn plainer_operation(&mut self, position: usize) {
        if let Operation::Htlc(arrival) = &self.history.operations[position] {
            for twist in (0..arrival.twists.len()).rev() {
                self.change(|history| {
                    if let Operation::Htlc(arrival) = &mut history.operations[position] {
                        arrival.twists.remove(twist);
                    }
                });
            }
        }
        if let Operation::Htlc(arrival) = &self.history.operations[position]
            && arrival.part > 0
        {
            self.change(|history| {
                if let Operation::Htlc(arrival) = &mut history.operations[position] {
                    arrival.part = 0;
                }
            });
        }
    }
}

fn forget_payment(history: &mut History, gone: u8) {
    let up = |position: &mut u8| *position -= u8::from(*position > gone);
    history.payments.remove(gone.into());
    for payment in &mut history.payments {
        if let Name::Payment(position) = &mut payment.name {
            up(position);
        }
    }
    history.operations.retain_mut(|operation| {
        let Operation::Htlc(arrival) = operation else { return true };
        for twist in &mut arrival.twists {
            if let Twist::HashOf { payment, .. } = twist {
                up(payment);
            }
        }
        let kept = arrival.payment != gone;
        up(&mut arrival.payment);
        kept
    });
}

/// Gives HTLCs keys in the order of their arrival, all on one channel.
fn renumber(history: &mut History) {
    let mut keys: Vec<HtlcKey> = Vec::new();
    for operation in &mut history.operations {
        let key = match operation {
            Operation::Htlc(arrival) => &mut arrival.key,
            Operation::Again(key) | Operation::AcknowledgeOne(key) | Operation::Gone(key) => key,
            _ => continue,
        };
        let number = keys.iter().position(|known| known == key).unwrap_or_else(|| {
            keys.push(*key);
            keys.len() - 1
        });
        *key = HtlcKey { channel_id: 1, htlc_id: number as u64 };
    }
}
