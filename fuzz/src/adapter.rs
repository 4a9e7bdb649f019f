//! Receivers under test.
//!
//! The trait is small enough for a process or a C library to implement: inputs go in one at a time,
//! effects come out, and the receiver can be killed and opened again.

pub mod builtin;
pub mod library;
pub mod process;
pub mod redb;

use std::{
    fs, io,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use ammeter_amp::receiver::{Effect, Policy};

use crate::sim::{history::Fault, input::Input};

/// A receiver under test, with its store.
pub trait UnderTest {
    /// Begins anew: an empty store, this policy.
    fn begin(&mut self, policy: &Policy);

    /// Gives it one input and collects the effects that left, in their order. A fault strikes while
    /// it takes this input; a receiver that cannot act one out acts out the nearest.
    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome;

    /// Kills it while it rests.
    fn crash(&mut self);

    /// Opens it again from its store. [`Input::Restarted`] follows.
    fn restart(&mut self);

    /// How much it keeps, if it can tell.
    fn kept(&self) -> Option<Kept>;
}

/// How an input ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Done,
    /// The receiver is dead, or may not go on; some effects may have left.
    Down,
}

/// What a receiver keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Sets, remembered ones included.
    pub sets: u64,
    /// HTLCs of sets.
    pub htlcs: u64,
    /// HTLCs that were refused, each remembered until it is resolved.
    pub refused: u64,
    /// Bytes, if it counts them; the most at any time.
    pub bytes: u64,
}

/// A folder of its own for a receiver that is not ours, gone with it.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("ammeter-attack-{}-{number}", std::process::id());
            let folder = std::env::temp_dir().join(name);
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
