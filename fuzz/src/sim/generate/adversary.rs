//! Differences between what a sender made and what arrives.

use crate::sim::{
    generate::swarm::{Feature, Swarm},
    history::{EXPIRY, Form, HEIGHT, Payment, Twist},
    random::Random,
};

const KINDS: [Feature; 8] = [
    Feature::Amounts,
    Feature::Counts,
    Feature::Shares,
    Feature::Hashes,
    Feature::Expiries,
    Feature::Realms,
    Feature::Forms,
    Feature::Bytes,
];

/// One or two twists of the kinds that this history has; none if it has none.
pub(super) fn twists(
    payment: &Payment,
    payments: usize,
    swarm: &Swarm,
    random: &mut Random,
) -> Vec<Twist> {
    let mut kinds = [Feature::Amounts; KINDS.len()];
    let mut count = 0;
    for kind in KINDS.into_iter().filter(|kind| swarm.has(*kind)) {
        kinds[count] = kind;
        count += 1;
    }
    if count == 0 {
        return Vec::new();
    }
    let kind = random.pick(&kinds[..count]);
    if kind == Feature::Expiries && random.once_in(2) {
        return leg(random);
    }
    let mut twists = vec![twist(kind, payment, payments, random)];
    if random.once_in(4) {
        twists.push(twist(random.pick(&kinds[..count]), payment, payments, random));
    }
    twists
}

/// Another route, on which the HTLC expires at another height, as its onion says.
pub(super) fn leg(random: &mut Random) -> Vec<Twist> {
    let height = random.pick(&[HEIGHT + 30, HEIGHT + 50, HEIGHT + 150, EXPIRY + 50]);
    vec![Twist::Cltv(height), Twist::Expiry(height)]
}

fn twist(kind: Feature, payment: &Payment, payments: usize, random: &mut Random) -> Twist {
    let each = payment.amount / u64::from(payment.parts.max(1));
    let n = u32::from(payment.parts) + u32::from(payment.fold);
    match kind {
        Feature::Amounts => {
            let amount = random.pick(&[
                0,
                1,
                each.saturating_sub(1),
                each + 1,
                each * 2,
                payment.amount,
                payment.amount * 3,
                u64::MAX,
                u64::MAX - each,
            ]);
            match random.below(5) {
                0 => Twist::Total(amount),
                1 => Twist::Amount(amount),
                _ => Twist::Wire(amount),
            }
        }
        Feature::Counts => {
            let count = random.pick(&[0, 1, n.saturating_sub(1), n, n + 1, n * 2, 17, u32::MAX]);
            match random.below(3) {
                0 => Twist::Weight(count),
                1 => Twist::PartCount(count),
                _ => Twist::Index(count),
            }
        }
        Feature::Shares if random.once_in(2) => Twist::ShareFlipped,
        Feature::Shares => Twist::ShareOf(random.below(payment.parts.into()) as u8),
        Feature::Hashes if random.once_in(3) => Twist::HashFlipped,
        Feature::Hashes => {
            let payment = random.index(payments) as u8;
            Twist::HashOf { payment, part: random.below(4) as u8 }
        }
        Feature::Expiries => {
            let height =
                random.pick(&[0, HEIGHT, HEIGHT + 10, HEIGHT + 50, EXPIRY - 1, EXPIRY + 9]);
            if random.once_in(4) { Twist::Cltv(height) } else { Twist::Expiry(height) }
        }
        Feature::Realms if random.once_in(3) => Twist::CommitmentFlipped,
        Feature::Realms => Twist::Realm(1 + random.below(2) as u8),
        Feature::Forms => Twist::Form(random.pick(&Form::ALL)),
        _ => bytes(payment, random),
    }
}

/// Nearly valid, short, or garbage.
fn bytes(payment: &Payment, random: &mut Random) -> Twist {
    let value = random.pick(&[0, 1, 2, 4, 5, 0x21, 0x7f, 0x80, 0xfd, 0xff]);
    if payment.form == Form::Amp && random.once_in(2) {
        // The type of each record, the length of each, the first byte of the expiry.
        let nearly = [(1, 3), (5, 7), (7, 0), (9, 9), (9, 10), (45, 15), (2, 3), (46, 67), (20, 1)];
        let (offset, value) = random.pick(&nearly);
        return Twist::Byte { offset, value };
    }
    let offsets: &[u16] = if payment.form == Form::Amp {
        &[0, 1, 2, 3, 5, 6, 7, 9, 10, 43, 44, 45, 46, 47, 112, 113, 150]
    } else {
        &[0, 1, 8, 21, 21, 22, 23, 25, 26, 29, 30, 32, 33, 64, 65, 97, 128, 129]
    };
    match random.below(8) {
        0 => Twist::Cut(random.below(131) as u16),
        1 => Twist::Bytes((0..random.below(40)).map(|_| random.word() as u8).collect()),
        _ => Twist::Byte { offset: random.pick(offsets), value },
    }
}
