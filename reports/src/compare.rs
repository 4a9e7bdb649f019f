//! `ammeter compare`: every hash backend on this machine, in one run, each output checked.

use std::{
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use ammeter_bench::{
    backend::Entry,
    limits::Limits,
    registry,
    sampler::{self, Outcome as Sampling, Plan, Run},
    statistics::{Interval, Quartiles},
    workload::Workload,
};
use ammeter_core::{Hash, Isa, Kernel, Scheme};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    console::{self, Done, Outcome, Refusal, WholeFile},
    host::Host,
    html, receiving,
    record::{self, Build, Limit, Noise, Ratio, Record, Row, SCHEMA, Spread},
    table,
};

/// What to compare and for how long.
#[derive(Debug, Args)]
#[group(id = "compare")]
pub struct Arguments {
    /// What is measured
    #[arg(long, value_enum, default_value_t = What::Derive)]
    workload: What,
    /// Derivation scheme: og, tree, bolts658 or lnd
    #[arg(long, default_value = "og", value_name = "SCHEME")]
    scheme: Scheme,
    /// Hash function: sha256 or blake3; default: both
    #[arg(long, value_name = "HASH")]
    hash: Option<Hash>,
    /// Of our rows, only these kernels: avx512, shani, avx2, sse41, portable
    #[arg(long, value_name = "KERNEL", value_delimiter = ',')]
    kernel: Vec<Isa>,
    /// Only these rows (`ammeter doctor` lists them); the baseline is always measured
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    backend: Vec<String>,
    /// The row that others are compared with; default: sha2-0.11, and blake3 for that hash
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Pairs in one call of a backend
    #[arg(long, value_name = "N", default_value_t = 4096,
        value_parser = clap::value_parser!(u64).range(1..=1 << 24))]
    pairs: u64,
    /// Threads that derive at the same time
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=1024))]
    threads: u64,
    /// Seconds of sampling, for all hashes together; default: 60
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,
    /// Ten seconds of sampling
    #[arg(long, conflicts_with = "seconds")]
    quick: bool,
    /// Seeds roots, shares and the order of rows
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The JSON record to PATH, or with - to standard output instead of the table
    #[arg(long, value_name = "PATH|-")]
    json: Option<PathBuf>,
    /// Folder for the JSON record and the HTML page
    #[arg(long, value_name = "DIR", default_value = "ammeter-out")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Hash backends deriving preimages and payment hashes
    Derive,
    /// The receiver, in memory and durable; of the flags, --quick, --seed, --json and --out apply
    Receive,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0 to 86400 is needed".into()),
    }
}

/// Compares.
pub fn run(arguments: &Arguments) -> Outcome {
    match arguments.workload {
        What::Derive => derive(arguments),
        What::Receive => receiving::run(&receiving::Request {
            quick: arguments.quick,
            seed: arguments.seed,
            json: arguments.json.as_deref(),
            out: &arguments.out,
            command: command_line(),
            stamp: compact(SystemTime::now()),
        }),
    }
}

fn derive(arguments: &Arguments) -> Outcome {
    let groups = groups(arguments)?;
    // Before minutes of sampling, not after.
    fs::create_dir_all(&arguments.out)
        .map_err(|error| Refusal::of(format_args!("--out {}", arguments.out.display()), error))?;
    let started = SystemTime::now();
    let stem = format!("compare-{}", compact(started));
    let page = arguments.out.join(format!("{stem}.html"));
    let page_file = WholeFile::create(&page)?;
    let json = match arguments.json.as_deref() {
        Some(path) if path != Path::new("-") => path.to_owned(),
        _ => arguments.out.join(format!("{stem}.json")),
    };
    let json_file = WholeFile::create(&json)?;

    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let host = Host::survey();
    let mut limits = Limits::new(arguments.threads as usize);
    let workload = workload(arguments);
    let measured = measure(arguments, groups, &workload, &mut limits);
    let record = record(arguments, host, started, workload.pairs(), &measured, &limits);

    let text =
        serde_json::to_string_pretty(&record).map_err(|error| Refusal::of("--json", error))? + "\n";
    json_file.fill(&text)?;
    page_file.fill(&html::page(&record))?;
    if arguments.json.as_deref() == Some(Path::new("-")) {
        console::print(&text)?;
    } else {
        let (json, page) = (json.display(), page.display());
        console::print(&format!("{}\n{json}\n{page}\n", table::render(&record)))?;
    }
    Ok(verdict(&record))
}

/// A wrong row outweighs an interruption: it is what a script must not miss.
fn verdict(record: &Record) -> Done {
    if record.rows.iter().any(|row| !row.verified) {
        Done::Found
    } else if record.workload.interrupted {
        Done::Interrupted
    } else {
        Done::Fine
    }
}

/// The rows of one hash.
struct Group {
    hash: Hash,
    entries: Vec<Entry>,
    /// Position in `entries`.
    baseline: usize,
}

/// Which rows run, a group for each hash that has any.
fn groups(arguments: &Arguments) -> Result<Vec<Group>, Refusal> {
    let hashes = arguments.hash.map_or(Hash::ALL.to_vec(), |hash| vec![hash]);
    let all: Vec<(Hash, Vec<Entry>)> =
        hashes.into_iter().map(|hash| (hash, registry::entries(hash))).collect();
    let known = |name: &str| all.iter().flat_map(|(_, rows)| rows).any(|row| row.name == name);
    let names = |flag: &str, name: &str| {
        let mut names: Vec<&str> =
            all.iter().flat_map(|(_, rows)| rows).map(|row| row.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        Refusal::of(flag, format_args!("no backend `{name}` here; there are {}", names.join(", ")))
    };
    if let Some(name) = arguments.backend.iter().find(|name| !known(name)) {
        return Err(names("--backend", name));
    }
    if let Some(name) = arguments.baseline.as_deref().filter(|name| !known(name)) {
        return Err(names("--baseline", name));
    }
    for isa in &arguments.kernel {
        let missing: Vec<_> =
            all.iter().filter_map(|(hash, _)| Kernel::named(*hash, *isa).err()).collect();
        if missing.len() == all.len() {
            return Err(Refusal::of("--kernel", missing[0]));
        }
    }

    let mut groups = Vec::new();
    for (hash, mut entries) in all {
        let fallback = registry::default_baseline(hash);
        let named = arguments.baseline.as_deref();
        let has = |name: &str| entries.iter().any(|entry| entry.name == name);
        let baseline = named.filter(|name| has(name)).unwrap_or(fallback).to_owned();
        entries.retain(|entry| {
            let kernel = arguments.kernel.is_empty()
                || !entry.is_ours()
                || arguments.kernel.iter().any(|isa| entry.isa == isa.name());
            let backend = arguments.backend.is_empty() || arguments.backend.contains(&entry.name);
            entry.name == baseline || kernel && backend
        });
        // A hash of which no row but the baseline was asked for was not asked for.
        let asked = arguments.backend.is_empty()
            || entries.iter().any(|entry| arguments.backend.contains(&entry.name));
        let baseline = entries.iter().position(|entry| entry.name == baseline);
        if let Some(baseline) = baseline.filter(|_| asked) {
            groups.push(Group { hash, entries, baseline });
        }
    }
    Ok(groups)
}

/// Samples one group after the other, the limits with each.
fn measure(
    arguments: &Arguments,
    groups: Vec<Group>,
    workload: &Workload,
    limits: &mut Limits,
) -> Vec<(Group, Run)> {
    let seconds = asked_seconds(arguments) / groups.len() as f64;
    let bar = progress();
    let runs = groups
        .into_iter()
        .map(|group| {
            bar.reset();
            bar.set_message(format!(
                "{} × {} on {} thread(s)",
                group.entries.len(),
                group.hash,
                arguments.threads
            ));
            let plan = Plan {
                hash: group.hash,
                threads: arguments.threads as usize,
                time: Duration::from_secs_f64(seconds),
                seed: arguments.seed,
            };
            let mut watch = |part: f64| {
                limits.sample();
                bar.set_position((part * BAR_STEPS as f64) as u64);
                !console::interrupted()
            };
            let run = sampler::sample(&group.entries, group.baseline, workload, plan, &mut watch);
            (group, run)
        })
        .collect();
    bar.finish_and_clear();
    runs
}

const BAR_STEPS: u64 = 1000;

/// On standard error, and only where that is a terminal.
fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} % {eta}")
        .expect("the template is right");
    ProgressBar::new(BAR_STEPS).with_style(style)
}

fn asked_seconds(arguments: &Arguments) -> f64 {
    arguments.seconds.unwrap_or(if arguments.quick { 10.0 } else { 60.0 })
}

/// A scheme with few indices gets several payments instead.
fn workload(arguments: &Arguments) -> Workload {
    let indices = arguments.scheme.indices();
    let available = u64::from(*indices.end()) - u64::from(*indices.start()) + 1;
    let children = arguments.pairs.min(available);
    let payments = arguments.pairs.div_ceil(children);
    Workload::new(arguments.scheme, payments as usize, children as usize, arguments.seed)
}

fn record(
    arguments: &Arguments,
    host: Host,
    started: SystemTime,
    pairs: usize,
    measured: &[(Group, Run)],
    limits: &Limits,
) -> Record {
    let noise = measured.iter().filter_map(|(group, run)| {
        Some(Noise {
            hash: group.hash.to_string(),
            backend: group.entries[group.baseline].name.clone(),
            ratio: run.noise?.into(),
            rounds: run.rounds as u64,
            digest: run.expected.to_string(),
        })
    });
    let rates = limits.rates().map(|(probe, rate)| Limit {
        name: probe.name(),
        unit: probe.unit().into(),
        rate: rate.into(),
    });
    Record {
        schema: SCHEMA.into(),
        host,
        build: Build::current(),
        workload: record::Workload {
            command: command_line(),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            scheme: arguments.scheme.to_string(),
            pairs: pairs as u64,
            threads: arguments.threads,
            seconds: asked_seconds(arguments),
            interrupted: console::interrupted(),
            seed: arguments.seed,
            pairs_checked: measured.iter().map(|(_, run)| run.pairs_checked).sum(),
        },
        noise: noise.collect(),
        limits: rates.collect(),
        rows: measured.iter().flat_map(|group| rows(arguments.scheme, group, limits)).collect(),
    }
}

/// The rows of one group, ranked.
fn rows(scheme: Scheme, (group, run): &(Group, Run), limits: &Limits) -> Vec<Row> {
    let outcomes = group.entries.iter().zip(&run.outcomes).enumerate();
    let mut rows: Vec<Row> = outcomes
        .map(|(position, (entry, outcome))| {
            let mut row = unmeasured(entry, scheme);
            row.baseline = position == group.baseline;
            match outcome {
                Sampling::Wrong => row.fault = Some("WRONG: an output differed".into()),
                Sampling::Failed(failure) => row.fault = Some(format!("failed: {failure}")),
                Sampling::Verified(sampled) => {
                    row.verified = true;
                    row.pairs_per_second = Some(sampled.pairs_per_second.into());
                    row.reference_cycles_per_pair = sampled.reference_cycles_per_pair;
                    // The baseline against itself is 1; what it measures is the noise.
                    row.ratio_to_baseline = Some(if row.baseline {
                        Ratio { median: 1.0, low: 1.0, high: 1.0 }
                    } else {
                        sampled.ratio.into()
                    });
                    let limit = limits.pairs_per_second(group.hash, scheme, &entry.isa);
                    row.of_limit = limit.map(|(rate, _)| sampled.pairs_per_second.median / rate);
                    row.limit = limit.map(|(_, probe)| probe.name());
                }
            }
            row
        })
        .collect();
    rank(&mut rows, run.noise.map_or(0.0, |noise| noise.distance_from_one()));
    rows
}

fn unmeasured(entry: &Entry, scheme: Scheme) -> Row {
    Row {
        backend: entry.name.clone(),
        version: entry.version.clone(),
        call: entry.call.into(),
        hash: entry.hash.to_string(),
        scheme: scheme.to_string(),
        isa: entry.isa.clone(),
        rank: None,
        tie: false,
        pairs_per_second: None,
        reference_cycles_per_pair: None,
        of_limit: None,
        limit: None,
        ratio_to_baseline: None,
        baseline: false,
        verified: false,
        fault: None,
    }
}

/// Sorts best first and gives ranks. A row whose distance to the first of its rank is inside the noise
/// shares that rank; rows without a ratio come last and have none.
fn rank(rows: &mut [Row], noise: f64) {
    let ratio = |row: &Row| row.ratio_to_baseline.map_or(0.0, |ratio| ratio.median);
    rows.sort_by(|a, b| ratio(b).total_cmp(&ratio(a)));
    let mut first = 0;
    for position in 0..rows.len() {
        if rows[position].ratio_to_baseline.is_none() {
            break;
        }
        if ratio(&rows[first]) > ratio(&rows[position]) * (1.0 + noise) {
            first = position;
        }
        let tie = position > first;
        rows[position].rank = Some(first as u64 + 1);
        rows[position].tie = tie;
        rows[first].tie |= tie;
    }
}

/// As it was typed, but for the path of the program.
fn command_line() -> String {
    let quoted = std::env::args().skip(1).map(|argument| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    });
    std::iter::once("ammeter".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// `20261122T091500Z`.
fn compact(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace(['-', ':'], "")
}

impl From<Interval> for Ratio {
    fn from(Interval { median, low, high }: Interval) -> Self {
        Self { median, low, high }
    }
}

impl From<Quartiles> for Spread {
    fn from(Quartiles { q1, median, q3 }: Quartiles) -> Self {
        Self { q1, median, q3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, median: Option<f64>) -> Row {
        let mut rows = registry::entries(Hash::Sha256);
        let mut row = unmeasured(&rows.remove(0), Scheme::Og);
        row.backend = name.into();
        row.ratio_to_baseline = median.map(|median| Ratio { median, low: median, high: median });
        row.verified = median.is_some();
        row
    }

    #[test]
    fn a_difference_inside_the_noise_is_a_tie() {
        let mut rows = [
            row("slow", Some(0.5)),
            row("wrong", None),
            row("near", Some(2.99)),
            row("best", Some(3.0)),
            row("next", Some(2.9)),
        ];
        rank(&mut rows, 0.01);
        let seen: Vec<_> =
            rows.iter().map(|row| (row.backend.as_str(), row.rank, row.tie)).collect();
        assert_eq!(
            seen,
            [
                ("best", Some(1), true),
                ("near", Some(1), true),
                ("next", Some(3), false),
                ("slow", Some(4), false),
                ("wrong", None, false),
            ]
        );
    }

    #[test]
    fn a_wrong_row_decides_the_exit_code_whatever_else_happened() {
        let arguments = parse(&["--pairs", "32", "--seconds", "0", "--backend", "ring"]);
        let mut limits = Limits::new(1);
        let workload = workload(&arguments);
        let measured = measure(&arguments, groups(&arguments).unwrap(), &workload, &mut limits);
        let mut record = record(
            &arguments,
            Host::survey(),
            SystemTime::now(),
            workload.pairs(),
            &measured,
            &limits,
        );
        assert_eq!(verdict(&record), Done::Fine);
        record.workload.interrupted = true;
        assert_eq!(verdict(&record), Done::Interrupted);
        record.rows[0].verified = false;
        assert_eq!(verdict(&record), Done::Found);
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    }

    fn parse(arguments: &[&str]) -> Arguments {
        use clap::Parser;

        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            arguments: Arguments,
        }
        Line::parse_from(["compare"].iter().chain(arguments)).arguments
    }

    #[test]
    fn rows_are_chosen_by_name_kernel_and_hash() {
        let names = |arguments: &[&str]| -> Vec<String> {
            let groups = groups(&parse(arguments)).unwrap();
            groups.into_iter().flat_map(|group| group.entries).map(|entry| entry.name).collect()
        };
        assert_eq!(names(&["--backend", "ring"]), ["sha2-0.11", "ring"]);
        assert_eq!(names(&["--backend", "blake3"]), ["blake3"]);
        assert_eq!(
            names(&["--hash", "blake3", "--kernel", "portable"]),
            ["ammeter/portable", "blake3"]
        );
        assert_eq!(
            names(&["--backend", "ring", "--baseline", "ammeter/portable", "--hash", "sha256"]),
            ["ammeter/portable", "ring"]
        );
        assert!(groups(&parse(&["--backend", "md5"])).is_err());
        assert!(groups(&parse(&["--baseline", "md5"])).is_err());
    }
}
