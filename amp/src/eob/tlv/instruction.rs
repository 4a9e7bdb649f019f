//! Records 2 and 4, which every hop gets: the amount and the expiry of its outgoing HTLC.

use ammeter_core::types::Msat;

use crate::eob::{
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, Visitor},
    tlv::{
        extra::{Merge, Record},
        known::Known,
        walk::check_length,
    },
    writer::{Writer, truncated_size},
};

/// Records 2 and 4, as far as they have been read.
#[derive(Default)]
pub(super) struct Instruction {
    amount_msat: Option<Msat>,
    cltv_expiry: Option<u32>,
}

impl Instruction {
    /// Reads record 2: a tu64 that is all that is left.
    pub(super) fn read_amount<W: Visitor>(
        &mut self,
        cursor: &mut Cursor<'_, W>,
    ) -> Result<(), Error> {
        check_length(cursor, Known::Amount, 0..=8)?;
        self.amount_msat = Some(Msat(cursor.truncated_integer(Field::Amount)?));
        Ok(())
    }

    /// Reads record 4: a tu32 that is all that is left.
    pub(super) fn read_cltv<W: Visitor>(
        &mut self,
        cursor: &mut Cursor<'_, W>,
    ) -> Result<(), Error> {
        check_length(cursor, Known::Cltv, 0..=4)?;
        self.cltv_expiry = Some(cursor.truncated_integer(Field::Cltv)? as u32);
        Ok(())
    }

    /// Both, now that the stream is over.
    pub(super) fn both<W: Visitor>(self, cursor: &Cursor<'_, W>) -> Result<(Msat, u32), Error> {
        let amount = self.amount_msat.ok_or_else(|| missing(cursor, Known::Amount))?;
        let cltv = self.cltv_expiry.ok_or_else(|| missing(cursor, Known::Cltv))?;
        Ok((amount, cltv))
    }
}

/// The fault of a stream that ends here without `record`.
pub(super) fn missing<W: Visitor>(cursor: &Cursor<'_, W>, record: Known) -> Error {
    Error { offset: cursor.offset(), size: 0, fault: Fault::Missing { record } }
}

/// Writes records 2 and 4.
pub(super) fn write<'a>(
    (amount, cltv): (Msat, u32),
    merge: &mut Merge<impl Iterator<Item = Record<'a>>>,
    writer: &mut Writer<'_>,
) {
    merge.known(writer, Known::Amount, truncated_size(amount.0));
    writer.truncated_integer(amount.0);
    merge.known(writer, Known::Cltv, truncated_size(cltv.into()));
    writer.truncated_integer(cltv.into());
}
