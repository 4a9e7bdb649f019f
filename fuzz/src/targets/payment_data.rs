//! Promise: the value of a payment_data record is read by itself.

use ammeter_amp::eob::tlv;

use crate::messages::{
    naive,
    promises::{self, Decode, Format, Naive, Write},
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

    const DECODE: Decode<'a, Self::Value> = tlv::PaymentData::decode;
    const WRITE: Write<Self::Value> = tlv::PaymentData::write;
    const NAIVE: Naive<'a, Self::Naive> = naive::tlv::payment_data;

    fn view(value: &tlv::PaymentData<'a>) -> naive::tlv::PaymentData<'a> {
        naive::tlv::PaymentData {
            payment_secret: value.payment_secret.as_bytes(),
            total_msat: value.total_msat.0,
        }
    }
}
