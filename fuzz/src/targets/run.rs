//! Promise: 1300 bytes of legacy frames are read up to the final hop's, and written again with
//! their filler.

use ammeter_amp::eob::{Error, Message, Run, writer::Writer};

use crate::{
    messages::{
        naive::{self, Wrong},
        promises::{self, Format},
    },
    targets::final_hop::Frames,
};

/// A whole onion in the clear.
pub(crate) enum Onion {}

pub(crate) fn run(input: &[u8]) {
    promises::check::<Onion>(input);
    promises::check_spans::<Run<'_>>(input);
}

impl<'a> Format<'a> for Onion {
    type Value = Run<'a>;
    type Naive = naive::run::Run<'a>;
    const PREFIX_FREE: bool = true;

    fn decode(input: &'a [u8]) -> Result<Run<'a>, Error> {
        Run::decode(input)
    }

    fn write(value: &Run<'a>, writer: &mut Writer<'_>) {
        value.write(writer);
    }

    fn naive(input: &'a [u8]) -> Result<naive::run::Run<'a>, Wrong> {
        naive::run::run(input)
    }

    fn view(value: &Run<'a>) -> naive::run::Run<'a> {
        naive::run::Run {
            forwards: value.forwards().as_flattened(),
            final_hop: Frames::view(&value.final_hop),
            filler: value.filler(),
        }
    }
}
