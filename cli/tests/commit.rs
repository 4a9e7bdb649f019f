//! Promise: the commit that a record names ends in `-dirty` as soon as a source of the workspace is
//! edited, and a second build compiles nothing.
//!
//! The build script is that of the command; the workspace around it is a small one without
//! dependencies.

use std::{fs, path::Path, process::Command};

const BUILD: &str = include_str!("../build.rs");
const WORKSPACE: &str = include_str!("../../Cargo.toml");

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What a command prints, to both outputs.
fn said(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}

/// The packages of this workspace, as its manifest names them.
fn packages() -> Vec<String> {
    let members = WORKSPACE.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    members.split(',').map(|name| name.trim().trim_matches('"').to_owned()).collect()
}

#[test]
fn an_edited_source_is_seen_and_nothing_is_built_twice() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let packages = packages();
    write(place, "Cargo.toml", &format!("[workspace]\nmembers = {packages:?}\nresolver = \"3\"\n"));
    for package in &packages {
        let manifest = format!("[package]\nname = \"a-{package}\"\nedition = \"2024\"\n");
        write(place, &format!("{package}/Cargo.toml"), &manifest);
        write(place, &format!("{package}/src/lib.rs"), "");
    }
    write(place, "cli/build.rs", BUILD);
    write(place, "cli/src/main.rs", "fn main() { println!(\"{}\", env!(\"AMMETER_COMMIT\")) }");
    write(place, ".gitignore", "target\n");
    said(place, "cargo", &["generate-lockfile", "--offline"]);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
        said(place, "git", &[&identity[..], &["-c", "commit.gpgsign=false"], arguments].concat())
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "first"]);
    let run = || said(place, "cargo", &["run", "--offline", "-p", "a-cli"]);
    let clean = run();
    assert!(clean.contains("Compiling") && !clean.contains("-dirty"), "{clean}");
    assert!(!run().contains("Compiling"), "a second build has nothing to do");
    for package in &packages {
        let source = format!("{package}/src/lib.rs");
        write(place, &source, "// edited\n");
        let edited = run();
        assert!(edited.contains("-dirty"), "{source}: {edited}");
        assert!(!run().contains("Compiling"), "{source}");
        git(&["checkout", "--quiet", &source]);
        let back = run();
        assert!(!back.contains("-dirty"), "{source}: {back}");
    }
}
