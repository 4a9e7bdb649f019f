//! Promise: the value of an AMP record is read by itself.

use ammeter_amp::eob::{Error, tlv, writer::Writer};

use crate::messages::{
    naive::{self, Wrong},
    promises::{self, Format},
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

    fn decode(input: &'a [u8]) -> Result<tlv::Amp<'a>, Error> {
        tlv::Amp::decode(input)
    }

    fn write(value: &tlv::Amp<'a>, writer: &mut Writer<'_>) {
        value.write(writer);
    }

    fn naive(input: &'a [u8]) -> Result<naive::tlv::Amp<'a>, Wrong> {
        naive::tlv::amp(input)
    }

    fn view(value: &tlv::Amp<'a>) -> naive::tlv::Amp<'a> {
        naive::tlv::Amp {
            share: value.share().as_bytes(),
            set_id: value.set_id().as_bytes(),
            child_index: value.child_index().into(),
        }
    }
}
