//! The file: opened if it is there, created whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ::redb::{StorageBackend as _, backends::FileBackend};

use crate::store::{RedbStore, StoreError};

/// For the owner alone: the store holds the secrets of invoices and the shares of payments.
#[cfg(unix)]
const MODE: u32 = 0o600;

pub(super) fn open(path: &Path) -> Result<RedbStore, StoreError> {
    match existing(path) {
        Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::NotFound => create(path),
        opened => opened,
    }
}

fn existing(path: &Path) -> Result<RedbStore, StoreError> {
    let file = File::options().read(true).write(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(StoreError::NotAStore { found: "not a regular file".to_owned() });
    }
    let backend = FileBackend::new(file)?;
    // A store never is empty: a file that is has lost its decisions, or was never a store.
    if backend.len()? == 0 {
        return Err(StoreError::NotAStore { found: "an empty file".to_owned() });
    }
    RedbStore::with_backend(backend).map_err(no_magic)
}

/// redb says "invalid data" of a file that does not begin as its files do.
fn no_magic(error: StoreError) -> StoreError {
    match error {
        StoreError::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            StoreError::NotAStore { found: "not a redb file".to_owned() }
        }
        error => error,
    }
}

/// Under another name first, so that a crash leaves a whole store or none.
fn create(path: &Path) -> Result<RedbStore, StoreError> {
    let unfinished = unfinished(path);
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, MODE);
    // Not truncated: it may be another process that is creating the store.
    let file = options.read(true).write(true).create(true).truncate(false).open(&unfinished)?;
    let backend = FileBackend::new(file)?;
    // The other process may have finished between our look and our lock.
    if path.exists() {
        let removed = fs::remove_file(&unfinished);
        // Its file may be the very one that is locked here.
        drop(backend);
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => return existing(path),
        }
    }
    let created = fill(backend).and_then(|store| {
        fs::rename(&unfinished, path)?;
        sync_folder(path)?;
        Ok(store)
    });
    if created.is_err() {
        // Ours, locked and of no use. If it stays, the next creation empties it.
        let _ = fs::remove_file(&unfinished);
    }
    created
}

fn fill(backend: FileBackend) -> Result<RedbStore, StoreError> {
    // What an earlier crash left.
    backend.set_len(0)?;
    RedbStore::with_backend(backend)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".unfinished");
    name.into()
}

/// The name is durable once the folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}
