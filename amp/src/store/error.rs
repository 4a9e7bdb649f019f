//! What can be wrong with a store.

use core::fmt;
use std::io;

use crate::store::codec::{self, RecordError, Table};
use ammeter_core::hex;

/// Why a store cannot be opened, read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The file is something else.
    NotAStore {
        /// What it is instead, as far as one can say.
        found: String,
    },
    /// A newer release wrote the file.
    Newer {
        /// The format that it has.
        found: u64,
        /// The newest that is known here.
        known: u64,
    },
    /// Another process, or another store of this process, has the file open.
    InUse,
    /// One record is damaged.
    Record {
        /// Where it is.
        table: Table,
        /// Which it is.
        key: RecordKey,
        /// What is wrong with it.
        damage: RecordError,
    },
    /// The file is damaged outside of the records.
    Damaged {
        /// What was found.
        found: String,
    },
    /// The operating system cannot read or write.
    Io(io::Error),
    /// A commit failed before: what is in the store is known again once it is opened anew.
    Stopped,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAStore { found } => write!(f, "not a receiver's store: {found}"),
            Self::Newer { found, known } => write!(
                f,
                "the store has format {found}, and this release knows formats up to {known}"
            ),
            Self::InUse => f.write_str("the store is open elsewhere"),
            Self::Record { table, key, damage } => {
                write!(f, "table {table}, record {key}: {damage}")
            }
            Self::Damaged { found } => write!(f, "the store's file is damaged: {found}"),
            Self::Io(error) => error.fmt(f),
            Self::Stopped => f.write_str("the store stopped when a commit failed"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Record { damage, .. } => Some(damage),
            _ => None,
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A record's key, printed without the secrets in it.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordKey {
    table: Table,
    bytes: Box<[u8]>,
}

impl RecordKey {
    pub(crate) fn new(table: Table, bytes: &[u8]) -> Self {
        Self { table, bytes: bytes.into() }
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.table {
            Table::Htlcs => {
                if let Ok(key) = codec::htlc_key(&self.bytes) {
                    return write!(f, "channel {}, htlc {}", key.channel_id, key.htlc_id);
                }
            }
            Table::Sets => {
                if let Ok(id) = codec::set_key(&self.bytes) {
                    return write!(f, "{id:?}");
                }
            }
            Table::Clocks => return write!(f, "{:?}", String::from_utf8_lossy(&self.bytes)),
            Table::Invoices => {}
        }
        // An invoice's name is secret; its beginning tells the operator which one it is.
        hex::write(f, &self.bytes[..self.bytes.len().min(4)])?;
        write!(f, "… ({} bytes)", self.bytes.len())
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordKey({self})")
    }
}
