//! Promise: the value of a payment_data record is read by itself.

use ammeter_amp::eob::{Error, tlv, writer::Writer};

use crate::messages::{
    naive::{self, Wrong},
    promises::{self, Format},
};

/// The value of record 8.
pub(crate) enum PaymentDataValue {}

pub(crate) fn run(input: &[u8]) {
    promises::check::<PaymentDataValue>(input);
}

impl<'a> Format<'a> for PaymentDataValue {
    type Value = tlv::PaymentData<'a>;
    type Naive = naive::tlv::PaymentData<'a>;
    const PREFIX_FREE: bool = false;

    fn decode(input: &'a [u8]) -> Result<tlv::PaymentData<'a>, Error> {
        tlv::PaymentData::decode(input)
    }

    fn write(value: &tlv::PaymentData<'a>, writer: &mut Writer<'_>) {
        value.write(writer);
    }

    fn naive(input: &'a [u8]) -> Result<naive::tlv::PaymentData<'a>, Wrong> {
        naive::tlv::payment_data(input)
    }

    fn view(value: &tlv::PaymentData<'a>) -> naive::tlv::PaymentData<'a> {
        naive::tlv::PaymentData {
            payment_secret: value.payment_secret.as_bytes(),
            total_msat: value.total_msat.0,
        }
    }
}
