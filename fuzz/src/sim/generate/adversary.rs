//! Twists: how an HTLC that arrives differs from what its sender made.

use crate::sim::{
    generate::swarm::{FORMS, Feature, Swarm},
    history::{EXPIRY, Form, HEIGHT, Payment, Twist},
    random::Random,
};

/// One or two twists of the kinds that this history uses.
pub(super) fn twists(
    payment: &Payment,
    payments: usize,
    margin: u32,
    swarm: &Swarm,
    random: &mut Random,
) -> Vec<Twist> {
    let mut kinds = [Feature::Amounts; Feature::TWISTS.len()];
    let mut count = 0;
    for kind in Feature::TWISTS.into_iter().filter(|kind| swarm.has(*kind)) {
        kinds[count] = kind;
        count += 1;
    }
    if count == 0 {
        return Vec::new();
    }
    let kind = random.pick(&kinds[..count]);
    if kind == Feature::Expiries && random.once_in(2) {
        return leg(margin, random);
    }
    let mut twists = vec![twist(kind, payment, payments, margin, random)];
    if random.once_in(4) {
        let kind = random.pick(&kinds[..count]);
        twists.push(twist(kind, payment, payments, margin, random));
    }
    twists
}

/// Another route, on which the HTLC expires at another height, as its onion says: not within the
/// margin yet.
pub(super) fn leg(margin: u32, random: &mut Random) -> Vec<Twist> {
    let soon = HEIGHT + margin;
    let height = random.pick(&[soon + 20, soon + 40, soon + 140, EXPIRY + 50]);
    vec![Twist::Cltv(height), Twist::Expiry(height)]
}

fn twist(
    kind: Feature,
    payment: &Payment,
    payments: usize,
    margin: u32,
    random: &mut Random,
) -> Twist {
    let each = payment.amount_msat / u64::from(payment.parts.max(1));
    let n = u32::from(payment.parts) + u32::from(payment.fold);
    match kind {
        Feature::Amounts => {
            let amount = random.pick(&[
                0,
                1,
                each.saturating_sub(1),
                each.saturating_add(1),
                each.saturating_mul(2),
                payment.amount_msat,
                payment.amount_msat.saturating_mul(3),
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
            let height = {
                let soon = HEIGHT + margin;
                random.pick(&[0, HEIGHT, soon, soon + 40, EXPIRY - 1, EXPIRY + 9])
            };
            if random.once_in(4) { Twist::Cltv(height) } else { Twist::Expiry(height) }
        }
        Feature::Realms if random.once_in(3) => Twist::CommitmentFlipped,
        Feature::Realms => Twist::Realm(1 + random.below(2) as u8),
        Feature::Forms => Twist::Form(random.pick(&FORMS)),
        _ => bytes(payment, random),
    }
}

/// A change of the onion's bytes: nearly valid, cut short, or random.
fn bytes(payment: &Payment, random: &mut Random) -> Twist {
    let value = random.pick(&[0, 1, 2, 4, 5, 0x21, 0x7f, 0x80, 0xfd, 0xff]);
    let payload = matches!(payment.form, Form::Amp | Form::Mpp);
    if payload && random.once_in(2) {
        // Offsets of types and lengths of records, and of the first byte of the expiry.
        let nearly = [(1, 3), (5, 7), (7, 0), (9, 9), (9, 10), (45, 15), (2, 3), (46, 67), (20, 1)];
        let (offset, value) = random.pick(&nearly);
        return Twist::Byte { offset, value };
    }
    let offsets: &[u16] = if payload {
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
