//! Promise: a forwarding hop's records are read, and an AMP record among them is refused by name.

use ammeter_amp::eob::tlv;

use crate::messages::{
    naive::tlv::{Reader, Records, records},
    promises::{self, Decode, Format, Naive, Write},
};

/// A forwarding hop's records.
pub(crate) enum Forward {}

pub(crate) fn run(input: &[u8]) {
    promises::check::<Forward>(input);
}

impl<'a> Format<'a> for Forward {
    type Value = tlv::Forward<'a>;
    type Naive = Records<'a>;
    const PREFIX_FREE: bool = false;

    const DECODE: Decode<'a, Self::Value> = tlv::Forward::decode_stream;
    const WRITE: Write<Self::Value> = tlv::Forward::write_stream;
    const NAIVE: Naive<'a, Self::Naive> = |input| records(input, 0, Reader::Forward);

    fn view(value: &tlv::Forward<'a>) -> Records<'a> {
        Records {
            amount_msat: Some(value.amount_msat.0),
            cltv_expiry: Some(value.cltv_expiry.into()),
            channel: Some(value.short_channel_id),
            extra: value.extra.iter().map(|record| (record.kind, record.value)).collect(),
            ..Default::default()
        }
    }
}
