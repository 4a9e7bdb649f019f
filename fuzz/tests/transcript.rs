//! Promise: the published conversation is what our receiver says today, and the plain receivers can
//! take part in it.
#![cfg(unix)]

#[path = "support/transcript.rs"]
mod transcript;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_published_transcript_is_ours() {
    let published = fs::read_to_string(root().join("docs/protocol.transcript.jsonl"));
    let again = "cargo run -p ammeter-fuzz --example transcript > docs/protocol.transcript.jsonl";
    assert!(published.expect("a file") == transcript::transcript(), "it has changed: {again}");
}

fn is_there(program: &str) -> bool {
    let version = if program == "go" { "version" } else { "--version" };
    Command::new(program).arg(version).output().is_ok_and(|output| output.status.success())
}

/// Takes part in the whole conversation.
fn conforms(program: &[&str]) {
    let output = Command::new("python3")
        .arg(root().join("fuzz/receivers/conform.py"))
        .arg(root().join("docs/protocol.transcript.jsonl"))
        .args(program)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    // All but the section in BLAKE3.
    assert!(said.starts_with("34 sections"), "{said}");
}

#[test]
fn the_plain_receiver_in_python_conforms() {
    if !is_there("python3") {
        return println!("skipped: no python3 here");
    }
    let receiver = root().join("fuzz/receivers/python/receiver.py");
    conforms(&["python3", &receiver.to_string_lossy()]);
}

#[test]
fn the_plain_receiver_in_go_conforms() {
    if !is_there("python3") || !is_there("go") {
        return println!("skipped: no python3 or no go here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("plain-go");
    let built = Command::new("go")
        .current_dir(root().join("fuzz/receivers/go"))
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .status();
    assert!(built.expect("it starts").success());
    conforms(&[&program.to_string_lossy()]);
}
