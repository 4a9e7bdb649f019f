//! Promise: `ammeter attack` finds specimens, says how in text and in JSON, replays what it wrote,
//! and refuses bad input in a line.

#[path = "support/command.rs"]
mod command;

use std::{ffi::OsStr, fs, process::Command};

use command::{ammeter, json_of, text};
use serde_json::Value;

#[test]
fn the_builtin_receiver_is_clean() {
    let output = ammeter(&["attack", "--histories", "400", "--rules", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let report = json_of(&output);
    assert_eq!(report["histories"], 400);
    assert_eq!(report["violation"], Value::Null);
    assert!(report["states"].as_u64() > Some(100));
    // What the record is a record of.
    assert_eq!(report["rules"], true);
    for field in ["started", "build", "host"] {
        assert!(!report[field].is_null(), "{field}");
    }
    assert!(report["build"]["commit"].as_str().is_some_and(|commit| !commit.is_empty()));
}

/// Our own program, killed and opened again, by the protocol that any other would speak.
#[test]
fn a_program_is_attacked() {
    let program = env!("CARGO_BIN_EXE_ammeter");
    let receiver = format!("process:{program} receive --state {{state}} {{policy}}");
    let output =
        ammeter(&["attack", "--receiver", &receiver, "--histories", "25", "--rules", "--json"]);
    let report = json_of(&output);
    assert_eq!(report["violation"], Value::Null);
    assert_eq!((output.status.code(), &report["histories"]), (Some(0), &Value::from(25)));
}

#[test]
fn one_process_serves_many_histories() {
    let program = env!("CARGO_BIN_EXE_ammeter");
    let receiver = format!("process:{program} receive --protocol 2");
    let output =
        ammeter(&["attack", "--receiver", &receiver, "--histories", "100", "--rules", "--json"]);
    let report = json_of(&output);
    assert_eq!(report["violation"], Value::Null);
    assert_eq!((output.status.code(), &report["histories"]), (Some(0), &Value::from(100)));
    assert_eq!(report["name"], "ammeter");
}

/// Run in a shell: a program that logs where its answers should be, and says what it is made for.
#[test]
#[cfg(unix)]
fn a_program_that_talks_nonsense() {
    let path = std::env::temp_dir().join(format!("ammeter-nonsense-{}.sh", std::process::id()));
    let script = r#"echo '{"hello":{"protocol":2,"name":"logger","profile":{"versions":["lnd"]}}}'
        while read -r line; do
          case "$line" in
            *'"event":"open"'*) n=0; echo '{"done":0}' ;;
            *'"event":"htlc"'*) echo 'INFO an HTLC' ;;
            *) n=$((n + 1)); echo "{\"done\":$n}" ;;
          esac
        done"#;
    fs::write(&path, script).expect("a file");
    let receiver = format!("process:sh {}", path.display());
    let output = ammeter(&["attack", "--receiver", &receiver, "--histories", "10"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    for expected in [
        "it says that it is logger",
        "profile: not spoken: basic, adaptive, committed, tree",
        "VIOLATION of protocol: at HTLC 1/0, it wrote a line that is no answer: INFO an HTLC",
        "lnd, total 1000 msat, index",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    fs::remove_file(path).expect("it was written");
}

#[test]
fn a_specimen_is_found_shrunk_written_and_replayed() {
    let path = std::env::temp_dir().join(format!("ammeter-attack-{}.trace", std::process::id()));
    let trace = path.to_str().expect("UTF-8");
    let specimen = "specimen:never-times-out";
    let attack =
        ["attack", "--receiver", specimen, "--histories", "10000", "--trace", trace, "--json"];
    let output = ammeter(&attack);
    assert_eq!(output.status.code(), Some(1));
    let violation = &json_of(&output)["violation"];
    assert_eq!(violation["invariant"], "no-overstay");
    assert_eq!(violation["trace"].as_str(), fs::read_to_string(&path).ok().as_deref());
    assert!(violation["test"].as_str().expect("a test").contains("Flaw::NeverTimesOut"));

    let seed = violation["seed"].to_string();
    let again =
        ammeter(&["attack", "--receiver", specimen, "--seed", &seed, "--histories", "1", "--json"]);
    assert_eq!(&json_of(&again)["violation"], violation);

    for (receiver, code, said) in
        [(specimen, 1, "VIOLATION of no-overstay"), ("builtin", 0, "no violation")]
    {
        let output = ammeter(&["attack", "--replay", trace, "--receiver", receiver]);
        assert_eq!(output.status.code(), Some(code));
        assert!(text(&output.stdout).contains(said), "{}", text(&output.stdout));
    }
    fs::remove_file(path).expect("it was written");
}

#[test]
fn specimens_are_listed_by_name() {
    let output = ammeter(&["specimens"]);
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    let all = json_of(&ammeter(&["specimens", "--json"]));
    let all = all.as_array().expect("a list");
    assert!(all.len() >= 40);
    assert_eq!(lines.len(), all.len());
    for (line, specimen) in lines.iter().zip(all) {
        assert_eq!(line.split(' ').next(), specimen["name"].as_str());
        assert!(line.contains(specimen["breaks"].as_str().expect("a name")));
    }
}

#[test]
fn bad_input_is_refused_in_a_line() {
    let folder = std::env::temp_dir();
    let path = folder.join(format!("ammeter-attack-bad-{}.trace", std::process::id()));
    fs::write(&path, "ammeter history 1\nnonsense\n").expect("a file");
    let bad = path.to_str().expect("UTF-8");
    for (arguments, said) in [
        (
            &["--receiver", "nobody"][..],
            "builtin, builtin:redb, specimen:NAME, process:CMD or library:PATH",
        ),
        (&["--receiver", "specimen:x"], "no specimen is named x"),
        (&["--receiver", "process:/nonexistent/program"], "--receiver: "),
        (&["--receiver", "library:/nonexistent.so"], "--receiver: /nonexistent.so: "),
        (&["--replay", "/nonexistent/trace"], "/nonexistent/trace: "),
        (&["--replay", bad], "line 2: not an operation"),
        (&["--seconds", "x"], "a number of seconds"),
        (&["--jobs", "0"], "0 is not in 1..=1024"),
        (&["--profile", "{}}"], "strict or a JSON object is needed"),
        (&["--profile", r#"{"rules":{"sum":"x"}}"#], "profile.rules.sum: \"wire\" is needed"),
        (&["--receiver", "process:false"], "--receiver: false: it exited with status 1"),
        (&["--histories", "1", "--trace", "/nonexistent/trace"], "/nonexistent/trace: "),
        (&["--seeds", "3"], "--specimens"),
        (&["--specimens", "--rules"], "cannot be used with"),
        (&["--specimens", "--profile", "strict"], "cannot be used with"),
        (&["--specimens", "--seed", "2"], "cannot be used with"),
        (&["--replay", bad, "--no-crashes"], "cannot be used with"),
        (&["--replay", bad, "--trace", bad], "cannot be used with"),
    ] {
        let output = ammeter(&[&["attack"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let line = text(&output.stderr);
        assert!(line.contains(said) && line.lines().count() == 1, "{line}");
    }
    fs::remove_file(path).expect("it was written");
}

/// What is printed to see a failure again, given to a shell, shows it.
#[cfg(unix)]
#[test]
fn a_failure_is_seen_again_as_it_says() {
    let bin = env!("CARGO_BIN_EXE_ammeter");
    let cases: [&[&str]; 4] = [
        &["--receiver", "specimen:htlc-ids-cut", "--no-crashes"],
        &["--receiver", "specimen:counts-refused", "--no-crashes", "--rules"],
        &["--receiver", "specimen:ids-truncated"],
        &["--receiver", "specimen:sum-wraps", "--profile", "strict"],
    ];
    for flags in cases {
        let output = ammeter(&[&["attack", "--histories", "3000"], flags].concat());
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        let said = text(&output.stdout);
        let (_, again) = said.split_once("(again: ammeter ").expect("how to see it again");
        let (again, _) = again.split_once(")\n").expect("the end of it");
        let status = Command::new("sh").args(["-c", &format!("'{bin}' {again}")]).output();
        assert_eq!(status.expect("a shell").status.code(), Some(1), "{again}");
    }
}

/// A path need not be text.
#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_loses_nothing() {
    use std::os::unix::ffi::OsStrExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(OsStr::from_bytes(b"trace\xff"));
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["attack", "--receiver", "specimen:sum-wraps", "--histories", "3000", "--trace"])
        .arg(&path)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(path.exists());
}
