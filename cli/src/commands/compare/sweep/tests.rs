use std::time::Duration;

use ammeter_bench::{
    backend::{Backend, Entry, Failure},
    clock::Elapsed,
    registry,
    sampler::Outcome as Sampling,
    workload::Workload,
};
use ammeter_core::{Hash, Pairs};

use super::*;
use crate::commands::compare::flags::parse;

/// Derives nothing where a payment has as many children as this.
struct LazyAt(usize, Box<dyn Backend>);

impl Backend for LazyAt {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        if workload.children == self.0 {
            return Ok(Elapsed { time: Duration::from_nanos(1), reference_cycles: None });
        }
        self.1.derive(workload, output)
    }
}

fn swept(flags: &[&str], groups: &[Group]) -> Sweep {
    let arguments = parse(flags);
    let stops = stops::over_children(&arguments);
    let measured = measure(&arguments, Over::N, groups, &stops);
    record(&arguments, Over::N, Host::survey(), SystemTime::now(), groups, &measured)
}

fn lazy() -> Group {
    let mut entries: Vec<Entry> = registry::entries(Hash::Sha256);
    entries.truncate(1);
    let make = || {
        let honest = registry::entries(Hash::Sha256)[0].make();
        Box::new(LazyAt(2, honest)) as Box<dyn Backend>
    };
    let mut entry = registry::auto(Hash::Sha256);
    (entry.name, entry.make) = ("lazy".into(), Box::new(make));
    entries.push(entry);
    Group { hash: Hash::Sha256, entries, baseline: 0 }
}

#[test]
fn a_point_says_of_a_row_that_only_its_clock_was_refused() {
    let arguments = parse(&["--seconds", "0", "--sweep-max", "1"]);
    let (groups, stops) = ([lazy()], stops::over_children(&arguments));
    let mut measured = measure(&arguments, Over::N, &groups, &stops);
    measured[0].run.outcomes[1] = Sampling::Untimed(Failure("its clock: no".into()));
    let started = SystemTime::now();
    let sweep = record(&arguments, Over::N, Host::survey(), started, &groups, &measured);
    let refused = sweep.hashes[0].points[0].rows.iter().map(|row| row.clock_refused);
    assert_eq!(refused.collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_row_that_is_wrong_at_one_point_is_found_there_and_nowhere_else() {
    let mut sweep = swept(&["--seconds", "0", "--sweep-max", "3"], &[lazy()]);
    let faults: Vec<_> =
        sweep.faults().map(|(_, at, row)| (at.children, row.backend.as_str())).collect();
    assert_eq!(faults, [(2, "lazy")]);
    assert_eq!(verdict(&sweep), Done::Found);
    assert!(table::sweep(&sweep).contains("✗ lazy at n = 2"), "{}", table::sweep(&sweep));
    sweep.workload.interrupted = true;
    assert_eq!(verdict(&sweep), Done::Found, "it outweighs an interruption");
    let json = serde_json::to_string(&sweep).unwrap();
    assert_eq!(serde_json::from_str::<Sweep>(&json).unwrap(), sweep);
    for of in &mut sweep.hashes {
        of.points.retain(|at| at.children != 2);
    }
    assert_eq!(verdict(&sweep), Done::Interrupted);
}
