//! Version 1: n shares. A sender that needs fewer parts folds several shares into one.

use rand_core::CryptoRng;

use crate::{
    eob::{
        Eob, FinalHop, Message,
        basic::{Basic, Folded},
        writer::Writer,
    },
    sender::plan::{Leg, Part, Payment, Plan, PlanError, Portion},
};
use ammeter_core::types::{Msat, PaymentId};

/// A plan for n shares. Every part says n, so that nothing about it can change on the way.
#[derive(Debug)]
pub struct Fixed<R> {
    payment: Payment<R>,
    id: PaymentId,
    part_count: u32,
    weight_left: u32,
}

impl<R: CryptoRng> Fixed<R> {
    /// n = `part_count` shares, in at most that many parts.
    ///
    /// # Errors
    /// [`PlanError::NoParts`].
    pub fn new(payment: Payment<R>, part_count: u32) -> Result<Self, PlanError> {
        if part_count == 0 {
            return Err(PlanError::NoParts);
        }
        let id = PaymentId(payment.name.0);
        Ok(Self { payment, id, part_count, weight_left: part_count })
    }

    /// The next part, with `weight` shares folded into its one. The XOR of random shares is a
    /// random share, so that one is drawn for all of them.
    ///
    /// # Errors
    /// [`PlanError`] if the payment cannot have such a part, or nothing would be left for the last.
    pub fn folded_part(&mut self, amount: Msat, weight: u32) -> Result<Part, PlanError> {
        let left = self.weight_left;
        if weight == 0 {
            return Err(PlanError::NoWeight);
        }
        if weight >= left && left > 0 {
            return Err(PlanError::WeightTooLarge { weight, left });
        }
        let part = self.payment.take_counted(Portion::Some(amount))?;
        self.weight_left -= weight;
        Ok(Part { weight, ..part })
    }
}

impl<R: CryptoRng> Plan<R> for Fixed<R> {
    fn part(&mut self, amount: Msat) -> Result<Part, PlanError> {
        self.folded_part(amount, 1)
    }

    /// Folds all shares that are left.
    fn last_part(&mut self) -> Result<Part, PlanError> {
        let part = self.payment.take_counted(Portion::Rest)?;
        let weight = core::mem::take(&mut self.weight_left);
        Ok(Part { weight, ..part })
    }

    fn write(&self, part: &Part, Leg { realm, cltv_expiry }: Leg, writer: &mut Writer<'_>) {
        let folded = Folded { part_count: self.part_count, weight: part.weight };
        let basic = Basic::new(folded, &self.id, &part.share).expect("a part of this plan");
        FinalHop { realm, amount_msat: part.amount_msat, cltv_expiry, eob: Eob::Basic(basic) }
            .write(writer);
    }

    fn payment(&self) -> &Payment<R> {
        &self.payment
    }
}
