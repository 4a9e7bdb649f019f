//! Every program under `backends/` that this machine can build derives every scheme as the slow
//! twin does.

use std::{path::Path, time::Duration};

use ammeter_bench::{
    program::{Patience, file},
    registry,
    sampler::{Outcome, Plan, sample},
    workload::Workload,
};
use ammeter_core::{Hash, Scheme};

/// How often a program is tried whose clock seems wrong.
const TRIES: usize = 5;

#[test]
fn the_programs_of_this_repository_derive_what_the_slow_twin_derives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("backends/backends.toml");
    let mut verified = 0;
    for program in file::read(&path).unwrap() {
        if program.needs.iter().any(|need| need == "cargo") {
            println!("skipped: {}: it is another build of this workspace", program.name);
            continue;
        }
        let row = match program.entry(Patience::default()) {
            Ok((row, _)) => row,
            Err(failure) => {
                println!("skipped: {}: {failure}", program.name);
                continue;
            }
        };
        let entries = [registry::entries(Hash::Sha256).remove(0), row];
        for scheme in Scheme::ALL {
            // Calls that last far longer than what a pipe costs.
            let workload = Workload::new(scheme, 40, 67, 5);
            let plan = Plan { hash: Hash::Sha256, threads: 1, time: Duration::ZERO, seed: 1 };
            let mut tries = (0..TRIES).map(|_| {
                sample(&entries, 0, &workload, plan, &mut |_| true).outcomes.swap_remove(1)
            });
            // A machine under load can make an honest clock look wrong; this is not about clocks.
            let outcome = tries.find(|outcome| !format!("{outcome:?}").contains("its clock"));
            match outcome {
                Some(Outcome::Verified(_)) => {}
                None => println!("not judged: {}: the machine is too busy", entries[1].name),
                Some(outcome) => panic!("{scheme}: {}: {outcome:?}", entries[1].name),
            }
        }
        println!("verified: {}: {}", entries[1].name, entries[1].version);
        verified += 1;
    }
    println!("{verified} programs");
}
