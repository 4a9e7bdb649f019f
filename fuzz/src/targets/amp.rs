//! Promise: the value of an AMP record is read by itself.

use ammeter_amp::eob::tlv;

use crate::messages::{
    naive,
    promises::{self, Decode, Format, Naive, Write},
};

/// The value of record 14.
pub(crate) enum AmpValue {}

pub(crate) fn run(input: &[u8]) {
    promises::check::<AmpValue>(input);
}

impl<'a> Format<'a> for AmpValue {
    type Value = tlv::Amp<'a>;
    type Naive = naive::tlv::Amp<'a>;
    const PREFIX_FREE: bool = false;

    const DECODE: Decode<'a, Self::Value> = tlv::Amp::decode;
    const WRITE: Write<Self::Value> = tlv::Amp::write;
    const NAIVE: Naive<'a, Self::Naive> = naive::tlv::amp;

    fn view(value: &tlv::Amp<'a>) -> naive::tlv::Amp<'a> {
        naive::tlv::Amp {
            share: value.share().as_bytes(),
            set_id: value.set_id().as_bytes(),
            child_index: value.child_index().into(),
        }
    }
}
