//! Which receiver is attacked.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use ammeter_fuzz::{
    adapter::{
        Treated, UnderTest,
        builtin::Builtin,
        library::Library,
        process::{Hello, Process},
        redb::OnDisk,
    },
    sim::profile::Profile,
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

/// A receiver, and how it is treated.
#[derive(Clone, Debug)]
pub struct Subject {
    pub target: Target,
    /// How long a program may take to answer.
    pub answer_timeout: Duration,
    /// Counts instead of what the receiver says of itself.
    pub profile: Option<Profile>,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}

/// What a receiver says of itself.
#[derive(Clone, Debug, Default)]
pub struct Introduction {
    /// Who it is, if it is a program that says so.
    pub hello: Option<Hello>,
    /// What it is made for.
    pub profile: Profile,
}

impl Subject {
    /// Starts it once: a program that cannot be started is bad input, not a finding.
    pub fn check(&self) -> Result<Introduction, Refusal> {
        let wrong = |error| Refusal::of("--receiver", error);
        let mut introduction = Introduction::default();
        match &self.target {
            Target::Process(line) => {
                let process =
                    Process::answering_within(line, self.answer_timeout).map_err(wrong)?;
                introduction.hello = process.hello().cloned();
                introduction.profile = process.profile();
            }
            Target::Library(path) => Library::check(path).map_err(wrong)?,
            Target::Builtin | Target::OnDisk | Target::Specimen(_) => {}
        }
        introduction.profile = self.profile.unwrap_or(introduction.profile);
        Ok(introduction)
    }

    /// A new one.
    pub fn open(&self) -> Box<dyn UnderTest> {
        let subject: Box<dyn UnderTest> = match &self.target {
            Target::Builtin => Box::new(Builtin::new()),
            Target::OnDisk => Box::new(OnDisk::new()),
            Target::Specimen(flaw) => Box::new(Baseline::new(*flaw)),
            Target::Process(line) => {
                // If it does not start this time, that is a finding.
                let process = Process::started(line, self.answer_timeout);
                Box::new(process.expect("there was a folder before"))
            }
            Target::Library(path) => Box::new(Library::new(path).expect("it was loaded before")),
        };
        match self.profile {
            Some(profile) => Box::new(Treated { subject, profile }),
            None => subject,
        }
    }

    /// How it is made in a test.
    pub fn in_rust(&self) -> String {
        let receiver = match &self.target {
            Target::Builtin => "Builtin::new()".into(),
            Target::OnDisk => "OnDisk::new()".into(),
            Target::Specimen(None) => "Baseline::new(None)".into(),
            Target::Specimen(Some(flaw)) => format!("Baseline::new(Some(Flaw::{flaw:?}))"),
            Target::Process(line) => format!("Process::new({line:?}).unwrap()"),
            Target::Library(path) => format!("Library::new({path:?}.as_ref()).unwrap()"),
        };
        match self.profile {
            Some(profile) => {
                let profile = profile.to_json().to_string();
                format!("Treated::new({receiver}, {profile:?})")
            }
            None => receiver,
        }
    }
}
