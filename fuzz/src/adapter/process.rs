//! Any program that speaks the line protocol of `ammeter receive` (`docs/receive.md`): events as JSON
//! lines on its standard input, effects and `{"done":k}` on its standard output.
//!
//! A crash is a kill and a new start on the same state. A program cannot be killed at a chosen write:
//! what is chosen is whether its input has been answered when it is killed.

use std::{
    fmt::Write as _,
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Command, Stdio},
};

use ammeter_amp::receiver::{
    Deviation, Effect, IncomingHtlc, Limits, Onion, Policy, Realms, Reason,
};
use ammeter_core::{Hash, HtlcKey, Preimage};
use serde_json::Value;

use crate::{
    adapter::{Kept, Outcome, Scratch, UnderTest},
    sim::{history::Fault, input::Input},
};

/// A program under test.
#[derive(Debug)]
pub struct Process {
    /// Program and arguments; `{state}` is replaced by a folder, `{policy}` by flags.
    words: Vec<String>,
    state: Scratch,
    flags: Vec<String>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Events that it was given.
    given: u64,
    /// What it said when it was opened.
    first: Vec<Effect>,
}

impl Process {
    /// A program by its command line, whose words are separated by spaces.
    ///
    /// # Errors
    /// If the line has no words, or the folder for its state cannot be made.
    pub fn new(line: &str) -> io::Result<Self> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no program is named"));
        }
        Ok(Self { words, state: Scratch::new()?, flags: Vec::new(), running: None })
    }

    /// Whether the program can be told the policy of each history; if not, histories must have the
    /// default one.
    #[must_use]
    pub fn takes_policy(line: &str) -> bool {
        line.split_whitespace().any(|word| word == "{policy}")
    }

    /// Starts a program once and ends it.
    ///
    /// # Errors
    /// If it cannot be started, or does not say that it is ready.
    pub fn check(line: &str) -> io::Result<()> {
        let mut process = Self::new(line)?;
        process.flags = flags(&Policy::new(Hash::Sha256));
        process.running = Some(process.start()?);
        Ok(())
    }

    fn start(&self) -> io::Result<Running> {
        let state = self.state.0.to_string_lossy();
        let words = self.words.iter().flat_map(|word| match word.as_str() {
            "{policy}" => self.flags.clone(),
            word => vec![word.replace("{state}", &state)],
        });
        let words: Vec<String> = words.collect();
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let mut running =
            Running { child, output: BufReader::new(output), given: 0, first: Vec::new() };
        running.first = running.answers(usize::MAX)?;
        Ok(running)
    }

    fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may be dead already.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }

    /// The answers to one input.
    fn ask(&mut self, input: &Input<'_>, fault: Option<Fault>) -> io::Result<Vec<Effect>> {
        let dead = || io::Error::new(io::ErrorKind::BrokenPipe, "the program is not running");
        let running = self.running.as_mut().ok_or_else(dead)?;
        let Some(line) = line(input) else {
            return Ok(core::mem::take(&mut running.first));
        };
        let stdin = running.child.stdin.as_mut().ok_or_else(dead)?;
        stdin.write_all(line.as_bytes())?;
        running.given += 1;
        let wanted = match fault {
            None => usize::MAX,
            Some(Fault::AfterEffects { sent }) => sent.into(),
            Some(_) => return Ok(Vec::new()),
        };
        running.answers(wanted)
    }
}

impl Running {
    /// The next effects, until all events that were given are done.
    fn answers(&mut self, most: usize) -> io::Result<Vec<Effect>> {
        let mut effects = Vec::new();
        let mut text = String::new();
        while effects.len() < most {
            text.clear();
            if self.output.read_line(&mut text)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let answer: Value = serde_json::from_str(&text)?;
            match answer["done"].as_u64() {
                Some(done) if done >= self.given => break,
                Some(_) => {}
                None => effects.push(effect(&answer).ok_or_else(|| strange(&text))?),
            }
        }
        Ok(effects)
    }
}

fn strange(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no effect: {text}"))
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl UnderTest for Process {
    /// # Panics
    /// If the program cannot be started: nothing can be said about it.
    fn begin(&mut self, policy: &Policy) {
        self.kill();
        self.state.empty();
        self.flags = flags(policy);
        self.restart();
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        if fault == Some(Fault::BeforeCommit) {
            self.kill();
            return Outcome::Down;
        }
        // A disk that lies is not in our hands here.
        let fault = fault.filter(|fault| *fault != Fault::SyncLies);
        let answered = self.ask(input, fault);
        let died = answered.is_err();
        effects.extend(answered.unwrap_or_default());
        if died || fault.is_some() {
            self.kill();
            return Outcome::Down;
        }
        Outcome::Done
    }

    fn crash(&mut self) {
        self.kill();
    }

    fn restart(&mut self) {
        self.kill();
        let running = self.start().unwrap_or_else(|error| panic!("{}: {error}", self.words[0]));
        self.running = Some(running);
    }

    fn kept(&self) -> Option<Kept> {
        None
    }
}

/// One input as a line; a restart is a start.
fn line(input: &Input<'_>) -> Option<String> {
    let mut line = match input {
        Input::Htlc { incoming, onion } => {
            let (field, bytes) = match onion {
                Onion::Frames(bytes) => ("frames", bytes),
                Onion::Payload(bytes) => ("payload", bytes),
            };
            let IncomingHtlc { key: named, payment_hash, amount, expiry } = incoming;
            let (named, onion) = (key(*named), hex(bytes));
            let rest = format!(r#""amount_msat":"{}","expiry":{expiry}"#, amount.0);
            let hash = format!(r#""payment_hash":"{payment_hash:x}""#);
            format!(r#"{{"event":"htlc",{named},{hash},{rest},"{field}":"{onion}"}}"#)
        }
        Input::Block { height } => format!(r#"{{"event":"block","height":{height}}}"#),
        Input::Clock { now_ms } => format!(r#"{{"event":"clock","now_ms":"{now_ms}"}}"#),
        Input::InvoiceAdded(invoice) => format!(
            r#"{{"event":"invoice","name":"{}","amount_msat":"{}","reusable":{}}}"#,
            hex(&invoice.name),
            invoice.amount.0,
            invoice.reusable,
        ),
        Input::InvoiceCancelled { name } => {
            format!(r#"{{"event":"cancel","name":"{}"}}"#, hex(name))
        }
        Input::Resolved(gone) => format!(r#"{{"event":"resolved",{}}}"#, key(*gone)),
        Input::Restarted => return None,
    };
    line.push('\n');
    Some(line)
}

fn key(key: HtlcKey) -> String {
    format!(r#""channel_id":"{}","htlc_id":"{}""#, key.channel_id, key.htlc_id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn effect(answer: &Value) -> Option<Effect> {
    let number = |field: &str| answer[field].as_str()?.parse().ok();
    let key = HtlcKey { channel_id: number("channel_id")?, htlc_id: number("htlc_id")? };
    Some(match answer["effect"].as_str()? {
        "hold" => Effect::Hold(key),
        "settle" => {
            let preimage = Preimage::from_hex(answer["preimage"].as_str()?).ok()?;
            Effect::Settle { key, preimage }
        }
        "fail" => {
            // Other receivers have other words.
            let said = answer["reason"].as_str().unwrap_or_default();
            let reason = Reason::ALL.iter().find(|reason| reason.name() == said);
            Effect::Fail { key, reason: reason.copied().unwrap_or(Reason::Unreadable) }
        }
        _ => return None,
    })
}

/// A policy as the flags of `ammeter receive`.
fn flags(policy: &Policy) -> Vec<String> {
    let Limits { sets_max, set_htlcs_max, channel_htlcs_max, htlcs_max, .. } = policy.limits;
    let Limits { bytes_max, part_count_max, refusals_max, .. } = policy.limits;
    let named = [
        ("overpayment-factor-max", u64::from(policy.overpayment_factor_max)),
        ("hold-ms", policy.hold_ms),
        ("expiry-margin-blocks", policy.expiry_margin_blocks.into()),
        ("retention-ms", policy.retention_ms),
        ("sets-max", sets_max.into()),
        ("set-htlcs-max", set_htlcs_max.into()),
        ("channel-htlcs-max", channel_htlcs_max.into()),
        ("htlcs-max", htlcs_max.into()),
        ("bytes-max", bytes_max),
        ("part-count-max", part_count_max.into()),
        ("refusals-max", refusals_max.into()),
    ];
    let mut flags: Vec<String> =
        named.iter().flat_map(|(name, value)| [format!("--{name}"), value.to_string()]).collect();
    let words = [
        ("--hash", policy.hash.name()),
        (
            "--deviation",
            match policy.deviation {
                Deviation::FailSet => "fail-set",
                Deviation::RejectNewcomer => "reject-newcomer",
            },
        ),
        (
            "--realms",
            match policy.realms {
                Realms::Any => "any",
                Realms::One => "one",
            },
        ),
    ];
    flags.extend(words.iter().flat_map(|(name, value)| [(*name).into(), (*value).into()]));
    if !policy.spontaneous {
        flags.push("--interactive".into());
    }
    flags
}
