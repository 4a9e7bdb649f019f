//! Version 3: every part says H(BP), and none says n.

use rand_core::CryptoRng;

use crate::{
    eob::{self, Eob, FinalHop, Message, committed::SHORT_ID_BYTES, writer::Writer},
    sender::plan::{Leg, Part, Payment, Plan, PlanError, Portion},
};
use ammeter_core::types::{Commitment, Msat};

/// A plan whose receiver recognises the base preimage when it sees it.
#[derive(Debug)]
pub struct Committed<R> {
    payment: Payment<R>,
    id: [u8; SHORT_ID_BYTES],
    commitment: Commitment,
}

impl<R: CryptoRng> Committed<R> {
    /// As many parts as it takes.
    pub fn new(payment: Payment<R>) -> Self {
        let id = *payment.name.0.first_chunk().expect("a name is longer than a short id");
        let commitment = Commitment(payment.hash().digest(&payment.root.0));
        Self { payment, id, commitment }
    }
}

impl<R: CryptoRng> Plan<R> for Committed<R> {
    fn part(&mut self, amount: Msat) -> Result<Part, PlanError> {
        self.payment.take_counted(Portion::Some(amount))
    }

    fn last_part(&mut self) -> Result<Part, PlanError> {
        self.payment.take_counted(Portion::Rest)
    }

    fn write(&self, part: &Part, Leg { realm, cltv_expiry }: Leg, writer: &mut Writer<'_>) {
        let eob = Eob::Committed(eob::committed::Committed {
            id: &self.id,
            commitment: &self.commitment,
            share: &part.share,
        });
        FinalHop { realm, amount_msat: part.amount_msat, cltv_expiry, eob }.write(writer);
    }

    fn payment(&self) -> &Payment<R> {
        &self.payment
    }
}
