//! The serving program of two commits: built, and put into a folder that is gone in the end.
//!
//! The other commit's files are written into that folder, with an index of their own: neither the
//! repository nor its working tree changes. What cargo makes of them is kept in `target/against/`,
//! so that other people's crates are compiled once.

use std::{
    fmt,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ammeter_core::Hash;
use ammeter_report::record::against::Side;
use serde::Deserialize;
use tempfile::TempDir;

use crate::console::{Refusal, complain};

/// What serves a row through the pipe, in this tree and in the other commit.
const SERVER: &str = "benches/examples/backend.rs";

/// Both programs.
pub(super) struct Builds {
    /// Holds [`BEFORE`](Self::BEFORE) and [`AFTER`](Self::AFTER).
    folder: TempDir,
    pub(super) before: Side,
    pub(super) after: Side,
}

impl Builds {
    /// The program of the other commit, in [`folder`](Self::folder).
    pub(super) const BEFORE: &str = "./before";
    /// That of the working tree.
    pub(super) const AFTER: &str = "./after";

    /// Builds both.
    ///
    /// # Errors
    /// If there is no git, no repository of Ammeter around the current folder, no such commit, or
    /// one that has no serving program or cannot be built.
    pub(super) fn new(revision: &str) -> Result<Self, Refusal> {
        let repository = Repository::find()?;
        let commit = repository.commit(revision)?;
        let before = Side { revision: revision.into(), commit: repository.name(&[&commit])? };
        let after =
            Side { revision: "working tree".into(), commit: repository.name(&["--dirty"])? };
        if after.commit.ends_with("-dirty") {
            complain("the working tree has changes that no commit has; they are measured too");
        }
        let folder = TempDir::with_prefix("ammeter-against-")
            .map_err(|error| refused(revision, format_args!("a temporary folder: {error}")))?;
        let tree = folder.path().join("tree");
        repository.write_files(&commit, &tree, &folder.path().join("index"))?;
        complain(format_args!("building {}", before.commit));
        let kept = repository.top.join("target").join("against");
        build(&tree, Some(&kept), &folder.path().join(Self::BEFORE), &before)?;
        complain(format_args!("building {}", after.commit));
        build(&repository.top, None, &folder.path().join(Self::AFTER), &after)?;
        Ok(Self { folder, before, after })
    }

    /// The rows that a program serves, which it lists when it is asked for one that there is not. None
    /// if it does not say.
    pub(super) fn rows(&self, program: &str) -> Vec<(Hash, String)> {
        let asked =
            Command::new(self.folder().join(program)).arg("?").stdin(Stdio::null()).output();
        asked.map_or_else(|_| Vec::new(), |output| listed(&String::from_utf8_lossy(&output.stderr)))
    }

    /// Where both programs are.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn refused(revision: &str, reason: impl fmt::Display) -> Refusal {
    Refusal::of(format_args!("--against {revision}"), reason)
}

/// The repository around the current folder.
struct Repository {
    top: PathBuf,
}

impl Repository {
    fn find() -> Result<Self, Refusal> {
        let top = git(Command::new("git").args(["rev-parse", "--show-toplevel"]))
            .map_err(|reason| Refusal::of("--against", reason))?;
        let top = PathBuf::from(top);
        if !top.join(SERVER).is_file() {
            let reason =
                format_args!("{} has no {SERVER}: it is no tree of Ammeter", top.display());
            return Err(Refusal::of("--against", reason));
        }
        Ok(Self { top })
    }

    fn git(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.top);
        command
    }

    /// The full name of the commit, which must have a serving program.
    fn commit(&self, revision: &str) -> Result<String, Refusal> {
        let object = format!("{revision}^{{commit}}");
        let verify = ["rev-parse", "--verify", "--quiet", "--end-of-options", &object];
        let commit = git(self.git().args(verify))
            .map_err(|_| refused(revision, "there is no such commit in this repository"))?;
        git(self.git().args(["cat-file", "-e", &format!("{commit}:{SERVER}")])).map_err(|_| {
            refused(revision, format_args!("that commit has no {SERVER}, which serves its rows"))
        })?;
        Ok(commit)
    }

    /// As records name a commit.
    fn name(&self, of: &[&str]) -> Result<String, Refusal> {
        git(self.git().args(["describe", "--always", "--abbrev=12"]).args(of))
            .map_err(|reason| Refusal::of("--against", reason))
    }

    /// Writes the commit's files into `tree`.
    fn write_files(&self, commit: &str, tree: &Path, index: &Path) -> Result<(), Refusal> {
        let with_index = || {
            let mut command = self.git();
            command.env("GIT_INDEX_FILE", index);
            command
        };
        let mut prefix = std::ffi::OsString::from("--prefix=");
        prefix.push(tree);
        prefix.push("/");
        git(with_index().args(["read-tree", commit]))
            .and_then(|_| git(with_index().args(["checkout-index", "--all"]).arg(prefix)))
            .map(drop)
            .map_err(|reason| Refusal::of("--against", reason))
    }
}

/// What git printed, or what it complained about.
fn git(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git could not be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        return Err(format!("git: {}", last.unwrap_or("it failed and did not say why")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Builds the serving program of `tree` and copies it to `program`.
fn build(tree: &Path, target: Option<&Path>, program: &Path, side: &Side) -> Result<(), Refusal> {
    let failed = |reason: String| refused(&side.revision, format!("{}: {reason}", side.commit));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--locked", "-p", "ammeter-bench", "--example", "backend"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(tree)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    if let Some(target) = target {
        cargo.arg("--target-dir").arg(target);
    }
    if !std::io::stderr().is_terminal() {
        cargo.arg("--quiet");
    }
    let output =
        cargo.output().map_err(|error| failed(format!("cargo could not be started: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("it does not build ({})", output.status)));
    }
    let built = executable(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| failed("cargo named no program that it had built".into()))?;
    std::fs::copy(&built, program)
        .map(drop)
        .map_err(|error| failed(format!("{}: {error}", built.display())))
}

/// `no such row; there are NAME HASH, NAME HASH`: what serving programs say. The first of them named no
/// hashes, and nothing is learned from it.
fn listed(said: &str) -> Vec<(Hash, String)> {
    let rows = said.lines().find_map(|line| line.strip_prefix("no such row; there are "));
    let row = |row: &str| {
        let (name, hash) = row.rsplit_once(' ')?;
        Some((hash.parse().ok()?, name.to_owned()))
    };
    rows.map_or_else(Vec::new, |rows| rows.split(", ").filter_map(row).collect())
}

/// The example that cargo's messages name.
fn executable(messages: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages.filter_map(|message| message.executable).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_what_serving_programs_say() {
        let said = "no such row; there are ammeter/avx2 sha256, blake3 blake3, new md5\n";
        let rows = [(Hash::Sha256, "ammeter/avx2".into()), (Hash::Blake3, "blake3".into())];
        assert_eq!(listed(said), rows);
        assert_eq!(listed("no such row; there are ammeter/avx2, blake3"), []);
        assert_eq!(listed("broken pipe"), []);
    }
}
