//! Every row there is: ours, one a kernel, then the peers.

use ammeter_core::Hash;

use crate::{backend::Entry, ours, peers};

/// Every row for `hash` on this machine, ours first.
#[must_use]
pub fn entries(hash: Hash) -> Vec<Entry> {
    ours::entries(hash).chain(peers::entries().filter(|entry| entry.hash == hash)).collect()
}

/// The rows that there would be with the feature `peers`, by name. All hash with SHA-256.
#[must_use]
pub fn left_out() -> Vec<&'static str> {
    let is_there = |name: &str| peers::entries().any(|entry| entry.name == name);
    peers::LONG_TO_COMPILE.into_iter().filter(|name| !is_there(name)).collect()
}

/// What a user of `Engine::new` gets: the engine chooses the kernel itself, for each payment anew.
/// In a comparison at one size it ties with the kernel that it chooses; over many sizes it shows
/// how well it chooses.
#[must_use]
pub fn auto(hash: Hash) -> Entry {
    ours::auto(hash)
}

/// The row that others are compared with, unless another is named: what an implementer in Rust
/// would reach for first.
#[must_use]
pub const fn default_baseline(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha256 => "sha2-0.11",
        Hash::Blake3 => "blake3",
    }
}
