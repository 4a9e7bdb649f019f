//! The same honest parts in two orders: the verdict must be the same, and it must be to settle.
//!
//! This check does without the model, so that the two cannot be wrong together.

use ammeter_core::{Hash, HtlcKey, receiver::Policy};

use crate::{
    adapter::UnderTest,
    sim::{
        coverage::Coverage,
        history::{Arrival, Form, History, Make, Name, Operation, Payment},
        invariants::{Invariant, Violation, Watch},
        model::Verdict,
        random::Random,
        world,
    },
};

/// Runs a few honest payments in two orders.
///
/// # Errors
/// The history whose verdict differs, or the second of two in which something was not claimed.
pub fn check(seed: u64, subject: &mut dyn UnderTest) -> Result<(), (History, Violation)> {
    let mut random = Random::new(seed ^ 0x6f72_6465_7200_0000);
    let mut history = honest(&mut random);
    let first = claimed(&history, subject).map_err(|violation| (history.clone(), violation))?;
    random.shuffle(&mut history.operations);
    let second = claimed(&history, subject).map_err(|violation| (history.clone(), violation))?;
    let broken = |invariant, expected: &str, seen: String| {
        let (position, expected) = (history.operations.len(), expected.to_owned());
        Err((history.clone(), Violation { invariant, position, expected, seen }))
    };
    let differs = second.iter().find(|one| !first.contains(one));
    if let Some((key, claimed)) = differs {
        let seen = format!("{key:?}: claimed in this order: {claimed}, in another: {}", !claimed);
        return broken(Invariant::OrderInvariant, "the same verdict in any order", seen);
    }
    match second.iter().find(|(_, claimed)| !claimed) {
        Some((key, _)) => {
            let seen = format!("{key:?} was not");
            broken(Invariant::HonestSetsSettle, "honest HTLCs are claimed in any order", seen)
        }
        None => Ok(()),
    }
}

/// One to three payments, every part of each, and nothing else.
fn honest(random: &mut Random) -> History {
    let mut history = History {
        policy: Policy::new(Hash::Sha256),
        payments: Vec::new(),
        operations: Vec::new(),
    };
    let mut htlc_id = 0;
    for position in 0..=random.below(3) as u8 {
        let form = random.pick(&Form::ALL);
        let parts = 1 + random.below(4) as u8;
        let fold = if form == Form::Basic { random.below(3) as u8 } else { 0 };
        let (make, name) = (Make::Honest, Name::Own);
        let payment = Payment { form, make, parts, fold, amount: 1_000, name, root: position };
        history.payments.push(payment);
        for part in 0..parts {
            let key = HtlcKey { channel_id: 1 + random.below(2), htlc_id };
            htlc_id += 1;
            let (payment, twists) = (position, Vec::new());
            history.operations.push(Operation::Htlc(Arrival { key, payment, part, twists }));
        }
    }
    history
}

/// Which HTLCs were claimed, by key.
fn claimed(
    history: &History,
    subject: &mut dyn UnderTest,
) -> Result<Vec<(HtlcKey, bool)>, Violation> {
    let endings = world::run(history, subject, Watch::Panics, &mut Coverage::default())?;
    let claimed = |verdict| matches!(verdict, Some(Verdict::Settle(_)));
    Ok(endings.into_iter().map(|(key, verdict)| (key, claimed(verdict))).collect())
}
