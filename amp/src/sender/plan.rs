//! What every plan can do.

use ammeter_core::types::Msat;

use crate::eob::writer::Writer;
// What a plan is written with.
pub(super) use crate::sender::{
    error::PlanError,
    part::{Leg, Part},
    payment::{Payment, Portion},
};

/// Hands out the parts of one payment.
pub trait Plan<R> {
    /// The next part, which is not the last one.
    ///
    /// # Errors
    /// [`PlanError`] if the payment cannot have such a part.
    fn part(&mut self, amount: Msat) -> Result<Part, PlanError>;

    /// The last part, which pays all that is left.
    ///
    /// # Errors
    /// [`PlanError::Complete`].
    fn last_part(&mut self) -> Result<Part, PlanError>;

    /// Writes what the receiver is told of `part` when it arrives over `leg`: frames or a payload.
    ///
    /// # Panics
    /// It may, if the part is another plan's.
    fn write(&self, part: &Part, leg: Leg, writer: &mut Writer<'_>);

    /// The payment, for its amount left and its root.
    fn payment(&self) -> &Payment<R>;
}
