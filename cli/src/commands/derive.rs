//! `ammeter derive`: preimages and payment hashes of one payment, streamed in constant memory.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader, IsTerminal, Write},
    path::{Path, PathBuf},
};

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Isa, Job, JobError, Kernel, Pairs, PaymentHash, Preimage,
    Scheme, Share, hex,
};
use clap::{Args, ValueEnum};

use crate::{
    console::{self, Done, Outcome, Refusal, WholeFile},
    lines::Lines,
};

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
    /// Force a kernel: avx512, avx512vl, shani, avx2, sse41, armsha2, neon or portable
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

/// Longest line of a file of shares: a share has 64 digits.
const SHARE_LINE_BYTES_MAX: usize = 1 << 10;

/// Derives.
pub fn run(arguments: &Arguments) -> Outcome {
    let scheme = arguments.scheme;
    let root =
        BasePreimage::from_hex(&arguments.root).map_err(|error| Refusal::of("--root", error))?;
    let first_index = arguments.from.unwrap_or(*scheme.indices().start());
    let kernel = match arguments.kernel {
        Some(isa) => Kernel::named(arguments.hash, isa),
        None => Kernel::chosen(arguments.hash),
    };
    let engine = Engine::with_kernel(kernel.map_err(|missing| Refusal::of("--kernel", missing))?);
    let shares = shares(arguments)?;
    let derivation = Derivation { engine, scheme, root, first_index };
    // Before a file is made, or a share read.
    if let Some(count) = arguments.count.or(shares.is_none().then_some(1)) {
        range(first_index, count)?;
    }

    console::catch_interrupt("interrupted");
    match &arguments.output {
        Some(path) => {
            let mut file = WholeFile::create(path)?;
            let done = match derivation.stream(arguments, shares, &mut file) {
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
            if arguments.format() == Format::Bin && stdout.is_terminal() {
                return Err(Refusal::of(
                    "--format bin",
                    "not to a terminal; use -o FILE or a pipe",
                ));
            }
            match derivation.stream(arguments, shares, &mut stdout.lock()) {
                Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                    Ok(Done::Fine)
                }
                Err(Stop::Write(error)) => Err(Refusal::of("standard output", error)),
                other => ended(other),
            }
        }
    }
}

fn range(first: u32, count: u64) -> Result<Indices<'static>, Refusal> {
    Indices::range(first, count).map_err(|error| Refusal::of("--from, --count", error))
}

impl Arguments {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// Why a stream ended before its last child.
enum Stop {
    Refused(Refusal),
    Write(io::Error),
    Interrupt,
}

impl From<JobError> for Stop {
    fn from(error: JobError) -> Self {
        Self::Refused(Refusal::of("--from, --count", error))
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn ended(result: Result<(), Stop>) -> Outcome {
    match result {
        Ok(()) => Ok(Done::Fine),
        Err(Stop::Interrupt) => Ok(Done::Interrupted),
        Err(Stop::Refused(refusal)) => Err(refusal),
        Err(Stop::Write(error)) => Err(Refusal::of("output", error)),
    }
}

/// One payment.
struct Derivation {
    engine: Engine,
    scheme: Scheme,
    root: BasePreimage,
    first_index: u32,
}

impl Derivation {
    /// Derives and writes, a buffer at a time.
    fn stream(
        &self,
        arguments: &Arguments,
        shares: Option<ShareFile>,
        target: &mut dyn Write,
    ) -> Result<(), Stop> {
        let mut lines = PairLines::new(arguments.format(), target);
        match shares {
            None => self.without_shares(arguments.count.unwrap_or(1), &mut lines)?,
            Some(file) => self.with_shares(file, &mut lines)?,
        }
        lines.finish()
    }

    fn without_shares(&self, count: u64, lines: &mut PairLines<'_>) -> Result<(), Stop> {
        let (mut preimages, mut payment_hashes) = buffers(count);
        let job = Job {
            scheme: self.scheme,
            root: &self.root,
            indices: range(self.first_index, count)?,
            shares: &[],
        };
        let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
        self.engine.stream(&job, pairs, |position, preimages, payment_hashes| {
            lines.write(u64::from(self.first_index) + position, preimages, payment_hashes)
        })
    }

    /// The shares of one buffer are read before any of it is written, so that a short file is
    /// refused whole.
    fn with_shares(&self, mut file: ShareFile, lines: &mut PairLines<'_>) -> Result<(), Stop> {
        let (mut preimages, mut payment_hashes) = buffers(CHUNK_PAIRS as u64);
        let mut position = 0;
        loop {
            let shares = file.next_chunk()?;
            if shares.is_empty() {
                return Ok(());
            }
            let count = shares.len();
            range(self.first_index, position + count as u64)?;
            let first = u64::from(self.first_index) + position;
            let job = Job {
                scheme: self.scheme,
                root: &self.root,
                indices: range(first as u32, count as u64)?,
                shares,
            };
            let (r, h) = (&mut preimages[..count], &mut payment_hashes[..count]);
            self.engine.derive(&job, Pairs { preimages: r, payment_hashes: h })?;
            lines.write(first, r, h)?;
            position += count as u64;
        }
    }
}

/// Room for `count` pairs, but for no more than a chunk, and for one at least.
fn buffers(count: u64) -> (Vec<Preimage>, Vec<PaymentHash>) {
    let chunk = (CHUNK_PAIRS as u64).min(count.max(1)) as usize;
    (vec![Preimage::ZERO; chunk], vec![PaymentHash::ZERO; chunk])
}

/// Pairs as they are printed.
struct PairLines<'a> {
    format: Format,
    /// Written with the first pairs: what is refused at once leaves no header.
    header: &'static [u8],
    text: Vec<u8>,
    target: &'a mut dyn Write,
}

impl<'a> PairLines<'a> {
    fn new(format: Format, target: &'a mut dyn Write) -> Self {
        let header: &[u8] =
            if format == Format::Csv { b"index,preimage,payment_hash\n" } else { b"" };
        Self { format, header, text: Vec::new(), target }
    }

    fn write(
        &mut self,
        first_index: u64,
        preimages: &[Preimage],
        payment_hashes: &[PaymentHash],
    ) -> Result<(), Stop> {
        self.text.clear();
        self.text.extend_from_slice(std::mem::take(&mut self.header));
        for ((r, h), index) in preimages.iter().zip(payment_hashes).zip(first_index..) {
            line(&mut self.text, self.format, index, r, h);
        }
        self.target.write_all(&self.text).map_err(Stop::Write)?;
        if console::interrupted() { Err(Stop::Interrupt) } else { Ok(()) }
    }

    /// Nothing derived, nothing shown: an empty table still has its header.
    fn finish(self) -> Result<(), Stop> {
        let header = self.target.write_all(self.header);
        header.and_then(|()| self.target.flush()).map_err(Stop::Write)
    }
}

/// Appends one pair.
fn line(text: &mut Vec<u8>, format: Format, index: u64, r: &Preimage, h: &PaymentHash) {
    match format {
        Format::Bin => {
            text.extend_from_slice(&r.0);
            text.extend_from_slice(&h.0);
        }
        Format::Hex => write_pair(text, r, b" ", h, b"\n"),
        Format::Csv => {
            text.extend_from_slice(index.to_string().as_bytes());
            text.push(b',');
            write_pair(text, r, b",", h, b"\n");
        }
        Format::Json => {
            text.extend_from_slice(b"{\"index\":");
            text.extend_from_slice(index.to_string().as_bytes());
            text.extend_from_slice(b",\"preimage\":\"");
            write_pair(text, r, b"\",\"payment_hash\":\"", h, b"\"}\n");
        }
    }
}

fn write_pair(text: &mut Vec<u8>, r: &Preimage, between: &[u8], h: &PaymentHash, end: &[u8]) {
    write_hex(text, &r.0);
    text.extend_from_slice(between);
    write_hex(text, &h.0);
    text.extend_from_slice(end);
}

/// Appends 64 digits. `core::fmt` takes ten times as long, and this runs once for every byte that
/// streams.
fn write_hex(text: &mut Vec<u8>, bytes: &[u8; 32]) {
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        for (digit, value) in pair.iter_mut().zip([byte >> 4, byte & 0x0f]) {
            *digit = value + if value < 10 { b'0' } else { b'a' - 10 };
        }
    }
    text.extend_from_slice(&digits);
}

/// The file of shares that the scheme needs; `None` where it needs none.
fn shares(arguments: &Arguments) -> Result<Option<ShareFile>, Refusal> {
    match (&arguments.shares, arguments.scheme.hashes_share()) {
        (None, false) => Ok(None),
        (None, true) => {
            Err(Refusal::of("--shares", "scheme lnd hashes the share of each child; name a file"))
        }
        (Some(_), false) => Err(Refusal::of(
            "--shares",
            format_args!("scheme {} does not hash shares", arguments.scheme),
        )),
        (Some(path), true) => ShareFile::open(path, arguments.count).map(Some),
    }
}

/// One share a line, read a chunk at a time.
struct ShareFile {
    place: String,
    lines: Lines<BufReader<File>>,
    /// `--count`: how many there must be.
    count: Option<u64>,
    read: u64,
    chunk: Vec<Share>,
}

impl ShareFile {
    fn open(path: &Path, count: Option<u64>) -> Result<Self, Refusal> {
        let place = path.display().to_string();
        let file = File::open(path).map_err(|error| Refusal::of(&place, error))?;
        let lines = Lines::new(BufReader::with_capacity(1 << 16, file), SHARE_LINE_BYTES_MAX);
        Ok(Self { place, lines, count, read: 0, chunk: Vec::new() })
    }

    /// The next shares, at most [`CHUNK_PAIRS`]; none at the end. Refuses a number of shares that
    /// is not `--count`, at the latest with the last chunk.
    fn next_chunk(&mut self) -> Result<&[Share], Refusal> {
        self.chunk.clear();
        while self.chunk.len() < CHUNK_PAIRS {
            let Some(share) = self.share()? else { break };
            self.chunk.push(share);
        }
        let Some(count) = self.count else { return Ok(&self.chunk) };
        let is_last = self.chunk.len() < CHUNK_PAIRS;
        if self.read > count || self.read == count && !is_last && self.share()?.is_some() {
            return Err(self.wrong_count(format_args!("more than {count}"), count));
        }
        if is_last && self.read < count {
            return Err(self.wrong_count(format_args!("{}", self.read), count));
        }
        Ok(&self.chunk)
    }

    fn share(&mut self) -> Result<Option<Share>, Refusal> {
        let refused = |number: u64, fault: &dyn fmt::Display| {
            Refusal::of(format_args!("{}: line {number}", self.place), fault)
        };
        match self.lines.read() {
            Ok(None) => Ok(None),
            Ok(Some((number, line))) => {
                let share = hex::decode32(line).map_err(|error| refused(number, &error))?;
                self.read += 1;
                Ok(Some(Share(share)))
            }
            Err(error) => Err(refused(error.number, &error.fault)),
        }
    }

    fn wrong_count(&self, shares: fmt::Arguments<'_>, count: u64) -> Refusal {
        let place = format_args!("--shares {}, --count", self.place);
        Refusal::of(place, format_args!("{shares} shares for {count} children"))
    }
}
