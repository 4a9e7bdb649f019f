//! `--merge`: the records of a run's shards.

use std::{fs, path::PathBuf};

use ammeter_report::record::attack::{Attack, MergeError, SCHEMA, merge};

use crate::console::Refusal;

/// Reads the records of all shards as one.
pub fn read(paths: &[PathBuf]) -> Result<Attack, Refusal> {
    let one = |path: &PathBuf| {
        let refused = |error: String| Refusal::of(path.display(), error);
        let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        let record: Attack = serde_json::from_str(&text)
            .map_err(|error| refused(format!("not a record: {error}")))?;
        if record.schema != SCHEMA {
            return Err(refused(format!("schema: {SCHEMA} is needed")));
        }
        Ok(record)
    };
    let records = paths.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    merge(&records).map_err(|error| match error {
        MergeError::Record(position, reason) => Refusal::of(paths[position].display(), reason),
        other => Refusal::of("--merge", other),
    })
}
