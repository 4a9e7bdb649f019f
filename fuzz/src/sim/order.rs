//! The same honest parts in two orders: the verdicts must be the same.
//!
//! This check does not use the model, so that it can find what the model gets wrong.

use ammeter_amp::receiver::{Limits, Policy};
use ammeter_core::{Hash, HtlcKey};

use crate::{
    sim::subject::UnderTest,
    sim::{
        coverage::Coverage,
        history::{Arrival, Form, History, Make, Name, Operation, Payment},
        invariants::{Invariant, Violation, Watch},
        model::Verdict,
        oracle::name,
        profile::Profile,
        random::Random,
        world,
    },
};

/// The honest history of a seed, in some order.
#[must_use]
pub fn history(seed: u64, profile: &Profile) -> History {
    let mut random = Random::new(seed ^ 0x6f72_6465_7200_0000);
    let mut history = honest(&profile.forms(), &mut random);
    profile.fix(&mut history.policy);
    random.shuffle(&mut history.operations);
    history
}

/// Whether the order of a history must not matter: honest parts of different payments, each once,
/// in a receiver with room for them, and nothing else.
#[must_use]
pub fn is_free(history: &History) -> bool {
    let Policy { limits, spontaneous, .. } = history.policy;
    let honest = |payment: &Payment| {
        payment.make == Make::Honest
            && payment.name == Name::Own
            && history.payments.iter().filter(|other| other.root == payment.root).count() == 1
    };
    let places: Vec<_> = history.operations.iter().filter_map(place).collect();
    let each_once = |(k, place): (usize, &(u8, u8, HtlcKey))| {
        places[..k]
            .iter()
            .all(|(payment, part, key)| (*payment, *part) != (place.0, place.1) && *key != place.2)
    };
    spontaneous
        && limits == Limits::DEFAULT
        && history.payments.iter().all(honest)
        && places.len() == history.operations.len()
        && places.iter().enumerate().all(each_once)
}

/// The payment, the part and the key of an HTLC that arrives without twists.
fn place(operation: &Operation) -> Option<(u8, u8, HtlcKey)> {
    match operation {
        Operation::Htlc(arrival) if arrival.twists.is_empty() => {
            Some((arrival.payment, arrival.part, arrival.key))
        }
        _ => None,
    }
}

/// Runs a history whose order is free as it is, and payment by payment.
///
/// # Errors
/// A verdict that differs, or the receiver's death.
pub fn check(history: &History, subject: &mut dyn UnderTest) -> Result<(), Violation> {
    let mut sorted = history.clone();
    sorted.operations.sort_by_key(place);
    let expected = claimed(&sorted, subject)?;
    let seen = claimed(history, subject)?;
    match seen.iter().find(|one| !expected.contains(one)) {
        None => Ok(()),
        Some((key, was)) => {
            let word = |claimed| if claimed { "claimed" } else { "not claimed" };
            let key = name(*key);
            Err(Violation {
                invariant: Invariant::OrderInvariant,
                position: history.operations.len(),
                expected: format!("{key} is {}, as when payments come in turn", word(!was)),
                seen: format!("it is {}", word(*was)),
            })
        }
    }
}

/// One to three payments, every part of each, and nothing else.
fn honest(forms: &[Form], random: &mut Random) -> History {
    let mut history = History::new(Policy::new(Hash::Sha256));
    let mut htlc_id = 0;
    for position in 0..=random.below(3) as u8 {
        let form = random.pick(forms);
        let parts = 1 + random.below(4) as u8;
        let fold = if form == Form::Basic { random.below(3) as u8 } else { 0 };
        let (make, name) = (Make::Honest, Name::Own);
        let payment = Payment { form, make, parts, fold, amount_msat: 1_000, name, root: position };
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

/// For each HTLC, whether it was claimed.
fn claimed(
    history: &History,
    subject: &mut dyn UnderTest,
) -> Result<Vec<(HtlcKey, bool)>, Violation> {
    let endings = world::run(history, subject, Watch::Panics, &mut Coverage::default())?;
    let claimed = |verdict| matches!(verdict, Some(Verdict::Settle(_)));
    Ok(endings.into_iter().map(|(key, verdict)| (key, claimed(verdict))).collect())
}
