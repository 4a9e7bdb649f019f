//! BOLT 4's base multi-path payment: every part is locked to the hash of one invoice.

use rand_core::CryptoRng;

use crate::{
    eob::writer::Writer,
    sender::plan::{Leg, Part, Payment, Plan, PlanError, Portion},
};
use ammeter_core::types::{Msat, PaymentHash, Share};

/// A plan without shares: only whoever made the invoice can claim its parts, and with one preimage.
#[derive(Debug)]
pub struct MultiPath<R> {
    /// Its name is the payment secret. Its root means nothing.
    payment: Payment<R>,
    payment_hash: PaymentHash,
}

impl<R: CryptoRng> MultiPath<R> {
    /// As many parts as it takes, for an invoice with this hash. The purpose of `payment` is that
    /// invoice: nobody can claim parts that no invoice asked for.
    pub const fn new(payment: Payment<R>, payment_hash: PaymentHash) -> Self {
        Self { payment, payment_hash }
    }

    /// Takes a failed part back: its amount can be cut anew.
    pub fn merge(&mut self, part: &Part) {
        self.payment.put_back(part);
    }

    fn cut(&mut self, portion: Portion) -> Result<Part, PlanError> {
        let (amount_msat, payment_hash) = (self.payment.take_amount(portion)?, self.payment_hash);
        Ok(Part { amount_msat, share: Share::ZERO, index: 0, weight: 1, depth: 0, payment_hash })
    }
}

impl<R: CryptoRng> Plan<R> for MultiPath<R> {
    fn part(&mut self, amount: Msat) -> Result<Part, PlanError> {
        self.cut(Portion::Some(amount))
    }

    fn last_part(&mut self) -> Result<Part, PlanError> {
        self.cut(Portion::Rest)
    }

    fn write(&self, part: &Part, leg: Leg, writer: &mut Writer<'_>) {
        self.payment.write_payload(part, leg, None, writer);
    }

    fn payment(&self) -> &Payment<R> {
        &self.payment
    }
}
