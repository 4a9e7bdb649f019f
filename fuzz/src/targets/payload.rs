//! Promise: a final hop's TLV payload is read with its length and hmac, and so are its records
//! alone.

use ammeter_amp::eob::{Error, Message, tlv};

use crate::{
    messages::{
        naive::tlv::{Reader, Records, payload, records},
        promises::{self, Decode, Format, Naive, Write},
    },
    targets::{amp::AmpValue, payment_data::PaymentDataValue},
};

/// Length, records, hmac.
pub(crate) enum Payload {}

/// The records alone, as a node that has peeled its onion holds them.
pub(crate) enum PayloadStream {}

pub(crate) fn run(input: &[u8]) {
    promises::check::<Payload>(input);
    promises::check_spans::<tlv::Payload<'_>>(input);
}

pub(crate) fn run_stream(input: &[u8]) {
    promises::check::<PayloadStream>(input);
}

impl<'a> Format<'a> for Payload {
    type Value = tlv::Payload<'a>;
    type Naive = Records<'a>;
    const PREFIX_FREE: bool = true;

    const DECODE: Decode<'a, Self::Value> = tlv::Payload::decode;
    const WRITE: Write<Self::Value> = tlv::Payload::write;
    const NAIVE: Naive<'a, Self::Naive> = payload;

    fn view(value: &tlv::Payload<'a>) -> Records<'a> {
        Records {
            amount_msat: Some(value.amount_msat.0),
            cltv_expiry: Some(value.cltv_expiry.into()),
            channel: None,
            payment_data: value.part.map(|part| PaymentDataValue::view(&part.payment_data)),
            amp: value.part.and_then(|part| part.amp).map(|amp| AmpValue::view(&amp)),
            extra: value.extra.iter().map(|record| (record.kind, record.value)).collect(),
        }
    }

    /// The record that a fault names, for BOLT 4's `invalid_onion_payload`, is one that a payload
    /// may have, or its type stands in the input.
    fn check_fault(input: &[u8], error: &Error) {
        let fault = &error.fault;
        let Some(kind) = fault.record_type().filter(|kind| ![2, 4, 6, 8, 14].contains(kind)) else {
            return;
        };
        let (marker, size) = match kind {
            0..0xfd => (None, 1),
            0xfd..0x1_0000 => (Some(0xfd), 2),
            0x1_0000..0x1_0000_0000 => (Some(0xfe), 4),
            _ => (Some(0xff), 8),
        };
        let all = kind.to_be_bytes();
        let named = input.windows(size).enumerate().any(|(at, window)| {
            *window == all[8 - size..]
                && marker.is_none_or(|marker| at > 0 && input[at - 1] == marker)
        });
        assert!(named, "{fault}: {kind}");
    }
}

impl<'a> Format<'a> for PayloadStream {
    type Value = tlv::Payload<'a>;
    type Naive = Records<'a>;
    const PREFIX_FREE: bool = false;

    const DECODE: Decode<'a, Self::Value> = tlv::Payload::decode_stream;
    const WRITE: Write<Self::Value> = tlv::Payload::write_stream;
    const NAIVE: Naive<'a, Self::Naive> = |input| records(input, 0, Reader::FinalHop);

    fn view(value: &tlv::Payload<'a>) -> Records<'a> {
        Payload::view(value)
    }

    fn check_fault(input: &[u8], error: &Error) {
        Payload::check_fault(input, error);
    }
}
