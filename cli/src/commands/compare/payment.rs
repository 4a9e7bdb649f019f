//! `ammeter compare --workload payment`: what a payment costs its receiver, by part of the work.

use std::time::{Duration, SystemTime};

use ammeter_bench::{
    payment::{SET_SIZES, sample},
    receive::Plan,
    sampler::ROUNDS_MIN,
};
use ammeter_report::{
    host::Survey,
    html,
    record::payment::{Record, Row, SCHEMA, Workload},
    table,
};

use super::Arguments;
use crate::{
    build,
    console::{self, Done, Outcome, Refusal},
    output::{Output, invocation},
};

/// Measures, and leaves a table, a record and a page.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let started = SystemTime::now();
    let output = Output::begin(&arguments.out, arguments.json.as_deref(), "payment", started)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let record = measure(arguments, started)?;
    output.finish(&record, &html::payment(&record), &table::payment::terminal(&record))?;
    Ok(if record.workload.interrupted { Done::Interrupted } else { Done::Fine })
}

fn measure(arguments: &Arguments, started: SystemTime) -> Result<Record, Refusal> {
    let survey = Survey::begin();
    let disk = |error: &dyn std::fmt::Display| Refusal::of(arguments.out.display(), error);
    // On the disk that is asked about, and gone in the end.
    let folder = tempfile::Builder::new().prefix("stores-").tempdir_in(&arguments.out);
    let folder = folder.map_err(|error| disk(&error))?;
    let plan = Plan {
        time: Duration::from_secs_f64(arguments.seconds()),
        rounds_min: ROUNDS_MIN,
        seed: arguments.seed,
    };
    let sampled = sample(folder.path(), plan, &mut || !console::interrupted());
    let sampled = sampled.map_err(|error| disk(&error))?;
    let rows = SET_SIZES.iter().zip(&sampled);
    Ok(Record {
        head: build::head(SCHEMA, survey.host()),
        workload: Workload {
            invocation: invocation(started, arguments.seed),
            seconds: arguments.seconds(),
            interrupted: console::interrupted(),
        },
        rows: rows.map(|(size, rounds)| Row::new(*size, rounds, arguments.seed)).collect(),
    })
}
