//! Any program as a row, in any language: `ammeter-backend 1`, described in
//! `docs/backend-protocol.md`.
//!
//! | room | what is in it |
//! |---|---|
//! | [`conversation`] | lines both ways, bounded in length and time |
//! | [`process`] | a program started, listened to, and ended with its children |
//! | [`messages`] | requests written, answers read |
//! | [`audit`] | the program's clock against ours |
//! | [`mod@serve`] | the program's side, for a row of this process |
//! | [`mod@file`] | `backends.toml`: many programs, with what each needs |
//!
//! A program times its own calls. Each call has roots of its own, which nobody could foresee, and
//! the digest of all outputs of a run must be that of our own engine on the same roots; the engine,
//! in turn, must agree with the slow twin on the workload as it is.

mod audit;
mod conversation;
pub mod file;
mod messages;
mod process;
mod serve;

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ammeter_core::{Engine, Hash, Pairs, PaymentHash};
use sha2::{Digest as _, Sha256};

use crate::{
    backend::{Backend, Check, Entry, Failure, Fault},
    clock::{Elapsed, SWITCH_MIN, reference_cycles},
    workload::{Output, Words, Workload},
};
use audit::Audit;
use conversation::{Conversation, shown};
use messages::{Hello, PROTOCOL};
pub use process::CommandLine;
use process::{Process, Threads};
pub use serve::serve;

/// How long programs may take to answer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From the start until the program is ready.
    pub ready: Duration,
    /// For an answer, beyond what the calls take.
    pub answer: Duration,
    /// For deriving and digesting a pair.
    pub pair: Duration,
    /// The part of the time that it claims by which its clock and ours may disagree.
    pub clock: f64,
}

impl Default for Patience {
    /// Half a minute, and 20 µs a pair: a virtual machine starts on a loaded laptop, and a slow
    /// language derives. A quarter for the clock.
    fn default() -> Self {
        let answer = Duration::from_secs(30);
        Self { ready: answer, answer, pair: Duration::from_micros(20), clock: 0.25 }
    }
}

/// A row named `name`, whose program is started once to see what it says of itself.
///
/// # Errors
/// If it cannot be started or is not ready in time.
pub fn entry(name: &str, line: CommandLine, patience: Patience) -> Result<Entry, Failure> {
    let start = move || Process::start(&line).map(|(process, lines)| (Some(process), lines));
    entry_from(name, Box::new(start), patience)
}

/// Starts a program, or what stands for one in a test.
type Start = Box<dyn Fn() -> Result<(Option<Process>, Conversation), Failure> + Send + Sync>;

fn entry_from(name: &str, start: Start, patience: Patience) -> Result<Entry, Failure> {
    let house =
        Arc::new(House { start, patience, idle: Mutex::default(), given_up: Mutex::default() });
    let (guest, hello) = house.new_guest()?;
    house.take_back(guest);
    let hash = hello.hash.ok_or_else(|| Failure("it names no hash".into()))?;
    Ok(Entry {
        name: name.into(),
        hash,
        isa: if hello.isa.is_empty() { "-".into() } else { hello.isa },
        version: hello.version,
        call: if hello.call.is_empty() { hello.name } else { hello.call },
        make: Box::new(move || Box::new(Program::new(Arc::clone(&house), hash))),
    })
}

/// Programs of one row that have been started. Those of no lane wait here, warm, for the next one.
struct House {
    start: Start,
    patience: Patience,
    idle: Mutex<Vec<Guest>>,
    /// Why none of them is asked any more: each might take its time to fail again.
    given_up: Mutex<Option<Failure>>,
}

/// A program that has said hello. Fields are dropped in order: its input closes before it is ended.
struct Guest {
    lines: Conversation,
    process: Option<Process>,
    loaded: Option<Workload>,
}

impl House {
    fn new_guest(&self) -> Result<(Guest, Hello), Failure> {
        let (process, lines) = (self.start)()?;
        let mut guest = Guest { lines, process, loaded: None };
        let hello = hello(&mut guest.lines, self.patience.ready);
        hello.map_err(|failure| guest.explain(failure)).map(|hello| (guest, hello))
    }

    fn guest(&self) -> Result<Guest, Failure> {
        if let Some(failure) = &*self.given_up.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure.clone());
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.new_guest().map(|(guest, _)| guest), Ok)
    }

    fn give_up(&self, failure: Failure) {
        *self.given_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    fn take_back(&self, guest: Guest) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(guest);
    }
}

/// What the threads of the program and ours did, by the kernel's count.
#[derive(Clone, Copy, Debug)]
struct Scheduled {
    program: Threads,
    ours: Threads,
}

impl Scheduled {
    fn since(self, start: Self) -> Self {
        Self { program: self.program.since(start.program), ours: self.ours.since(start.ours) }
    }

    /// `outside` without the time in which the program, or we in our turn, waited for a core. While
    /// the program runs, we may wait for the core that it runs on: nothing is lost then.
    fn undisturbed(self, outside: Duration) -> Duration {
        let idle = outside.saturating_sub(self.program.on_core + self.program.waited);
        outside.saturating_sub(self.program.waited + self.ours.waited.min(idle))
    }
}

/// Lines that a program may say of itself.
const HELLO_LINES_MAX: usize = 32;

fn hello(lines: &mut Conversation, limit: Duration) -> Result<Hello, Failure> {
    let start = Instant::now();
    let mut next = |awaited: &str| lines.line(limit.saturating_sub(start.elapsed()), awaited);
    let first = next(PROTOCOL)?;
    if first != PROTOCOL {
        return Err(Failure(format!("its first line is `{}`, not `{PROTOCOL}`", shown(&first))));
    }
    let mut hello = Hello::default();
    for _ in 0..HELLO_LINES_MAX {
        let line = next("ready")?;
        if line == "ready" {
            return hello.check().map(|()| hello);
        }
        hello.take(&line)?;
    }
    Err(Failure(format!("no `ready` in its first {HELLO_LINES_MAX} lines")))
}

/// An answer to a request for work, and what passed here until it came.
struct Worked {
    answer: String,
    outside: Duration,
    /// Without waiting for a core, the program's and ours.
    undisturbed: Duration,
    /// For how long the program waited for a core, where the kernel counts.
    waited: Option<Duration>,
    /// Of the timestamp counter, `outside`.
    ticks: Option<u64>,
}

impl Guest {
    /// Whatever was the matter, and what the program's end and its standard error say about it.
    fn explain(&mut self, failure: Failure) -> Failure {
        match &mut self.process {
            Some(process) => process.explain(failure),
            None => failure,
        }
    }

    /// What the program's threads and ours have done until now.
    fn scheduled(&self) -> Option<Scheduled> {
        let program = self.process.as_ref()?.threads()?;
        Some(Scheduled { program, ours: Threads::of(std::process::id())? })
    }

    /// Asks for work; tells what it took besides waiting for a core.
    fn ask_for_work(&mut self, request: &str, limit: Duration) -> Result<Worked, Failure> {
        let (start, start_ticks) = (self.scheduled(), reference_cycles());
        let (answer, outside) = self.ask(request, limit)?;
        let ticks = reference_cycles().zip(start_ticks).map(|(end, start)| end - start);
        let scheduled = self.scheduled().zip(start).map(|(end, start)| end.since(start));
        Ok(Worked {
            answer,
            outside,
            undisturbed: scheduled.map_or(outside, |scheduled| scheduled.undisturbed(outside)),
            waited: scheduled.map(|scheduled| scheduled.program.waited),
            ticks,
        })
    }

    /// Asks; returns the answer and what it took.
    fn ask(&mut self, request: &str, limit: Duration) -> Result<(String, Duration), Failure> {
        let start = Instant::now();
        self.lines.ask(request)?;
        let answer = self.lines.line(limit, &format!("the answer to `{request}`"))?;
        Ok((answer, start.elapsed()))
    }

    fn load(&mut self, workload: &Workload, limit: Duration) -> Result<(), Failure> {
        if self.loaded.as_ref() == Some(workload) {
            return Ok(());
        }
        self.lines.ask_at_length(messages::load(workload), limit)?;
        let answer = self.lines.line(limit, "loaded")?;
        if answer != "loaded" {
            return Err(Failure(format!("`{}` is not `loaded`", shown(&answer))));
        }
        self.loaded = Some(workload.clone());
        Ok(())
    }
}

/// A lane's program.
struct Program {
    house: Arc<House>,
    guest: Option<Guest>,
    /// What our engine derives to know what is right; its roots change from call to call.
    judge: Result<Engine, Failure>,
    stamped: Option<Workload>,
    audit: Audit,
    counters: Words,
}

impl Program {
    fn new(house: Arc<House>, hash: Hash) -> Self {
        let engine = Engine::new(hash).map(Engine::single_threaded);
        Self {
            house,
            guest: None,
            judge: engine.map_err(|missing| Failure(missing.to_string())),
            stamped: None,
            audit: Audit::new(false),
            counters: Words::new(RandomState::new().build_hasher().finish()),
        }
    }

    /// A limit for `calls` calls.
    fn limit(&self, workload: &Workload, calls: u32) -> Duration {
        let Patience { answer, pair, .. } = self.house.patience;
        let pairs = workload.pairs() as f64 * f64::from(calls);
        answer + Duration::from_secs_f64(pair.as_secs_f64() * pairs)
    }

    /// A program that has loaded `workload`.
    fn guest(&mut self, workload: &Workload) -> Result<&mut Guest, Failure> {
        let limit = self.limit(workload, 1);
        if self.guest.is_none() {
            self.guest = Some(self.house.guest()?);
        }
        let guest = self.guest.as_mut().expect("it was just put there");
        guest.load(workload, limit)?;
        Ok(guest)
    }

    /// Derives what call `counter` must give.
    fn judge(&mut self, counter: u32, output: &mut Output) -> Result<(), Failure> {
        let engine = self.judge.as_ref().map_err(Clone::clone)?;
        let workload = self.stamped.as_mut().expect("loaded before");
        workload.stamp(counter);
        workload
            .places(output.wiped())
            .try_for_each(|(payment, pairs)| engine.derive(&workload.job(payment), pairs))
            .map_err(|error| Failure(error.to_string()))
    }

    /// The digest that `calls` calls from `counter` on must have.
    fn expected(
        &mut self,
        calls: u32,
        counter: u32,
        output: &mut Output,
    ) -> Result<[u8; 32], Failure> {
        let mut digest = Sha256::new();
        for call in 0..calls {
            self.judge(counter.wrapping_add(call), output)?;
            serve::digest_outputs(&mut digest, output);
        }
        Ok(digest.finalize().into())
    }

    /// Once a workload: the engine that judges must agree with the slow twin.
    fn prepare(&mut self, check: &Check<'_>, output: &mut Output) -> Result<(), Fault> {
        let is_known = self.stamped.as_ref().is_some_and(|known| known.is_like(check.workload));
        if is_known {
            return Ok(());
        }
        let guest = self.guest(check.workload)?;
        self.audit = Audit::new(guest.scheduled().is_some());
        let mut workload = check.workload.clone();
        let engine = self.judge.as_ref().map_err(|failure| Fault::Failed(failure.clone()))?;
        let derived = workload
            .places(output.wiped())
            .try_for_each(|(payment, pairs)| engine.derive(&workload.job(payment), pairs));
        derived.map_err(|error| Failure(error.to_string()))?;
        if output.digest() != check.expected {
            return Err(Failure("our own engine, which would judge it, is wrong".into()).into());
        }
        workload.stamp(0);
        self.stamped = Some(workload);
        Ok(())
    }

    /// One run, timed by the program, checked by us. What it took on the core.
    fn run(
        &mut self,
        calls: u32,
        check: &Check<'_>,
        output: &mut Output,
    ) -> Result<Elapsed, Fault> {
        self.prepare(check, output)?;
        let (limit, counter) = (self.limit(check.workload, calls), self.counters.next() as u32);
        let guest = self.guest(check.workload)?;
        let request = format!("run {calls} {counter}");
        let Worked { answer, outside, undisturbed, waited, ticks } =
            guest.ask_for_work(&request, limit)?;
        let ran = messages::ran(&answer)?;
        if ran.digest != self.expected(calls, counter, output)? {
            return Err(Fault::Wrong(self.name_the_wrong(calls, counter, output)?));
        }
        if ran.wall.as_secs_f64() > 1.01 * outside.as_secs_f64() {
            let [wall, outside] = [ran.wall, outside].map(|time| 1e3 * time.as_secs_f64());
            let text =
                format!("its clock: it claims {wall:.3} ms, and only {outside:.3} ms passed");
            return Err(Failure(text).into());
        }
        let time = on_core(ran.wall, ran.cpu, waited);
        self.audit.ran(calls, time, undisturbed);
        if self.audit.wants_digest() {
            self.time_digest(calls, check.workload, output)?;
        }
        let part = time.as_secs_f64() / outside.as_secs_f64();
        Ok(Elapsed { time, reference_cycles: ticks.map(|ticks| (ticks as f64 * part) as u64) })
    }

    /// Digesting alone, for the audit; `output` is what the last call gave.
    fn time_digest(
        &mut self,
        calls: u32,
        workload: &Workload,
        output: &Output,
    ) -> Result<(), Fault> {
        let limit = self.limit(workload, calls);
        let guest = self.guest(workload)?;
        let Worked { answer, undisturbed, .. } =
            guest.ask_for_work(&format!("digest {calls}"), limit)?;
        let mut expected = Sha256::new();
        (0..calls).for_each(|_| serve::digest_outputs(&mut expected, output));
        if messages::digested(&answer)?[..] != expected.finalize()[..] {
            return Err(Fault::Wrong("WRONG: the digest of outputs that were right".into()));
        }
        self.audit.digested(calls, undisturbed);
        Ok(())
    }

    /// Runs the calls of a wrong run again, one by one, and asks for pairs until a wrong one is
    /// found.
    fn name_the_wrong(
        &mut self,
        calls: u32,
        counter: u32,
        right: &mut Output,
    ) -> Result<String, Failure> {
        for counter in (0..calls).map(|call| counter.wrapping_add(call)) {
            let expected = self.expected(1, counter, right)?;
            let pairs = right.bytes().0.len() / 32;
            let limit = self.house.patience.answer + self.house.patience.pair * pairs as u32;
            let Some(guest) = &mut self.guest else { break };
            let (answer, _) = guest.ask(&format!("run 1 {counter}"), limit)?;
            if messages::ran(&answer)?.digest == expected {
                continue;
            }
            for place in 0..pairs {
                let (answer, _) = guest.ask(&format!("show {place} 1"), limit)?;
                let (preimage, hash) = messages::pair(&answer, place)?;
                let Some((expected, expected_hash)) = right.pair(place) else { break };
                let (part, said, due) = if preimage != expected {
                    ("preimage", preimage.0, expected.0)
                } else if hash != expected_hash {
                    ("payment hash", hash.0, expected_hash.0)
                } else {
                    continue;
                };
                let (said, due) = (PaymentHash(said), PaymentHash(due));
                return Ok(format!(
                    "WRONG: pair {place} of the call with counter {counter}: its {part} is \
                     {said:x} and should be {due:x}"
                ));
            }
            return Ok(format!(
                "WRONG: the digest of the call with counter {counter}, though all pairs shown are right"
            ));
        }
        Ok(format!(
            "WRONG: an output of `run {calls} {counter}`, or the digest over its calls; the same calls \
             one by one were right"
        ))
    }
}

impl Backend for Program {
    /// Slowly, with all pairs through the pipe: [`calls`](Backend::calls) is what is measured.
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let limit = self.limit(workload, 1);
        let guest = self.guest(workload)?;
        // The first four bytes of a root are the counter; a payment each, its own are restored.
        let mut time = Duration::ZERO;
        for (position, payment) in workload.payments.iter().enumerate() {
            let [a, b, c, d, ..] = *payment.root.as_bytes();
            let counter = u32::from_be_bytes([a, b, c, d]);
            let (answer, _) = guest.ask(&format!("run 1 {counter}"), limit)?;
            time += messages::ran(&answer)?.wall;
            for place in position * workload.children..(position + 1) * workload.children {
                let (answer, _) = guest.ask(&format!("show {place} 1"), limit)?;
                (output.preimages[place], output.payment_hashes[place]) =
                    messages::pair(&answer, place)?;
            }
        }
        Ok(Elapsed { time, reference_cycles: None })
    }

    fn calls(
        &mut self,
        calls: u32,
        check: &Check<'_>,
        output: &mut Output,
    ) -> Result<Elapsed, Fault> {
        self.run(calls, check, output).map_err(|fault| match (fault, self.guest.take()) {
            (Fault::Failed(failure), Some(mut guest)) => {
                let failure = guest.explain(failure);
                self.house.give_up(failure.clone());
                Fault::Failed(failure)
            }
            (fault, guest) => {
                self.guest = guest;
                fault
            }
        })
    }

    fn is_outside(&self) -> bool {
        true
    }

    /// The program is let go, for the next lane that needs one.
    fn end_pass(&mut self) -> Result<(), Fault> {
        if let Some(guest) = self.guest.take() {
            self.house.take_back(guest);
        }
        self.audit.verdict(self.house.patience.clock).map_err(Fault::Untimed)
    }
}

/// What of `wall` the program was on a core. It says for how long it was not, by its CPU clock;
/// that counts as far as the kernel says that it waited for a core.
fn on_core(wall: Duration, cpu: Option<Duration>, waited: Option<Duration>) -> Duration {
    let (Some(cpu), Some(waited)) = (cpu, waited) else { return wall };
    let off = wall.saturating_sub(cpu);
    if off < SWITCH_MIN { wall } else { wall - off.min(waited) }
}

#[cfg(test)]
mod tests;
