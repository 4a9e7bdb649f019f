//! Promise: the seeds meet every fault that a parser can find.

#[path = "support/seeds.rs"]
mod seeds;

use std::collections::BTreeSet;

use ammeter_amp::eob::{
    Error, FinalHop, Message, Run,
    pr31::Blob,
    tlv::{Amp, Extra, Forward, Payload, PaymentData},
};
use ammeter_fuzz::messages::naive::{FAULTS, name};

/// A target's parser, without what it reads.
type Parser = fn(&[u8]) -> Result<(), Error>;

const PARSERS: &[(&str, Parser)] = &[
    ("amp", |input| Amp::decode(input).map(drop)),
    ("blob", |input| Blob::decode(input).map(drop)),
    ("extra", |input| Extra::new(input).map(drop)),
    ("final_hop", |input| FinalHop::decode(input).map(drop)),
    ("forward", |input| Forward::decode_stream(input).map(drop)),
    ("payload", |input| Payload::decode(input).map(drop)),
    ("payload_stream", |input| Payload::decode_stream(input).map(drop)),
    ("payment_data", |input| PaymentData::decode(input).map(drop)),
    ("run", |input| Run::decode(input).map(drop)),
];

/// A new variant of `Fault` does not compile until it is in the list of `naive`, and then is missed
/// here.
#[test]
fn every_fault_is_met() {
    let mut met = BTreeSet::new();
    for (target, parse) in PARSERS {
        let results: Vec<_> = seeds::seeds(target).iter().map(|(_, seed)| parse(seed)).collect();
        assert!(results.iter().any(Result::is_ok), "{target}: no seed is accepted");
        met.extend(results.into_iter().filter_map(Result::err).map(|error| name(&error.fault)));
    }
    assert_eq!(met, FAULTS.iter().copied().collect(), "met on the left");
}
