//! Promise: an attack goes on past what is reported already and says how that stands; its shards
//! are the whole run; a summary says what happened.

#[path = "support/command.rs"]
mod command;

use std::{fs, path::PathBuf, process::Output};

use command::{ammeter, json_of, text};
use serde_json::{Value, json};

/// A specimen that breaks `no-overstay` in every second history, in a dozen shapes.
const RECEIVER: &str = "specimen:never-times-out";

/// A list of known failures, in a folder of its own.
struct List {
    folder: tempfile::TempDir,
}

impl List {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("known.toml"), "").expect("written");
        Self { folder }
    }

    /// Adds the saved trace of a specimen.
    fn with(self, specimen: &str, invariant: &str, expires: &str, shapes: &str) -> Self {
        let traces = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/specimens");
        let trace = format!("{specimen}.trace");
        fs::copy(format!("{traces}/{trace}"), self.folder.path().join(&trace)).expect("a trace");
        let text = fs::read_to_string(self.path()).expect("a list");
        let entry = format!(
            "[[known]]\nname = \"{specimen}\"\nlink = \"https://example.org/{specimen}\"\n\
             expires = {expires}\ninvariant = \"{invariant}\"\ntrace = \"{trace}\"\n\
             shapes = [{shapes}]\n"
        );
        fs::write(self.path(), text + &entry).expect("written");
        self
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("known.toml")
    }

    fn attack(&self, receiver: &str, more: &[&str]) -> Output {
        let list = self.path();
        let list = list.to_str().expect("UTF-8");
        let flags = ["attack", "--receiver", receiver, "--histories", "2000", "--known", list];
        ammeter(&[&flags, more].concat())
    }
}

#[test]
fn what_is_known_is_counted_and_passed() {
    let list = List::new().with("never-times-out", "no-overstay", "2999-12-31", "\"htlc a *\"");
    let output = list.attack(RECEIVER, &["--json"]);
    let record = json_of(&output);
    assert_eq!((output.status.code(), &record["violation"]), (Some(0), &Value::Null), "{record}");
    assert_eq!(record["histories"], 2000);
    let known = &record["known"][0];
    assert_eq!(
        (&known["status"], &known["trace_breaks"]),
        (&json!("known"), &json!("no-overstay"))
    );
    assert!(known["histories"].as_u64() > Some(200), "{known}");
    assert_eq!(known["link"], "https://example.org/never-times-out");

    // However many threads look for it.
    let one = json_of(&list.attack(RECEIVER, &["--json", "--jobs", "1"]));
    let three = json_of(&list.attack(RECEIVER, &["--json", "--jobs", "3"]));
    assert_eq!((&one["known"], &one["states"]), (&three["known"], &three["states"]));
    let said = list.attack(RECEIVER, &[]);
    assert!(text(&said.stdout).contains("known: never-times-out: seen in "));
}

#[test]
fn what_is_not_known_ends_the_attack_and_can_be_pasted() {
    // Its own trace only: another shape is another failure.
    let list = List::new().with("never-times-out", "no-overstay", "2999-12-31", "");
    let output = list.attack(RECEIVER, &["--json"]);
    let record = json_of(&output);
    assert_eq!(output.status.code(), Some(1), "{record}");
    let found = &record["violation"];
    assert_eq!((&found["invariant"], &found["known"]), (&json!("no-overstay"), &Value::Null));
    let said = list.attack(RECEIVER, &[]);
    let said = text(&said.stdout);
    let shape = format!("# its shape: {}\n", found["shape"].as_str().expect("a shape"));
    assert!(said.contains(&shape) && said.contains("[[known]]"), "{said}");
    // Pasted, it is known; the invariant is part of what is compared.
    let paste = format!("\"{}\"", found["shape"].as_str().expect("a shape"));
    let seed =
        |list: List| json_of(&list.attack(RECEIVER, &["--json"]))["violation"]["seed"].as_u64();
    let with = |invariant| List::new().with("never-times-out", invariant, "2999-12-31", &paste);
    assert!(seed(with("no-overstay")) > found["seed"].as_u64());
    assert!(seed(with("paid-in-full")) < found["seed"].as_u64());
}

#[test]
fn an_expired_entry_is_a_failure_again() {
    let list = List::new().with("never-times-out", "no-overstay", "2020-02-29", "\"htlc a *\"");
    let trace = list.folder.path().join("failing.trace");
    let path = trace.to_str().expect("UTF-8");
    let output = list.attack(RECEIVER, &["--json", "--trace", path]);
    let record = json_of(&output);
    assert_eq!((output.status.code(), &record["histories"]), (Some(1), &json!(2000)));
    assert_eq!(record["known"][0]["status"], "expired");
    assert_eq!(record["violation"]["known"], "never-times-out");
    let replayed = ammeter(&["attack", "--receiver", RECEIVER, "--replay", path]);
    assert_eq!(replayed.status.code(), Some(1));
    // Nothing need find it: its trace still fails.
    let list = list.path();
    let none = ["attack", "--receiver", RECEIVER, "--histories", "0", "--known"];
    let output = ammeter(&[&none[..], &[list.to_str().expect("UTF-8")]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("never-times-out: EXPIRED on 2020-02-29: not seen"));
}

#[test]
fn what_is_mended_is_gone_and_no_failure() {
    let list = List::new().with("never-times-out", "no-overstay", "2020-01-01", "");
    let output = list.attack("builtin", &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(json_of(&output)["known"][0]["status"], "gone");
    let said = list.attack("builtin", &[]);
    assert!(text(&said.stdout).contains("never-times-out: GONE: not seen, and its trace breaks"));
}

#[test]
fn an_entry_whose_trace_breaks_something_else_is_a_failure() {
    let list = List::new().with("never-times-out", "paid-in-full", "2999-01-01", "");
    let list = list.path();
    let none = ["attack", "--receiver", RECEIVER, "--histories", "0", "--json", "--known"];
    let output = ammeter(&[&none[..], &[list.to_str().expect("UTF-8")]].concat());
    let record = json_of(&output);
    assert_eq!((output.status.code(), &record["known"][0]["status"]), (Some(1), &json!("changed")));
    assert_eq!(record["violation"]["invariant"], "no-overstay");
}

#[test]
fn a_list_that_cannot_be_read_is_refused_in_a_line() {
    let list = List::new().with("never-times-out", "no-overstay", "2999-01-01", "");
    let good = fs::read_to_string(list.path()).expect("a list");
    for (from, to, said) in [
        ("link", "lnik", "known.toml: line 3: unknown field `lnik`"),
        ("2999-01-01", "2999-02-30", "known.toml: line 4: "),
        ("no-overstay", "overstay", "known.toml: line 5: invariant: one of these is needed: "),
        ("times-out.trace", "gone.trace", "known.toml: line 6: trace: "),
    ] {
        fs::write(list.path(), good.replacen(from, to, 1)).expect("written");
        let output = list.attack(RECEIVER, &[]);
        let line = text(&output.stderr);
        assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
        assert!(line.contains(said), "{line}");
    }
    let output = ammeter(&["attack", "--known", "/nonexistent/known.toml"]);
    assert_eq!(output.status.code(), Some(2));
}

/// The records of shards, in a folder of their own.
fn shards(receiver: &str, count: u64, folder: &tempfile::TempDir) -> Vec<String> {
    let shard = |number: u64| {
        let shard = format!("{number}/{count}");
        let flags = ["attack", "--receiver", receiver, "--histories", "500", "--json", "--shard"];
        let output = ammeter(&[&flags[..], &[&shard]].concat());
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
        let path = folder.path().join(format!("shard-{number}.json"));
        fs::write(&path, output.stdout).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    (1..=count).map(shard).collect()
}

fn merged(paths: &[String], more: &[&str]) -> Output {
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    ammeter(&[&["attack"], more, &["--merge"], &paths[..]].concat())
}

#[test]
fn shards_are_together_the_whole_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = json_of(&ammeter(&["attack", "--histories", "500", "--json"]));
    let mut paths = shards("builtin", 3, &folder);
    paths.reverse();
    let output = merged(&paths, &["--json"]);
    let sum = json_of(&output);
    assert_eq!(output.status.code(), Some(0));
    for field in [
        "receiver",
        "seed",
        "histories",
        "histories_max",
        "inputs",
        "states",
        "faults",
        "shard",
        "violation",
    ] {
        assert_eq!(sum[field], whole[field], "{field}");
    }
    for field in ["reasons", "onion_faults", "fault_names"] {
        let sorted = |record: &Value| {
            let mut names: Vec<String> =
                serde_json::from_value(record[field].clone()).expect("names");
            names.sort();
            names
        };
        assert_eq!(sorted(&sum), sorted(&whole), "{field}");
    }
    let histories = |path: &String| {
        let text = fs::read_to_string(path).expect("a record");
        serde_json::from_str::<Value>(&text).expect("JSON")["histories"].as_u64()
    };
    assert_eq!(paths.iter().map(histories).collect::<Vec<_>>(), [166, 167, 167].map(Some));
    assert!(text(&merged(&paths, &[]).stdout).ends_with("no violation\n"));
}

#[test]
fn the_lowest_seed_of_all_shards_is_that_of_the_whole_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = ["attack", "--receiver", RECEIVER, "--histories", "500", "--json"];
    let whole = json_of(&ammeter(&flags));
    let paths = shards(RECEIVER, 4, &folder);
    let trace = folder.path().join("failing.trace");
    let output = merged(&paths, &["--json", "--trace", trace.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json_of(&output)["violation"], whole["violation"]);
    let saved = fs::read_to_string(&trace).expect("a trace");
    assert_eq!(whole["violation"]["trace"].as_str(), Some(&saved[..]));
}

#[test]
fn what_are_not_all_shards_of_one_run_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = shards("specimen:none", 3, &folder);
    let good = fs::read_to_string(&paths[1]).expect("a record");
    let refused = |paths: &[String], said: &str| {
        let output = merged(paths, &[]);
        let line = text(&output.stderr);
        assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
        assert!(line.contains(said), "{said}: {line}");
    };
    refused(&paths[..2], "--merge: shards missing of 3: 3");
    refused(&[&paths[..], &paths[1..2]].concat(), "shard-2.json: shard 2/3 comes twice");
    for (from, to, said) in [
        ("\"seed\": 1,", "\"seed\": 2,", "shard-2.json: seed: another one than in the first"),
        ("\"2/3\"", "\"2/4\"", "shard-2.json: shard: another one"),
        ("\"2/3\"", "\"4/3\"", "shard-2.json: shard: K/N is needed"),
        ("\"2/3\"", "null", "shard-2.json: shard: it is none, but a whole run"),
        ("attack/1", "attack/9", "shard-2.json: schema: ammeter/attack/1 is needed"),
        ("\"state_registers\": \"", "\"state_registers\": \"A", "shard-2.json: state_registers: "),
        ("\"inputs\": ", "\"inputs\": -", "shard-2.json: not a record: "),
        ("{", "[", "shard-2.json: not a record: "),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(&paths[1], good.replacen(from, to, 1)).expect("written");
        refused(&paths, said);
    }
    let mut huge: Value = serde_json::from_str(&good).expect("JSON");
    huge["inputs"] = json!(u64::MAX);
    fs::write(&paths[1], huge.to_string()).expect("written");
    refused(&paths, "shard-2.json: inputs: the sum passes 2^64");
}

#[test]
fn a_summary_says_what_happened() {
    let list = List::new().with("sum-wraps", "no-early-release", "2999-12-31", "");
    let path = list.folder.path().join("summary.md");
    let summary = path.to_str().expect("UTF-8");
    let output = list.attack(RECEIVER, &["--json", "--markdown", summary]);
    assert_eq!(output.status.code(), Some(1));
    let found = &json_of(&output)["violation"];
    let said = fs::read_to_string(&path).expect("a summary");
    for part in [
        "## Ammeter attack: VIOLATION of no-overstay\n",
        "| ` sum-wraps ` | **gone**: take it off the list | 0 | 2999-12-31 |",
        found["trace"].as_str().expect("a trace"),
        "```rust\n#[test]\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let output = ammeter(&["attack", "--histories", "10", "--markdown", "-"]);
    assert!(text(&output.stdout).starts_with("## Ammeter attack: no violation\n"));
    let both = ammeter(&["attack", "--markdown", "-", "--json"]);
    assert_eq!(both.status.code(), Some(2));
}
