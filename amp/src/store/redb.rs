//! Records in a file, through [redb](https://docs.rs/redb): a copy-on-write B-tree with checksummed
//! pages.

mod file;
mod gate;

use std::{
    fmt,
    ops::Deref,
    panic::{self, AssertUnwindSafe},
    path::Path,
};

use ::redb::{
    Database, DatabaseError, Durability, ReadOnlyTable, ReadableDatabase as _, StorageBackend,
    StorageError, TableDefinition, TableError,
};

use self::gate::Gate;
use crate::{
    receiver::{Change, Record},
    store::{
        RecordKey, Records, Store, StoreError, Table,
        codec::{self, Entry},
    },
};

/// Format of the file: which tables there are, and their keys. Files of format 1 are opened as
/// well, and have format 2 after the first commit: the keys beside the clocks are new in it.
pub const FORMAT: u64 = 2;

/// Bytes of pages that redb may keep in memory.
pub const CACHE_BYTES: usize = 128 << 20;

/// Tells a receiver's store from any other redb file.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("ammeter-receiver");
const META_FORMAT: &str = "format";

const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// A store in a file.
///
/// Nothing is written before the first [`commit`](Store::commit): opening a file that is foreign,
/// newer or damaged, or one that is only read, leaves its bytes as they were, though redb would
/// write to recover from a crash.
pub struct RedbStore {
    database: Guarded,
    gate: Gate,
    /// The file has an older format.
    is_old: bool,
    stopped: bool,
}

/// A database whose end cannot panic: redb writes its allocator's state then, which a damaged file
/// can have made absurd.
struct Guarded(Option<Database>);

impl Deref for Guarded {
    type Target = Database;

    fn deref(&self) -> &Database {
        self.0.as_ref().expect("open until it is dropped")
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let database = self.0.take();
        // What was committed is durable; nothing else is lost.
        let _ = without_panic(|| {
            drop(database);
            Ok(())
        });
    }
}

/// The cache's pages hold secrets.
impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

impl RedbStore {
    /// Opens the store at `path`, or creates it.
    ///
    /// # Errors
    /// [`StoreError`]; then the file is as it was, and none was created.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        file::open(path)
    }

    /// Opens the store in `backend`, or creates it if the backend is empty. A crash while it is
    /// created may leave a backend that is neither: [`open`](Self::open) creates a file under another
    /// name first.
    ///
    /// # Errors
    /// [`StoreError`]; then a backend that was not empty is as it was.
    pub fn with_backend(backend: impl StorageBackend) -> Result<Self, StoreError> {
        let is_new = backend.len()? == 0;
        let gate = Gate::closed(Box::new(backend));
        let database = without_panic(|| {
            Database::builder()
                .set_cache_size(CACHE_BYTES)
                .create_with_backend(gate.clone())
                .map_err(StoreError::from)
        })?;
        let database = Guarded(Some(database));
        let mut store = Self { database, gate, is_old: false, stopped: false };
        if is_new {
            store.gate.open()?;
            store.initialize()?;
        } else {
            store.is_old = without_panic(|| store.format())? < FORMAT;
        }
        Ok(store)
    }

    fn initialize(&self) -> Result<(), StoreError> {
        let transaction = self.database.begin_write().map_err(from)?;
        transaction.open_table(META).map_err(from)?.insert(META_FORMAT, FORMAT).map_err(from)?;
        for table in Table::ALL {
            transaction.open_table(definition(table)).map_err(from)?;
        }
        transaction.commit().map_err(from)
    }

    fn format(&self) -> Result<u64, StoreError> {
        let meta = match self.database.begin_read().map_err(from)?.open_table(META) {
            Ok(meta) => meta,
            Err(TableError::Storage(error)) => return Err(error.into()),
            Err(_) => return Err(foreign("a redb file without a receiver's tables")),
        };
        match meta.get(META_FORMAT)?.map(|found| found.value()) {
            Some(known @ 1..=FORMAT) => Ok(known),
            Some(found) if found > FORMAT => Err(StoreError::Newer { found, known: FORMAT }),
            _ => Err(foreign("a redb file whose format is missing")),
        }
    }

    fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut transaction = self.database.begin_write().map_err(from)?;
        transaction.set_durability(Durability::Immediate).map_err(from)?;
        if self.is_old {
            let mut meta = transaction.open_table(META).map_err(from)?;
            meta.insert(META_FORMAT, FORMAT).map_err(from)?;
        }
        {
            let mut tables = [None, None, None, None];
            for Entry { table, key, value } in changes.iter().map(codec::entry) {
                let place = &mut tables[table as usize - 1];
                let table = match place {
                    Some(table) => table,
                    None => place.insert(transaction.open_table(definition(table)).map_err(from)?),
                };
                match &value {
                    Some(value) => table.insert(&*key, &**value)?,
                    None => table.remove(&*key)?,
                };
            }
        }
        transaction.commit().map_err(from)
    }

    fn table(&self, table: Table) -> Result<TableRecords, StoreError> {
        let transaction = self.database.begin_read().map_err(from)?;
        let records: ReadOnlyTable<&[u8], &[u8]> =
            transaction.open_table(definition(table)).map_err(from)?;
        let range = records.range::<&[u8]>(..)?;
        Ok(TableRecords { table, range })
    }
}

/// The records of one table. Holds its read transaction.
struct TableRecords {
    table: Table,
    range: ::redb::Range<'static, &'static [u8], &'static [u8]>,
}

impl TableRecords {
    fn record(&mut self) -> Result<Option<Record>, StoreError> {
        let Some(entry) = self.range.next() else { return Ok(None) };
        let (table, (key, value)) = (self.table, entry?);
        let record = codec::decode(table, key.value(), value.value());
        let key = || RecordKey::new(table, key.value());
        record.map(Some).map_err(|damage| StoreError::Record { table, key: key(), damage })
    }
}

impl Iterator for TableRecords {
    type Item = Result<Record, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        without_panic(|| self.record()).transpose()
    }
}

impl Store for RedbStore {
    fn records(&self) -> Result<Records<'_>, StoreError> {
        let tables = Table::ALL.map(|table| without_panic(|| self.table(table)));
        let tables: Vec<_> = tables.into_iter().collect::<Result<_, _>>()?;
        Ok(Box::new(tables.into_iter().flatten()))
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        // Until it is known to be durable: an error, or a panic inside, leaves it so.
        self.stopped = true;
        self.gate.open()?;
        self.write(changes)?;
        (self.is_old, self.stopped) = (false, false);
        Ok(())
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        Ok(self.gate.len()?)
    }
}

/// redb asserts some of what a header and a page say. A file that breaks an assertion is damaged.
fn without_panic<T>(open: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    panic::catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|panic| {
        let found = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(StoreError::Damaged { found: found.unwrap_or_else(|| "redb panicked".to_owned()) })
    })
}

fn foreign(found: &str) -> StoreError {
    StoreError::NotAStore { found: found.to_owned() }
}

/// redb's errors of each step, through the one that holds all of them.
fn from(error: impl Into<::redb::Error>) -> StoreError {
    use ::redb::Error;
    match error.into() {
        Error::Io(error) => StoreError::Io(error),
        Error::Corrupted(found) => StoreError::Damaged { found },
        Error::PreviousIo => StoreError::Stopped,
        Error::DatabaseAlreadyOpen => StoreError::InUse,
        Error::UpgradeRequired(version) => {
            foreign(&format!("a redb file of version {version}, which this redb cannot read"))
        }
        error => StoreError::Damaged { found: error.to_string() },
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        from(error)
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        from(error)
    }
}
