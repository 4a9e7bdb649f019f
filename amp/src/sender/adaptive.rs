//! Version 2: parts go out before their number is known.

use rand_core::CryptoRng;

use crate::{
    eob::{self, Eob, FinalHop, Message, writer::Writer},
    sender::plan::{Leg, Part, Payment, Plan, PlanError, Portion},
};
use ammeter_core::types::{Msat, PaymentId};

/// A plan that learns n on the way: parts say 0 until the last one has been taken, and n from then
/// on, those that are sent again included.
#[derive(Debug)]
pub struct Adaptive<R> {
    payment: Payment<R>,
    id: PaymentId,
    /// n, or 0 while it is not known.
    part_count: u32,
}

impl<R: CryptoRng> Adaptive<R> {
    /// As many parts as it takes.
    pub fn new(payment: Payment<R>) -> Self {
        let id = PaymentId(payment.name.0);
        Self { payment, id, part_count: 0 }
    }
}

impl<R: CryptoRng> Plan<R> for Adaptive<R> {
    fn part(&mut self, amount: Msat) -> Result<Part, PlanError> {
        self.payment.take_counted(Portion::Some(amount))
    }

    fn last_part(&mut self) -> Result<Part, PlanError> {
        let part = self.payment.take_counted(Portion::Rest)?;
        self.part_count = self.payment.part_count();
        Ok(part)
    }

    fn write(&self, part: &Part, Leg { realm, cltv_expiry }: Leg, writer: &mut Writer<'_>) {
        let eob = Eob::Adaptive(eob::adaptive::Adaptive {
            part_count: self.part_count,
            id: &self.id,
            share: &part.share,
        });
        FinalHop { realm, amount_msat: part.amount_msat, cltv_expiry, eob }.write(writer);
    }

    fn payment(&self) -> &Payment<R> {
        &self.payment
    }
}
