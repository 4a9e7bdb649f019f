//! What all plans keep: what is left to pay, and what is left of the base preimage.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    eob::{
        Message as _,
        tlv::{self, Amp, Extra, Payload, PaymentData},
        writer::Writer,
    },
    sender::{
        error::PlanError,
        part::{Leg, Part},
    },
};
use ammeter_core::{
    engine::Engine,
    job::{Indices, Job, Pairs},
    scheme::{Hash, Scheme},
    shares::{self, Remainder},
    types::{BYTES, BasePreimage, Msat, PaymentHash, PaymentSecret, Preimage, Share},
};

/// Whom the receiver has to thank.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Nobody asked: the sender draws the payment's name.
    Spontaneous,
    /// An invoice names the payment. 32 bytes are the payment id; [`Committed`](super::Committed)
    /// has room for the first 11; [`Shards`](super::Shards) and [`MultiPath`](super::MultiPath) send
    /// them as the payment secret.
    Invoice([u8; BYTES]),
}

impl fmt::Debug for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spontaneous => "Spontaneous",
            Self::Invoice(_) => "Invoice(secret)",
        })
    }
}

/// One payment before it has a plan.
pub struct Payment<R> {
    /// Names the payment; some plans send it as a secret.
    pub(super) name: PaymentSecret,
    pub(super) root: BasePreimage,
    pub(super) rng: R,
    remainder: Remainder,
    total_msat: Msat,
    left: Msat,
    part_count: u32,
    engine: Engine,
}

impl<R> fmt::Debug for Payment<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { total_msat, left, part_count, .. } = self;
        write!(f, "Payment({part_count} parts, {} of {} msat left)", left.0, total_msat.0)
    }
}

/// `amount`, if it is something and leaves something of `whole`.
pub(super) fn some_of(amount_msat: Msat, whole: Msat) -> Result<Msat, PlanError> {
    if amount_msat == Msat(0) {
        return Err(PlanError::NoAmount);
    }
    if amount_msat >= whole {
        return Err(PlanError::AmountTooLarge { amount_msat, left_msat: whole });
    }
    Ok(amount_msat)
}

/// What one part takes out of a payment.
#[derive(Clone, Copy)]
pub(super) enum Portion {
    /// This much, and a random share.
    Some(Msat),
    /// What is left of both.
    Rest,
}

impl<R: CryptoRng> Payment<R> {
    /// A payment of `total`, whose base preimage and shares come from `rng`.
    pub fn new(total_msat: Msat, purpose: Purpose, engine: Engine, mut rng: R) -> Self {
        let root = BasePreimage::from(shares::random(&mut rng));
        let name = match purpose {
            // As random as a share.
            Purpose::Spontaneous => PaymentSecret(shares::random(&mut rng).0),
            Purpose::Invoice(name) => PaymentSecret(name),
        };
        let remainder = Remainder::of(&root);
        Self { name, root, rng, remainder, total_msat, left: total_msat, part_count: 0, engine }
    }

    /// What all parts pay together.
    #[must_use]
    pub const fn total(&self) -> Msat {
        self.total_msat
    }

    /// What no part pays yet.
    #[must_use]
    pub const fn left(&self) -> Msat {
        self.left
    }

    /// BP, or a tree's seed: for whoever is both sides of a payment.
    #[must_use]
    pub const fn root(&self) -> &BasePreimage {
        &self.root
    }

    /// How many parts are out.
    #[must_use]
    pub const fn part_count(&self) -> u32 {
        self.part_count
    }

    /// H.
    pub(super) const fn hash(&self) -> Hash {
        self.engine.kernel().hash()
    }

    /// Takes the next part of a scheme that counts its children from 1.
    pub(super) fn take_counted(&mut self, portion: Portion) -> Result<Part, PlanError> {
        let (amount, share) = self.take(portion)?;
        Ok(self.child(Scheme::Og, amount, share, self.part_count))
    }

    /// Takes an amount and a share.
    pub(super) fn take(&mut self, portion: Portion) -> Result<(Msat, Share), PlanError> {
        let amount = self.take_amount(portion)?;
        let share = match portion {
            Portion::Some(_) => self.remainder.take(&mut self.rng),
            Portion::Rest => self.remainder.take_last(),
        };
        Ok((amount, share))
    }

    /// Takes an amount only.
    pub(super) fn take_amount(&mut self, portion: Portion) -> Result<Msat, PlanError> {
        let amount = match portion {
            _ if self.left == Msat(0) && self.part_count > 0 => return Err(PlanError::Complete),
            Portion::Some(amount) => some_of(amount, self.left)?,
            Portion::Rest if self.left == Msat(0) => return Err(PlanError::NoAmount),
            Portion::Rest => self.left,
        };
        self.left = Msat(self.left.0 - amount.0);
        self.part_count += 1;
        Ok(amount)
    }

    /// One of the parts that are out became two.
    pub(super) const fn count_split(&mut self) {
        self.part_count += 1;
    }

    /// Takes back what a part that failed took.
    pub(super) fn put_back(&mut self, part: &Part) {
        self.remainder.put_back(&part.share);
        // Exact for parts of this payment; for those of another there is no right answer, and no
        // panic.
        self.left = Msat(self.left.0.saturating_add(part.amount_msat.0));
        self.part_count = self.part_count.saturating_sub(1);
    }

    /// A part as a TLV payload, in which the payment's name is its secret.
    pub(super) fn write_payload(
        &self,
        part: &Part,
        leg: Leg,
        amp: Option<Amp<'_>>,
        writer: &mut Writer<'_>,
    ) {
        let payment_data = PaymentData { payment_secret: &self.name, total_msat: self.total() };
        Payload {
            amount_msat: part.amount_msat,
            cltv_expiry: leg.cltv_expiry,
            part: Some(tlv::Part { payment_data, amp }),
            extra: Extra::NONE,
        }
        .write(writer);
    }

    /// The part of one child of the base preimage.
    pub(super) fn child(
        &self,
        scheme: Scheme,
        amount_msat: Msat,
        share: Share,
        index: u32,
    ) -> Part {
        let payment_hash = self.payment_hash(scheme, &share, index);
        Part { amount_msat, share, index, weight: 1, depth: 0, payment_hash }
    }

    fn payment_hash(&self, scheme: Scheme, share: &Share, index: u32) -> PaymentHash {
        let shares = core::slice::from_ref(share);
        let indices = [index];
        let job = Job { scheme, root: &self.root, indices: Indices::list(&indices), shares };
        let mut preimages = Zeroizing::new([Preimage::ZERO]);
        let mut payment_hashes = [PaymentHash::ZERO];
        let pairs = Pairs { preimages: &mut *preimages, payment_hashes: &mut payment_hashes };
        self.engine.derive(&job, pairs).expect("one child, whose index the scheme has");
        payment_hashes[0]
    }
}
