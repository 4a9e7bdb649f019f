//! `ammeter compare --workload split`: strategies of senders on the same networks and payments.

use std::{fs, io::Read as _, path::Path, time::SystemTime};

use ammeter_bench::split::{
    experiment::{AMOUNT_MSAT, Settings, run as experiment},
    gossip::{SNAPSHOT_BYTES_MAX, Snapshot, parse},
    solve::{CHANNELS, Times, times},
};
use ammeter_report::{
    host::Survey,
    html,
    record::split::{Record, SCHEMA, Workload, baseline, rows, solves},
    table,
};

use super::Arguments;
use crate::{
    build,
    console::{self, Done, Outcome, Refusal},
    output::{Output, Progress, invocation},
};

/// Measures, and leaves a table, a record and a page.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let started = SystemTime::now();
    let flags = &arguments.split;
    let snapshot = flags.snapshot.as_deref().map(read).transpose()?;
    let output = Output::begin(&arguments.out, arguments.json.as_deref(), "split", started)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let record = measure(arguments, snapshot.as_ref(), started);
    output.finish(&record, &html::split(&record), &table::split::terminal(&record))?;
    Ok(if record.workload.interrupted { Done::Interrupted } else { Done::Fine })
}

fn read(path: &Path) -> Result<Snapshot, Refusal> {
    let refused = |error: &dyn std::fmt::Display| Refusal::of(path.display(), error);
    let file = fs::File::open(path).map_err(|error| refused(&error))?;
    let mut bytes = Vec::new();
    let most = SNAPSHOT_BYTES_MAX + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| refused(&error))?;
    if bytes.len() as u64 == most {
        return Err(refused(&format_args!("more than {SNAPSHOT_BYTES_MAX} bytes")));
    }
    parse(&bytes).map_err(|error| refused(&error))
}

fn measure(arguments: &Arguments, snapshot: Option<&Snapshot>, started: SystemTime) -> Record {
    let (flags, quick) = (&arguments.split, arguments.quick);
    let of = |asked: Option<u32>, whole: usize, short: usize| {
        asked.map_or(if quick { short } else { whole }, |asked| asked as usize)
    };
    let settings = Settings {
        channels: of(flags.channels, 1000, 1000),
        snapshot: snapshot.map(|snapshot| &snapshot.network),
        seeds: of(flags.seeds, 24, 6),
        payments: of(flags.payments, 16, 8),
        seed: arguments.seed,
    };
    let (progress, survey) = (Progress::new(), Survey::begin());
    progress.restart("payments".into());
    let found = experiment(settings, &|| !console::interrupted(), &|part| progress.show(part));
    let times = time_solves(&progress, quick, arguments.seed);
    Record {
        head: build::head(SCHEMA, survey.host()),
        workload: Workload {
            invocation: invocation(started, arguments.seed),
            quick,
            interrupted: console::interrupted(),
            network: network(flags.snapshot.as_deref()),
            channels: match settings.snapshot {
                Some(network) => network.channels().len() as u64,
                None => settings.channels as u64,
            },
            seeds: found.seeds as u64,
            drawn: found.drawn as u64,
            payable: found.payable as u64,
            amount_min_msat: AMOUNT_MSAT[0] as u64,
            amount_max_msat: AMOUNT_MSAT[1] as u64,
            baseline: baseline(),
        },
        rows: rows(&found),
        solves: solves(&times),
    }
}

/// Where networks come from, in a record.
fn network(snapshot: Option<&Path>) -> String {
    let name = snapshot.and_then(Path::file_name);
    name.map_or_else(|| "generated".into(), |name| name.to_string_lossy().into_owned())
}

/// One after the other, so that nothing of this process is beside them.
fn time_solves(progress: &Progress, quick: bool, seed: u64) -> Vec<Times> {
    let mut all = Vec::new();
    for channels in CHANNELS {
        if console::interrupted() {
            break;
        }
        progress.restart(format!("solves on {channels} channels"));
        all.extend(times(channels, if quick { 5 } else { 25 }, seed));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_snapshot_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gossip");
        assert!(read(&path).unwrap_err().to_string().contains("gossip"));
        fs::write(&path, b"\x1f\x8b rest").unwrap();
        let refused = read(&path).unwrap_err().to_string();
        assert!(refused.contains("prefix at offset 0") && refused.contains("gzipped"), "{refused}");
        assert_eq!(network(Some(&path)), "gossip");
        assert_eq!(network(None), "generated");
    }
}
