//! Promise: the value of a payment_data record is read by itself.

use ammeter_amp::eob::{Error, tlv, writer::Writer};

use crate::{
    format::{self, Format},
    plain::{self, Wrong},
};

/// The value of record 8.
pub(crate) enum PaymentDataValue {}

pub(crate) fn run(input: &[u8]) {
    format::check::<PaymentDataValue>(input);
}

impl<'a> Format<'a> for PaymentDataValue {
    type Value = tlv::PaymentData<'a>;
    type Plain = plain::tlv::PaymentData<'a>;
    const PREFIX_FREE: bool = false;

    fn decode(input: &'a [u8]) -> Result<tlv::PaymentData<'a>, Error> {
        tlv::PaymentData::decode(input)
    }

    fn write(value: &tlv::PaymentData<'a>, writer: &mut Writer<'_>) {
        value.write(writer);
    }

    fn plain(input: &'a [u8]) -> Result<plain::tlv::PaymentData<'a>, Wrong> {
        plain::tlv::payment_data(input)
    }

    fn view(value: &tlv::PaymentData<'a>) -> plain::tlv::PaymentData<'a> {
        plain::tlv::PaymentData { secret: value.secret.as_bytes(), total: value.total.0 }
    }
}
