//! What a record says about the build: the compiler and the commit.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What is compiled into the command, by folder of the workspace; this package too.
const PACKAGES: [&str; 6] = ["core", "amp", "benches", "fuzz", "reports", "cli"];

fn main() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    println!("cargo:rustc-env=AMMETER_RUSTC={}", or_unknown(first_line(&rustc, &["--version"])));
    println!("cargo:rustc-env=AMMETER_COMMIT={}", or_unknown(commit()));
    println!("cargo:rustc-env=AMMETER_TARGET={}", variable("TARGET"));
    println!("cargo:rustc-env=AMMETER_PROFILE={}", profile());
    // Cargo says only that there are features, one variable each.
    let features = std::env::vars()
        .filter_map(|(name, _)| name.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase));
    let mut features: Vec<String> = features.filter(|name| name != "default").collect();
    features.sort();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    println!("cargo:rustc-env=AMMETER_FEATURES={features}");
    println!("cargo:rerun-if-changed=build.rs");
    for file in [".git/HEAD", ".git/index", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed=../{file}");
    }
    // An edit makes the tree dirty, and git learns of it only when somebody asks.
    for package in PACKAGES {
        println!("cargo:rerun-if-changed=../{package}/Cargo.toml");
        println!("cargo:rerun-if-changed=../{package}/src");
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Cargo's `PROFILE` is `release` for every profile that inherits from it: its folder says which.
fn profile() -> String {
    let out = PathBuf::from(variable("OUT_DIR"));
    let build = out.ancestors().find(|folder| folder.ends_with("build"));
    let folder = build.and_then(Path::parent).and_then(Path::file_name);
    folder.map_or_else(|| variable("PROFILE"), |name| name.to_string_lossy().into_owned())
}

/// `None` in a build from a tarball, which has no git.
fn commit() -> Option<String> {
    let commit = first_line("git", &["describe", "--always", "--abbrev=12"])?;
    // Not `describe --dirty`: it writes the index of a fresh clone, and cargo would run this again.
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"];
    let dirty = if first_line("git", &status).is_some() { "-dirty" } else { "" };
    Some(format!("{commit}{dirty}"))
}

fn or_unknown(line: Option<String>) -> String {
    line.unwrap_or_else(|| "unknown".into())
}

/// What a command prints first, if it succeeds and prints something.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = output.status.success().then_some(output.stdout)?;
    Some(String::from_utf8(text).ok()?.lines().next()?.to_owned())
}
