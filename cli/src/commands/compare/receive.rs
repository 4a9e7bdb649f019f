//! `ammeter compare --workload receive`: the receiver's rates, latencies and sizes, in one run.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use ammeter_bench::receive::{BATCH, durable, held, in_memory};

use ammeter_report::{
    host::Host,
    html,
    record::receive::{DurableRow, HeldRow, MemoryRow, Record, SCHEMA, Workload},
    table,
};

use crate::{
    build,
    console::{self, Done, Outcome, Refusal, WholeFile},
};

/// Parts of one set.
const SET_SIZES: [u32; 4] = [1, 4, 16, 256];

/// HTLCs held at once; the last is left out of a quick run.
const HELD: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// What `compare`'s flags say of this workload.
pub struct Request<'a> {
    /// Fewer HTLCs.
    pub quick: bool,
    /// Seeds shares, ids and the order of arrivals.
    pub seed: u64,
    /// Where the record goes; `-` is standard output.
    pub json: Option<&'a Path>,
    /// The folder for record and page, on whose disk the stores are.
    pub out: &'a Path,
    /// As it was typed.
    pub command: String,
    /// For file names.
    pub stamp: String,
}

/// Measures, and leaves a table, a record and a page.
pub fn run(request: &Request<'_>) -> Outcome {
    let place = |error| Refusal::of(format_args!("--out {}", request.out.display()), error);
    fs::create_dir_all(request.out).map_err(place)?;
    let stem = request.out.join(format!("receive-{}", request.stamp));
    let page = stem.with_extension("html");
    let page_file = WholeFile::create(&page)?;
    let to_stdout = request.json == Some(Path::new("-"));
    let json =
        request.json.filter(|_| !to_stdout).map_or(stem.with_extension("json"), PathBuf::from);
    let json_file = WholeFile::create(&json)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");

    let record = measure(request)?;
    let text =
        serde_json::to_string_pretty(&record).map_err(|error| Refusal::of("--json", error))? + "\n";
    json_file.fill(&text)?;
    page_file.fill(&html::receive::page(&record))?;
    let shown = if to_stdout {
        text
    } else {
        format!("{}\n{}\n{}\n", table::receive::terminal(&record), json.display(), page.display())
    };
    console::print(&shown)?;
    Ok(if record.workload.interrupted { Done::Interrupted } else { Done::Fine })
}

fn measure(request: &Request<'_>) -> Result<Record, Refusal> {
    let host = Host::survey();
    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let scale = if request.quick { 1 } else { 8 };
    let mut record = Record {
        schema: SCHEMA.into(),
        host,
        build: build::current(),
        workload: Workload {
            command: request.command.clone(),
            started,
            seed: request.seed,
            quick: request.quick,
            interrupted: false,
        },
        in_memory: Vec::new(),
        durable: Vec::new(),
        held: Vec::new(),
    };
    for set_size in SET_SIZES.into_iter().take_while(|_| !console::interrupted()) {
        let flow = in_memory(request.seed, 65_536 * scale, set_size);
        record.in_memory.push(MemoryRow::new(set_size, &flow));
    }
    for set_size in SET_SIZES.into_iter().take_while(|_| !console::interrupted()) {
        record.durable.push(durable_row(request, set_size, BATCH, 16_384 * scale)?);
    }
    for batch in [1, 16].into_iter().take_while(|_| !console::interrupted()) {
        record.durable.push(durable_row(request, 16, batch, 128 * batch * scale)?);
    }
    let sizes = HELD.into_iter().take(if request.quick { 3 } else { 4 });
    for htlcs in sizes.take_while(|_| !console::interrupted()) {
        let folder = folder(request)?;
        let held = held(folder.path(), request.seed, htlcs);
        record.held.push(HeldRow::new(&held.map_err(|error| disk(request, error))?));
    }
    record.workload.interrupted = console::interrupted();
    Ok(record)
}

fn durable_row(
    request: &Request<'_>,
    set_size: u32,
    batch: usize,
    htlcs: usize,
) -> Result<DurableRow, Refusal> {
    let folder = folder(request)?;
    let durable = durable(folder.path(), request.seed, htlcs, set_size, batch);
    Ok(DurableRow::new(set_size, batch, &durable.map_err(|error| disk(request, error))?))
}

/// On the disk that is asked about, and gone in the end.
fn folder(request: &Request<'_>) -> Result<tempfile::TempDir, Refusal> {
    tempfile::Builder::new()
        .prefix("stores-")
        .tempdir_in(request.out)
        .map_err(|error| disk(request, error))
}

fn disk(request: &Request<'_>, error: impl std::fmt::Display) -> Refusal {
    Refusal::of(request.out.display(), error)
}
