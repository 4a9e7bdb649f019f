//! What of a record can be compared with another run.

use serde::Serialize;

use crate::record::{Any, Ratio, Record, Row, receive, sweep::Sweep};

/// A ratio that was sampled side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What was measured, the same words in every run.
    pub name: String,
    /// On which machine.
    pub cpu: String,
    /// What it was compared with, version and all.
    pub against: String,
    /// Its speed over that.
    pub ratio: Option<Ratio>,
    /// A/A of the run.
    pub noise: Option<Ratio>,
    /// What went wrong with it.
    pub fault: Option<String>,
    /// Whether that is only that its clock could not be believed.
    pub clock_refused: bool,
}

/// All of a record; an attack has none, nor has a run that was a gate itself.
#[must_use]
pub fn figures(record: &Any) -> Vec<Figure> {
    match record {
        Any::Compare(record) => of_comparison(record),
        Any::Sweep(sweep) => of_sweep(sweep),
        Any::Receive(record) => of_receiver(record),
        // Two commits in one run have said what there is to say; a strategy that pays less is no
        // regression of this program; parts of a payment have nothing beside them.
        Any::Against(_)
        | Any::Attack(_)
        | Any::Census(_)
        | Any::Payment(_)
        | Any::Specimens(_)
        | Any::Split(_) => Vec::new(),
    }
}

fn fault(verified: bool, fault: Option<&String>) -> Option<String> {
    (!verified).then(|| fault.cloned().unwrap_or_else(|| "no output was verified".into()))
}

fn of_comparison(record: &Record) -> Vec<Figure> {
    let work = &record.workload;
    let figure = |row: &Row| {
        let of_hash = |other: &&Row| other.hash == row.hash && other.baseline;
        let baseline = record.rows.iter().find(of_hash);
        let noise = record.noise_of(&row.hash);
        Figure {
            name: format!(
                "{} {}, {} pairs a call, {} thread(s): {}",
                row.hash, row.scheme, work.pairs, work.threads, row.backend
            ),
            cpu: record.head.host.cpu.clone(),
            against: baseline
                .map_or_else(String::new, |row| format!("{} {}", row.backend, row.version)),
            ratio: row.ratio_to_baseline,
            noise: noise.map(|noise| noise.ratio),
            fault: fault(row.verified, row.fault.as_ref()),
            clock_refused: row.clock_refused,
        }
    };
    record.rows.iter().filter(|row| !row.baseline).map(figure).collect()
}

fn of_sweep(sweep: &Sweep) -> Vec<Figure> {
    let mut figures = Vec::new();
    for of in &sweep.hashes {
        let version = of.backends.iter().find(|backend| backend.name == of.baseline);
        let version = version.map_or("", |backend| &backend.version);
        for at in &of.points {
            for row in at.rows.iter().filter(|row| row.backend != of.baseline) {
                figures.push(Figure {
                    name: format!(
                        "{} {}, n = {}, {} thread(s): {}",
                        of.hash, sweep.workload.scheme, at.children, at.threads, row.backend
                    ),
                    cpu: sweep.head.host.cpu.clone(),
                    against: format!("{} {version}", of.baseline),
                    ratio: row.ratio_to_baseline,
                    noise: at.noise,
                    fault: fault(row.verified, row.fault.as_ref()),
                    clock_refused: row.clock_refused,
                });
            }
        }
    }
    figures
}

/// What has redb or an empty receiver beside it. HTLCs in memory have only sets of another size
/// beside them, and a receiver that is slower at all sizes would not show.
fn of_receiver(record: &receive::Record) -> Vec<Figure> {
    let figure = |name: String, against: &str, ratio, noise| Figure {
        name: format!("receiver, {name}"),
        cpu: record.head.host.cpu.clone(),
        against: against.into(),
        ratio,
        noise,
        fault: None,
        clock_refused: false,
    };
    let durable = record.durable.iter().map(|row| {
        let name = format!("durable: sets of {}, batches of {}", row.set_size, row.batch);
        figure(name, "redb", Some(row.of_redb), record.noise.durable)
    });
    let held = record.held.iter().flat_map(|row| {
        let passing = figure(
            format!("passing while {} are held", row.held),
            "a receiver that holds nothing",
            row.of_empty,
            record.noise.held,
        );
        let reopened = Some(row.reopen_of_redb.inverse());
        let name = format!("reopening with {} held", row.held);
        [passing, figure(name, "redb", reopened, row.reopen_noise)]
    });
    durable.chain(held).collect()
}
