//! What senders made: the parts of each payment, and for each part an HTLC with its onion.

use ammeter_amp::{
    receiver::IncomingHtlc,
    sender::{
        self, Adaptive, Committed, Fixed, MultiPath, Plan, Purpose, Seed, SeedRng, Shards, Tree,
    },
};
use ammeter_core::{Engine, Hash, Msat, PaymentHash, Share};

use crate::sim::{
    encode::{Encoding, Said},
    hash::{digest, xor},
    history::{Arrival, EXPIRY, Form, Make, Name, Payment, Twist},
    random::Random,
};

/// A part as its sender made it.
#[derive(Clone, Debug)]
pub struct Made {
    share: [u8; 32],
    index: u32,
    weight: u32,
    amount_msat: u64,
    hash: [u8; 32],
}

/// All parts of all payments of a history.
#[derive(Clone, Debug)]
pub struct Material {
    hash: Hash,
    payments: Vec<(Payment, Vec<Made>)>,
}

/// The name of an invoice: a payment id or a payment secret.
#[must_use]
pub fn invoice_name(number: u8) -> [u8; 32] {
    Random::new(0x0001_0000 + u64::from(number)).bytes32()
}

/// What claims an `mpp` payment to an invoice.
#[must_use]
pub fn invoice_preimage(number: u8) -> [u8; 32] {
    Random::new(0x0005_0000 + u64::from(number)).bytes32()
}

impl Material {
    /// Makes all parts of all payments.
    #[must_use]
    pub fn new(hash: Hash, payments: &[Payment]) -> Self {
        Self { hash, payments: payments.iter().map(|one| (*one, parts(hash, one))).collect() }
    }

    /// The name that a payment's parts carry. A reference to no payment gives a name of its own.
    fn name(&self, position: usize, depth: u8) -> [u8; 32] {
        match self.payments.get(position).map(|(payment, _)| payment.name) {
            Some(Name::Invoice(number)) => invoice_name(number),
            Some(Name::Zero) => [0; 32],
            Some(Name::Payment(other)) if depth > 0 => self.name(other.into(), depth - 1),
            _ => Random::new(0x0002_0000 + position as u64).bytes32(),
        }
    }

    /// The name of the set where it is not the payment's: amp draws one. Whoever has no secret has
    /// no set id either: a careful receiver refuses such a set, and is not to be blamed.
    fn set_name(&self, position: usize) -> [u8; 32] {
        match self.payments.get(position).map(|(payment, _)| payment.name) {
            _ if self.name(position, 3) == [0; 32] => [0; 32],
            Some(Name::Payment(other)) => Random::new(0x0003_0000 + u64::from(other)).bytes32(),
            _ => Random::new(0x0003_0000 + position as u64).bytes32(),
        }
    }

    fn part(&self, payment: u8, part: u8) -> Option<(&Payment, &Made)> {
        let (payment, parts) = self.payments.get(usize::from(payment))?;
        parts.get(usize::from(part) % parts.len().max(1)).map(|made| (payment, made))
    }

    /// The HTLC that arrives; its onion replaces `bytes`. `None` if there is no such payment.
    #[must_use]
    pub fn arrive(
        &self,
        arrival: &Arrival,
        bytes: &mut Vec<u8>,
    ) -> Option<(IncomingHtlc, Encoding)> {
        let (payment, made) = self.part(arrival.payment, arrival.part)?;
        let mut hash = made.hash;
        let mut said = self.said(payment, made, arrival);
        let (mut wire, mut cltv_expiry) = (None, EXPIRY);
        for twist in &arrival.twists {
            match *twist {
                Twist::Wire(amount) => wire = Some(amount),
                Twist::Expiry(height) => cltv_expiry = height,
                Twist::HashFlipped => hash[31] ^= 1,
                Twist::HashOf { payment, part } => {
                    hash = self.part(payment, part).map_or(hash, |(_, other)| other.hash);
                }
                Twist::ShareOf(part) => {
                    said.share =
                        self.part(arrival.payment, part).map_or(said.share, |(_, one)| one.share);
                }
                Twist::Form(form) => said.form = form,
                _ => said.twist(twist),
            }
        }
        let encoding = said.encode(bytes);
        for twist in &arrival.twists {
            encoding.spoil(twist, bytes);
        }
        let incoming = IncomingHtlc {
            key: arrival.key,
            payment_hash: PaymentHash(hash),
            amount_msat: Msat(wire.unwrap_or(said.amount_msat)),
            cltv_expiry,
        };
        Some((incoming, encoding))
    }

    /// The fields of an honest part's onion.
    fn said(&self, payment: &Payment, made: &Made, arrival: &Arrival) -> Said {
        let position = usize::from(arrival.payment);
        let last = usize::from(arrival.part) % usize::from(payment.parts.max(1)) + 1
            == usize::from(payment.parts);
        let shares = u32::from(payment.parts) + u32::from(payment.fold);
        let mut root = [0; 32];
        for one in &self.payments[position].1 {
            xor(&mut root, &one.share);
        }
        Said {
            form: payment.form,
            name: self.name(position, 3),
            set: self.set_name(position),
            realm: 0,
            amount_msat: made.amount_msat,
            cltv_expiry: EXPIRY,
            share: made.share,
            index: made.index,
            weight: made.weight,
            part_count: match payment.form {
                Form::Adaptive if !last => 0,
                Form::Adaptive => payment.parts.into(),
                _ => shares,
            },
            commitment: digest(self.hash, &[&root]),
            total_msat: payment.amount_msat,
        }
    }
}

/// The parts of one payment.
fn parts(hash: Hash, payment: &Payment) -> Vec<Made> {
    if payment.form == Form::Mpp && payment.make != Make::Planned {
        return one_hash(hash, payment);
    }
    if payment.make == Make::Planned {
        return planned(hash, payment).unwrap_or_default();
    }
    let mut random = Random::new(0x0004_0000 + u64::from(payment.root));
    let mut rest = random.bytes32();
    let root = rest;
    let count = u64::from(payment.parts);
    let mut parts: Vec<Made> = (0..payment.parts)
        .map(|k| {
            let last = k + 1 == payment.parts;
            let (even, larger) = (payment.amount_msat / count, payment.amount_msat % count);
            let spare = payment.make == Make::Spare && k + 2 == payment.parts;
            let share = match payment.make {
                Make::OneShare if payment.parts % 2 == 1 => root,
                _ if last || spare => core::mem::take(&mut rest),
                _ => random.bytes32(),
            };
            xor(&mut rest, if last || spare { &[0; 32] } else { &share });
            Made {
                share,
                index: match payment.form {
                    Form::Basic | Form::Adaptive | Form::Committed => u32::from(k) + 1,
                    Form::Tree => u32::from(leaf(k, payment.parts)),
                    Form::Amp => random.word() as u32,
                    Form::Mpp => unreachable!("made elsewhere"),
                },
                weight: if last { 1 + u32::from(payment.fold) } else { 1 },
                amount_msat: even + u64::from(u64::from(k) < larger),
                hash: [0; 32],
            }
        })
        .collect();
    for part in &mut parts {
        let root = if payment.make == Make::Micro { &part.share } else { &root };
        part.hash = child_hash(hash, payment.form, root, &part.share, part.index);
    }
    if payment.make == Make::OneHash {
        let first = parts[0].hash;
        parts.iter_mut().for_each(|part| part.hash = first);
    }
    parts
}

/// The parts of an `mpp` payment: amounts, and the hash of the invoice.
fn one_hash(hash: Hash, payment: &Payment) -> Vec<Made> {
    let count = u64::from(payment.parts);
    let (even, larger) = (payment.amount_msat / count, payment.amount_msat % count);
    let mut random = Random::new(0x0004_0000 + u64::from(payment.root));
    let part = |k| Made {
        share: [0; 32],
        index: 0,
        weight: 1,
        amount_msat: even + u64::from(k < larger),
        hash: match payment.make {
            // Each is an honest part of another payment.
            Make::Micro => random.bytes32(),
            _ => asked_hash(hash, payment).0,
        },
    };
    (0..count).map(part).collect()
}

/// The hash of the invoice that an `mpp` payment pays; or, without one, of that whose number is its
/// root's, so that a stranger may know a hash and not its secret.
fn asked_hash(hash: Hash, payment: &Payment) -> PaymentHash {
    let number = match payment.name {
        Name::Invoice(number) => number,
        _ => payment.root,
    };
    PaymentHash(digest(hash, &[&invoice_preimage(number)]))
}

/// The index of the k-th leaf of a tree with so many. A tree of up to nine leaves is split at its
/// last leaf each time: right k times, then left. A larger one would need a path of more than eight
/// bits, and is split from its first leaf on: leaf j of 2^d into j and j + 2^d.
const fn leaf(k: u8, leaves: u8) -> u8 {
    if leaves > 9 { k } else { ((1u16 << k) - 1) as u8 }
}

/// The payment hash of a child.
fn child_hash(hash: Hash, form: Form, root: &[u8; 32], share: &[u8; 32], index: u32) -> [u8; 32] {
    let index = index.to_be_bytes();
    let preimage = match form {
        Form::Amp => digest(hash, &[root, share, &index]),
        _ => digest(hash, &[root, &index]),
    };
    digest(hash, &[&preimage])
}

/// The parts of one payment, made by `ammeter_amp::sender`.
fn planned(hash: Hash, payment: &Payment) -> Option<Vec<Made>> {
    let engine = Engine::new(hash).ok()?;
    let rng = Seed::from_bytes([payment.root; 32]).rng();
    // A placeholder: the caller writes names into onions itself.
    let whole =
        sender::Payment::new(Msat(payment.amount_msat), Purpose::Invoice([1; 32]), engine, rng);
    let shares = u32::from(payment.parts) + u32::from(payment.fold);
    let mut plan: Box<dyn Plan<SeedRng>> = match payment.form {
        Form::Basic => Box::new(Fixed::new(whole, shares).ok()?),
        Form::Adaptive => Box::new(Adaptive::new(whole)),
        Form::Committed => Box::new(Committed::new(whole)),
        Form::Tree => Box::new(Tree::new(whole)),
        Form::Amp => Box::new(Shards::new(whole)),
        Form::Mpp => Box::new(MultiPath::new(whole, asked_hash(hash, payment))),
    };
    let amounts = sender::amounts::even(Msat(payment.amount_msat), payment.parts.into()).ok()?;
    let mut made = Vec::new();
    for (amount, k) in amounts.zip(1..) {
        let part = if k == payment.parts { plan.last_part() } else { plan.part(amount) }.ok()?;
        let Share(share) = *part.share();
        made.push(Made {
            share,
            index: part.index(),
            weight: part.weight(),
            amount_msat: part.amount_msat.0,
            hash: part.payment_hash().0,
        });
    }
    Some(made)
}
