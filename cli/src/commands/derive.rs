//! `ammeter derive`: preimages and payment hashes of one payment, streamed in constant memory.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Isa, Job, JobError, Kernel, Pairs, PaymentHash, Preimage,
    Scheme, Share,
};
use clap::{Args, ValueEnum};

use crate::console::{self, Done, Outcome, Refusal, WholeFile};

/// What to derive and where to put it.
#[derive(Debug, Args)]
#[group(id = "derive")]
pub struct Arguments {
    /// Derivation scheme: og, tree, bolts658 or lnd
    #[arg(long, default_value = "og", value_name = "SCHEME")]
    scheme: Scheme,
    /// Hash function: sha256 or blake3
    #[arg(long, default_value = "sha256", value_name = "HASH")]
    hash: Hash,
    /// Base preimage (tree: seed), 64 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    root: String,
    /// First index; default: the scheme's first
    #[arg(long, value_name = "INDEX", allow_negative_numbers = true)]
    from: Option<u32>,
    /// How many children; default: as many as there are shares, else 1
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    count: Option<u64>,
    /// One share in hexadecimal a line; the k-th belongs to index from + k (lnd only)
    #[arg(long, value_name = "FILE")]
    shares: Option<PathBuf>,
    /// Output: hex (r h), csv (index,preimage,payment_hash) or bin (r ‖ h, 64 bytes)
    #[arg(long, value_enum, default_value_t = Format::Hex)]
    format: Format,
    /// A JSON object a line instead: index, preimage, payment_hash
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Force a kernel: avx512, shani, avx2, sse41, armsha2, neon or portable
    #[arg(long, value_name = "KERNEL")]
    kernel: Option<Isa>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Hex,
    Csv,
    Bin,
    #[value(skip)]
    Json,
}

/// Pairs in one buffer: enough for every core, and a few megabytes.
const CHUNK_PAIRS: usize = 1 << 15;

/// Derives.
pub fn run(arguments: &Arguments) -> Outcome {
    let scheme = arguments.scheme;
    let root =
        BasePreimage::from_hex(&arguments.root).map_err(|error| Refusal::of("--root", error))?;
    let shares = shares(arguments)?;
    let from = arguments.from.unwrap_or(*scheme.indices().start());
    let count = arguments.count.unwrap_or(shares.len().max(1) as u64);
    let indices =
        Indices::range(from, count).map_err(|error| Refusal::of("--from, --count", error))?;
    let job = Job { scheme, root: &root, indices, shares: &shares };
    let kernel = match arguments.kernel {
        Some(isa) => Kernel::named(arguments.hash, isa),
        None => Kernel::chosen(arguments.hash),
    };
    let engine = Engine::with_kernel(kernel.map_err(|missing| Refusal::of("--kernel", missing))?);
    let format = if arguments.json { Format::Json } else { arguments.format };

    console::catch_interrupt("interrupted");
    match &arguments.output {
        Some(path) => {
            let mut file = WholeFile::create(path)?;
            let done = match stream(&engine, &job, from, format, &mut file) {
                Err(Stop::Write(error)) => return Err(Refusal::of(path.display(), error)),
                other => ended(other)?,
            };
            if done == Done::Fine {
                file.finish()?;
            }
            Ok(done)
        }
        None => {
            let stdout = io::stdout();
            if format == Format::Bin && stdout.is_terminal() {
                return Err(Refusal::of(
                    "--format bin",
                    "not to a terminal; use -o FILE or a pipe",
                ));
            }
            match stream(&engine, &job, from, format, &mut stdout.lock()) {
                Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                    Ok(Done::Fine)
                }
                Err(Stop::Write(error)) => Err(Refusal::of("standard output", error)),
                other => ended(other),
            }
        }
    }
}

/// Why a stream ended before its last child.
enum Stop {
    Job(JobError),
    Write(io::Error),
    Interrupt,
}

impl From<JobError> for Stop {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

fn ended(result: Result<(), Stop>) -> Outcome {
    match result {
        Ok(()) => Ok(Done::Fine),
        Err(Stop::Interrupt) => Ok(Done::Interrupted),
        Err(Stop::Job(error @ JobError::ShareCount { .. })) => {
            Err(Refusal::of("--shares, --count", error))
        }
        Err(Stop::Job(error)) => Err(Refusal::of("--from, --count", error)),
        Err(Stop::Write(error)) => Err(Refusal::of("output", error)),
    }
}

fn stream(
    engine: &Engine,
    job: &Job<'_>,
    from: u32,
    format: Format,
    target: &mut dyn Write,
) -> Result<(), Stop> {
    let chunk = CHUNK_PAIRS.min(job.indices.count().max(1) as usize);
    let mut preimages = vec![Preimage::ZERO; chunk];
    let mut payment_hashes = vec![PaymentHash::ZERO; chunk];
    let mut text = Vec::new();
    let mut header: &[u8] =
        if format == Format::Csv { b"index,preimage,payment_hash\n" } else { b"" };
    let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
    engine.stream(job, pairs, |position, preimages, payment_hashes| {
        text.clear();
        text.extend_from_slice(std::mem::take(&mut header));
        let indices = u64::from(from) + position..;
        for ((r, h), index) in preimages.iter().zip(payment_hashes).zip(indices) {
            line(&mut text, format, index, r, h);
        }
        target.write_all(&text).map_err(Stop::Write)?;
        if console::interrupted() { Err(Stop::Interrupt) } else { Ok(()) }
    })?;
    // Nothing derived, nothing shown: an empty table still has its header.
    target.write_all(header).and_then(|()| target.flush()).map_err(Stop::Write)
}

/// Appends one pair.
fn line(text: &mut Vec<u8>, format: Format, index: u64, r: &Preimage, h: &PaymentHash) {
    match format {
        Format::Bin => {
            text.extend_from_slice(&r.0);
            text.extend_from_slice(&h.0);
        }
        Format::Hex => {
            hex(text, &r.0);
            text.push(b' ');
            hex(text, &h.0);
            text.push(b'\n');
        }
        Format::Csv => {
            text.extend_from_slice(index.to_string().as_bytes());
            text.push(b',');
            hex(text, &r.0);
            text.push(b',');
            hex(text, &h.0);
            text.push(b'\n');
        }
        Format::Json => {
            text.extend_from_slice(b"{\"index\":");
            text.extend_from_slice(index.to_string().as_bytes());
            text.extend_from_slice(b",\"preimage\":\"");
            hex(text, &r.0);
            text.extend_from_slice(b"\",\"payment_hash\":\"");
            hex(text, &h.0);
            text.extend_from_slice(b"\"}\n");
        }
    }
}

/// Appends 64 digits. `core::fmt` takes ten times as long, and this runs once for every byte that streams.
fn hex(text: &mut Vec<u8>, bytes: &[u8; 32]) {
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        for (digit, value) in pair.iter_mut().zip([byte >> 4, byte & 0x0f]) {
            *digit = value + if value < 10 { b'0' } else { b'a' - 10 };
        }
    }
    text.extend_from_slice(&digits);
}

/// The shares that the scheme needs; none where it needs none.
fn shares(arguments: &Arguments) -> Result<Vec<Share>, Refusal> {
    match (&arguments.shares, arguments.scheme.hashes_share()) {
        (None, false) => Ok(Vec::new()),
        (None, true) => {
            Err(Refusal::of("--shares", "scheme lnd hashes the share of each child; name a file"))
        }
        (Some(_), false) => Err(Refusal::of(
            "--shares",
            format_args!("scheme {} does not hash shares", arguments.scheme),
        )),
        (Some(path), true) => read_shares(path),
    }
}

/// One share a line.
fn read_shares(path: &Path) -> Result<Vec<Share>, Refusal> {
    let place = path.display();
    let text = fs::read_to_string(path).map_err(|error| Refusal::of(&place, error))?;
    let lines = text.lines().zip(1..);
    lines
        .map(|(line, number)| {
            Share::from_hex(line)
                .map_err(|error| Refusal::of(format_args!("{place}: line {number}"), error))
        })
        .collect()
}
