//! Receivers under test: ours in memory and on a failing disk, any program, any library.

pub mod builtin;
pub mod library;
pub mod process;
pub mod redb;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

pub use crate::sim::subject::{Around, Complaint, Kept, Outcome, Treated, UnderTest};

/// A folder of its own for a receiver that is not ours, gone with it.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        // To sync a file in memory costs a hundredth of what it costs on a disk, and a process that
        // is killed loses neither.
        let memory = Path::new("/dev/shm");
        if env::var_os("TMPDIR").is_none() && memory.is_dir() {
            Self::inside(memory).or_else(|_| Self::inside(&env::temp_dir()))
        } else {
            Self::inside(&env::temp_dir())
        }
    }

    fn inside(parent: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("ammeter-attack-{}-{number}", std::process::id());
            let folder = parent.join(name);
            match fs::create_dir(&folder) {
                // Of another process that had this number and left it behind.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(folder)),
            }
        }
    }

    /// Whoever uses it has let go of it.
    ///
    /// # Panics
    /// If it cannot be made anew.
    fn empty(&self) {
        let _ = fs::remove_dir_all(&self.0);
        fs::create_dir_all(&self.0).expect("a folder for its state");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that stays is no reason to panic.
        let _ = fs::remove_dir_all(&self.0);
    }
}
