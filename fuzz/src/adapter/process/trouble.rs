//! What a program can do wrong, other than being a bad receiver.

use std::{io, os::unix::process::ExitStatusExt as _, process::ExitStatus, time::Duration};

use rustix::process::Signal;

use crate::adapter::Complaint;

/// The longest line that is an answer, in bytes.
pub(super) const LINE_MAX: usize = 1 << 16;
/// Effects that follow from one event, at most.
pub(super) const EFFECTS_MAX: usize = 1 << 16;
/// How much of a strange line is shown, in characters.
const SHOWN: usize = 160;

/// What went wrong.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It cannot be started.
    Start(io::Error),
    /// It is dead.
    Ended(ExitStatus),
    /// It lives, and its output is closed.
    Closed,
    /// It has said nothing for too long.
    Silent,
    /// A line that is no answer.
    NoAnswer(Vec<u8>),
    /// Something behind its last answer, before it was asked again.
    Unasked(Vec<u8>),
    /// Not the number of events that it was given.
    Miscounted { said: u64, given: u64 },
    /// A line without an end.
    Endless,
    /// Effects without end.
    Flood,
    /// A greeting that is not understood.
    Greeting(String),
    /// Effects from a folder with nothing in it.
    Haunted(usize),
    /// The system.
    Io(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Trouble {
    /// In words that follow "it", and the last ones of the program.
    pub(super) fn complaint(self, timeout: Duration, last_words: String) -> Complaint {
        let (is_dead, what) = match self {
            Self::Start(error) => (true, format!("could not be started: {}", started(&error))),
            Self::Ended(status) => (true, ending(status)),
            Self::Closed => (true, "closed its standard output and went on".to_owned()),
            Self::Silent => (true, format!("did not answer for {timeout:?}")),
            Self::NoAnswer(line) => {
                (false, format!("wrote a line that is no answer: {}", shown(&line)))
            }
            Self::Unasked(line) => {
                (false, format!("wrote behind its last answer, unasked: {}", shown(&line)))
            }
            Self::Miscounted { said, given } => {
                (false, format!("said done {said} when it had been given {given} events"))
            }
            Self::Endless => (false, format!("wrote {LINE_MAX} bytes and no end of the line")),
            Self::Flood => {
                (false, format!("wrote {EFFECTS_MAX} lines, or their bytes, and no done"))
            }
            Self::Greeting(why) => (false, format!("said a hello that is not understood: {why}")),
            Self::Haunted(count) => {
                (false, format!("said {count} effect(s) of a folder with nothing in it"))
            }
            Self::Io(error) => (true, format!("could not be talked to: {error}")),
        };
        Complaint { is_dead, what, last_words }
    }
}

/// How a process ended, in words.
fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => match NAMES.iter().find(|(number, _)| *number == signal) {
            Some((_, name)) => format!("died of signal {signal} ({name})"),
            None => format!("died of signal {signal}"),
        },
        (None, None) => "ended".to_owned(),
    }
}

/// Signals that programs die of.
const NAMES: [(i32, &str); 8] = [
    (Signal::ABORT.as_raw(), "SIGABRT"),
    (Signal::BUS.as_raw(), "SIGBUS"),
    (Signal::FPE.as_raw(), "SIGFPE"),
    (Signal::ILL.as_raw(), "SIGILL"),
    (Signal::KILL.as_raw(), "SIGKILL"),
    (Signal::PIPE.as_raw(), "SIGPIPE"),
    (Signal::SEGV.as_raw(), "SIGSEGV"),
    (Signal::TERM.as_raw(), "SIGTERM"),
];

fn started(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such program".to_owned(),
        io::ErrorKind::PermissionDenied => "it is not executable".to_owned(),
        _ => error.to_string(),
    }
}

/// The beginning of what it wrote, on one line.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain = |char: char| if char.is_control() { '\u{fffd}' } else { char };
    let mut shown: String = text.chars().take(SHOWN).map(plain).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
