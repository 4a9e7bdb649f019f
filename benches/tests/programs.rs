//! Every program under `backends/` that this machine can build derives every scheme as the slow
//! twin does.

use std::path::Path;

use ammeter_bench::{
    backend::Check,
    program::{Patience, file},
    workload::{Output, Workload},
};
use ammeter_core::{Hash, Scheme};

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
        for scheme in Scheme::ALL {
            let workload = Workload::new(scheme, 3, 67, 5);
            let expected = workload.expected(Hash::Sha256);
            let (mut program, mut output) = (row.make(), Output::new(workload.pairs()));
            // The digest of its outputs, then the pairs that it shows.
            let checked = program.calls(2, &Check { workload: &workload, expected }, &mut output);
            assert!(checked.is_ok(), "{scheme}: {}: {checked:?}", row.name);
            let shown = program.derive(&workload, output.wiped());
            assert!(shown.is_ok(), "{scheme}: {}: {shown:?}", row.name);
            assert_eq!(output.digest(), expected, "{scheme}: {}", row.name);
        }
        println!("verified: {}: {}", row.name, row.version);
        verified += 1;
    }
    println!("{verified} programs");
}
