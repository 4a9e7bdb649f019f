//! Promise: 1300 bytes of legacy frames are read up to the final hop's, and written again with their filler.

use ammeter_amp::eob::{Error, Message, Run, writer::Writer};

use crate::{
    format::{self, Format},
    plain::{self, Wrong},
    targets::final_hop::Frames,
};

/// A whole onion in the clear.
pub(crate) enum Onion {}

pub(crate) fn run(input: &[u8]) {
    format::check::<Onion>(input);
    format::check_spans::<Run<'_>>(input);
}

impl<'a> Format<'a> for Onion {
    type Value = Run<'a>;
    type Plain = plain::run::Run<'a>;
    const PREFIX_FREE: bool = true;

    fn decode(input: &'a [u8]) -> Result<Run<'a>, Error> {
        Run::decode(input)
    }

    fn write(value: &Run<'a>, writer: &mut Writer<'_>) {
        value.write(writer);
    }

    fn plain(input: &'a [u8]) -> Result<plain::run::Run<'a>, Wrong> {
        plain::run::run(input)
    }

    fn view(value: &Run<'a>) -> plain::run::Run<'a> {
        plain::run::Run {
            forwards: value.forwards().as_flattened(),
            final_hop: Frames::view(&value.final_hop),
            filler: value.filler(),
        }
    }
}
