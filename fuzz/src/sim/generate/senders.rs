//! Policies, invoices and payments.

use ammeter_amp::receiver::{Deviation, Limits, Policy, Realms};
use ammeter_core::Hash;

use crate::sim::{
    generate::swarm::{Feature, Swarm},
    history::{Form, History, Make, Name, Operation, Payment},
    random::Random,
};

/// The usual hold time, in milliseconds.
const HOLD_MS: u64 = 60_000;
/// The usual retention time, in milliseconds.
const RETENTION_MS: u64 = 100_000;

pub(super) fn policy(swarm: &Swarm, random: &mut Random) -> Policy {
    let mut policy = Policy::new(Hash::Sha256);
    policy.hold_ms = HOLD_MS;
    policy.retention_ms = RETENTION_MS;
    policy.expiry_margin_blocks = 10;
    if swarm.does(Feature::OtherHash, random, 4) {
        policy.hash = Hash::Blake3;
    }
    if swarm.has(Feature::RejectNewcomer) {
        policy.deviation = Deviation::RejectNewcomer;
    }
    if swarm.has(Feature::OneRealm) {
        policy.realms = Realms::One;
    }
    policy.spontaneous = !swarm.has(Feature::Interactive);
    policy.limits.part_count_max = 16;
    if swarm.does(Feature::SmallLimits, random, 2) {
        small(&mut policy.limits, random);
    }
    policy
}

/// Sets one or two limits so low that a history can reach them.
fn small(limits: &mut Limits, random: &mut Random) {
    for _ in 0..=random.below(2) {
        let most = 1 + random.below(4) as u32;
        match random.below(4) {
            0 => limits.sets_max = most,
            1 => limits.set_htlcs_max = most,
            2 => limits.channel_htlcs_max = most,
            _ => limits.htlcs_max = most + 1,
        }
    }
}

pub(super) fn payments(history: &mut History, swarm: &Swarm, random: &mut Random) {
    let most = if swarm.has(Feature::ManyPayments) { 4 } else { 2 };
    let count = 1 + random.below(most);
    for position in 0..count as u8 {
        let form = swarm.form(random);
        let fold = form == Form::Basic && swarm.does(Feature::Folding, random, 2);
        let parts = random.pick(&[1, 2, 2, 2, 3, 3, 3, 4, 5]);
        let payment = Payment {
            form,
            make: make(swarm, random),
            parts,
            fold: if fold { 1 + random.below(3) as u8 } else { 0 },
            amount_msat: random.pick(&[1_000, 1_000, 2_000, 999, 10_000]),
            name: name(position, swarm, random),
            root: if swarm.does(Feature::Names, random, 4) { 0 } else { position },
        };
        if let Name::Invoice(number) = payment.name {
            invoice(history, number, payment.amount_msat, swarm, random);
        }
        history.payments.push(payment);
    }
}

fn make(swarm: &Swarm, random: &mut Random) -> Make {
    if swarm.does(Feature::OddMakes, random, 2) {
        return random.pick(&[Make::Spare, Make::Micro, Make::OneHash, Make::OneShare]);
    }
    // The sender's plans cost more time than the rest of a history.
    if swarm.does(Feature::Planned, random, 16) { Make::Planned } else { Make::Honest }
}

fn name(position: u8, swarm: &Swarm, random: &mut Random) -> Name {
    if swarm.does(Feature::Names, random, 3) {
        let other = random.below(u64::from(position) + 1) as u8;
        return if random.once_in(3) { Name::Zero } else { Name::Payment(other) };
    }
    let invoices = swarm.has(Feature::Invoices) || swarm.has(Feature::Interactive);
    if invoices && !random.once_in(4) {
        // Sometimes two payments pay the same invoice.
        return Name::Invoice(if random.once_in(3) { 0 } else { position });
    }
    Name::Own
}

/// Adds an invoice, mostly for the amount of the payment.
fn invoice(history: &mut History, number: u8, pays: u64, swarm: &Swarm, random: &mut Random) {
    let known = |operation: &Operation| match operation {
        Operation::Invoice { number: known, .. } => *known == number,
        _ => false,
    };
    if history.operations.iter().any(known) {
        return;
    }
    let amount_msat = if swarm.does(Feature::WrongDue, random, 2) {
        random.pick(&[0, 1, pays / 3, pays / 2, pays - 1, pays + 1, pays * 2, 1 << 63])
    } else {
        pays
    };
    let reusable = swarm.does(Feature::Reusable, random, 2);
    history.operations.push(Operation::Invoice { number, amount_msat, reusable });
}
