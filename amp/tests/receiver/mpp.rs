//! Promise: base multi-path payments keep the promises of atomic ones, as far as one hash allows.

use crate::world::{self, World, copy};
use ammeter_amp::{
    receiver::{Effect, Event, Htlc, Invoice, Onion, Part, PartError, Reason, SetState, Version},
    sender::{Leg, MultiPath, Plan, Purpose},
};
use ammeter_core::{Hash, Msat, PaymentHash, Preimage, Share};

/// The payment secret of the invoice.
const SECRET: [u8; 32] = [5; 32];
const PREIMAGE: Preimage = Preimage([8; 32]);

fn payment_hash() -> PaymentHash {
    PaymentHash(Hash::Sha256.digest(&PREIMAGE.0))
}

fn invoice(amount_msat: u64) -> Event {
    let amount_msat = Msat(amount_msat);
    Event::InvoiceAdded(Invoice {
        name: SECRET,
        amount_msat,
        reusable: false,
        preimage: Some(PREIMAGE),
    })
}

/// The parts of a payment of 1,000 msat to an invoice of this secret and hash.
fn parts_to(secret: [u8; 32], payment_hash: PaymentHash, amounts: &[u64]) -> Vec<Htlc> {
    let payment = world::payment(1_000, 1, Purpose::Invoice(secret));
    let mut plan = MultiPath::new(payment, payment_hash);
    let all_but_last = amounts.iter().map(|amount| plan.part(Msat(*amount)));
    let mut parts: Vec<_> = all_but_last.map(|part| part.expect("possible")).collect();
    parts.push(plan.last_part().expect("something is left"));
    parts.iter().zip(1..).map(|(part, number)| world::htlc(&plan, part, number, true)).collect()
}

fn parts(amounts: &[u64]) -> Vec<Htlc> {
    parts_to(SECRET, payment_hash(), amounts)
}

/// A world whose invoice asks for so much.
fn asking(amount_msat: u64) -> World {
    let mut world = World::with(|policy| policy.retention_ms = 1_000);
    assert_eq!(world.step(invoice(amount_msat)), []);
    world
}

fn all_claimed_with_the_preimage(effects: &[Effect]) -> bool {
    let claimed = |effect: &Effect| matches!(effect, Effect::Settle { preimage, .. } if *preimage == PREIMAGE);
    effects.iter().all(claimed)
}

#[test]
fn the_total_settles_all_parts_with_one_preimage() {
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let (mut world, all) = (asking(1_000), parts(&[300, 300]));
        world.holds(&all[order[0]]);
        world.holds(&all[order[1]]);
        let effects = world.arrive(&all[order[2]]);
        assert_eq!(world::keys(&effects), world::keys_of(&all));
        assert!(all_claimed_with_the_preimage(&effects));
        // The same again when one is shown again, and after a restart.
        assert!(all_claimed_with_the_preimage(&world.arrive(&all[0])));
        world.resolve(&all[..1]);
        let again = world.restart();
        assert_eq!(world::keys(&again), world::keys_of(&all[1..]));
        assert!(all_claimed_with_the_preimage(&again));
    }
}

#[test]
fn a_preimage_is_public_once() {
    let (mut world, all) = (asking(1_000), parts(&[]));
    world.settles(&all[0], &all);
    // While the set is remembered, and when it is forgotten: nobody asks any more.
    world.refuses(&copy(&all[0], 1), Reason::SetSettled);
    world.resolve(&[copy(&all[0], 1), all[0].clone()]);
    world.clock(1_001);
    assert!(world.records.sets.is_empty() && world.records.invoices.is_empty());
    world.refuses(&copy(&all[0], 2), Reason::NoInvoice);
}

#[test]
fn a_reusable_invoice_closes_all_the_same() {
    let mut world = World::new(world::policy());
    let Event::InvoiceAdded(invoice) = invoice(1_000) else { unreachable!() };
    world.step(Event::InvoiceAdded(Invoice { reusable: true, ..invoice }));
    let all = parts(&[]);
    world.settles(&all[0], &all);
    assert!(world.records.invoices.is_empty());
}

#[test]
fn secret_and_hash_are_the_invoices_or_nobodys() {
    let (mut world, all) = (asking(1_000), parts(&[400]));
    world.holds(&all[0]);
    let wrong_secret = parts_to([6; 32], payment_hash(), &[]);
    let wrong_hash = parts_to(SECRET, PaymentHash([6; 32]), &[]);
    let no_secret = parts_to([0; 32], payment_hash(), &[]);
    world.refuses(&copy(&wrong_secret[0], 1), Reason::NoInvoice);
    world.refuses(&copy(&wrong_hash[0], 2), Reason::NoInvoice);
    world.refuses(&copy(&no_secret[0], 3), Reason::ZeroId);
    world.settles(&all[1], &all);
}

#[test]
fn an_invoice_without_a_preimage_asks_for_none() {
    let mut world = World::new(world::policy());
    let invoice =
        Invoice { name: SECRET, amount_msat: Msat(1_000), reusable: false, preimage: None };
    world.step(Event::InvoiceAdded(invoice));
    world.refuses(&parts(&[])[0], Reason::NoInvoice);
}

/// Sets collect for the preimage that an invoice was opened with.
#[test]
fn an_open_invoice_keeps_its_preimage() {
    let (mut world, all) = (asking(1_000), parts(&[400]));
    world.holds(&all[0]);
    for preimage in [None, Some(Preimage([9; 32]))] {
        let (amount_msat, reusable) = (Msat(900), false);
        world.step(Event::InvoiceAdded(Invoice { name: SECRET, amount_msat, reusable, preimage }));
        assert_eq!(world.records.invoices[&SECRET].preimage, Some(PREIMAGE));
    }
    assert!(all_claimed_with_the_preimage(&world.arrive(&all[1])));
}

#[test]
fn other_totals_contradict() {
    let (mut world, all) = (asking(1_000), parts(&[400]));
    world.holds(&all[0]);
    let mut other = copy(&all[1], 1);
    other.part.version = Version::Mpp { total_msat: Msat(999) };
    let effects = world.arrive(&other);
    let reason = Reason::Deviates;
    let keys = [other.incoming.key, all[0].incoming.key];
    assert_eq!(effects, keys.map(|key| Effect::Fail { key, reason }));
}

/// A payer has no other id to try again under: a failed set is forgotten with its last HTLC.
#[test]
fn a_payer_may_try_again() {
    let mut world = asking(1_000);
    let (first, again) = (parts(&[400]), parts(&[700]));
    world.holds(&first[0]);
    world.fails(Event::Clock { now_ms: 60_000 }, &first[..1], Reason::HeldTooLong);
    world.refuses(&copy(&again[0], 1), Reason::SetFailed);
    world.resolve(&[copy(&again[0], 1)]);
    world.resolve(&first[..1]);
    assert!(world.records.sets.is_empty());
    let again: Vec<_> = again.iter().zip(10..).map(|(htlc, number)| copy(htlc, number)).collect();
    world.holds(&again[0]);
    world.settles(&again[1], &again);
}

/// The same where the set fails of losing its only HTLC.
#[test]
fn a_lost_part_leaves_nothing() {
    let (mut world, all) = (asking(1_000), parts(&[400]));
    world.holds(&all[0]);
    world.resolve(&all[..1]);
    assert!(world.records.sets.is_empty() && world.records.htlcs.is_empty());
    let whole = copy(&parts(&[])[0], 1);
    world.settles(&whole, core::slice::from_ref(&whole));
}

#[test]
fn too_little_and_too_much() {
    for (asked, reason) in [(1_001, Reason::Underpaid), (499, Reason::Overpaid)] {
        let (mut world, all) = (asking(asked), parts(&[400]));
        world.holds(&all[0]);
        let event = Event::Arrived(all[1].clone());
        world.fails(event, &all, reason);
        assert_eq!(world.records.invoices.len(), 1, "a bad set closes no invoice");
    }
    let (mut world, all) = (asking(500), parts(&[400]));
    world.holds(&all[0]);
    world.settles(&all[1], &all);
}

/// What a router adds completes nothing.
#[test]
fn onion_amounts_count() {
    let (mut world, mut all) = (asking(1_000), parts(&[400]));
    all[0].incoming.amount_msat = Msat(5_000);
    world.holds(&all[0]);
    all[1].incoming.amount_msat = Msat(599);
    world.refuses(&all[1], Reason::AmountBelowOnion);
}

#[test]
fn cancelled_and_late_sets_fail() {
    let (mut world, all) = (asking(1_000), parts(&[400]));
    world.holds(&all[0]);
    world.fails(Event::InvoiceCancelled { name: SECRET }, &all[..1], Reason::InvoiceCancelled);
    world.refuses(&copy(&all[1], 1), Reason::SetFailed);
    world.resolve(&[copy(&all[1], 1), all[0].clone()]);
    world.refuses(&copy(&all[1], 2), Reason::NoInvoice);
}

#[test]
fn a_set_has_its_limit() {
    let mut world = World::with(|policy| policy.limits.set_htlcs_max = 2);
    world.step(invoice(1_000));
    let all = parts(&[300, 300]);
    world.holds(&all[0]);
    world.holds(&all[1]);
    world.refuses(&all[2], Reason::SetHtlcLimit);
}

#[test]
fn blake3_locks_parts_to_another_hash() {
    let mut world = World::with(|policy| policy.hash = Hash::Blake3);
    world.step(invoice(1_000));
    world.refuses(&parts(&[])[0], Reason::NoInvoice);
    let all = parts_to(SECRET, PaymentHash(Hash::Blake3.digest(&PREIMAGE.0)), &[]);
    let all = [copy(&all[0], 1)];
    let effects = world.arrive(&all[0]);
    assert!(all_claimed_with_the_preimage(&effects) && effects.len() == 1);
    let id = all[0].part.set_id;
    assert!(matches!(world.state(&id), Some(SetState::Settling { .. })));
}

#[test]
fn parts_carry_payment_data_and_nothing_else() {
    let payment = world::payment(1_000, 1, Purpose::Invoice(SECRET));
    let mut plan = MultiPath::new(payment, payment_hash());
    let part = plan.part(Msat(400)).expect("possible");
    let mut buffer = [0; 128];
    let mut writer = ammeter_amp::eob::writer::Writer::new(&mut buffer);
    plan.write(&part, Leg { realm: 0, cltv_expiry: 144 }, &mut writer);
    let bytes = writer.finish().expect("room");
    // 2 amount 400; 4 cltv 144; 8 secret and total 1000.
    let records = [&[2, 2, 1, 144, 4, 1, 144, 8, 34][..], &SECRET, &[3, 232]].concat();
    assert_eq!(bytes, [&[records.len() as u8][..], &records, &[0; 32]].concat());
    let read = Part::read(Onion::Payload(bytes)).expect("our own");
    assert_eq!(read.version, Version::Mpp { total_msat: Msat(1_000) });
    assert_eq!(read.share, Share::ZERO);
    // Amount and expiry alone are a plain payment.
    let plain = [&[7, 2, 2, 1, 144, 4, 1, 144][..], &[0; 32]].concat();
    assert_eq!(Part::read(Onion::Payload(&plain)), Err(PartError::Plain));
    // A failed part goes back, and is cut anew.
    plan.merge(&part);
    assert_eq!(plan.payment().left(), Msat(1_000));
    assert_eq!(plan.last_part().expect("all of it").amount_msat, Msat(1_000));
}
