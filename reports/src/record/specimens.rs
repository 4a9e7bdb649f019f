//! How soon every specimen is found, and which of them no longer is when a part of the harness is
//! switched off.

use std::collections::BTreeMap;

use ammeter_fuzz::{
    specimens::Flaw,
    specimens::detect::{Found, Part},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    host::Host,
    record::{Build, Head},
};

/// The name of this layout.
pub const SCHEMA: &str = "ammeter/attack-specimens/1";

/// With a part switched off a specimen is looked for this often.
pub const ABLATION_SEEDS: u64 = 3;

/// With a part switched off a specimen is looked for in this many histories, of the many in which
/// the whole harness looks.
#[must_use]
pub fn ablation_histories(histories: u64) -> u64 {
    histories.min(20_000)
}

/// A part of the harness that fewer specimens need is not worth its while.
pub const NEEDED_MIN: usize = 3;
/// One specimen.
pub struct Row {
    /// What is wrong with it.
    pub flaw: Flaw,
    /// Each seed that found it.
    pub found: Vec<Found>,
    /// Operations of the shrunk histories.
    pub lengths: Vec<usize>,
    /// For each part of the harness, after how many histories it is found without that part, for
    /// each seed.
    pub without: Vec<Vec<u64>>,
}

/// The value below which so many percent of the sorted ones are.
pub fn percentile<T: Copy + PartialOrd + Default>(values: &[T], percent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).expect("numbers"));
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).copied().unwrap_or_default()
}

impl Row {
    /// How many histories each seed ran before it was found, the last included.
    #[must_use]
    pub fn histories(&self) -> Vec<u64> {
        self.found.iter().map(|found| found.histories).collect()
    }

    /// How long each seed looked.
    #[must_use]
    pub fn seconds(&self) -> Vec<f64> {
        self.found.iter().map(|found| found.time.as_secs_f64()).collect()
    }

    /// How often each invariant was the one that was seen broken.
    pub fn invariants(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for found in &self.found {
            *counts.entry(found.failure.violation.invariant.name()).or_default() += 1;
        }
        counts
    }

    /// The parts without which it is not found every time, though it is with all of them.
    pub fn needs(&self, seeds: u64) -> Vec<&'static str> {
        if (self.found.len() as u64) < seeds {
            return Vec::new();
        }
        let parts = Part::ALL.iter().zip(&self.without);
        parts
            .filter(|(_, found)| (found.len() as u64) < seeds.min(ABLATION_SEEDS))
            .map(|(part, _)| part.name())
            .collect()
    }
}

/// Parts of the harness that hardly anything needs.
pub fn idle_parts(rows: &[Row], seeds: u64) -> Vec<&'static str> {
    let needed_by = |part: &str| rows.iter().filter(|row| row.needs(seeds).contains(&part)).count();
    let names = Part::ALL.iter().map(|part| part.name());
    names.filter(|part| needed_by(part) < NEEDED_MIN).collect()
}

/// What there is to say about one specimen.
#[must_use]
pub fn flaw_to_json(flaw: Flaw) -> Value {
    json!({
        "name": flaw.name(),
        "breaks": flaw.breaks().name(),
        "class": flaw.class().name(),
        "story": flaw.story(),
    })
}

/// The record of a run that `started` then, RFC 3339 in UTC.
#[must_use]
pub fn to_json(
    rows: &[Row],
    seeds: u64,
    histories: u64,
    host: &Host,
    build: &Build,
    started: &str,
) -> Value {
    let specimen = |row: &Row| {
        let mut value = flaw_to_json(row.flaw);
        let without: serde_json::Map<_, _> = Part::ALL
            .iter()
            .zip(&row.without)
            .map(|(part, found)| (part.name().to_owned(), json!(found)))
            .collect();
        value["found"] = json!(row.found.len());
        value["histories"] = json!(row.histories());
        value["seconds"] = json!(row.seconds());
        value["invariants"] = json!(row.invariants());
        value["shrunk"] = json!(row.lengths);
        value["found_without"] = Value::Object(without);
        value["needs"] = json!(row.needs(seeds));
        value
    };
    json!({
        "schema": SCHEMA,
        "host": host,
        "build": build,
        "started": started,
        "seeds": seeds,
        "histories_max": histories,
        "ablation": {
            "seeds": seeds.min(ABLATION_SEEDS),
            "histories_max": ablation_histories(histories),
        },
        "specimens": rows.iter().map(specimen).collect::<Vec<_>>(),
    })
}

/// The record, as far as a report reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Specimens {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// The command line; older records do not say.
    #[serde(default)]
    pub command: Option<String>,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// How many times each specimen was looked for.
    pub seeds: u64,
    /// All of them.
    pub specimens: Vec<Specimen>,
}

/// One specimen of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Specimen {
    /// Its name.
    pub name: String,
    /// How many seeds found it.
    pub found: u64,
    /// How many histories each of them ran.
    pub histories: Vec<u64>,
}
