//! Where a record goes: progress, files, terminal.

use std::{
    fs,
    io::{IsTerminal, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use ammeter_report::record::Invocation;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::console::{self, Refusal, WholeFile};

/// The record and the page, begun before minutes of sampling and not after.
pub struct Output {
    page: (PathBuf, WholeFile),
    json: (PathBuf, WholeFile),
    /// The record goes to standard output, and the table nowhere.
    is_json_only: bool,
}

impl Output {
    /// Files whose names begin with `name` in `folder`; the record goes to `asked` where that is
    /// given, and to standard output if it is `-`.
    pub fn begin(
        folder: &Path,
        asked: Option<&Path>,
        name: &str,
        started: SystemTime,
    ) -> Result<Self, Refusal> {
        fs::create_dir_all(folder)
            .map_err(|error| Refusal::of(format_args!("--out {}", folder.display()), error))?;
        let stem = format!("{name}-{}", compact(started));
        let create = |path: PathBuf| {
            let file = WholeFile::create(&path)?;
            Ok((path, file))
        };
        let page = create(folder.join(format!("{stem}.html")))?;
        let standard_output = Path::new("-");
        let json = match asked {
            Some(path) if path != standard_output => path.to_owned(),
            _ => folder.join(format!("{stem}.json")),
        };
        Ok(Self { page, json: create(json)?, is_json_only: asked == Some(standard_output) })
    }

    /// Writes both, and the table with their names to the terminal.
    pub fn finish(self, record: &impl Serialize, page: &str, table: &str) -> Result<(), Refusal> {
        self.finish_with(record, page, table, None)
    }

    /// The same, but that `instead` goes to the terminal if there is one.
    pub fn finish_with(
        self,
        record: &impl Serialize,
        page: &str,
        table: &str,
        instead: Option<&str>,
    ) -> Result<(), Refusal> {
        let json = serde_json::to_string_pretty(record);
        let json = json.map_err(|error| Refusal::of("--json", error))? + "\n";
        self.json.1.fill(&json)?;
        self.page.1.fill(page)?;
        if self.is_json_only {
            return console::print(&json);
        }
        if let Some(text) = instead {
            return console::print(text);
        }
        let (json, page) = (self.json.0.display(), self.page.0.display());
        console::print(&format!("{table}\n{json}\n{page}\n"))
    }
}

/// How much of the sampling is done: on standard error, and only where that is a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    const STEPS: u64 = 1000;

    pub fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} % {eta}")
            .expect("the template is right");
        Self(ProgressBar::new(Self::STEPS).with_style(style))
    }

    /// Begins again at nothing.
    pub fn restart(&self, what: String) {
        self.0.reset();
        self.say(what);
    }

    /// What is being sampled.
    pub fn say(&self, what: String) {
        self.0.set_message(what);
    }

    /// Writes text to standard error, a terminal or not, above the bar. If that fails, nothing that
    /// was asked for is lost.
    pub fn print(&self, text: &str) {
        self.0.suspend(|| {
            let _ = anstream::stderr().write_all(text.as_bytes());
        });
    }

    /// `part` is done, between 0 and 1.
    pub fn show(&self, part: f64) {
        self.0.set_position((part * Self::STEPS as f64) as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// How a command of the given seed was called.
pub fn invocation(started: SystemTime, seed: u64) -> Invocation {
    let started = humantime::format_rfc3339_seconds(started).to_string();
    Invocation { command: command_line(), started, seed }
}

/// As it was typed, but for the path of the program.
pub fn command_line() -> String {
    let quoted = std::env::args_os().skip(1).map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once("ammeter".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// An argument as a shell reads it.
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.into()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// `20261122T091500Z`.
pub fn compact(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace(['-', ':'], "")
}
