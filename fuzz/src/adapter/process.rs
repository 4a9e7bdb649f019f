//! Any program that speaks the line protocol of `docs/protocol.md`: events as JSON lines on its
//! standard input, effects and `{"done":k}` on its standard output.
//!
//! A crash is a kill and a new start on the same state. A program cannot be killed at a chosen
//! write: what is chosen is whether its input has been answered when it is killed.
//!
//! Whatever the program does, every call here ends: each answer has a deadline, what is kept of its
//! output is bounded, and all that it started is killed with it. (Not what left its process group;
//! only a container or a virtual machine could.)

mod child;
mod hello;
mod trouble;

use std::{
    collections::{BTreeMap, VecDeque},
    fs, io,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use ammeter_amp::{
    protocol::{self, Answer, Line},
    receiver::{Effect, Policy, SettingValue},
};
use ammeter_core::{Hash, HtlcKey};
use serde_json::Value;

pub use self::hello::Hello;
use self::{
    child::Child,
    trouble::{EFFECTS_MAX, Trouble},
};
use crate::{
    adapter::{Complaint, Kept, Outcome, Scratch, UnderTest},
    sim::{history::Fault, input::Input, profile::Profile},
};

/// How long a program may take to answer, if nobody says.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Programs that are started ahead. A history crashes a little more than once, often soon: the
/// second starts while the first is waited for.
const SPARES: usize = 2;
/// How much later a program is killed for each write that a torn commit is to have made.
const TORN_WRITE: Duration = Duration::from_micros(50);

/// A program under test.
#[derive(Debug)]
pub struct Process {
    /// Program and arguments; `{state}` is replaced by a folder, `{policy}` by flags.
    words: Vec<String>,
    answer_timeout: Duration,
    /// Who it is, if it speaks protocol 2.
    hello: Option<Hello>,
    scratch: Scratch,
    /// Histories so far; each has a folder of its own.
    histories: u64,
    policy: Policy,
    running: Option<Running>,
    /// Have been started, and wait to be needed, the oldest first.
    spares: VecDeque<Child>,
    complaint: Option<Complaint>,
    /// What it called its last failure of an HTLC, where that is none of our reasons.
    reasons: BTreeMap<HtlcKey, String>,
}

/// A program that has opened its state.
#[derive(Debug)]
struct Running {
    child: Child,
    /// Events that it was given since.
    given: u64,
    /// What it said when it was opened.
    first: Vec<Effect>,
}

/// An input as the event of the protocol; a restart is none.
///
/// # Panics
/// Never: what is written here is JSON.
#[must_use]
pub fn event(input: &Input<'_>) -> Option<Value> {
    line(input).map(|line| serde_json::from_slice(&line).expect("JSON"))
}

/// The same as a line; a restart is no event but a start.
fn line(input: &Input<'_>) -> Option<Vec<u8>> {
    let line = match *input {
        Input::Htlc { ref incoming, onion } => Line::Htlc(protocol::Htlc::new(incoming, onion)),
        Input::Block { height } => Line::Block(protocol::Block::new(height)),
        Input::Clock { now_ms } => Line::Clock(protocol::Clock::new(now_ms)),
        Input::InvoiceAdded(ref invoice) => Line::Invoice(protocol::Invoice::new(invoice)),
        Input::InvoiceCancelled { name } => Line::Cancel(protocol::Cancel::new(name)),
        Input::Resolved(key) => Line::Resolved(protocol::Resolved::new(key)),
        Input::Restarted => return None,
    };
    Some(written(&line))
}

fn written(line: &Line<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    line.write(&mut text);
    text
}

/// A policy as the flags of `ammeter receive`.
fn flags(policy: &Policy) -> Vec<String> {
    let mut flags = Vec::new();
    for setting in Policy::SETTINGS {
        match setting.get(*policy) {
            SettingValue::Flag(true) => {}
            SettingValue::Flag(false) => flags.push("--interactive".into()),
            value => {
                flags.extend([format!("--{}", setting.name.replace('_', "-")), value.to_string()]);
            }
        }
    }
    flags
}

impl Process {
    /// Starts a program by its command line, whose words are separated by spaces.
    ///
    /// # Errors
    /// If the line has no words, the program cannot be started or does not say that it is ready,
    /// or the folder for its state cannot be made.
    pub fn new(line: &str) -> io::Result<Self> {
        Self::answering_within(line, ANSWER_TIMEOUT)
    }

    /// The same, with as long as it may take to answer.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn answering_within(line: &str, answer_timeout: Duration) -> io::Result<Self> {
        let mut process = Self::started(line, answer_timeout)?;
        match process.complaint.take() {
            None => Ok(process),
            Some(complaint) => {
                // On one line, as bad input is refused.
                let complaint = complaint.to_string().replace("\n     ", "");
                Err(io::Error::other(format!("{}: {complaint}", process.words[0])))
            }
        }
    }

    /// The same, but that the program does not start or is not ready comes out with the first
    /// input.
    ///
    /// # Errors
    /// If the line has no words, or the folder for its state cannot be made.
    pub fn started(line: &str, answer_timeout: Duration) -> io::Result<Self> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no program is named"));
        }
        let mut process = Self {
            words,
            answer_timeout,
            hello: None,
            scratch: Scratch::new()?,
            histories: 0,
            policy: Policy::new(Hash::Sha256),
            running: None,
            spares: VecDeque::new(),
            complaint: None,
            reasons: BTreeMap::new(),
        };
        process.begin(&Policy::new(Hash::Sha256));
        Ok(process)
    }

    /// Who it is, if it says so.
    #[must_use]
    pub const fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    fn folder(&self) -> PathBuf {
        self.scratch.0.join(self.histories.to_string())
    }

    fn spawn(&self) -> Result<Child, Trouble> {
        let folder = self.folder();
        let folder = folder.to_string_lossy();
        let words = self.words.iter().flat_map(|word| match word.as_str() {
            "{policy}" => flags(&self.policy),
            word => vec![word.replace("{state}", &folder)],
        });
        let words: Vec<String> = words.collect();
        Child::spawn(&words).map_err(Trouble::Start)
    }

    /// Opens the state of this history in a program that has not opened any.
    fn start(&mut self) {
        self.kill();
        match self.spares.pop_front().map_or_else(|| self.spawn(), Ok) {
            Ok(child) => {
                self.running = Some(Running { child, given: 0, first: Vec::new() });
                let opened = self.greet().and_then(|line| self.open(line));
                opened.unwrap_or_else(|trouble| self.complain(trouble));
            }
            Err(trouble) => self.complain(trouble),
        }
        while self.hello.is_some() && self.complaint.is_none() && self.spares.len() < SPARES {
            // Started now, it is ready when it is needed. What is wrong with it comes out then.
            let Ok(child) = self.spawn() else { break };
            self.spares.push_back(child);
        }
    }

    fn running(&mut self) -> Result<&mut Running, Trouble> {
        self.running.as_mut().ok_or(Trouble::Closed)
    }

    /// Reads the first line of a program, and gives it back if it is no greeting.
    fn greet(&mut self) -> Result<Option<Vec<u8>>, Trouble> {
        let deadline = Instant::now() + self.answer_timeout;
        let line = self.running()?.child.line(deadline)?;
        match hello::read(&line) {
            Some(Ok(hello)) => {
                // Whoever begins a history has heard of it, and decides; this one began before.
                if self.hello.is_none() {
                    hello.profile.fix(&mut self.policy);
                }
                self.hello = Some(hello);
            }
            Some(Err(why)) => return Err(Trouble::Greeting(why)),
            None if self.hello.is_some() => return Err(Trouble::NoAnswer(line)),
            None => return Ok(Some(line)),
        }
        Ok(None)
    }

    /// Opens the state of this history; a program of protocol 1 has done so when it has started,
    /// and its first line is an answer.
    fn open(&mut self, first_line: Option<Vec<u8>>) -> Result<(), Trouble> {
        let deadline = Instant::now() + self.answer_timeout;
        if self.hello.is_some() {
            let policy = protocol::object(&self.policy);
            let open = protocol::Open::new(Some(self.folder()), policy);
            self.running()?.child.write(&written(&Line::Open(open)), deadline)?;
        }
        let mut first = Vec::new();
        self.running()?.given = 0;
        self.answers(first_line, usize::MAX, deadline, &mut first)?;
        self.running()?.first = first;
        Ok(())
    }

    /// The next effects, until all events that were given are done.
    fn answers(
        &mut self,
        mut first_line: Option<Vec<u8>>,
        most: usize,
        deadline: Instant,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Trouble> {
        let running = self.running.as_mut().ok_or(Trouble::Closed)?;
        while effects.len() < most {
            let line = first_line.take().map_or_else(|| running.child.line(deadline), Ok)?;
            match Answer::read(&line) {
                Some(Answer::Done(said)) if said == running.given => break,
                Some(Answer::Done(said)) => {
                    return Err(Trouble::Miscounted { said, given: running.given });
                }
                Some(Answer::Effect(..)) if effects.len() >= EFFECTS_MAX => {
                    return Err(Trouble::Flood);
                }
                Some(Answer::Effect(protocol::Verdict { effect, reason })) => {
                    if let Some(reason) = reason {
                        self.reasons.insert(effect.key(), reason);
                    } else {
                        self.reasons.remove(&effect.key());
                    }
                    effects.push(effect);
                }
                None => return Err(Trouble::NoAnswer(line)),
            }
        }
        Ok(())
    }

    /// Gives it one input, and reads as much of the answer as the fault leaves.
    fn ask(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Trouble> {
        let deadline = Instant::now() + self.answer_timeout;
        let running = self.running()?;
        let Some(line) = line(input) else {
            effects.append(&mut running.first);
            return Ok(());
        };
        running.child.write(&line, deadline)?;
        running.given += 1;
        match fault {
            None => self.answers(None, usize::MAX, deadline, effects),
            Some(Fault::AfterEffects { sent: sent @ 1.. }) => {
                self.answers(None, sent.into(), deadline, effects)
            }
            // It has said what follows, and nobody heard it.
            Some(Fault::AfterEffects { .. } | Fault::AfterCommit) => {
                self.answers(None, usize::MAX, deadline, &mut Vec::new())
            }
            Some(Fault::Torn { writes }) => {
                thread::sleep(TORN_WRITE * writes.into());
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    /// Ends it, and keeps what it did wrong.
    fn complain(&mut self, trouble: Trouble) {
        let mut last_words = String::new();
        if let Some(mut running) = self.running.take() {
            running.child.kill();
            last_words = running.child.last_words();
        }
        let complaint = trouble.complaint(self.answer_timeout, last_words);
        self.complaint.get_or_insert(complaint);
    }

    fn kill(&mut self) {
        // It dies when it is dropped.
        self.running = None;
    }
}

impl UnderTest for Process {
    /// # Panics
    /// If there is no folder for its state.
    fn begin(&mut self, policy: &Policy) {
        let last = self.folder();
        self.histories += 1;
        self.policy = *policy;
        self.complaint = None;
        self.reasons.clear();
        fs::create_dir_all(self.folder()).expect("a folder for its state");
        if self.hello.is_some() && self.running.is_some() {
            self.open(None).unwrap_or_else(|trouble| self.complain(trouble));
        } else {
            self.start();
        }
        // A folder that stays is no reason to panic.
        let _ = fs::remove_dir_all(last);
        let said = self.running.as_ref().map_or(0, |running| running.first.len());
        if said > 0 {
            self.complain(Trouble::Haunted(said));
        }
    }

    /// Its disk is not in our hands: it can only be killed.
    fn acts_out(&self, fault: Fault) -> Option<Fault> {
        match fault {
            Fault::SyncLies => None,
            Fault::WriteError | Fault::DiskFull => Some(Fault::Torn { writes: 0 }),
            fault => Some(fault),
        }
    }

    fn may_speak_late(&self) -> bool {
        true
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        if fault == Some(Fault::BeforeCommit) || self.running.is_none() {
            self.kill();
            return Outcome::Down;
        }
        if let Err(trouble) = self.ask(input, fault, effects) {
            self.complain(trouble);
            return Outcome::Down;
        }
        if fault.is_some() {
            self.kill();
            return Outcome::Down;
        }
        Outcome::Done
    }

    fn crash(&mut self) {
        self.kill();
    }

    fn restart(&mut self) {
        self.start();
    }

    fn kept(&self) -> Option<Kept> {
        None
    }

    fn complaint(&mut self) -> Option<Complaint> {
        self.complaint.take()
    }

    fn reason(&self, key: HtlcKey) -> Option<&str> {
        self.reasons.get(&key).map(String::as_str)
    }

    fn profile(&self) -> Profile {
        match &self.hello {
            Some(hello) => hello.profile,
            None if self.words.iter().any(|word| word == "{policy}") => Profile::undeclared(),
            // It cannot be told any policy: histories have the default one.
            None => Profile::fixed(Policy::new(Hash::Sha256)),
        }
    }
}
