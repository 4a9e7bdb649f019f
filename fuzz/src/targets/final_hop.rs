//! Promise: a legacy final hop's one or two frames, all versions, are read as `amp/docs/wire.md`
//! draws them.

use ammeter_amp::eob::{Eob, FinalHop, Message};

use crate::messages::{
    naive::frame,
    promises::{self, Decode, Format, Naive, Write},
};

/// A final hop's frames.
pub(crate) enum Frames {}

pub(crate) fn run(input: &[u8]) {
    promises::check::<Frames>(input);
    promises::check_spans::<FinalHop<'_>>(input);
}

impl<'a> Format<'a> for Frames {
    type Value = FinalHop<'a>;
    type Naive = frame::FinalHop<'a>;
    const PREFIX_FREE: bool = true;

    const DECODE: Decode<'a, Self::Value> = FinalHop::decode;
    const WRITE: Write<Self::Value> = FinalHop::write;
    const NAIVE: Naive<'a, Self::Naive> = frame::final_hop;

    fn view(value: &FinalHop<'a>) -> frame::FinalHop<'a> {
        let FinalHop { realm, amount_msat, cltv_expiry, eob } = *value;
        let hop = frame::FinalHop {
            realm,
            amount_msat: amount_msat.0,
            cltv_expiry,
            version: eob.version(),
            share: eob.share().map_or(&[], |share| share.as_bytes()),
            ..Default::default()
        };
        match eob {
            Eob::None => hop,
            Eob::Basic(basic) => frame::FinalHop {
                part_count: basic.part_count(),
                weight: basic.weight(),
                id: basic.id().as_bytes(),
                ..hop
            },
            Eob::Adaptive(adaptive) => frame::FinalHop {
                part_count: adaptive.part_count,
                id: adaptive.id.as_bytes(),
                ..hop
            },
            Eob::Committed(committed) => frame::FinalHop {
                id: committed.id,
                commitment: committed.commitment.as_bytes(),
                ..hop
            },
            Eob::Tree(tree) => frame::FinalHop { index: tree.index, id: tree.id.as_bytes(), ..hop },
        }
    }
}
