//! Promise: `compare --workload split` leaves the same figures for the same seed, byte for byte, and
//! refuses what is no snapshot and flags of other workloads.

use std::{fs, process::Command};

use serde_json::Value;

fn compare(flags: &[&str], name: &str) -> (Option<i32>, String, String) {
    let folder = std::env::temp_dir().join(format!("ammeter-{name}-{}", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["compare", "--out", folder.to_str().unwrap()])
        .args(flags)
        .output()
        .unwrap();
    let _ = fs::remove_dir_all(&folder);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn two_runs_of_one_seed_have_the_same_figures_byte_for_byte() {
    let flags = ["--workload", "split", "--quick", "--seeds", "2", "--payments", "2"];
    let flags = [&flags[..], &["--channels", "80", "--json", "-", "--seed"]].concat();
    let rows = |seed: &str, name: &str| {
        let (code, record, errors) = compare(&[&flags[..], &[seed]].concat(), name);
        assert_eq!(code, Some(0), "{errors}");
        let record: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(record["schema"], "ammeter/split/1");
        assert_eq!(record["workload"]["payable"], 4);
        assert_eq!(record["solves"].as_array().unwrap().len(), 9);
        record["rows"].to_string()
    };
    let first = rows("1", "split-one");
    assert_eq!(first, rows("1", "split-again"));
    assert_ne!(first, rows("2", "split-other"));
}

#[test]
fn what_cannot_be_run_is_refused_before_it_takes_time() {
    let refused = |flags: &[&str], word: &str| {
        let (code, _, errors) = compare(flags, "split-refused");
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains(word) && errors.lines().count() == 1, "{errors}");
    };
    refused(&["--seeds", "2"], "only with --workload split");
    refused(&["--workload", "split", "--seconds", "3"], "--seeds and --payments");
    refused(&["--workload", "split", "--snapshot", "/dev/null"], "prefix at offset 0");
    refused(&["--workload", "split", "--snapshot", "/nowhere"], "/nowhere");
    refused(&["--workload", "split", "--channels", "1"], "--channels");
}
