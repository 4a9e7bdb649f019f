//! Promise: `ammeter compare --against` builds another commit, sees a slow-down that was planted in
//! the working tree and none where there is none, and says what keeps it from comparing.
//!
//! The repositories here are small ones, whose serving program has no dependency and a clock that
//! does not depend on the machine.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

const SERVER: &str = include_str!("support/server.rs");
const MANIFEST: &str = "[workspace]\nmembers = [\"benches\"]\nresolver = \"3\"\n";
const PACKAGE: &str =
    "[package]\nname = \"ammeter-bench\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"ammeter-bench\"\nversion = \"0.1.0\"\n";

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
    let output = Command::new("git")
        .current_dir(folder)
        .args(identity)
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("git is needed");
    assert!(output.status.success(), "{output:?}");
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A repository of one commit, tagged `first`.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    write(place, "Cargo.toml", MANIFEST);
    write(place, "Cargo.lock", LOCK);
    write(place, ".gitignore", "target\nout\n");
    write(place, "benches/Cargo.toml", PACKAGE);
    write(place, "benches/src/lib.rs", "");
    write(place, "benches/examples/backend.rs", SERVER);
    git(place, &["init", "--quiet"]);
    git(place, &["add", "."]);
    git(place, &["commit", "--quiet", "-m", "first"]);
    // A name that is not annotated does not show in the name of a commit.
    git(place, &["tag", "first"]);
    folder
}

fn against(place: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .current_dir(place)
        .args(["compare", "--seconds", "0", "--pairs", "8", "--kernel", "portable"])
        .args(["--json", "-", "--out", "out", "--against"])
        .args(arguments)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The record's rows, and the exit code.
fn rows(output: &Output) -> (Option<i32>, Value) {
    let record: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(record["schema"], "ammeter/against/1");
    (output.status.code(), record)
}

#[test]
fn a_planted_slow_down_is_seen_and_the_same_commit_is_no_slower() {
    let folder = repository();
    let place = folder.path();
    let (code, record) = rows(&against(place, &["first", "--fail-above", "3%"]));
    let row = &record["rows"][0];
    assert_eq!((code, &row["verdict"]), (Some(0), &"alike".into()), "{record}");
    assert_eq!(record["before"]["commit"], record["after"]["commit"]);
    assert_eq!(record["rows"].as_array().unwrap().len(), 1, "the program serves one hash only");

    let slow = SERVER.replace("CALL_MICROS: u64 = 1000", "CALL_MICROS: u64 = 1100");
    assert_ne!(slow, SERVER);
    write(place, "benches/examples/backend.rs", &slow);
    let output = against(place, &["first", "--fail-above", "3%"]);
    let (code, record) = rows(&output);
    let row = &record["rows"][0];
    assert_eq!((code, &row["verdict"]), (Some(1), &"slower".into()), "{record}");
    let change = row["change"]["median"].as_f64().unwrap();
    assert!((change - 1.0 / 1.1).abs() < 1e-6, "{change}");
    assert!(record["after"]["commit"].as_str().unwrap().ends_with("-dirty"));
    assert!(said(&output).contains("changes that no commit has"), "{}", said(&output));

    // Slower, but it was not asked to fail; and by no more than is allowed.
    assert_eq!(rows(&against(place, &["first"])).0, Some(0));
    assert_eq!(rows(&against(place, &["first", "--fail-above", "10%"])).0, Some(0));

    // The other way round: the slow one is committed, the tree is the first one again.
    git(place, &["commit", "--quiet", "-a", "-m", "slow"]);
    write(place, "benches/examples/backend.rs", SERVER);
    let (code, record) = rows(&against(place, &["HEAD", "--fail-above", "3%"]));
    assert_eq!((code, &record["rows"][0]["verdict"]), (Some(0), &"faster".into()), "{record}");
    let status =
        Command::new("git").current_dir(place).args(["worktree", "list"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&status.stdout).lines().count(), 1, "nothing was left");
}

#[test]
fn a_wrong_output_is_found_whatever_its_speed() {
    let folder = repository();
    let wrong = SERVER.replace("hashes.extend(sha256(&preimage))", "hashes.extend(preimage)");
    assert_ne!(wrong, SERVER);
    write(folder.path(), "benches/examples/backend.rs", &wrong);
    let (code, record) = rows(&against(folder.path(), &["first"]));
    assert_eq!((code, &record["rows"][0]["verdict"]), (Some(1), &"wrong".into()), "{record}");
    assert!(record["rows"][0]["fault"].as_str().unwrap().starts_with("after: "), "{record}");
}

/// Its outputs are right, so nothing is wrong with the commit; how fast it is cannot be said.
#[test]
fn a_clock_that_cannot_be_believed_is_no_verdict() {
    let folder = repository();
    let idle = SERVER.replace("let wall = 1000 * CALL_MICROS", "let wall = 400 * CALL_MICROS");
    assert_ne!(idle, SERVER);
    write(folder.path(), "benches/examples/backend.rs", &idle);
    let (code, record) = rows(&against(folder.path(), &["first", "--fail-above", "3%"]));
    assert_eq!((code, &record["rows"][0]["verdict"]), (Some(0), &"cannot-tell".into()), "{record}");
    let fault = record["rows"][0]["fault"].as_str().unwrap();
    assert!(fault.starts_with("after: ") && fault.contains("its clock"), "{fault}");
}

/// `neon` is a row that this program does not know on most machines: the builds say that it is there.
#[test]
fn a_row_that_only_one_commit_serves_is_not_passed_over() {
    let folder = repository();
    let place = folder.path();
    let asked = |what: &str, said: &str| {
        let condition = format!("std::env::args().nth(1).as_deref() == Some(\"{what}\")");
        let end = format!("{{ eprintln!(\"{said}\"); std::process::exit(2); }}");
        SERVER.replace("fn main() {\n", &format!("fn main() {{\n    if {condition} {end}\n"))
    };
    let with = asked("?", "no such row; there are ammeter/neon sha256");
    let without = asked("ammeter/neon", "it is gone");
    write(place, "benches/examples/backend.rs", &with);
    git(place, &["commit", "--quiet", "-a", "-m", "with"]);
    write(place, "benches/examples/backend.rs", &without);
    let (code, record) = rows(&against(place, &["HEAD", "--kernel", "neon"]));
    let row = |place: usize| {
        let row = &record["rows"][place];
        (row["backend"].as_str().unwrap(), row["verdict"].as_str().unwrap())
    };
    assert_eq!(code, Some(1), "{record}");
    assert_eq!((row(0), row(1)), (("ammeter/portable", "alike"), ("ammeter/neon", "wrong")));
    let fault = record["rows"][1]["fault"].as_str().unwrap();
    assert!(fault.contains("only the other commit") && fault.contains("it is gone"), "{fault}");

    git(place, &["commit", "--quiet", "-a", "-m", "without"]);
    write(place, "benches/examples/backend.rs", &with);
    let output = against(place, &["HEAD", "--kernel", "neon"]);
    let (code, record) = rows(&output);
    assert_eq!((code, record["rows"].as_array().unwrap().len()), (Some(0), 1), "{record}");
    let said = said(&output);
    assert!(said.contains("skipped: sha256 ammeter/neon") && said.contains("it is gone"), "{said}");
}

#[test]
fn what_keeps_it_from_comparing_is_said() {
    let refused = |place: &Path, arguments: &[&str], reason: &str| {
        let output = against(place, arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = said(&output);
        assert!(said.contains("--against") && said.contains(reason), "{said}");
    };
    let folder = repository();
    let place = folder.path();
    refused(place, &["no-such-branch"], "no such commit");
    refused(place, &["HEAD:benches"], "no such commit");
    refused(place, &["first", "--sweep", "threads"], "without --sweep");
    refused(place, &["first", "--backend", "x=process:./x"], "no other programs");

    write(place, "benches/examples/backend.rs", "fn main() { compile }");
    refused(place, &["first"], "it does not build");
    git(place, &["commit", "--quiet", "-a", "-m", "broken"]);
    write(place, "benches/examples/backend.rs", SERVER);
    refused(place, &["HEAD"], "it does not build");

    git(place, &["rm", "--quiet", "--cached", "benches/examples/backend.rs"]);
    git(place, &["commit", "--quiet", "-m", "without"]);
    refused(place, &["HEAD"], "has no benches/examples/backend.rs");
    fs::remove_file(place.join("benches/examples/backend.rs")).unwrap();
    refused(place, &["first"], "no tree of Ammeter");
    refused(tempfile::tempdir().unwrap().path(), &["HEAD"], "not a git repository");
}
