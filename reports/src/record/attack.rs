//! The JSON record of an attack.

mod merge;

pub use merge::{MergeError, merge};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Build;
use crate::host::Host;

/// The name of this layout.
pub const SCHEMA: &str = "ammeter/attack/1";

/// One run of `ammeter attack`, or one shard of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// [`SCHEMA`].
    pub schema: String,
    /// The machine; older records do not say.
    #[serde(default)]
    pub host: Option<Host>,
    /// The program; older records do not say.
    #[serde(default)]
    pub build: Option<Build>,
    /// The command line; older records do not say.
    #[serde(default)]
    pub command: Option<String>,
    /// When it began, RFC 3339 in UTC; older records do not say.
    #[serde(default)]
    pub started: Option<String>,
    /// What was attacked.
    pub receiver: String,
    /// What the program calls itself.
    #[serde(default)]
    pub name: Option<String>,
    /// The version that it says.
    #[serde(default)]
    pub version: Option<String>,
    /// What it is made for, as its profile says; empty if that is all.
    #[serde(default)]
    pub profile: Map<String, Value>,
    /// Whether the whole table of rules was demanded.
    #[serde(default)]
    pub rules: bool,
    /// Whether the receiver was killed, and its disk failed; older records do not say.
    #[serde(default = "yes")]
    pub crashes: bool,
    /// Seed of the run's first history.
    pub seed: u64,
    /// Which part of a run this is, as `K/N`; `None` for a whole one.
    #[serde(default)]
    pub shard: Option<String>,
    /// How many histories the whole run was to have; `None` for as many as there is time for.
    #[serde(default)]
    pub histories_max: Option<u64>,
    /// Threads.
    pub jobs: u64,
    /// Histories that were run.
    pub histories: u64,
    /// How long that took.
    pub seconds: f64,
    /// Histories that were judged by preimages alone from some point on, since their disk lied or
    /// too much was possible; older records do not say.
    #[serde(default)]
    pub preimages_alone: u64,
    /// Inputs of all histories.
    pub inputs: u64,
    /// About how many distinct states of the receiver were seen.
    pub states: u64,
    /// The registers that this was estimated from, for shards only: they can be added up.
    #[serde(default)]
    pub state_registers: Option<String>,
    /// How many kinds of faults were met, of seven.
    pub faults: u64,
    /// Which; older records do not say.
    #[serde(default)]
    pub fault_names: Vec<String>,
    /// Reasons that the receiver gave.
    pub reasons: Vec<String>,
    /// Kinds of faults of onions that were met.
    pub onion_faults: Vec<String>,
    /// What `--known` lists.
    #[serde(default)]
    pub known: Vec<Known>,
    /// The broken invariant and the history that breaks it, if one was found.
    pub violation: Option<Violation>,
}

const fn yes() -> bool {
    true
}

/// A failure that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// The broken invariant.
    pub invariant: String,
    /// The position of the operation that breaks it.
    pub operation: u64,
    /// What the receiver should have done.
    pub expected: String,
    /// What it did.
    pub seen: String,
    /// The seed that found it; `None` if it is the trace of a known failure.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The known failure that it is one of, and may not be any more.
    #[serde(default)]
    pub known: Option<String>,
    /// The shortest history that breaks it.
    #[serde(default)]
    pub trace: String,
    /// What happens in it without its numbers, as `--known` compares it.
    #[serde(default)]
    pub shape: String,
    /// What happens in it.
    #[serde(default)]
    pub timeline: String,
    /// A test to paste.
    #[serde(default)]
    pub test: String,
}

/// What became of a failure that is reported already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Its name in the list.
    pub name: String,
    /// Where it is reported.
    pub link: String,
    /// The last day on which it is excused, `YYYY-MM-DD`.
    pub expires: String,
    /// What it breaks.
    pub invariant: String,
    /// How it stands.
    pub status: Status,
    /// In how many histories it was seen.
    pub histories: u64,
    /// The lowest of their seeds.
    pub seed: Option<u64>,
    /// What its trace breaks today.
    pub trace_breaks: Option<String>,
}

/// How a known failure stands. The order is that of importance: of several shards' the last counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was not seen, and its trace breaks nothing.
    Gone,
    /// It was seen, or its trace still breaks what it broke.
    Known,
    /// The same, past its last day: a failure again.
    Expired,
    /// Its trace breaks something else now: another failure.
    Changed,
}

impl Status {
    /// Whether it makes the attack fail.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Expired | Self::Changed)
    }
}
