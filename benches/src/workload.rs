//! What every row derives: payments with their children, and the digest of the right output.

use ammeter_core::{
    BasePreimage, Hash, Indices, Job, Pairs, PaymentHash, Preimage, Scheme, Share, reference,
};
use bytemuck::TransparentWrapper;

/// One payment: a root and a run of children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The base preimage.
    pub root: BasePreimage,
    /// The index of its first child.
    pub first_index: u32,
    /// One share a child, where the scheme hashes them.
    pub shares: Vec<Share>,
}

/// Payments with equally many children each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// How children are made.
    pub scheme: Scheme,
    /// The payments.
    pub payments: Vec<Payment>,
    /// Children of each.
    pub children: usize,
}

impl Workload {
    /// `payments` payments of `children` children each. Roots and shares follow from `seed`.
    ///
    /// # Panics
    /// If a scheme has fewer indices than `children`.
    #[must_use]
    pub fn new(scheme: Scheme, payments: usize, children: usize, seed: u64) -> Self {
        let indices = scheme.indices();
        let available = u64::from(*indices.end()) - u64::from(*indices.start()) + 1;
        assert!(children as u64 <= available, "{scheme} has only {available} children");
        let mut words = Words::new(seed);
        let payments = (0..payments)
            .map(|_| Payment {
                root: BasePreimage(words.bytes()),
                first_index: *indices.start(),
                shares: if scheme.hashes_share() {
                    (0..children).map(|_| Share(words.bytes())).collect()
                } else {
                    Vec::new()
                },
            })
            .collect();
        Self { scheme, payments, children }
    }

    /// Pairs that it derives.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.payments.len() * self.children
    }

    /// One payment's job.
    ///
    /// # Panics
    /// Never: [`new`](Self::new) checked the range.
    #[must_use]
    pub fn job<'a>(&self, payment: &'a Payment) -> Job<'a> {
        let indices = Indices::range(payment.first_index, self.children as u64);
        Job {
            scheme: self.scheme,
            root: &payment.root,
            indices: indices.expect("within the scheme's range"),
            shares: &payment.shares,
        }
    }

    /// Makes it another workload of the same shape: the first four bytes of each root become
    /// `counter`, big endian.
    pub fn stamp(&mut self, counter: u32) {
        for payment in &mut self.payments {
            payment.root.0[..4].copy_from_slice(&counter.to_be_bytes());
        }
    }

    /// Whether `other` differs in nothing but the [stamp](Self::stamp).
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let shape = |workload: &Self| (workload.scheme, workload.children, workload.payments.len());
        let mut payments = self.payments.iter().zip(&other.payments);
        shape(self) == shape(other)
            && payments.all(|(one, other)| {
                one.root.0[4..] == other.root.0[4..]
                    && one.first_index == other.first_index
                    && one.shares == other.shares
            })
    }

    /// Each payment with its places in `output`.
    pub(crate) fn places<'a>(
        &'a self,
        output: Pairs<'a>,
    ) -> impl Iterator<Item = (&'a Payment, Pairs<'a>)> {
        let preimages = output.preimages.chunks_exact_mut(self.children);
        let payment_hashes = output.payment_hashes.chunks_exact_mut(self.children);
        self.payments.iter().zip(preimages.zip(payment_hashes)).map(
            |(payment, (preimages, payment_hashes))| (payment, Pairs { preimages, payment_hashes }),
        )
    }

    /// The digest of the right output, by the slow twin.
    #[must_use]
    pub fn expected(&self, hash: Hash) -> Digest {
        let mut output = Output::new(self.pairs());
        let children = self
            .payments
            .iter()
            .flat_map(|payment| (0..self.children).map(move |child| (payment, child)));
        for (position, (payment, child)) in children.enumerate() {
            let index = payment.first_index + child as u32;
            let pair =
                reference::pair(hash, self.scheme, &payment.root, payment.shares.get(child), index);
            (output.preimages[position], output.payment_hashes[position]) = pair;
        }
        output.digest()
    }
}

/// BLAKE3 of all preimages, then all payment hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        ammeter_core::hex::write(f, &self.0)
    }
}

/// Where a backend writes.
#[derive(Clone, Debug)]
pub struct Output {
    preimages: Vec<Preimage>,
    payment_hashes: Vec<PaymentHash>,
}

impl Output {
    /// Room for `pairs` pairs.
    #[must_use]
    pub fn new(pairs: usize) -> Self {
        Self {
            preimages: vec![Preimage::ZERO; pairs],
            payment_hashes: vec![PaymentHash::ZERO; pairs],
        }
    }

    /// The slices to write to. They are wiped first, so that the output of an earlier call is not
    /// taken for a result.
    pub fn wiped(&mut self) -> Pairs<'_> {
        self.preimages.fill(Preimage::ZERO);
        self.payment_hashes.fill(PaymentHash::ZERO);
        Pairs { preimages: &mut self.preimages, payment_hashes: &mut self.payment_hashes }
    }

    /// The pair at `place`.
    #[must_use]
    pub fn pair(&self, place: usize) -> Option<(Preimage, PaymentHash)> {
        Some((*self.preimages.get(place)?, *self.payment_hashes.get(place)?))
    }

    /// All preimages, and all payment hashes.
    #[must_use]
    pub fn bytes(&self) -> (&[u8], &[u8]) {
        (
            Preimage::peel_slice(&self.preimages).as_flattened(),
            PaymentHash::peel_slice(&self.payment_hashes).as_flattened(),
        )
    }

    /// The digest of what is there.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new();
        let (preimages, payment_hashes) = self.bytes();
        hasher.update(preimages);
        hasher.update(payment_hashes);
        Digest(*hasher.finalize().as_bytes())
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): inputs have to be spread out and repeatable, and not
/// secret.
#[derive(Clone, Debug)]
pub struct Words(u64);

impl Words {
    /// The sequence of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `bound`; the bias of the modulus does not matter to a shuffle or a resample.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Puts `items` in another order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&self.next().to_le_bytes());
        }
        bytes
    }
}
