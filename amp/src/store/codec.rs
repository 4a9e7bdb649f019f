//! Records as bytes: total on the way in, canonical on the way out.
//!
//! The layouts are drawn in the [store's documentation](crate::store).

mod bytes;
mod read;
mod write;

use core::fmt;

pub use bytes::{Bytes, Key, Value};
pub use read::decode;
pub(crate) use read::{htlc_key, set_key};
pub use write::{Entry, entry, put};

/// Version of every record's layout: its first byte.
pub const RECORD_VERSION: u8 = 1;

/// The kinds of records, in the order in which they are read: a set before its HTLCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// The clocks under an empty key; beside them [`CLOSED_UNTIL_KEY`] and [`POLICY_KEY`].
    Clocks = 1,
    /// One for each open invoice.
    Invoices = 2,
    /// One for each set.
    Sets = 3,
    /// One for each HTLC.
    Htlcs = 4,
}

named! {
    /// Its name in a file and in messages.
    Table { Clocks = "clocks", Invoices = "invoices", Sets = "sets", Htlcs = "htlcs", }
}

/// Key of the height until which new HTLCs fail. A release that does not know it refuses the store,
/// and does not settle what had failed.
pub const CLOSED_UNTIL_KEY: &[u8] = b"closed until";

/// Key of the policy of the last life.
pub const POLICY_KEY: &[u8] = b"policy";

/// CRC-32C of the table's number, the key, and the record up to its checksum: a record that was
/// moved to another key is damaged too.
fn checksum(table: Table, key: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(&[table as u8]), key), body)
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// The key is not one of this table's.
    Key,
    /// The record is shorter than a version and a checksum.
    Short {
        /// Bytes that it has.
        bytes: usize,
    },
    /// The checksum does not fit the bytes.
    Checksum {
        /// What the record says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// A layout that is not known here.
    Version(u8),
    /// The record ends inside a field.
    Cut(&'static str),
    /// A field holds a number that means nothing.
    Unknown {
        /// The field.
        field: &'static str,
        /// The number.
        code: u8,
    },
    /// The record goes on behind its last field.
    Trailing {
        /// For so many bytes.
        bytes: usize,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("the key is none of this table's"),
            Self::Short { bytes } => write!(f, "{bytes} bytes are no record"),
            Self::Checksum { stored, computed } => {
                write!(f, "the checksum is {stored:08x} and should be {computed:08x}")
            }
            Self::Version(version) => write!(f, "unknown record version {version}"),
            Self::Cut(field) => write!(f, "ends inside its {field}"),
            Self::Unknown { field, code } => {
                write!(f, "its {field} is {code}, which means nothing")
            }
            Self::Trailing { bytes } => write!(f, "{bytes} bytes behind the last field"),
        }
    }
}

impl std::error::Error for RecordError {}

/// Numbers that tell apart what a field can be. They are in files: never change one.
mod code {
    pub(super) const SET_PAYMENT: u8 = 1;
    pub(super) const SET_COMMITTED: u8 = 2;
    pub(super) const SET_AMP: u8 = 3;
    pub(super) const SET_MPP: u8 = 4;

    pub(super) const HASH_SHA256: u8 = 1;
    pub(super) const HASH_BLAKE3: u8 = 2;

    pub(super) const DEVIATION_FAIL_SET: u8 = 1;
    pub(super) const DEVIATION_REJECT_NEWCOMER: u8 = 2;

    pub(super) const REALMS_ANY: u8 = 1;
    pub(super) const REALMS_ONE: u8 = 2;

    pub(super) const STANDING_MEMBER: u8 = 1;
    pub(super) const STANDING_REFUSED: u8 = 2;

    pub(super) const STATE_COLLECTING: u8 = 1;
    pub(super) const STATE_SETTLING: u8 = 2;
    pub(super) const STATE_FAILING: u8 = 3;
    pub(super) const STATE_SETTLED: u8 = 4;
    pub(super) const STATE_FAILED: u8 = 5;
}
