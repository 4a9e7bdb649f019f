//! Everything that attacks. A target is a function over bytes that panics when a promise is broken,
//! so that it runs under `cargo test` on stable as well as under a fuzzer. `fuzz/README.md` says
//! how.
//!
//! | room | what is in it |
//! |---|---|
//! | `targets` | one body a file |
//! | [`messages`] | what every wire format promises, a naive parser of each, generation, mutation |
//! | [`sim`] | the simulated world: senders, adversary, network, faults; the model, the invariants, shrinking |
//! | [`specimens`] | known-bad receivers, each one small difference from a correct one |
//! | [`census`] | which of their flaws a receiver shows |
//! | [`adapter`] | receivers under test: ours in memory, ours on a failing disk, any program, any library |
#![deny(unsafe_code)]

pub mod adapter;
#[forbid(unsafe_code)]
pub mod census;
#[forbid(unsafe_code)]
pub mod messages;
#[forbid(unsafe_code)]
pub mod sim;
#[forbid(unsafe_code)]
pub mod specimens;
#[forbid(unsafe_code)]
mod targets;

use messages::mutate::Shape;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: also of its bin, of its seeds' folder and of its dictionary.
    pub name: &'static str,
    /// Its body.
    pub run: fn(&[u8]),
    /// What its inputs are made of, if a fuzzer may change them there.
    pub shape: Option<Shape>,
}

impl Target {
    const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, shape: None }
    }

    const fn of(self, shape: Shape) -> Self {
        Self { shape: Some(shape), ..self }
    }
}

/// Every target, but for the [`CANARIES`].
pub const TARGETS: &[Target] = &[
    Target::new("amp", targets::amp::run).of(Shape::Value),
    Target::new("blob", targets::blob::run).of(Shape::Frames),
    Target::new("crashes", targets::histories::run_with_crashes),
    Target::new("extra", targets::extra::run).of(Shape::Stream),
    Target::new("final_hop", targets::final_hop::run).of(Shape::Frames),
    Target::new("forward", targets::forward::run).of(Shape::Stream),
    Target::new("histories", targets::histories::run),
    Target::new("kernels", targets::kernels::run),
    Target::new("matching", targets::matching::run),
    Target::new("mutated", targets::mutated::run),
    Target::new("onion", targets::onion::run),
    Target::new("payload", targets::payload::run).of(Shape::Payload),
    Target::new("payload_stream", targets::payload::run_stream).of(Shape::Stream),
    Target::new("payment_data", targets::payment_data::run).of(Shape::Value),
    Target::new("records", targets::records::run),
    Target::new("run", targets::run::run).of(Shape::Frames),
    Target::new("sender", targets::sender::run),
    Target::new("shares", targets::shares::run),
];

/// Targets that must fail: on any input that begins with `sing`, and on many records in a row.
pub const CANARIES: &[Target] = &[
    Target::new("canary_compares", targets::canary::compares),
    Target::new("canary_walks", targets::canary::walks),
];

/// The target of this name, for a bin that looks it up while it is compiled.
///
/// # Panics
/// If there is none.
#[must_use]
pub const fn target(name: &str) -> Target {
    match (row(TARGETS, name), row(CANARIES, name)) {
        (Some(target), _) | (None, Some(target)) => target,
        (None, None) => panic!("no target has this name"),
    }
}

const fn row(targets: &[Target], name: &str) -> Option<Target> {
    let mut row = 0;
    while row < targets.len() {
        if same(targets[row].name, name) {
            return Some(targets[row]);
        }
        row += 1;
    }
    None
}

/// `==`, which is not const.
const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut equal = left.len() == right.len();
    let mut place = 0;
    while equal && place < left.len() {
        equal = left[place] == right[place];
        place += 1;
    }
    equal
}
