//! Records in memory, for tests, simulators, and runs that may forget.

use std::{collections::BTreeMap, fmt};

use crate::{
    receiver::Change,
    store::{
        RecordKey, Records, Store, StoreError, Table,
        codec::{self, Entry},
    },
};

type Bytes = Box<[u8]>;

/// A store without a disk. A clone is a snapshot: a simulator that drops the receiver and gives its
/// clone to the next has crashed it.
#[derive(Clone, Default)]
pub struct MemoryStore {
    records: BTreeMap<(Table, Bytes), Bytes>,
    bytes: u64,
}

/// Keys and records hold secrets.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} records, {} bytes)", self.records.len(), self.bytes)
    }
}

impl MemoryStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn apply(&mut self, entry: &Entry) {
        let key = (entry.table, (*entry.key).into());
        let key_bytes = entry.key.len();
        let old = match &entry.value {
            Some(value) => {
                self.bytes += (key_bytes + value.len()) as u64;
                self.records.insert(key, (**value).into())
            }
            None => self.records.remove(&key),
        };
        self.bytes -= old.map_or(0, |old| (key_bytes + old.len()) as u64);
    }
}

impl Store for MemoryStore {
    fn records(&self) -> Result<Records<'_>, StoreError> {
        Ok(Box::new(self.records.iter().map(|((table, key), value)| {
            codec::decode(*table, key, value).map_err(|damage| StoreError::Record {
                table: *table,
                key: RecordKey::new(*table, key),
                damage,
            })
        })))
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        for change in changes {
            self.apply(&codec::entry(change));
        }
        Ok(())
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        Ok(self.bytes)
    }
}
