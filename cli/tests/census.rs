//! Promise: a census names the flaw of a specimen, explains what random histories find by it, and
//! has nothing to say of a correct receiver.

use std::process::Command;

fn census(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .arg("census")
        .args(arguments)
        .output()
        .expect("it runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn a_correct_receiver_shows_no_flaw() {
    let (code, text) = census(&["--receiver", "builtin", "--seconds", "1"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("\n0 of "), "{text}");
}

#[test]
fn a_specimen_shows_its_own() {
    let receiver = ["--receiver", "specimen:sum-wraps", "--seconds", "1", "--json"];
    let (code, text) = census(&receiver);
    assert_eq!(code, Some(1), "{text}");
    let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let flaws = record["flaws"].as_array().expect("a list");
    let verdict = |name: &str| {
        flaws.iter().find(|flaw| flaw["name"] == name).map(|flaw| flaw["verdict"].clone())
    };
    assert_eq!(verdict("sum-wraps"), Some("shown".into()));
    assert_eq!(verdict("limit-forgotten"), Some("absent".into()));
    for finding in record["findings"].as_array().expect("a list") {
        assert_ne!(finding["explained_by"].as_array().map(Vec::len), Some(0), "{finding}");
    }
}

#[test]
fn a_page_names_what_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("census.html");
    let page = path.to_str().expect("UTF-8");
    let (code, _) = census(&["--receiver", "specimen:sum-wraps", "--seconds", "0", "--page", page]);
    assert_eq!(code, Some(1));
    let page = std::fs::read_to_string(&path).expect("a page");
    for words in ["Census of specimen:sum-wraps", "<td class=\"words\">sum-wraps</td>", "</html>"] {
        assert!(page.contains(words), "{words}");
    }
}

#[cfg(unix)]
#[test]
fn a_receiver_that_talks_nonsense_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("nonsense.sh");
    std::fs::write(&program, "echo '{\"done\":0}'; while read line; do echo nonsense; done")
        .expect("room");
    let receiver = format!("process:sh {}", program.display());
    let (code, text) = census(&["--receiver", &receiver, "--seconds", "0"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("0 of ") && !text.contains("the histories of 0 broke"), "{text}");
}

#[test]
fn a_receiver_that_cannot_be_started_is_bad_input() {
    let (code, _) = census(&["--receiver", "process:/nowhere/at-all"]);
    assert_eq!(code, Some(2));
}
