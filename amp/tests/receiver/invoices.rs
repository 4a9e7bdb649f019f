//! Promise: a set is paid for the invoice that names it, in full and once; and one bad set closes
//! nothing.

use crate::world::{self, World, basic, copy, htlcs, payment, shards};
use ammeter_amp::{
    receiver::{Effect, Event, Htlc, Invoice, Reason, SetId, SetState},
    sender::{Committed, Fixed, Purpose, Shards},
};
use ammeter_core::{Msat, PaymentId};

const NAME: [u8; 32] = [0x1b; 32];

fn invoice(amount: u64) -> Invoice {
    Invoice { name: NAME, amount_msat: Msat(amount), reusable: false, preimage: None }
}

fn world(spontaneous: bool, invoice: Invoice) -> World {
    let mut world = World::with(|policy| policy.spontaneous = spontaneous);
    assert_eq!(world.step(Event::InvoiceAdded(invoice)), []);
    world
}

/// Two parts that pay `total` for the invoice.
fn fixed(total: u64) -> Vec<Htlc> {
    let mut plan = Fixed::new(payment(total, 1, Purpose::Invoice(NAME)), 2).expect("some parts");
    htlcs(&mut plan, &[1])
}

fn committed(total: u64) -> Vec<Htlc> {
    let mut plan = Committed::new(payment(total, 2, Purpose::Invoice(NAME)));
    renumbered(&htlcs(&mut plan, &[1]), 20)
}

fn amp(total: u64, seed: u8) -> Vec<Htlc> {
    let mut plan = Shards::new(payment(total, seed, Purpose::Invoice(NAME)));
    renumbered(&shards(&mut plan, &[1]), 10 * u64::from(seed))
}

fn renumbered(all: &[Htlc], first: u64) -> Vec<Htlc> {
    all.iter().zip(first..).map(|(htlc, number)| copy(htlc, number)).collect()
}

#[test]
fn what_each_version_names_its_invoice_by() {
    for all in [fixed(1_000), committed(1_000), amp(1_000, 3)] {
        let mut world = world(false, invoice(1_000));
        world.holds(&all[0]);
        world.settles(&all[1], &all);
        assert!(world.records.invoices.is_empty(), "paid once");
    }
}

#[test]
fn nobody_asked() {
    let mut world = world(false, invoice(1_000));
    world.refuses(&basic(3, 1, 2, 1), Reason::NoInvoice);
    let mut short = basic(3, 2, 2, 1);
    short.part.set_id = SetId::Committed([0x1c; 11]);
    world.refuses(&short, Reason::NoInvoice);
    let mut secret = basic(3, 3, 2, 1);
    secret.part.set_id = SetId::Amp { payment_secret: [3; 32], set_id: PaymentId(NAME) };
    world.refuses(&secret, Reason::NoInvoice);
    assert_eq!(world.records.sets.len(), 0);
}

#[test]
fn amounts() {
    let verdicts = [
        (999, Some(Reason::Underpaid)),
        (1_000, None),
        (1_001, None),
        (2_000, None),
        (2_001, Some(Reason::Overpaid)),
    ];
    for spontaneous in [false, true] {
        for (total, reason) in verdicts {
            for all in [fixed(total), committed(total), amp(total, 3)] {
                let mut world = world(spontaneous, invoice(1_000));
                world.holds(&all[0]);
                match reason {
                    None => world.settles(&all[1], &all),
                    Some(reason) => {
                        world.fails(Event::Arrived(all[1].clone()), &all, reason);
                        assert_eq!(world.records.invoices.len(), 1, "lnd #11198");
                    }
                }
            }
        }
    }
}

/// Bounds that no sum of 64 bits can express.
#[test]
fn extreme_amounts() {
    let any = fixed(u64::MAX);
    let mut world = world(false, invoice(0));
    world.holds(&any[0]);
    world.settles(&any[1], &any);
    let mut world = self::world(false, invoice(u64::MAX));
    world.holds(&any[0]);
    world.settles(&any[1], &any);
    for (factor, reason) in [(u32::MAX, None), (0, Some(Reason::Overpaid))] {
        let mut world = World::with(|policy| policy.overpayment_factor_max = factor);
        world.step(Event::InvoiceAdded(invoice(u64::MAX / 2)));
        world.holds(&any[0]);
        match reason {
            None => world.settles(&any[1], &any),
            Some(reason) => world.fails(Event::Arrived(any[1].clone()), &any, reason),
        }
    }
}

/// lnd #9459: what an invoice's sets hold is not held until a deadline.
#[test]
fn a_cancelled_invoice_fails_all_its_collecting_sets() {
    for spontaneous in [false, true] {
        let mut world = world(spontaneous, Invoice { reusable: true, ..invoice(1_000) });
        let paid = amp(1_000, 3);
        world.holds(&paid[0]);
        world.settles(&paid[1], &paid);
        let open = [fixed(1_000), committed(1_000), amp(1_000, 4), amp(1_000, 5)];
        let held: Vec<_> = open.iter().map(|all| all[0].clone()).collect();
        held.iter().for_each(|htlc| world.holds(htlc));
        let others = Invoice { name: [9; 32], ..invoice(5) };
        world.step(Event::InvoiceAdded(others));
        let bystander = basic(9, 77, 3, 1);
        world.holds(&bystander);
        let settling = world.state(&paid[0].part.set_id).cloned();
        world.fails(Event::InvoiceCancelled { name: NAME }, &held, Reason::InvoiceCancelled);
        assert_eq!(world.state(&paid[0].part.set_id).cloned(), settling);
        assert_eq!(world.state(&bystander.part.set_id), Some(&SetState::Collecting));
        world.refuses(&open[0][1], Reason::SetFailed);
        // Not open, and remembered: no set of this name is a gift, in no version.
        let late = amp(1_000, 6);
        world.refuses(&late[0], Reason::NoInvoice);
        assert_eq!(world.step(Event::InvoiceCancelled { name: NAME }), []);
    }
}

/// Whoever pays twice gets it back, in whatever version they pay the second time.
#[test]
fn a_paid_invoice_is_closed_while_its_set_is_remembered() {
    let forms = || [fixed(1_000), committed(1_000), amp(1_000, 3)];
    for paid in 0..3 {
        let mut world = World::with(|policy| policy.retention_ms = 100);
        world.step(Event::InvoiceAdded(invoice(1_000)));
        let all = &forms()[paid];
        world.holds(&all[0]);
        world.settles(&all[1], all);
        for (k, again) in forms().iter().enumerate() {
            let again = renumbered(again, 500 + 10 * k as u64);
            let reason = if k == paid { Reason::SetSettled } else { Reason::NoInvoice };
            world.refuses(&again[0], reason);
            world.resolve(&again[..1]);
        }
        world.refuses(&amp(1_000, 9)[0], Reason::NoInvoice);
        world.resolve(&[amp(1_000, 9)[0].clone()]);
        // Forgotten: an unknown id like any other. Opened again: payable at once.
        world.resolve(all);
        world.clock(100);
        assert_eq!(world.records.sets.len(), 0);
        world.holds(&amp(1_000, 9)[0]);
        world.step(Event::InvoiceAdded(invoice(1_000)));
        let again = fixed(1_000);
        world.holds(&again[0]);
        let effects = world.arrive(&again[1]);
        assert_eq!(effects.len(), 3, "the set that collected beside it fails: {effects:?}");
    }
}

/// The first set that settles closes the invoice; what collects beside it fails.
#[test]
fn one_payment_closes_an_invoice() {
    let mut world = world(true, invoice(1_000));
    let rivals = [committed(1_000), amp(1_000, 3), amp(1_000, 4)];
    rivals.iter().for_each(|rival| world.holds(&rival[0]));
    let all = fixed(1_000);
    world.holds(&all[0]);
    let effects = world.arrive(&all[1]);
    let (settled, failed) = effects.split_at(2);
    assert!(settled.iter().all(|effect| matches!(effect, Effect::Settle { .. })));
    let held: Vec<_> = rivals.iter().map(|rival| rival[0].clone()).collect();
    assert_eq!(world::keys(failed), world::keys_of(&held));
    for effect in failed {
        assert_eq!(*effect, Effect::Fail { key: effect.key(), reason: Reason::NoInvoice });
    }
}

/// lnd #11198: a bad set must not cancel an invoice that is there for many.
#[test]
fn a_reusable_invoice_outlives_bad_and_good_sets() {
    let mut world = world(false, Invoice { reusable: true, ..invoice(1_000) });
    for seed in [3, 4] {
        let bad = amp(10, seed + 100);
        world.holds(&bad[0]);
        world.fails(Event::Arrived(bad[1].clone()), &bad, Reason::Underpaid);
        let all = amp(1_000, seed);
        world.holds(&all[0]);
        world.settles(&all[1], &all);
    }
    assert_eq!(world.records.invoices.len(), 1);
}

/// An invoice that is added when its set collects already: its amount counts.
#[test]
fn an_invoice_adopts_the_set_that_bears_its_name() {
    let all = fixed(900);
    let mut world = World::new(world::policy());
    world.holds(&all[0]);
    world.step(Event::InvoiceAdded(invoice(1_000)));
    world.fails(Event::Arrived(all[1].clone()), &all, Reason::Underpaid);
    // Changed while a set collects.
    let mut world = self::world(false, invoice(1_000));
    world.holds(&all[0]);
    world.step(Event::InvoiceAdded(invoice(900)));
    world.settles(&all[1], &all);
}

/// Version 3 could not tell them apart.
#[test]
fn two_invoices_whose_names_begin_alike() {
    let mut world = world(false, invoice(1_000));
    let mut name = NAME;
    name[31] ^= 1;
    let twin = Invoice { name, ..invoice(5) };
    assert_eq!(world.output(Event::InvoiceAdded(twin)).0, [], "it is not opened");
    assert_eq!(world.step(Event::InvoiceCancelled { name }), []);
    assert_eq!(world.records.invoices.len(), 1);
    world.step(Event::InvoiceCancelled { name: NAME });
    world.step(Event::InvoiceAdded(twin));
    assert_eq!(world.records.invoices.keys().copied().collect::<Vec<_>>(), [name]);
}
