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
        log::name,
        model::Verdict,
        oracle::BYTES_ENOUGH,
        profile::Profile,
        random::Random,
        world,
    },
};

/// The honest history of a seed, in some order.
#[must_use]
pub fn history(seed: u64, profile: &Profile) -> History {
    let mut random = Random::new(seed ^ 0x6f72_6465_7200_0000);
    let mut forms = profile.forms();
    if forms != [Form::Mpp] {
        // It came later: a seed draws what it always drew, and then `mpp` may take its place.
        forms.retain(|form| *form != Form::Mpp);
    }
    let mut history = honest(&forms, &mut random);
    profile.fix(&mut history.policy);
    random.shuffle(&mut history.operations);
    ask(&mut history, profile, &mut random);
    history
}

/// Makes some payments, and all where nothing else is spoken, payments of `mpp` to invoices that are
/// there before any HTLC. A receiver that takes no gifts is asked for all others as well.
fn ask(history: &mut History, profile: &Profile, random: &mut Random) {
    let is_asked = !history.policy.spontaneous;
    for (payment, number) in history.payments.iter_mut().zip(0..) {
        if profile.speaks(Form::Mpp) && (payment.form == Form::Mpp || random.once_in(4)) {
            (payment.form, payment.fold) = (Form::Mpp, 0);
        } else if !is_asked {
            continue;
        }
        payment.name = Name::Invoice(number);
        let amount_msat = payment.amount_msat;
        let invoice = Operation::Invoice { number, amount_msat, reusable: false };
        history.operations.insert(0, invoice);
    }
}

/// Whether the order of a history must not matter: honest parts of different payments, each once,
/// in a receiver with room for them, and nothing else.
#[must_use]
pub fn is_free(history: &History) -> bool {
    let asks = |operation: &&Operation| matches!(operation, Operation::Invoice { .. });
    let asked = history.operations.iter().take_while(asks).count();
    let honest = |payment: &Payment| {
        payment.make == Make::Honest
            && is_its_own(payment, history.policy.spontaneous, &history.operations[..asked])
            && history.payments.iter().filter(|other| other.root == payment.root).count() == 1
    };
    let places: Vec<_> = history.operations.iter().filter_map(place).collect();
    let each_once = |(k, place): (usize, &(u8, u8, HtlcKey))| {
        places[..k]
            .iter()
            .all(|(payment, part, key)| (*payment, *part) != (place.0, place.1) && *key != place.2)
    };
    has_room(&history.policy, &history.payments, places.len())
        && history.payments.iter().all(honest)
        && places.len() + asked == history.operations.len()
        && places.iter().enumerate().all(each_once)
}

/// Whether so many HTLCs of these payments meet no limit.
fn has_room(policy: &Policy, payments: &[Payment], htlcs: usize) -> bool {
    let Limits { sets_max, set_htlcs_max, channel_htlcs_max, htlcs_max, .. } = policy.limits;
    let shares = |payment: &Payment| u32::from(payment.parts) + u32::from(payment.fold);
    let most = [sets_max, set_htlcs_max, channel_htlcs_max, htlcs_max];
    most.into_iter().all(|most| most as usize >= htlcs)
        && policy.limits.bytes_max >= BYTES_ENOUGH
        && payments.iter().all(|payment| shares(payment) <= policy.limits.part_count_max)
}

/// Whether no other payment can be of this one's set: its name is its own, and gifts are taken; or it
/// is to an invoice of its own that asks for its amount once.
fn is_its_own(payment: &Payment, spontaneous: bool, asked: &[Operation]) -> bool {
    let Name::Invoice(wanted) = payment.name else {
        return payment.name == Name::Own && spontaneous;
    };
    let mut invoices = asked.iter().filter_map(|operation| match *operation {
        Operation::Invoice { number, amount_msat, .. } if number == wanted => Some(amount_msat),
        _ => None,
    });
    let once = invoices.next() == Some(payment.amount_msat) && invoices.next().is_none();
    // Its root is its invoice's number, so that roots tell payments apart.
    once && wanted == payment.root
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
