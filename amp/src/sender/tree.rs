//! Version 4: a part that fails is split in two, and so on, without a word to the receiver about
//! how many there will be.

use rand_core::CryptoRng;

use crate::{
    eob::{self, Eob, FinalHop, Message, writer::Writer},
    sender::{
        payment::some_of,
        plan::{Leg, Part, Payment, Plan, PlanError, Portion},
    },
};
use ammeter_core::{
    scheme::Scheme,
    shares::{DEPTH_MAX, Leaf},
    types::{Msat, PaymentId},
};

/// A plan that grows a tree. Parts that are taken one by one are its left leaves, and what is left
/// its rightmost; nine of them are as many as fit. [`split`](Self::split) reaches all 256.
#[derive(Debug)]
pub struct Tree<R> {
    payment: Payment<R>,
    id: PaymentId,
    /// What has not been handed out; `None` once the last part has.
    rest: Option<Leaf>,
}

impl<R: CryptoRng> Tree<R> {
    /// As many parts as it takes, up to 256.
    pub fn new(payment: Payment<R>) -> Self {
        let (id, rest) = (PaymentId(payment.name.0), Some(Leaf::whole(&payment.root)));
        Self { payment, id, rest }
    }

    /// Splits a part that failed into one that pays `amount` and one that pays the rest. The part
    /// itself must not be sent again.
    ///
    /// # Errors
    /// [`PlanError::TooDeep`], or one about the amount.
    pub fn split(&mut self, part: &Part, amount: Msat) -> Result<[Part; 2], PlanError> {
        let amount = some_of(amount, part.amount_msat)?;
        let amounts = [amount, Msat(part.amount_msat.0 - amount.0)];
        // A part of this plan has an index of one byte.
        let leaf = Leaf { share: part.share.clone(), index: part.index as u8, depth: part.depth };
        let [left, right] = self.halves(leaf)?;
        self.payment.count_split();
        Ok([self.leaf_part(amounts[0], left), self.leaf_part(amounts[1], right)])
    }

    fn halves(&mut self, leaf: Leaf) -> Result<[Leaf; 2], PlanError> {
        let depth = leaf.depth;
        leaf.split(&mut self.payment.rng).map_err(|_| PlanError::TooDeep { depth })
    }

    fn leaf_part(&self, amount: Msat, Leaf { share, index, depth }: Leaf) -> Part {
        Part { depth, ..self.payment.child(Scheme::Tree, amount, share, index.into()) }
    }
}

impl<R: CryptoRng> Plan<R> for Tree<R> {
    fn part(&mut self, amount: Msat) -> Result<Part, PlanError> {
        match self.rest {
            None => return Err(PlanError::Complete),
            Some(Leaf { depth: depth @ DEPTH_MAX.., .. }) => {
                return Err(PlanError::TooDeep { depth });
            }
            Some(_) => {}
        }
        let amount = self.payment.take_amount(Portion::Some(amount))?;
        let rest = self.rest.take().ok_or(PlanError::Complete)?;
        let [left, right] = self.halves(rest)?;
        self.rest = Some(right);
        Ok(self.leaf_part(amount, left))
    }

    fn last_part(&mut self) -> Result<Part, PlanError> {
        let amount = self.payment.take_amount(Portion::Rest)?;
        let leaf = self.rest.take().ok_or(PlanError::Complete)?;
        Ok(self.leaf_part(amount, leaf))
    }

    fn write(&self, part: &Part, Leg { realm, cltv_expiry }: Leg, writer: &mut Writer<'_>) {
        let eob = Eob::Tree(eob::tree::Tree {
            index: part.index as u8,
            id: &self.id,
            share: &part.share,
        });
        FinalHop { realm, amount_msat: part.amount_msat, cltv_expiry, eob }.write(writer);
    }

    fn payment(&self) -> &Payment<R> {
        &self.payment
    }
}
