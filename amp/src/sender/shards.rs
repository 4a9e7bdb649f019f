//! What lnd ships: random child indices, and shares that return to the sender when a shard fails.

use rand_core::CryptoRng;

use crate::{
    eob::{tlv::Amp, writer::Writer},
    sender::plan::{Leg, Part, Payment, Plan, PlanError, Portion},
};
use ammeter_core::{
    scheme::Scheme,
    shares,
    types::{Msat, PaymentId},
};

/// A plan that cuts shards off the root and takes failed ones back.
#[derive(Debug)]
pub struct Shards<R> {
    /// Its name is the payment secret.
    payment: Payment<R>,
    set_id: PaymentId,
}

impl<R: CryptoRng> Shards<R> {
    /// As many shards as it takes. The set id is the sender's, also where an invoice names the
    /// payment.
    pub fn new(mut payment: Payment<R>) -> Self {
        let mut set_id = PaymentId::ZERO;
        while set_id == PaymentId::ZERO {
            set_id = PaymentId(shares::random(&mut payment.rng).0);
        }
        Self { payment, set_id }
    }

    /// Takes a failed shard back: its amount and its share can be cut anew.
    pub fn merge(&mut self, part: Part) {
        self.payment.put_back(&part);
    }

    fn shard(&mut self, portion: Portion) -> Result<Part, PlanError> {
        let (amount, share) = self.payment.take(portion)?;
        let index = self.payment.rng.next_u32();
        Ok(self.payment.child(Scheme::Lnd, amount, share, index))
    }
}

impl<R: CryptoRng> Plan<R> for Shards<R> {
    fn part(&mut self, amount: Msat) -> Result<Part, PlanError> {
        self.shard(Portion::Some(amount))
    }

    fn last_part(&mut self) -> Result<Part, PlanError> {
        self.shard(Portion::Rest)
    }

    fn write(&self, part: &Part, leg: Leg, writer: &mut Writer<'_>) {
        let amp = Amp::new(&part.share, &self.set_id, part.index).expect("not a zero set id");
        self.payment.write_payload(part, leg, Some(amp), writer);
    }

    fn payment(&self) -> &Payment<R> {
        &self.payment
    }
}
