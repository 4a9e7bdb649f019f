//! Every built-in row derives every scheme as the slow twin does.

use std::time::Duration;

use ammeter_bench::{
    registry,
    sampler::{Outcome, Plan, sample},
    workload::Workload,
};
use ammeter_core::{Hash, Scheme};

#[test]
fn no_row_is_left_out_of_the_default_build() {
    assert_eq!(registry::left_out().is_empty(), cfg!(feature = "peers"));
}

#[test]
fn every_row_of_every_scheme_is_verified() {
    for hash in Hash::ALL {
        let mut entries = registry::entries(hash);
        entries.push(registry::auto(hash));
        for scheme in Scheme::ALL {
            let workload = Workload::new(scheme, 3, 67, 5);
            let plan = Plan { hash, threads: 1, time: Duration::ZERO, seed: 1 };
            let run = sample(&entries, 0, &workload, plan, &mut |_| true);
            for (entry, outcome) in entries.iter().zip(&run.outcomes) {
                assert!(matches!(outcome, Outcome::Verified(_)), "{scheme} {entry:?} {outcome:?}");
            }
        }
        for entry in &entries {
            println!("verified: {}", entry.name);
        }
    }
}
