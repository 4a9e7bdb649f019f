//! What a record says about the build: the compiler and the commit.

use std::process::Command;

fn main() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    println!("cargo:rustc-env=AMMETER_RUSTC={}", first_line(&rustc, &["--version"]));
    let commit = first_line("git", &["describe", "--always", "--dirty", "--abbrev=12"]);
    println!("cargo:rustc-env=AMMETER_COMMIT={commit}");
    for (variable, value) in [("TARGET", "AMMETER_TARGET"), ("PROFILE", "AMMETER_PROFILE")] {
        println!("cargo:rustc-env={value}={}", std::env::var(variable).unwrap_or_default());
    }
    // Cargo says only that there are features, one variable each.
    let features = std::env::vars()
        .filter_map(|(name, _)| name.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase));
    let mut features: Vec<String> = features.collect();
    features.sort();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    println!("cargo:rustc-env=AMMETER_FEATURES={features}");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../.git/HEAD");
    println!("cargo:rerun-if-changed=../.git/index");
}

/// What a command prints first, or `unknown`: a build from a tarball has no git.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok();
    output
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|text| text.lines().next().map(str::to_owned))
        .unwrap_or_else(|| "unknown".into())
}
