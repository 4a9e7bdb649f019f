//! Promise: 1300 bytes of legacy frames are read up to the final hop's, and written again with
//! their filler.

use ammeter_amp::eob::{Message, Run};

use crate::{
    messages::{
        naive,
        promises::{self, Decode, Format, Naive, Write},
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

    const DECODE: Decode<'a, Self::Value> = Run::decode;
    const WRITE: Write<Self::Value> = Run::write;
    const NAIVE: Naive<'a, Self::Naive> = naive::run::run;

    fn view(value: &Run<'a>) -> naive::run::Run<'a> {
        naive::run::Run {
            forwards: value.forwards().as_flattened(),
            final_hop: Frames::view(&value.final_hop),
            filler: value.filler(),
        }
    }
}
