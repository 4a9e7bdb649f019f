//! Promise: the published vectors are those that this release writes, they are right, and a vector
//! that is not is found.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors");

/// Exit code and standard output.
fn vectors(action: &str, folder: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["vectors", action])
        .arg(folder)
        .output()
        .expect("it starts");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

fn scratch(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("ammeter-vectors-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

#[test]
fn the_published_vectors_are_right_and_are_written_again_as_they_are() {
    let (code, said) = vectors("check", Path::new(PUBLISHED));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with(" vectors right, 0 wrong\n"), "{said}");

    let folder = scratch("again");
    let (code, written) = vectors("write", &folder);
    assert_eq!((code, written.lines().count()), (Some(0), 12));
    for path in written.lines().map(Path::new) {
        let published = Path::new(PUBLISHED).join(path.file_name().expect("a name"));
        let same = fs::read(path).expect("written") == fs::read(&published).expect("published");
        assert!(same, "{} differs", published.display());
    }
    fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn json_says_the_same() {
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["vectors", "check", "--json", PUBLISHED])
        .output()
        .expect("it starts");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(said["right"].as_u64() > Some(700), "{said}");
    assert_eq!(said["wrong"], Value::Array(vec![]));
}

/// Changes one vector of every section of every file, each alone.
#[test]
fn a_wrong_vector_is_found() {
    let folder = scratch("wrong");
    let (_, written) = vectors("write", &folder);
    let mut changes = 0;
    for path in written.lines() {
        let right = fs::read_to_string(path).expect("written");
        let content: Value = serde_json::from_str(&right).expect("JSON");
        for (section, field) in [
            ("pairs", "preimage"),
            ("pairs", "payment_hash"),
            ("sets", "root"),
            ("sets", "commitment"),
            ("valid", "hex"),
            ("invalid", "offset"),
        ] {
            let Some(last) = content[section].as_array().map(|vectors| vectors.len() - 1) else {
                continue;
            };
            let mut content = content.clone();
            let value = &mut content[section][last][field];
            *value = match value.as_u64() {
                Some(offset) => (offset + 1).into(),
                None => value.as_str().expect("hexadecimal").replacen("0", "1", 1).into(),
            };
            fs::write(path, content.to_string()).expect("written");
            let (code, said) = vectors("check", &folder);
            assert_eq!(code, Some(1), "{path}: {section}, {field}: {said}");
            changes += 1;
        }
        for section in ["pairs", "sets", "broken_sets", "valid", "invalid"] {
            let mut content = content.clone();
            if content[section].is_null() {
                continue;
            }
            content[section] = Value::Array(vec![]);
            fs::write(path, content.to_string()).expect("written");
            assert_eq!(vectors("check", &folder).0, Some(1), "{path}: {section} is empty");
        }
        fs::write(path, right).expect("written");
    }
    assert_eq!(changes, 4 * 4 + 8 * 2);
    assert_eq!(vectors("check", &folder).0, Some(0));
    fs::remove_file(written.lines().next().expect("a file")).expect("removed");
    assert_eq!(vectors("check", &folder).0, Some(2), "a file is missing");
    fs::remove_dir_all(&folder).expect("removed");
}
