#![doc = include_str!("../docs/store.md")]

pub mod codec;
mod error;
mod memory;
#[cfg(feature = "redb")]
pub mod redb;

pub use codec::{RecordError, Table};
pub use error::{RecordKey, StoreError};
pub use memory::MemoryStore;
#[cfg(feature = "redb")]
pub use redb::RedbStore;

use crate::receiver::{Change, Record};

/// All records of a store, one after another.
pub type Records<'a> = Box<dyn Iterator<Item = Result<Record, StoreError>> + 'a>;

/// Where a receiver's records are kept.
pub trait Store: Send + Sync {
    /// Every record, in any order, without holding all of them at once.
    ///
    /// # Errors
    /// Storage that cannot be read; as an item, the first record that is damaged.
    fn records(&self) -> Result<Records<'_>, StoreError>;

    /// Makes all changes durable, in their order, or none of them.
    ///
    /// # Errors
    /// Storage that cannot be written. Then nobody knows whether the changes are there until the
    /// store is opened again, and this one takes no more.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError>;

    /// How many bytes the storage takes.
    ///
    /// # Errors
    /// Storage that cannot say.
    fn bytes(&self) -> Result<u64, StoreError>;
}
