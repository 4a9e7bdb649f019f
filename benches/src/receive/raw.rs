//! redb alone: what any store on top of it is compared with.

use std::path::Path;

use ammeter_amp::{
    receiver::Change,
    store::{
        Table,
        codec::{Entry, entry},
    },
};
use redb::{Database, Error, ReadableDatabase as _, ReadableTable as _, TableDefinition};

const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// Changes as the bytes that a store would put, made before the clock starts.
pub(super) fn encoded(changes: &[Change]) -> Vec<Entry> {
    changes.iter().map(entry).collect()
}

/// Tables of bytes without records, checks or a receiver.
pub struct RawStore(Database);

impl RawStore {
    /// Opens or creates the file.
    ///
    /// # Errors
    /// redb's.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let cache_bytes = ammeter_amp::store::redb::CACHE_BYTES;
        Ok(Self(Database::builder().set_cache_size(cache_bytes).create(path)?))
    }

    /// One durable transaction.
    ///
    /// # Errors
    /// redb's.
    pub fn put(&self, entries: &[Entry]) -> Result<(), Error> {
        let transaction = self.0.begin_write()?;
        for table in Table::ALL {
            let mut entries = entries.iter().filter(|entry| entry.table == table).peekable();
            if entries.peek().is_none() {
                continue;
            }
            let mut target = transaction.open_table(definition(table))?;
            for Entry { key, value, .. } in entries {
                match value {
                    Some(value) => target.insert(&**key, &**value)?,
                    None => target.remove(&**key)?,
                };
            }
        }
        Ok(transaction.commit()?)
    }

    /// Reads every key and value; how many there are, and a sum that needs each of their bytes.
    ///
    /// # Errors
    /// redb's.
    pub fn read(&self) -> Result<(u64, u64), Error> {
        let transaction = self.0.begin_read()?;
        let (mut count, mut sum) = (0, 0);
        for table in Table::ALL {
            for entry in transaction.open_table(definition(table))?.iter()? {
                let (key, value) = entry?;
                let bytes = key.value().iter().chain(value.value());
                sum = bytes.fold(sum, |sum: u64, byte| sum.wrapping_add(u64::from(*byte)));
                count += 1;
            }
        }
        Ok((count, sum))
    }
}
