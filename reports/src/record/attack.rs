//! The JSON record of an attack, as far as a report reads it.

use serde::{Deserialize, Serialize};

use super::Build;
use crate::host::Host;

/// The name of this layout.
pub const SCHEMA: &str = "ammeter/attack/1";

/// One run of `ammeter attack`.
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
    /// Histories that were run.
    pub histories: u64,
    /// How long that took.
    pub seconds: f64,
    /// Inputs of all histories.
    pub inputs: u64,
    /// Distinct states of the receiver that were seen.
    pub states: u64,
    /// The broken invariant and the history that breaks it, if one was found.
    pub violation: Option<serde_json::Value>,
}
