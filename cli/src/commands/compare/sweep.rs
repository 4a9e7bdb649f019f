//! Many points instead of one: sizes of payment, or counts of threads.
//!
//! A point is what `compare` does at one size. All points of all hashes are visited in several
//! [`passes`](super::passes) in changing order, and each point's samples of all passes are taken together.

mod leads;
mod measure;
mod results;
mod stops;

use std::time::SystemTime;

use super::{
    Arguments,
    selection::{Group, groups},
};
use crate::console::{self, Done, Outcome};
use crate::{
    build,
    output::{Output, invocation},
};
use ammeter_report::{
    host::{Host, Survey},
    html,
    record::sweep::{Over, SCHEMA, Sweep, Workload},
    table,
};
use measure::{Measured, measure};

/// Sweeps.
pub(super) fn run(arguments: &Arguments, over: Over) -> Outcome {
    let groups = groups(arguments)?;
    let stops = match over {
        Over::N => stops::over_children(arguments),
        Over::Threads => stops::over_threads(arguments)?,
    };
    let started = SystemTime::now();
    let output = Output::begin(&arguments.out, arguments.json.as_deref(), "sweep", started)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let survey = Survey::begin();
    let measured = measure(arguments, over, &groups, &stops);
    let sweep = record(arguments, over, survey.host(), started, &groups, &measured);
    output.finish(&sweep, &html::sweep(&sweep), &table::sweep(&sweep))?;
    Ok(verdict(&sweep))
}

fn record(
    arguments: &Arguments,
    over: Over,
    host: Host,
    started: SystemTime,
    groups: &[Group],
    measured: &[Measured<'_>],
) -> Sweep {
    Sweep {
        head: build::head(SCHEMA, host),
        workload: Workload {
            invocation: invocation(started, arguments.seed),
            scheme: arguments.scheme.to_string(),
            over,
            seconds: arguments.seconds(),
            interrupted: console::interrupted(),
            pairs_checked: measured.iter().map(|point| point.run.pairs_checked).sum(),
        },
        hashes: groups
            .iter()
            .map(|group| results::of_hash(arguments.seed, over, group, measured))
            .collect(),
    }
}

/// A wrong row outweighs an interruption: it is what a script must not miss.
fn verdict(sweep: &Sweep) -> Done {
    if sweep.faults().next().is_some() {
        Done::Found
    } else if sweep.workload.interrupted {
        Done::Interrupted
    } else {
        Done::Fine
    }
}

#[cfg(test)]
mod tests;
