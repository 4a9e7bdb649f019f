//! The records of a run's shards as the record of the run.

use std::{collections::BTreeSet, fmt};

use ammeter_fuzz::sim::{attack::Shard, coverage::Distinct};

use super::{Attack, Known};

/// Why records are not the shards of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// There are none.
    Nothing,
    /// This one, by its position, is unfit.
    Record(usize, String),
    /// These shards are not among them.
    Missing(Vec<u64>, u64),
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no records"),
            Self::Record(_, reason) => f.write_str(reason),
            Self::Missing(numbers, count) => {
                let names: Vec<String> = numbers.iter().take(8).map(ToString::to_string).collect();
                let more = if numbers.len() > names.len() { ", …" } else { "" };
                write!(f, "shards missing of {count}: {}{more}", names.join(", "))
            }
        }
    }
}

impl std::error::Error for MergeError {}

/// One record of all shards of a run, in any order: histories, inputs and sightings are added up,
/// states are counted once, `seconds` is the longest of all, and `violation` is that with the
/// lowest seed.
///
/// # Errors
/// If they are not all shards of one run, each once.
pub fn merge(records: &[Attack]) -> Result<Attack, MergeError> {
    let first = records.first().ok_or(MergeError::Nothing)?;
    let mut present = BTreeSet::new();
    let mut states: Option<Distinct> = None;
    let mut merged = empty(first);
    for (position, record) in records.iter().enumerate() {
        let unfit = |reason: String| MergeError::Record(position, reason);
        let shard = shard(record).map_err(unfit)?;
        same_run(first, record).map_err(unfit)?;
        if !present.insert(shard.number()) {
            return Err(unfit(format!("shard {shard} comes twice")));
        }
        let registers = record.state_registers.as_deref().unwrap_or_default();
        let counter: Distinct =
            registers.parse().map_err(|error| unfit(format!("state_registers: {error}")))?;
        states.get_or_insert_default().merge(&counter);
        add(&mut merged, record).map_err(unfit)?;
    }
    let count = shard(first).map_err(|reason| MergeError::Record(0, reason))?.count();
    let missing: Vec<u64> = (1..=count).filter(|number| !present.contains(number)).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing(missing, count));
    }
    merged.states = states.map_or(0, |states| states.count());
    Ok(merged)
}

fn shard(record: &Attack) -> Result<Shard, String> {
    let text = record.shard.as_deref().ok_or("shard: it is none, but a whole run")?;
    text.parse().map_err(|error| format!("shard: {error}"))
}

/// A run of the same kind, of which nothing has been run.
fn empty(first: &Attack) -> Attack {
    Attack {
        shard: None,
        command: None,
        jobs: 0,
        histories: 0,
        seconds: 0.0,
        preimages_alone: 0,
        inputs: 0,
        states: 0,
        state_registers: None,
        faults: 0,
        fault_names: Vec::new(),
        reasons: Vec::new(),
        onion_faults: Vec::new(),
        known: first.known.iter().map(unseen).collect(),
        violation: None,
        ..first.clone()
    }
}

fn unseen(known: &Known) -> Known {
    Known { histories: 0, seed: None, trace_breaks: None, ..known.clone() }
}

/// Whether both are of one run; the field in which they differ if not.
fn same_run(first: &Attack, other: &Attack) -> Result<(), String> {
    let count = |record| shard(record).map(Shard::count);
    let entries = |record: &Attack| {
        let entry = |known: &Known| (known.name.clone(), known.expires.clone());
        record.known.iter().map(entry).collect::<Vec<_>>()
    };
    let commit = |record: &Attack| record.build.as_ref().map(|build| build.commit.clone());
    for (field, is_same) in [
        ("schema", first.schema == other.schema),
        ("shard", count(first)? == count(other)?),
        ("receiver", first.receiver == other.receiver),
        ("name", first.name == other.name),
        ("version", first.version == other.version),
        ("profile", first.profile == other.profile),
        ("rules", first.rules == other.rules),
        ("crashes", first.crashes == other.crashes),
        ("seed", first.seed == other.seed),
        ("histories_max", first.histories_max == other.histories_max),
        ("known", entries(first) == entries(other)),
        ("build.commit", commit(first) == commit(other)),
    ] {
        if !is_same {
            return Err(format!("{field}: another one than in the first record"));
        }
    }
    Ok(())
}

fn add(merged: &mut Attack, record: &Attack) -> Result<(), String> {
    let sum = |ours: &mut u64, theirs: u64, field: &str| {
        *ours = ours.checked_add(theirs).ok_or(format!("{field}: the sum passes 2^64"))?;
        Ok::<(), String>(())
    };
    sum(&mut merged.jobs, record.jobs, "jobs")?;
    sum(&mut merged.histories, record.histories, "histories")?;
    sum(&mut merged.inputs, record.inputs, "inputs")?;
    sum(&mut merged.preimages_alone, record.preimages_alone, "preimages_alone")?;
    if !record.seconds.is_finite() || record.seconds < 0.0 {
        return Err("seconds: a time is needed".into());
    }
    merged.seconds = merged.seconds.max(record.seconds);
    for (ours, theirs) in [
        (&mut merged.fault_names, &record.fault_names),
        (&mut merged.reasons, &record.reasons),
        (&mut merged.onion_faults, &record.onion_faults),
    ] {
        let both: BTreeSet<&String> = ours.iter().chain(theirs).collect();
        *ours = both.into_iter().cloned().collect();
    }
    merged.faults = merged.fault_names.len() as u64;
    for (ours, theirs) in merged.known.iter_mut().zip(&record.known) {
        sum(&mut ours.histories, theirs.histories, "known.histories")?;
        ours.seed = ours.seed.into_iter().chain(theirs.seed).min();
        ours.status = ours.status.max(theirs.status);
        ours.trace_breaks = ours.trace_breaks.take().or_else(|| theirs.trace_breaks.clone());
    }
    // A new failure before one that is known, and the lowest seed first.
    let rank = |of: &super::Violation| (of.known.is_some(), of.seed.is_none(), of.seed);
    let better = record
        .violation
        .as_ref()
        .filter(|theirs| merged.violation.as_ref().is_none_or(|ours| rank(theirs) < rank(ours)));
    if let Some(better) = better {
        merged.violation = Some(better.clone());
    }
    // When the run began is when its first shard did; RFC 3339 in UTC sorts by time.
    if record.started < merged.started {
        merged.started.clone_from(&record.started);
    }
    Ok(())
}
