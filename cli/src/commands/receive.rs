//! `ammeter receive`: a receiver that reads events and writes effects, as JSON lines.
//!
//! The lines are described in `docs/protocol.md`. One thread reads and submits; the receiver's own
//! thread makes batches durable and writes what follows from them; this one waits for either to
//! end.

mod histories;
mod intake;
mod operator;

use std::{
    fs,
    io::{self, BufRead, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use ammeter_amp::{
    protocol::{self, Line},
    receiver::Policy,
    service::{Batch, Durable, Handle, Service, Settings, StoppedError},
    store::{MemoryStore, RedbStore, Store},
};
use clap::{Args, value_parser};

use self::{
    intake::{Intake, Returns},
    operator::Operator,
};
use crate::{
    console::{self, Done, Outcome, Refusal},
    lines::Lines,
    onion::Node,
};

/// The store's name in the folder of `--state`.
const FILE: &str = "receiver.redb";

/// Longest line of an event. A payload has at most 1,300 bytes, and so a line some 3,000; the rest
/// is for white space, and for payloads that are too long for an onion and fail.
const LINE_BYTES_MAX: usize = 1 << 16;

/// How soon ctrl-C and a closed pipe are noticed.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Where to keep what must not be forgotten, and what to accept.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder for the receiver's store, made if it is not there; default: everything is forgotten
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Which protocol of docs/protocol.md: in 2, events say where the state is and which fields of
    /// the policy differ from the flags
    #[arg(long, value_name = "NUMBER", default_value_t = 1,
        value_parser = value_parser!(u8).range(1..=2))]
    protocol: u8,
    /// Events that are made durable together, at most
    #[arg(long, value_name = "COUNT", default_value_t = 256,
        value_parser = value_parser!(u64).range(1..=1 << 16))]
    batch_max: u64,
    #[command(flatten)]
    operator: Operator,
    #[command(flatten)]
    node: Node,
    /// JSON lines on standard output (the only output of this command)
    #[arg(long)]
    json: bool,
}

/// Reads events until there are no more, and answers each.
pub fn run(arguments: &Arguments) -> Outcome {
    console::catch_interrupt("finishing what was read");
    if arguments.protocol == 2 {
        if arguments.state.is_some() {
            return Err(Refusal::of("--state", "in protocol 2 the event open says it"));
        }
        return histories::run(arguments);
    }
    match &arguments.state {
        Some(folder) => serve(arguments, open(folder)?, folder),
        None => {
            console::complain("no --state: this receiver forgets everything when it ends");
            serve(arguments, MemoryStore::new(), Path::new("memory"))
        }
    }
}

fn open(folder: &Path) -> Result<RedbStore, Refusal> {
    // The store holds secrets.
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(|error| Refusal::of(folder.display(), error))?;
    let path = folder.join(FILE);
    RedbStore::open(&path).map_err(|error| Refusal::of(path.display(), error))
}

/// Why the receiver ends.
enum End {
    /// No more lines.
    Input,
    /// A line that cannot be read.
    Bad(Refusal),
    /// It takes no more events.
    Stopped(StoppedError),
    /// Nobody reads what it writes.
    Output(io::Error),
    /// Ctrl-C.
    Interrupted,
}

fn serve(arguments: &Arguments, store: impl Store + 'static, place: &Path) -> Outcome {
    let (ended, ends) = mpsc::channel();
    let (policy, batch_max) = (arguments.operator.policy, arguments.batch_max as usize);
    let mut intake = Intake::new(arguments.node.peeler()?);
    let service = start(policy, store, place, batch_max, (intake.begin(), ended.clone()))?;
    read(service.handle(), intake, ended);
    let end = wait(&ends);
    let stopped = service.shut_down();
    // An answer that nobody could be given may be later news than the end of input.
    let end = ends.try_iter().find(|end| matches!(end, End::Output(_))).unwrap_or(end);
    outcome(end, stopped, place)
}

/// Starts a receiver that answers on standard output, failures of onions with what `returns` has.
fn start(
    policy: Policy,
    store: impl Store + 'static,
    place: &Path,
    batch_max: usize,
    (returns, ended): (Arc<Returns>, Sender<End>),
) -> Result<Service, Refusal> {
    let durable = Durable::open(policy, store);
    let durable = durable.map_err(|error| Refusal::of(place.display(), error))?;
    let settings = Settings { batch_max, ..Settings::default() };
    let mut lines = Vec::new();
    Ok(Service::start(durable, settings, move |batch| {
        if let Err(error) = answer(&batch, &returns, &mut lines) {
            // If nobody listens it is over already.
            let _ = ended.send(End::Output(error));
        }
    }))
}

/// One line for each effect of a batch, and one that says how many events are done: written together.
fn answer(batch: &Batch<'_>, returns: &Returns, lines: &mut Vec<u8>) -> io::Result<()> {
    lines.clear();
    for effect in batch.effects {
        protocol::write_effect(effect, returns.take(effect, batch.done).as_ref(), lines);
    }
    protocol::write_done(batch.done, lines);
    let mut output = io::stdout();
    output.write_all(lines)?;
    output.flush()
}

fn outcome(end: End, stopped: Result<(), StoppedError>, place: &Path) -> Outcome {
    let refused = |stopped: StoppedError| Refusal::of(place.display(), stopped);
    match end {
        End::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Done::Fine),
        End::Output(error) => Err(Refusal::of("standard output", error)),
        End::Stopped(stopped) => Err(refused(stopped)),
        End::Input => stopped.map(|()| Done::Fine).map_err(refused),
        End::Bad(refusal) => Err(stopped.map_or_else(refused, |()| refusal)),
        End::Interrupted => stopped.map(|()| Done::Interrupted).map_err(refused),
    }
}

fn wait(ends: &Receiver<End>) -> End {
    loop {
        match ends.recv_timeout(LOOK_EVERY) {
            Ok(end) => return end,
            Err(RecvTimeoutError::Timeout) if console::interrupted() => return End::Interrupted,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return End::Stopped(StoppedError::Panicked),
        }
    }
}

/// Reads on a thread of its own, which nobody joins: it may wait for a line that never comes.
fn read(handle: Handle, mut intake: Intake, ended: Sender<End>) {
    thread::spawn(move || {
        let end = submit_all(&handle, &mut intake, io::stdin().lock());
        let end = end.map_or_else(|end| end, |()| End::Input);
        // If nobody listens it is over already.
        let _ = ended.send(end);
    });
}

fn submit_all(handle: &Handle, intake: &mut Intake, input: impl BufRead) -> Result<(), End> {
    each_line(input, |line, bad| {
        let read = Line::read(line).and_then(|line| intake.event(&line));
        let event = read.map_err(|error| bad(error.to_string()))?;
        let event = event.ok_or_else(|| bad("event: open belongs to protocol 2".to_owned()))?;
        handle.submit(event).map(drop).map_err(End::Stopped)
    })
}

/// Reads lines that are not blank, each with what to make of a fault in it.
fn each_line(
    input: impl BufRead,
    mut take: impl FnMut(&[u8], &dyn Fn(String) -> End) -> Result<(), End>,
) -> Result<(), End> {
    let bad = |number, fault| End::Bad(Refusal::of(format_args!("line {number}"), fault));
    let mut lines = Lines::new(input, LINE_BYTES_MAX);
    while let Some((number, line)) =
        lines.read().map_err(|error| bad(error.number, error.fault.to_string()))?
    {
        let line = line.trim_ascii();
        if !line.is_empty() {
            take(line, &|fault| bad(number, fault))?;
        }
    }
    Ok(())
}
