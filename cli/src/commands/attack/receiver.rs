//! Which receiver is attacked.

use std::{fmt, path::PathBuf, str::FromStr};

use ammeter_amp::receiver::Policy;
use ammeter_core::Hash;
use ammeter_fuzz::{
    adapter::{UnderTest, builtin::Builtin, library::Library, process::Process, redb::OnDisk},
    specimens::{Baseline, Flaw},
};

use crate::console::Refusal;

/// A receiver by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Ours, over maps.
    Builtin,
    /// Ours, over redb on a disk that fails.
    OnDisk,
    /// A known-bad one, or the correct one that they are made from.
    Specimen(Option<Flaw>),
    /// Any program.
    Process(String),
    /// Any shared library with the C interface.
    Library(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name.split_once(':') {
            None if name == "builtin" => Ok(Self::Builtin),
            Some(("builtin", "redb")) => Ok(Self::OnDisk),
            Some(("specimen", "none")) => Ok(Self::Specimen(None)),
            Some(("specimen", name)) => {
                let flaw = Flaw::of_name(name);
                let unknown =
                    || format!("no specimen is named {name}; `ammeter specimens` lists them");
                flaw.map(|flaw| Self::Specimen(Some(flaw))).ok_or_else(unknown)
            }
            Some(("process", line)) if !line.trim().is_empty() => Ok(Self::Process(line.into())),
            Some(("library", path)) if !path.is_empty() => Ok(Self::Library(path.into())),
            _ => Err("builtin, builtin:redb, specimen:NAME, process:CMD or library:PATH is needed"
                .into()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => f.write_str("builtin"),
            Self::OnDisk => f.write_str("builtin:redb"),
            Self::Specimen(flaw) => write!(f, "specimen:{}", flaw.map_or("none", Flaw::name)),
            Self::Process(line) => write!(f, "process:{line}"),
            Self::Library(path) => write!(f, "library:{}", path.display()),
        }
    }
}

impl Target {
    /// Starts it once: a program that cannot be started is bad input, not a finding.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Process(line) => {
                Process::check(line).map_err(|error| Refusal::of("--receiver", error))
            }
            Self::Library(path) => {
                Library::check(path).map_err(|error| Refusal::of("--receiver", error))
            }
            Self::Builtin | Self::OnDisk | Self::Specimen(_) => Ok(()),
        }
    }

    /// A new one.
    pub fn open(&self) -> Box<dyn UnderTest> {
        match self {
            Self::Builtin => Box::new(Builtin::new()),
            Self::OnDisk => Box::new(OnDisk::new()),
            Self::Specimen(flaw) => Box::new(Baseline::new(*flaw)),
            Self::Process(line) => Box::new(Process::new(line).expect("it was started before")),
            Self::Library(path) => Box::new(Library::new(path).expect("it was loaded before")),
        }
    }

    /// The one policy that it has, if it cannot be told another.
    pub fn policy(&self) -> Option<Policy> {
        match self {
            Self::Process(line) if !Process::takes_policy(line) => Some(Policy::new(Hash::Sha256)),
            _ => None,
        }
    }

    /// How it is made in a test.
    pub fn in_rust(&self) -> String {
        match self {
            Self::Builtin => "Builtin::new()".into(),
            Self::OnDisk => "OnDisk::new()".into(),
            Self::Specimen(None) => "Baseline::new(None)".into(),
            Self::Specimen(Some(flaw)) => format!("Baseline::new(Some(Flaw::{flaw:?}))"),
            Self::Process(line) => format!("Process::new({line:?}).unwrap()"),
            Self::Library(path) => format!("Library::new({path:?}.as_ref()).unwrap()"),
        }
    }
}
