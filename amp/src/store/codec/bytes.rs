//! A few bytes in place.

use core::fmt;
use std::ops::Deref;

use crate::eob::writer::Writer;

/// Up to `ROOM` bytes, without an allocation.
#[derive(Clone, Copy)]
pub struct Bytes<const ROOM: usize> {
    size: u8,
    bytes: [u8; ROOM],
}

/// The longest key is that of a TLV payload's set: a tag, the payment secret, the set id.
pub type Key = Bytes<65>;
/// The longest record that the types can hold: a TLV payload's set with a commitment, which no part
/// has. A TLV payload's part takes 173.
pub type Value = Bytes<193>;

impl<const ROOM: usize> Bytes<ROOM> {
    /// What `write` writes.
    ///
    /// # Panics
    /// If there is no room for it, which is a mistake in the sizes above.
    pub(super) fn of(write: impl FnOnce(&mut Writer<'_>)) -> Self {
        const { assert!(ROOM <= u8::MAX as usize) };
        let mut bytes = [0; ROOM];
        let mut writer = Writer::new(&mut bytes);
        write(&mut writer);
        let size = writer.finish().expect("the longest record fits").len() as u8;
        Self { size, bytes }
    }

    /// Appends four bytes.
    pub(super) fn push_u32(&mut self, value: u32) {
        let start = usize::from(self.size);
        self.bytes[start..start + 4].copy_from_slice(&value.to_be_bytes());
        self.size += 4;
    }
}

impl<const ROOM: usize> Deref for Bytes<ROOM> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.size)]
    }
}

/// They may hold shares and roots.
impl<const ROOM: usize> fmt::Debug for Bytes<ROOM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} of them)", self.size)
    }
}
