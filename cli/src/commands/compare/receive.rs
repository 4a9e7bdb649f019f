//! `ammeter compare --workload receive`: the receiver's rates, latencies and sizes, in one run.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use ammeter_bench::{
    receive::{
        BATCH, Durable, Holding, InMemory, Lane, Passing, Plan, RawTwice, SET_SIZE, Sampled,
        Traffic, interleave,
    },
    sampler::ROUNDS_MIN,
    statistics::Quartiles,
};

use ammeter_report::{
    host::Survey,
    html,
    record::{
        Ratio, Spread,
        receive::{DurableRow, HeldRow, MemoryRow, Noise, Record, SCHEMA, Workload},
    },
    table,
};

use super::Arguments;
use crate::{
    build,
    console::{self, Done, Outcome, Refusal},
    output::{Output, invocation},
};

/// Parts of one set.
const SET_SIZES: [u32; 4] = [1, 4, 16, 256];

/// HTLCs held at once.
const HELD: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// As many of them as can be filled and reopened in a run of so many seconds.
fn held_sizes(seconds: f64) -> &'static [usize] {
    match seconds {
        seconds if seconds < 1.0 => &HELD[..1],
        seconds if seconds < 60.0 => &HELD[..3],
        _ => &HELD,
    }
}

/// Seconds of sampling, all parts together.
fn seconds(arguments: &Arguments) -> f64 {
    arguments.seconds.unwrap_or(if arguments.quick { 18.0 } else { 108.0 })
}

/// Measures, and leaves a table, a record and a page.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let started = SystemTime::now();
    let output = Output::begin(&arguments.out, arguments.json.as_deref(), "receive", started)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let record = measure(arguments, started)?;
    output.finish(&record, &html::receive(&record), &table::receive::terminal(&record))?;
    Ok(if record.workload.interrupted { Done::Interrupted } else { Done::Fine })
}

fn measure(arguments: &Arguments, started: SystemTime) -> Result<Record, Refusal> {
    let survey = Survey::begin();
    let mut record = Record {
        head: build::head(SCHEMA, survey.host()),
        workload: Workload {
            invocation: invocation(started, arguments.seed),
            quick: seconds(arguments) < 60.0,
            interrupted: false,
        },
        noise: Noise::default(),
        in_memory: Vec::new(),
        durable: Vec::new(),
        held: Vec::new(),
    };
    for part in [in_memory, durable, held] {
        if !console::interrupted() {
            part(arguments, &mut record)?;
        }
    }
    record.workload.interrupted = console::interrupted();
    // Once more, with what was stolen meanwhile.
    record.head.host = survey.host();
    Ok(record)
}

/// Samples lanes for a part of the time; the last of them is A/A.
fn sample(
    arguments: &Arguments,
    part: f64,
    rounds_min: usize,
    lanes: &mut [&mut dyn Lane],
) -> Result<(Vec<Sampled>, Ratio), Refusal> {
    let time = Duration::from_secs_f64(part * seconds(arguments));
    let plan = Plan { time, rounds_min, seed: arguments.seed };
    let sampled = interleave(lanes, plan, &mut || !console::interrupted());
    let mut sampled = sampled.map_err(|error| disk(arguments, error))?;
    let noise = sampled.pop().expect("A/A is last").ratio().into();
    Ok((sampled, noise))
}

fn in_memory(arguments: &Arguments, record: &mut Record) -> Result<(), Refusal> {
    let lane = |set_size| InMemory::new(arguments.seed, 16_384, set_size);
    let mut lanes: Vec<InMemory> = SET_SIZES.into_iter().chain([SET_SIZE]).map(lane).collect();
    let (sampled, noise) = sample(arguments, 0.24, ROUNDS_MIN, &mut dynamic(&mut lanes))?;
    record.noise.in_memory = Some(noise);
    let rows = SET_SIZES.iter().zip(&sampled).zip(&lanes);
    let row = |((set_size, sampled), lane): ((&u32, &Sampled), &InMemory)| {
        MemoryRow::new(*set_size, sampled, lane.latency())
    };
    record.in_memory = rows.map(row).collect();
    Ok(())
}

fn durable(arguments: &Arguments, record: &mut Record) -> Result<(), Refusal> {
    let cases: Vec<(u32, usize)> = SET_SIZES
        .map(|set_size| (set_size, BATCH))
        .into_iter()
        .chain([1, 16].map(|batch| (SET_SIZE, batch)))
        .collect();
    let folder = folder(arguments)?;
    let place = |name: String| {
        let place = folder.path().join(name);
        fs::create_dir(&place).map_err(|error| disk(arguments, error)).map(|()| place)
    };
    let mut lanes = Vec::new();
    for (set_size, batch) in &cases {
        let place = place(format!("{set_size}-{batch}"))?;
        let lane = Durable::new(&place, arguments.seed, *set_size, *batch);
        lanes.push(lane.map_err(|error| disk(arguments, error))?);
    }
    let mut twice = RawTwice::new(&place("raw".into())?, arguments.seed);
    let mut all = dynamic(&mut lanes);
    all.push(&mut twice);
    let (sampled, noise) = sample(arguments, 0.32, ROUNDS_MIN, &mut all)?;
    record.noise.durable = Some(noise);
    let rows = cases.iter().zip(&sampled).zip(&lanes);
    let row = |(((set_size, batch), sampled), lane): ((&(u32, usize), &Sampled), &Durable)| {
        DurableRow::new(*set_size, *batch, sampled, lane.latency())
    };
    record.durable = rows.map(row).collect();
    Ok(())
}

fn held(arguments: &Arguments, record: &mut Record) -> Result<(), Refusal> {
    let sizes = held_sizes(seconds(arguments)).iter().copied();
    let mut holdings = Vec::new();
    for htlcs in sizes.take_while(|_| !console::interrupted()) {
        let folder = folder(arguments)?;
        let holding = Holding::fill(folder.path(), arguments.seed, htlcs);
        holdings.push((holding.map_err(|error| disk(arguments, error))?, folder));
    }
    let mut reopened = Vec::new();
    for (holding, _) in &holdings {
        reopened.push(reopen(arguments, holding)?);
    }
    let mut traffic = Traffic::new(arguments.seed);
    let mut passing = Vec::new();
    for (holding, _) in &mut holdings {
        passing.push(holding.passing().map_err(|error| disk(arguments, error))?);
    }
    let mut twice = Passing::twice(&mut traffic);
    let mut all = dynamic(&mut passing);
    all.push(&mut twice);
    let (sampled, noise) = sample(arguments, 0.24, ROUNDS_MIN, &mut all)?;
    record.noise.held = Some(noise);
    let latencies: Vec<_> = passing.iter().map(Passing::latency).collect();
    drop(passing);
    for (position, (holding, _)) in holdings.iter().enumerate() {
        let each = |bytes: u64| bytes as f64 / holding.htlcs() as f64;
        let ((closed, crashed, raw), reopen_noise) = &reopened[position];
        record.held.push(HeldRow {
            held: holding.htlcs() as u64,
            rounds: sampled[position].rounds(),
            htlcs_per_second: sampled[position].per_second().into(),
            of_empty: Some(sampled[position].ratio().into()),
            latency: latencies[position].into(),
            memory_bytes_per_htlc: each(holding.memory_bytes()),
            disk_bytes_per_htlc: each(holding.disk_bytes()),
            reopen_rounds: closed.rounds(),
            reopen_ms: milliseconds(closed),
            reopen_crashed_ms: milliseconds(crashed),
            redb_read_ms: milliseconds(raw),
            reopen_of_redb: Ratio::from(closed.ratio()).inverse(),
            reopen_noise: Some(*reopen_noise),
        });
    }
    Ok(())
}

/// After a close, after a crash, and redb alone; then A/A.
fn reopen(
    arguments: &Arguments,
    holding: &Holding,
) -> Result<((Sampled, Sampled, Sampled), Ratio), Refusal> {
    let (mut closed, mut crashed) = (holding.reopening(), holding.reopening_crashed());
    let [mut raw, mut twice] = [holding.reading_twice(), holding.reading_twice()];
    let rounds_min = if holding.htlcs() > 100_000 { 5 } else { ROUNDS_MIN };
    let lanes: &mut [&mut dyn Lane] = &mut [&mut closed, &mut crashed, &mut raw, &mut twice];
    let (sampled, noise) = sample(arguments, 0.05, rounds_min, lanes)?;
    let [closed, crashed, raw] = sampled.try_into().expect("three lanes");
    Ok(((closed, crashed, raw), noise))
}

fn milliseconds(sampled: &Sampled) -> Spread {
    let Quartiles { q1, median, q3 } = sampled.seconds();
    Spread { q1: 1e3 * q1, median: 1e3 * median, q3: 1e3 * q3 }
}

fn dynamic<L: Lane>(lanes: &mut [L]) -> Vec<&mut dyn Lane> {
    lanes.iter_mut().map(|lane| lane as &mut dyn Lane).collect()
}

/// On the disk that is asked about, and gone in the end.
fn folder(arguments: &Arguments) -> Result<tempfile::TempDir, Refusal> {
    tempfile::Builder::new()
        .prefix("stores-")
        .tempdir_in(&arguments.out)
        .map_err(|error| disk(arguments, error))
}

fn disk(arguments: &Arguments, error: impl std::fmt::Display) -> Refusal {
    Refusal::of(arguments.out.display(), error)
}
