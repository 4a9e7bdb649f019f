//! One trait for every way of deriving pairs, in this process or outside it.

use std::fmt;

use ammeter_core::{Hash, Pairs};

use crate::{
    clock::Elapsed,
    workload::{Digest, Output, Workload},
};

/// Something that derives pairs.
///
/// The time is the backend's own: a program in another language times its own loop and reports
/// that, so that the pipe does not count. The caller checks the output of every backend.
pub trait Backend: Send {
    /// Derives every child of `workload` into `output`, payment by payment, and returns how long
    /// the deriving took.
    ///
    /// # Errors
    /// [`Failure`] if it could not derive. The caller finds wrong results.
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure>;

    /// Derives `calls` times, and checks every output. Only the deriving counts.
    ///
    /// # Errors
    /// [`Fault`] if an output is wrong, or there is none.
    fn calls(
        &mut self,
        calls: u32,
        check: &Check<'_>,
        output: &mut Output,
    ) -> Result<Elapsed, Fault> {
        let mut total: Option<Elapsed> = None;
        for _ in 0..calls {
            let elapsed = self.derive(check.workload, output.wiped())?;
            if output.digest() != check.expected {
                return Err(Fault::Wrong("WRONG: an output differed".into()));
            }
            total = Some(total.map_or(elapsed, |total| total.plus(elapsed)));
        }
        Ok(total.unwrap_or_default())
    }

    /// Whether it is a process of its own: it needs longer slices, and a warm-up that sees to a JIT
    /// compiler.
    fn is_outside(&self) -> bool {
        false
    }

    /// Told that it will not be called for a while.
    ///
    /// # Errors
    /// [`Fault`] if something came to light that no single call showed.
    fn end_pass(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// What calls are checked against.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// What is derived.
    pub workload: &'a Workload,
    /// The digest of the right output, by the slow twin.
    pub expected: Digest,
}

/// What is wrong with a row.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An output was wrong; the text says which, as far as that is known.
    Wrong(String),
    /// It did not derive.
    Failed(Failure),
    /// Its outputs were right, but how long they took cannot be believed.
    Untimed(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Why a backend did not derive.
#[derive(Clone, Debug)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// A row of the registry.
pub struct Entry {
    /// Its name on the command line and in records; ours begin with `ammeter/`.
    pub name: String,
    /// The hash that it computes.
    pub hash: Hash,
    /// The instruction set that it uses on this CPU.
    pub isa: String,
    /// The released version that was built in.
    pub version: String,
    /// How it is called, as its documentation tells a user to.
    pub call: String,
    /// Makes a backend for one thread.
    pub make: Box<dyn Fn() -> Box<dyn Backend> + Send + Sync>,
}

impl Entry {
    /// Makes a backend for the calling thread.
    #[must_use]
    pub fn make(&self) -> Box<dyn Backend> {
        (self.make)()
    }

    /// Whether it is one of ours.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.name.starts_with("ammeter/")
    }

    /// Whether it chooses among ours.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        self.name == AUTO
    }
}

/// The name of the row whose engine chooses its kernel.
pub const AUTO: &str = "ammeter/auto";

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} for {}, {})", self.name, self.hash, self.isa)
    }
}
