//! `ammeter doctor`: what this machine can run, and what would make its timings unreliable.

use std::{fmt::Write as _, time::Instant};

use ammeter_bench::registry;
use ammeter_core::{Hash, Kernel, dispatch::KERNEL_VARIABLE};
use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;

use crate::build;
use crate::console::{self, Done, Outcome, Refusal};
use ammeter_report::{
    host::{self, Host, Survey},
    record::Build,
};

/// How to print it.
#[derive(Debug, Args)]
#[group(id = "doctor")]
pub struct Arguments {
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

/// The whole diagnosis.
#[derive(Serialize)]
struct Diagnosis {
    host: Host,
    build: Build,
    kernels: Vec<KernelRow>,
    /// What the kernel variable forces, if anything.
    forced: Option<String>,
    backends: Vec<BackendRow>,
    governor: Option<String>,
    load_1_minute: Option<f64>,
    /// Part of the time in which a fixed piece of work took more than 1.1 × its fastest.
    disturbed: f64,
}

#[derive(Serialize)]
struct KernelRow {
    hash: &'static str,
    isa: &'static str,
    lanes: usize,
    /// Why this machine does not have it.
    missing: Option<String>,
    chosen: bool,
}

#[derive(Serialize)]
struct BackendRow {
    backend: String,
    hash: &'static str,
    isa: String,
    version: String,
    call: String,
}

/// Diagnoses.
pub fn run(arguments: &Arguments) -> Outcome {
    let diagnosis = diagnose()?;
    let text = if arguments.json {
        let json = serde_json::to_string_pretty(&diagnosis);
        json.map_err(|error| Refusal::of("--json", error))? + "\n"
    } else {
        describe(&diagnosis)
    };
    console::print(&text)?;
    Ok(Done::Fine)
}

fn diagnose() -> Result<Diagnosis, Refusal> {
    let survey = Survey::begin();
    let disturbed = disturbed();
    let mut host = survey.host();
    if disturbed > 0.05 {
        let part = 100.0 * disturbed;
        host.warnings
            .push(format!("{part:.0} % of 2,000 equal pieces of work were slowed by 10 %"));
    }
    let mut kernels = Vec::new();
    for hash in Hash::ALL {
        let chosen =
            Kernel::chosen(hash).map_err(|missing| Refusal::of(KERNEL_VARIABLE, missing))?.isa();
        for row in Kernel::census().filter(|row| row.hash == hash) {
            kernels.push(KernelRow {
                hash: hash.name(),
                isa: row.isa.name(),
                lanes: row.lanes,
                missing: row.kernel.err().map(|missing| missing.to_string()),
                chosen: row.isa == chosen,
            });
        }
    }
    let entries = |hash| registry::entries(hash).into_iter().chain([registry::auto(hash)]);
    let backends = Hash::ALL.into_iter().flat_map(entries).map(|entry| BackendRow {
        backend: entry.name,
        hash: entry.hash.name(),
        isa: entry.isa,
        version: entry.version,
        call: entry.call,
    });
    Ok(Diagnosis {
        host,
        build: build::current(),
        kernels,
        forced: std::env::var(KERNEL_VARIABLE).ok().filter(|name| !name.is_empty()),
        backends: backends.collect(),
        governor: host::governor(),
        load_1_minute: host::load(),
        disturbed,
    })
}

/// Repeats a fixed piece of work of some 20 µs and counts the slow repetitions. Neighbours, changes
/// of frequency and interrupts all show here, also those that the system does not report.
fn disturbed() -> f64 {
    let spans: Vec<_> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            (0..20_000u64).fold(1u64, |x, k| std::hint::black_box(x.wrapping_mul(k | 1)));
            start.elapsed()
        })
        .collect();
    let fastest = spans.iter().min().copied().unwrap_or_default();
    let slow = spans.iter().filter(|span| **span > fastest.mul_f64(1.1)).count();
    slow as f64 / spans.len() as f64
}

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Yellow.on_default();

fn describe(diagnosis: &Diagnosis) -> String {
    let Diagnosis { host, build, .. } = diagnosis;
    let mut text = String::new();
    let out = &mut text;
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", host.cpu);
    let _ = writeln!(out, "  {} cores, {}, {}", host.cores, host.architecture, host.os);
    let _ = writeln!(out, "  features: {}", host.features.join(" "));
    if let Some(hz) = host.reference_clock_hz {
        let _ = writeln!(out, "  timestamp counter: {:.3} GHz", hz / 1e9);
    }
    let governor = diagnosis.governor.as_deref().unwrap_or("not told by this system");
    let _ = writeln!(out, "  frequency governor: {governor}");
    let _ = writeln!(out, "  {}, commit {}\n", build.rustc, build.commit);

    let _ = writeln!(out, "{BOLD}Kernels{BOLD:#} (force one with {KERNEL_VARIABLE}=NAME)");
    for kernel in &diagnosis.kernels {
        let lanes = format!("{} lanes", kernel.lanes);
        let (style, verdict) = match (&kernel.missing, kernel.chosen) {
            (Some(missing), _) => (BAD, missing.as_str()),
            (None, true) => (GOOD, "self-test passed; chosen"),
            (None, false) => (GOOD, "self-test passed"),
        };
        let (hash, isa) = (kernel.hash, kernel.isa);
        let _ = writeln!(out, "  {hash:<7} {isa:<9} {lanes:<9} {style}{verdict}{style:#}");
    }
    let _ = writeln!(out, "\n{BOLD}Backends{BOLD:#}");
    for BackendRow { backend, hash, isa, version, .. } in &diagnosis.backends {
        let _ = writeln!(out, "  {hash:<7} {backend:<17} {isa:<13} {version}");
    }
    let _ = writeln!(out, "\n{BOLD}What would spoil timings{BOLD:#}");
    if host.warnings.is_empty() {
        let _ = writeln!(out, "  {GOOD}nothing was found{GOOD:#}");
    }
    for warning in &host.warnings {
        let _ = writeln!(out, "  {BAD}{warning}{BAD:#}");
    }
    text
}
