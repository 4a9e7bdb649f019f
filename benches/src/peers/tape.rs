//! tape-sha256, through its calls for many messages.

use ammeter_core::{Hash, Pairs, PaymentHash, Preimage};
use bytemuck::TransparentWrapper;

use super::locked_version;
use crate::{
    backend::{Backend, Entry, Failure},
    clock::{Elapsed, time},
    workload::{Payment, Workload},
};

/// Its row.
pub(super) fn entry() -> Entry {
    Entry {
        name: "tape-sha256".into(),
        hash: Hash::Sha256,
        isa: tape_sha256::backend().into(),
        version: locked_version("tape-sha256", ""),
        call: "tape_sha256::hash_many_prefixed (lnd: hash_pairs), then hash_chains of length 1"
            .into(),
        make: Box::new(|| Box::new(Tape)),
    }
}

struct Tape;

/// Messages handed over at a time, at most: a multiple of every width that it has, on the stack.
const GROUP: usize = 128;

impl Backend for Tape {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let ((), elapsed) = time(|| {
            for (payment, Pairs { preimages, payment_hashes }) in workload.places(output) {
                let groups = preimages.chunks_mut(GROUP).zip(payment_hashes.chunks_mut(GROUP));
                for (group, (preimages, payment_hashes)) in groups.enumerate() {
                    let group = Group {
                        workload,
                        payment,
                        start: group * GROUP,
                        preimages: Preimage::peel_slice_mut(preimages),
                        payment_hashes: PaymentHash::peel_slice_mut(payment_hashes),
                    };
                    group.derive();
                }
            }
        });
        Ok(elapsed)
    }
}

/// Children `start..` of one payment, as many as there are places.
struct Group<'a> {
    workload: &'a Workload,
    payment: &'a Payment,
    start: usize,
    preimages: &'a mut [[u8; 32]],
    payment_hashes: &'a mut [[u8; 32]],
}

impl Group<'_> {
    /// With no more descriptors on the stack than twice what is needed: small payments would pay
    /// for the rest.
    fn derive(self) {
        match self.preimages.len() {
            0..=1 => self.derive_with::<1>(),
            2..=4 => self.derive_with::<4>(),
            5..=8 => self.derive_with::<8>(),
            9..=16 => self.derive_with::<16>(),
            17..=32 => self.derive_with::<32>(),
            33..=64 => self.derive_with::<64>(),
            _ => self.derive_with::<GROUP>(),
        }
    }

    fn derive_with<const ROOM: usize>(self) {
        let Self { workload, payment, start, preimages, payment_hashes } = self;
        let count = preimages.len();
        let index_size = workload.scheme.index_size();
        let indices: [[u8; 4]; ROOM] = std::array::from_fn(|child| {
            payment.first_index.wrapping_add((start + child) as u32).to_be_bytes()
        });
        let bodies: [&[u8]; ROOM] = std::array::from_fn(|child| &indices[child][4 - index_size..]);
        let root = payment.root.as_bytes();
        if workload.scheme.hashes_share() {
            let mut shares: [&[u8]; ROOM] = [&[]; ROOM];
            for (share, source) in shares.iter_mut().zip(&payment.shares[start..start + count]) {
                *share = source.as_bytes();
            }
            tape_sha256::hash_pairs(root, &shares[..count], &bodies[..count], preimages);
        } else {
            tape_sha256::hash_many_prefixed(root, &bodies[..count], preimages);
        }
        // A chain of one link is the hash of 32 bytes, and the fastest way to it: on Zen 5
        // `hash_many` takes ten times as long for messages this short.
        tape_sha256::hash_chains(preimages, &[1; ROOM][..count], payment_hashes);
    }
}
