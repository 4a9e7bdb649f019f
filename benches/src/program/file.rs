//! `backends.toml`: programs by name, with what each needs to be built and run on this machine.
//!
//! ```toml
//! [[backend]]
//! name = "go-crypto-sha256"
//! needs = ["go"]                        # programs that must be on the PATH
//! version = "go version"                # prints the tool's version; optional
//! build = "go build -C go -o ../out ."  # optional
//! run = "./out"
//! ```
//!
//! Commands are words separated by spaces, and run in the folder that the file is in.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::{CommandLine, Patience, entry, process};
use crate::backend::{Entry, Failure};

/// How long building a program may take.
const BUILD_MAX: Duration = Duration::from_secs(600);
/// How long a tool may take to print its version.
const VERSION_MAX: Duration = Duration::from_secs(30);

/// What a file lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    backend: Vec<Program>,
}

/// One program of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The name of its row.
    pub name: String,
    /// Programs that must be on the PATH.
    #[serde(default)]
    pub needs: Vec<String>,
    /// A command whose first line of output is the version of the tool that builds or runs it.
    pub version: Option<String>,
    /// A command that builds it.
    pub build: Option<String>,
    /// A command that runs it.
    pub run: String,
    /// Where its commands run.
    #[serde(skip)]
    folder: PathBuf,
}

/// Reads a file.
///
/// # Errors
/// If it cannot be read, is no TOML, has other keys than these, or a name twice: with line and
/// column.
pub fn read(path: &Path) -> Result<Vec<Program>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure(error.to_string()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    parse(&text, folder.unwrap_or(Path::new(".")))
}

fn parse(text: &str, folder: &Path) -> Result<Vec<Program>, Failure> {
    let File { backend: mut programs } =
        toml::from_str(text).map_err(|error| Failure(error.to_string().trim().to_owned()))?;
    for position in 0..programs.len() {
        let name = programs[position].name.clone();
        check_name(&name)?;
        if programs[..position].iter().any(|program| program.name == name) {
            return Err(Failure(format!("two backends are named `{name}`")));
        }
        folder.clone_into(&mut programs[position].folder);
    }
    Ok(programs)
}

/// Refuses what could not be typed, or would pass for a row of ours.
///
/// # Errors
/// If a name is empty, begins with `ammeter/`, or has other characters than letters, digits and
/// `-_.+/`.
pub fn check_name(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+/".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Failure(format!("`{name}`: a name has letters, digits and -_.+/")));
    }
    if name.starts_with("ammeter/") {
        return Err(Failure(format!("`{name}`: names of that form are for our own kernels")));
    }
    Ok(())
}

impl Program {
    /// Builds it and starts it once. A second value says which tool it is made with, if its file
    /// says how to ask.
    ///
    /// # Errors
    /// Why there is no such row on this machine: a tool is missing, or the program cannot be built
    /// or started.
    pub fn entry(&self, patience: Patience) -> Result<(Entry, Option<String>), Failure> {
        for need in &self.needs {
            if !is_on_path(need) {
                return Err(Failure(format!("there is no `{need}` on the PATH")));
            }
        }
        let tool =
            self.version.as_deref().map(|line| self.command(line, VERSION_MAX)).transpose()?;
        if let Some(line) = &self.build {
            self.command(line, BUILD_MAX)?;
        }
        let line = CommandLine::new(&self.run, &self.folder)?;
        Ok((entry(&self.name, line, patience)?, tool))
    }

    fn command(&self, line: &str, limit: Duration) -> Result<String, Failure> {
        process::run(&CommandLine::new(line, &self.folder)?, limit)
    }
}

fn is_on_path(name: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    let endings = if cfg!(windows) { [".exe", ".cmd"].as_slice() } else { &[""] };
    env::split_paths(&folders)
        .any(|folder| endings.iter().any(|end| folder.join(format!("{name}{end}")).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(lines: &str) -> Result<Program, Failure> {
        parse(&format!("[[backend]]\n{lines}"), Path::new(".")).map(|mut all| all.remove(0))
    }

    #[test]
    fn a_file_is_read_or_refused_with_the_place() {
        let program = one("name = \"x\"\nrun = \"./x y\"").unwrap();
        assert_eq!((program.name.as_str(), program.needs.len()), ("x", 0));
        let refused = [
            ("name = \"x\"", "run"),
            ("name = \"x\"\nrun = \"y\"\nruns = \"z\"", "line 4"),
            ("name = \"ammeter/auto\"\nrun = \"y\"", "our own"),
            ("name = \"a b\"\nrun = \"y\"", "letters"),
            ("name = \"x\"\nrun = \"y\"\n[[backend]]\nname = \"x\"\nrun = \"y\"", "two backends"),
        ];
        for (lines, reason) in refused {
            let Failure(text) = one(lines).unwrap_err();
            assert!(text.contains(reason), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_the_machine_lacks_is_said() {
        let with = |lines: &str| {
            let lines = format!("name = \"x\"\n{lines}");
            one(&lines).unwrap().entry(Patience::default()).unwrap_err().0
        };
        let missing = with("run = \"x\"\nneeds = [\"no-such-tool\"]");
        assert_eq!(missing, "there is no `no-such-tool` on the PATH");
        let broken = with("run = \"x\"\nbuild = \"sh -c no-such-compiler\"");
        assert!(broken.contains("no-such-compiler"), "{broken}");
        let gone = with("run = \"./no-such-program\"");
        assert!(gone.contains("could not be started"), "{gone}");
    }
}
