//! Everything that attacks. A target is a plain function over bytes that panics when a promise is broken, so
//! that it runs under `cargo test` on stable as well as under a fuzzer.
//!
//! This is the door: two targets so far, and the canary that proves that a broken promise is noticed. Receiver
//! histories and the simulated world move in behind it.
#![forbid(unsafe_code)]

pub mod adapter;
pub mod sim;
pub mod specimens;
mod targets;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Its body.
    pub run: fn(&[u8]),
}

/// Every target, but for the [`CANARY`].
pub const TARGETS: &[Target] = &[
    Target { name: "kernels", run: targets::kernels::run },
    Target { name: "wire", run: targets::wire::run },
];

/// A target that must fail: on any input that begins with `canary`.
pub const CANARY: Target = Target { name: "canary", run: targets::canary::run };
