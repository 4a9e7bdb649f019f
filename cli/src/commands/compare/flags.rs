//! What the command line says.

use std::{path::PathBuf, str::FromStr, time::SystemTime};

use ammeter_bench::{program::file::check_name, workload::Workload};
use ammeter_core::{Hash, Isa, Scheme};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::{
    commands::report::percent,
    console::{self, Refusal},
    output::invocation,
    resources,
};
use ammeter_report::record::{self, is_ours, sweep::Over};

/// Pairs that all threads together write in one call: 4 GiB.
const OUTPUT_PAIRS_MAX: u64 = 1 << 26;

/// A preimage and a payment hash.
const PAIR_BYTES: u64 = 64;

/// What to compare and for how long.
#[derive(Debug, Args)]
#[group(id = "compare")]
pub struct Arguments {
    /// What is measured
    #[arg(long, value_enum, default_value_t = What::Derive)]
    pub(super) workload: What,
    /// Derivation scheme: og, tree, bolts658 or lnd
    #[arg(long, default_value = "og", value_name = "SCHEME")]
    pub(super) scheme: Scheme,
    /// Hash function: sha256 or blake3; default: both
    #[arg(long, value_name = "HASH")]
    pub(super) hash: Option<Hash>,
    /// Of our rows, only these kernels: avx512, avx512vl, shani, avx2, sse41, armsha2, neon, portable
    #[arg(long, value_name = "KERNEL", value_delimiter = ',')]
    pub(super) kernel: Vec<Isa>,
    /// Only these rows, separated by commas (`ammeter doctor` lists them); the baseline is always
    /// measured. NAME=process:CMD adds a program that speaks `ammeter-backend 1`
    #[arg(long, value_name = "NAME|NAME=process:CMD")]
    pub(super) backend: Vec<Choice>,
    /// Adds the programs of a file, or those of them that --backend names; what this machine cannot
    /// build or run is said and left out
    #[arg(long, value_name = "FILE")]
    pub(super) backends: Vec<PathBuf>,
    /// The row that others are compared with; default: sha2-0.11, and blake3 for that hash
    #[arg(long, value_name = "NAME")]
    pub(super) baseline: Option<String>,
    /// Builds this commit, and measures its kernels and the working tree's in one run
    #[arg(long, value_name = "REV")]
    pub(super) against: Option<String>,
    /// By how much a row may be slower than its twin of --against; exit code 1 if one is
    #[arg(long, value_name = "PERCENT", requires = "against", value_parser = percent)]
    pub(super) fail_above: Option<f64>,
    /// Pairs in one call of a backend; default: 4096
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 24))]
    pub(super) pairs: Option<u64>,
    /// Threads that derive at the same time, at most one a core; default: 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(super) threads: Option<u64>,
    /// Compare at many sizes instead: n, the children of a payment, or threads
    #[arg(long, value_name = "n|threads", value_parser = over())]
    pub(super) sweep: Option<Over>,
    /// The largest n of a sweep; default: 1048576, with --quick 65536
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 26))]
    pub(super) sweep_max: Option<u64>,
    /// Seconds of sampling, for all hashes together; default: 60
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(super) seconds: Option<f64>,
    /// Ten seconds of sampling; a sweep: fifteen
    #[arg(long, conflicts_with = "seconds")]
    pub(super) quick: bool,
    /// Seeds roots, shares and the order of rows
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// The JSON record to PATH, or with - to standard output instead of the table
    #[arg(long, value_name = "PATH|-")]
    pub(super) json: Option<PathBuf>,
    /// Folder for the JSON record and the HTML page
    #[arg(long, value_name = "DIR", default_value = "ammeter-out")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) split: SplitFlags,
}

/// What only `--workload split` asks for.
#[derive(Debug, Args)]
pub struct SplitFlags {
    /// Of --workload split: channels of each generated network; default: 1000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub(super) channels: Option<u32>,
    /// Of --workload split: networks, each with its own balances and payments; default: 24, with
    /// --quick 6
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) seeds: Option<u32>,
    /// Of --workload split: payments of each network; default: 16, with --quick 8
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) payments: Option<u32>,
    /// Of --workload split: a rapid gossip sync snapshot in place of generated networks
    #[arg(long, value_name = "FILE", conflicts_with = "channels")]
    pub(super) snapshot: Option<PathBuf>,
}

impl SplitFlags {
    /// Whether one of them was given.
    const fn is_asked(&self) -> bool {
        let is_sized = self.channels.is_some() || self.seeds.is_some() || self.payments.is_some();
        is_sized || self.snapshot.is_some()
    }
}

/// One `--backend`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Rows by name.
    Rows(Vec<String>),
    /// A program.
    Program {
        /// The name of its row.
        name: String,
        /// How it is started.
        command: String,
    },
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once('=') else {
            return Ok(Self::Rows(text.split(',').map(str::to_owned).collect()));
        };
        check_name(name).map_err(|failure| failure.to_string())?;
        match value.strip_prefix("process:") {
            Some(command) if !command.trim().is_empty() => {
                Ok(Self::Program { name: name.into(), command: command.into() })
            }
            _ => Err(format!("`process:CMD` is needed after `{name}=`, not `{value}`")),
        }
    }
}

impl Choice {
    const fn is_program(&self) -> bool {
        matches!(self, Self::Program { .. })
    }
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// Hash backends deriving preimages and payment hashes
    Derive,
    /// The receiver, in memory and durable; --quick, --seconds (default: 108), --seed, --json and
    /// --out apply
    Receive,
    /// What a payment costs its receiver, by part of the work; --quick, --seconds, --seed, --json
    /// and --out apply
    Payment,
    /// How senders split payments, in simulated networks; --quick, --seed, --json and --out apply
    Split,
}

impl Arguments {
    /// Refuses flags that contradict each other.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let sweep_max = self.sweep_max.is_some();
        let is_against = self.against.is_some();
        let programs =
            self.backends.len() + self.backend.iter().filter(|choice| choice.is_program()).count();
        let contradictions = [
            (self.sweep == Some(Over::N) && self.pairs.is_some(), "--pairs", "--sweep n sets it"),
            (
                self.sweep == Some(Over::Threads) && self.threads.is_some(),
                "--threads",
                "--sweep threads goes over all counts",
            ),
            (self.sweep != Some(Over::N) && sweep_max, "--sweep-max", "only with --sweep n"),
            (
                matches!(self.workload, What::Receive | What::Payment) && self.sweep.is_some(),
                "--sweep",
                "the receiver is measured at sizes of its own",
            ),
            (
                is_against && self.workload != What::Derive,
                "--against",
                "only for --workload derive",
            ),
            (
                is_against && self.sweep.is_some(),
                "--against",
                "one size at a time, without --sweep",
            ),
            (
                is_against && self.baseline.is_some(),
                "--baseline",
                "--against compares each row with its twin",
            ),
            (
                is_against && programs > 0,
                "--backend, --backends",
                "--against compares rows that are built from both commits, and no other programs",
            ),
            (
                self.workload == What::Split && (self.sweep.is_some() || self.seconds.is_some()),
                "--sweep, --seconds",
                "not with --workload split, which --seeds and --payments size",
            ),
            (
                self.workload != What::Split && self.split.is_asked(),
                "--channels, --seeds, --payments, --snapshot",
                "only with --workload split",
            ),
        ];
        let of_backends = [
            (self.scheme != Scheme::Og, "--scheme"),
            (self.hash.is_some(), "--hash"),
            (!self.kernel.is_empty(), "--kernel"),
            (!self.backend.is_empty(), "--backend"),
            (!self.backends.is_empty(), "--backends"),
            (self.baseline.is_some(), "--baseline"),
            (self.pairs.is_some(), "--pairs"),
            (self.threads.is_some(), "--threads"),
        ];
        if let Some((_, flag)) = of_backends.into_iter().find(|(is_given, _)| *is_given)
            && self.workload != What::Derive
        {
            return Err(Refusal::of(flag, "only for --workload derive"));
        }
        let is_left_out = |name: &&&str| is_ours(name) && !self.has_kernel(name);
        if let Some(name) = self.names().iter().find(is_left_out) {
            let reason = "--kernel leaves it out: name its kernel there too, or none";
            return Err(Refusal::of(format_args!("--backend {name}"), reason));
        }
        match contradictions.into_iter().find(|(is, _, _)| *is) {
            Some((_, flag, reason)) => Err(Refusal::of(flag, reason)),
            None if self.workload != What::Derive => Ok(()),
            None => self.check_resources(),
        }
    }

    /// The rows that were named; none: all.
    pub(super) fn names(&self) -> Vec<&str> {
        let rows = self.backend.iter().filter_map(|choice| match choice {
            Choice::Rows(names) => Some(names),
            Choice::Program { .. } => None,
        });
        rows.flatten().map(String::as_str).collect()
    }

    /// Whether one of our rows is among the kernels that were asked for; none: all.
    pub(super) fn has_kernel(&self, name: &str) -> bool {
        let is_of = |isa: &Isa| name.strip_prefix("ammeter/") == Some(isa.name());
        self.kernel.is_empty() || self.kernel.iter().any(is_of)
    }

    /// Refuses what this machine cannot hold, before it is tried.
    fn check_resources(&self) -> Result<(), Refusal> {
        let (flags, pairs) = match self.sweep {
            Some(Over::N) => ("--sweep-max, --threads", self.sweep_max()),
            _ => ("--pairs, --threads", self.pairs()),
        };
        let outputs = pairs * self.threads();
        if outputs > OUTPUT_PAIRS_MAX {
            let reason = format_args!("{outputs} pairs at once are more than {OUTPUT_PAIRS_MAX}");
            return Err(Refusal::of(flags, reason));
        }
        // The expected output, and as many shares, are there once beside those of the threads.
        resources::memory(flags, (outputs + 2 * pairs) * PAIR_BYTES)?;
        resources::cores("--threads", self.threads())?;
        resources::threads("--threads", self.threads())
    }

    /// Pairs in one call of a backend.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs.unwrap_or(4096)
    }

    /// Threads that derive at the same time.
    pub(super) fn threads(&self) -> u64 {
        self.threads.unwrap_or(1)
    }

    /// The largest n of a sweep.
    pub(super) fn sweep_max(&self) -> u64 {
        self.sweep_max.unwrap_or(if self.quick { 1 << 16 } else { 1 << 20 })
    }

    /// As many children as a payment of the scheme can have.
    pub(super) fn children_max(&self) -> u64 {
        let indices = self.scheme.indices();
        u64::from(*indices.end()) - u64::from(*indices.start()) + 1
    }

    /// What a record says of derivations at one size, now that they are over.
    pub(super) fn as_run(
        &self,
        started: SystemTime,
        pairs: u64,
        pairs_checked: u64,
    ) -> record::Workload {
        record::Workload {
            invocation: invocation(started, self.seed),
            scheme: self.scheme.to_string(),
            pairs,
            threads: self.threads(),
            seconds: self.seconds(),
            interrupted: console::interrupted(),
            pairs_checked,
        }
    }

    /// What is derived at one size. A scheme with few indices gets several payments instead.
    pub(super) fn workload(&self) -> Workload {
        let children = self.pairs().min(self.children_max());
        let payments = self.pairs().div_ceil(children);
        Workload::new(self.scheme, payments as usize, children as usize, self.seed)
    }

    /// Seconds of sampling.
    pub(super) fn seconds(&self) -> f64 {
        let quick = if self.sweep.is_some() { 15.0 } else { 10.0 };
        self.seconds.unwrap_or(if self.quick { quick } else { 60.0 })
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0 to 86400 is needed".into()),
    }
}

/// As if typed after `compare`.
#[cfg(test)]
pub(super) fn parse(arguments: &[&str]) -> Arguments {
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }
    Line::parse_from(["compare"].iter().chain(arguments)).arguments
}

/// `--sweep`, whose values are named by records too.
fn over() -> impl TypedValueParser<Value = Over> {
    let all = [Over::N, Over::Threads];
    PossibleValuesParser::new(all.map(Over::name)).map(move |name| {
        all.into_iter().find(|over| over.name() == name).expect("one of the possible values")
    })
}
