//! Promise: a forwarding hop's records are read, and an AMP record among them is refused by name.

use ammeter_amp::eob::{Error, tlv, writer::Writer};

use crate::messages::{
    naive::{
        Wrong,
        tlv::{Reader, Records, records},
    },
    promises::{self, Format},
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

    fn decode(input: &'a [u8]) -> Result<tlv::Forward<'a>, Error> {
        tlv::Forward::decode_stream(input)
    }

    fn write(value: &tlv::Forward<'a>, writer: &mut Writer<'_>) {
        value.write_stream(writer);
    }

    fn naive(input: &'a [u8]) -> Result<Records<'a>, Wrong> {
        records(input, 0, Reader::Forward)
    }

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
