//! Promise: `ammeter report` makes one page of any records, and is a gate that fails on a
//! regression only.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/records")
}

fn comparison() -> PathBuf {
    committed().join("2026-11-22-epyc-zen5.json")
}

/// A folder of its own that is gone in the end.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn report(out: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .arg("report")
        .args(arguments)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

/// The committed comparison with the ratios of one backend times `factor`.
fn slowed(place: &Path, backend: &str, factor: f64) -> PathBuf {
    let mut record: Value =
        serde_json::from_str(&fs::read_to_string(comparison()).unwrap()).unwrap();
    for row in record["rows"].as_array_mut().unwrap() {
        if row["backend"] == backend {
            for end in ["low", "median", "high"] {
                let ratio = row["ratio_to_baseline"][end].as_f64().unwrap();
                row["ratio_to_baseline"][end] = (factor * ratio).into();
            }
        }
    }
    let path = place.join("slowed.json");
    fs::write(&path, record.to_string()).unwrap();
    path
}

fn page(out: &Path) -> String {
    let mut pages = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let page = pages.find(|path| path.extension().is_some_and(|kind| kind == "html")).unwrap();
    fs::read_to_string(page).unwrap()
}

#[test]
fn all_committed_records_make_one_page() {
    let out = folder();
    let paths: Vec<String> = fs::read_dir(committed())
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let output = report(out.path(), &paths);
    assert!(output.status.success(), "{output:?}");
    let (text, page) = (String::from_utf8(output.stdout).unwrap(), page(out.path()));
    for path in paths {
        let name = path.rsplit('/').next().unwrap();
        assert!(text.contains(name) && page.contains(name), "{name}");
    }
    assert!(text.contains("ammeter/avx512") && page.contains("ammeter/avx512"));
}

#[test]
fn the_gate_knows_a_regression_from_noise() {
    let out = folder();
    let baseline = comparison();
    let gate = |new: &Path| {
        let arguments = [new.to_str().unwrap(), "--baseline", baseline.to_str().unwrap()];
        let output = report(out.path(), &arguments);
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = gate(&comparison());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("0 regressed by more than 3.0 %"), "{text}");
    let (code, text) = gate(&slowed(out.path(), "ammeter/avx512", 0.9));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("2 regressed by more than 3.0 %"), "one a hash: {text}");
    let (code, text) = gate(&slowed(out.path(), "ammeter/avx512", 0.97));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("2 cannot be told"), "{text}");
}

/// A record in which one program's clock was refused.
#[test]
fn a_record_does_not_regress_against_itself() {
    let out = folder();
    let record = committed().join("2026-11-25-backends-xeon.json");
    let record = record.to_str().unwrap();
    let output = report(out.path(), &[record, "--baseline", record]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("0 regressed") && text.contains("its clock"), "{text}");
}

/// The page is there, and says of each figure why; but the gate did not do what it was asked for.
#[test]
fn a_gate_that_can_compare_nothing_says_so() {
    let out = folder();
    let (new, old) = (comparison(), committed().join("2026-11-25-xeon.json"));
    let arguments = [new.to_str().unwrap(), "--baseline", old.to_str().unwrap()];
    let output = report(out.path(), &arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--baseline") && said.contains("the machines differ"), "{said}");
    assert!(page(out.path()).contains("the machines differ"));
}

#[test]
fn changes_go_to_a_pull_request_a_ci_system_and_a_program() {
    let out = folder();
    let new = slowed(out.path(), "ammeter/shani", 0.5);
    let (markdown, junit) = (out.path().join("comment.md"), out.path().join("junit.xml"));
    let arguments = [
        new.to_str().unwrap(),
        "--baseline",
        comparison().to_str().unwrap(),
        "--fail-above",
        "1.5%",
        "--markdown",
        markdown.to_str().unwrap(),
        "--junit",
        junit.to_str().unwrap(),
        "--json",
        "-",
    ]
    .map(str::to_owned);
    let output = report(out.path(), &arguments.each_ref().map(String::as_str));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "ammeter/report/1");
    assert_eq!(json["gate"]["fail_above"], 0.015);
    let changes = json["gate"]["changes"].as_array().unwrap();
    let regressed: Vec<&Value> =
        changes.iter().filter(|change| change["verdict"]["is"] == "regressed").collect();
    assert_eq!(regressed.len(), 1, "{changes:?}");
    assert!(regressed[0]["figure"].as_str().unwrap().ends_with("ammeter/shani"));
    assert!(fs::read_to_string(markdown).unwrap().contains("| regressed | sha256 og"));
    assert!(fs::read_to_string(junit).unwrap().contains("failures=\"1\""));
}

#[test]
fn what_is_no_record_is_refused_with_its_place() {
    let out = folder();
    let path = out.path().join("no.json");
    fs::write(&path, "{\n\"schema\": \"ammeter/compare/1\",\n\"host\": 3}").unwrap();
    let refused = |arguments: &[&str], word: &str| {
        let output = report(out.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.lines().count() == 1 && said.contains(word), "{said}");
    };
    refused(&[path.to_str().unwrap()], "line 3");
    refused(&["missing.json"], "missing.json");
    let attack = committed().join("2026-11-22-attack-builtin.json");
    let (new, attack) = (comparison(), attack);
    let (new, attack) = (new.to_str().unwrap(), attack.to_str().unwrap());
    refused(&[new, "--baseline", attack], "without figures");
    refused(&[new, "--baseline", new, "--fail-above", "x"], "--fail-above");
    refused(&[new, "--junit", "x.xml"], "--baseline");
}

/// The receiver as a workload, as short as there can be: every part has rows, intervals and noise.
#[test]
fn the_receiver_is_sampled_part_by_part() {
    let out = folder();
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["compare", "--workload", "receive", "--seconds", "0", "--json", "-", "--out"])
        .arg(out.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(record["schema"], "ammeter/receive/2");
    for (part, ratio, rows) in
        [("in_memory", "of_sixteen", 4), ("durable", "of_redb", 6), ("held", "of_empty", 1)]
    {
        let of = record[part].as_array().unwrap();
        assert_eq!(of.len(), rows, "{part}");
        for row in of.iter().map(|row| [&row[ratio], &row["htlcs_per_second"]]) {
            let [ratio, rate] = row;
            let at = |of: &Value, name: &str| of[name].as_f64().unwrap();
            assert!(
                at(ratio, "low") > 0.0 && at(ratio, "low") <= at(ratio, "high"),
                "{part} {ratio}"
            );
            assert!(at(rate, "q1") > 0.0 && at(rate, "q1") <= at(rate, "q3"), "{part} {rate}");
        }
        assert!(of.iter().all(|row| row["rounds"].as_u64().unwrap() >= 9), "{part}");
        assert!(record["noise"][part]["median"].as_f64().unwrap() > 0.0, "{part}");
    }
    assert!(page(out.path()).contains("noise (A/A), "));
}

/// A payment's cost, as short as there can be: every size and every part.
#[test]
fn a_payment_is_sampled_part_by_part() {
    let out = folder();
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["compare", "--workload", "payment", "--seconds", "0", "--json", "-", "--out"])
        .arg(out.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(record["schema"], "ammeter/payment/1");
    let rows = record["rows"].as_array().unwrap();
    let sizes: Vec<u64> = rows.iter().map(|row| row["set_size"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [1, 4, 16, 64, 256]);
    for row in rows {
        assert!(row["rounds"].as_u64().unwrap() >= 9);
        let parts = row["parts"].as_array().unwrap();
        let amp = parts.iter().filter(|part| part["is_amp"] == true).count();
        assert_eq!((parts.len(), amp), (7, 3));
        // Not those that are differences.
        for name in ["curve", "parsing", "derivation"] {
            let part = parts.iter().find(|part| part["name"] == name).unwrap();
            assert!(part["nanoseconds"]["q1"].as_f64().unwrap() > 0.0, "{part}");
        }
    }
    assert!(page(out.path()).contains("AMP’s, durable"));
}
