//! Promise: every target runs on stable, on its seeds and on inputs of every length, and a broken
//! promise is noticed; nothing that belongs to a target is missing, and nothing belongs to none.

#[path = "support/seeds.rs"]
mod seeds;

use std::{collections::BTreeSet, fs, panic, path::Path};

use ammeter_fuzz::{CANARIES, TARGETS, messages::mutate::mutate_in_place};
use seeds::{root, seeds};

/// Inputs that a replay runs at least: a loop over nothing must not pass.
const INPUTS_MIN: usize = 20_000;
/// A longer seed is replayed whole only.
const BYTEWISE_MAX: usize = 2_000;

/// Every seed; where a target reads one message, every beginning of it too.
#[test]
fn targets_hold_on_their_seeds() {
    let mut count = 0;
    for target in TARGETS {
        for (name, seed) in seeds(target.name) {
            let bytewise = target.shape.is_some() && seed.len() <= BYTEWISE_MAX;
            for length in if bytewise { 0 } else { seed.len() }..=seed.len() {
                let held = panic::catch_unwind(|| (target.run)(&seed[..length]));
                assert!(held.is_ok(), "{}: {length} bytes of {name}", target.name);
                count += 1;
            }
        }
    }
    println!("{count} inputs");
    assert!(count >= INPUTS_MIN, "{count} inputs");
}

/// Seeds as the fuzzers' mutator changes them.
#[test]
fn targets_hold_on_changed_seeds() {
    let mut changed = 0;
    for target in TARGETS {
        let Some(shape) = target.shape else { continue };
        for (name, seed) in seeds(target.name) {
            for number in 0..32u32 {
                let change = || {
                    let mut data = [&seed[..], &[0; 100]].concat();
                    let seed_number = number.wrapping_mul(0x9e37_79b9);
                    let size = mutate_in_place(shape, &mut data, seed.len(), seed_number);
                    data.truncate(size);
                    data
                };
                let data = change();
                assert_eq!(data, change(), "the same number, the same change");
                changed += usize::from(data != seed);
                let held = panic::catch_unwind(|| (target.run)(&data));
                assert!(held.is_ok(), "{}: change {number} of {name}: {data:02x?}", target.name);
            }
        }
    }
    assert!(changed >= INPUTS_MIN / 4, "{changed} changes");
}

/// Lengths from empty to several groups of every kernel; bytes from a multiplicative generator, no
/// two alike.
#[test]
fn targets_hold_on_made_up_inputs() {
    for target in TARGETS {
        let mut state = 1u32;
        for length in (0..200).chain([600, 1187, 2949]) {
            let input: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(0x9e37_79b1).wrapping_add(0x7f4a_7c15);
                    (state >> 24) as u8
                })
                .collect();
            (target.run)(&input);
        }
    }
}

/// Every message of the first vectors, valid and not, reaches every format.
#[test]
fn formats_hold_on_the_published_messages() {
    let vectors = include_str!("../../vectors/reference.json");
    let messages = vectors.split("\"hex\": \"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut count = 0;
    for digits in messages {
        let pairs = digits.as_bytes().chunks_exact(2);
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let message = pairs.map(byte).collect::<Vec<u8>>();
        for target in TARGETS.iter().filter(|target| target.shape.is_some()) {
            (target.run)(&message);
        }
        count += 1;
    }
    assert_eq!(count, 48 + 12 + 123);
}

/// A bin that only looks itself up by its own name, a row in the package of bins, a folder of
/// seeds.
#[test]
fn every_target_is_complete_and_nothing_else_is_there() {
    let names: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names.len(), TARGETS.len(), "two targets of one name");
    assert_eq!(files("seeds", ""), names, "seeds on the left");
    assert!(files("dictionaries", ".dict").is_subset(&names), "a dictionary for no target");

    let programs: BTreeSet<_> =
        names.into_iter().chain(CANARIES.iter().map(|canary| canary.name.to_owned())).collect();
    assert_eq!(files("fuzz_targets", ".rs"), programs, "bins on the left");
    let manifest = fs::read_to_string(root().join("libfuzzer/Cargo.toml")).unwrap();
    for name in &programs {
        let text = fs::read_to_string(root().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert_eq!(text, format!("#![no_main]\nammeter_libfuzzer::fuzz!(\"{name}\");\n"));
        let row = format!("\nname = \"{name}\"\npath = \"../fuzz_targets/{name}.rs\"\n");
        assert!(manifest.contains(&row), "libfuzzer/Cargo.toml has no bin {name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), programs.len());
}

/// Names in a folder, without their ending.
fn files(folder: &str, ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries
        .map(|entry| name(&entry.unwrap().path()))
        .map(|name| {
            name.strip_suffix(ending).unwrap_or_else(|| panic!("{folder}/{name}")).to_owned()
        })
        .collect()
}

/// libFuzzer stops at a dictionary with one wrong line.
#[test]
fn dictionaries_are_well_formed() {
    for name in files("dictionaries", ".dict") {
        let text = fs::read_to_string(root().join(format!("dictionaries/{name}.dict"))).unwrap();
        let entries: Vec<_> =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(!entries.is_empty(), "{name}: no entries");
        for entry in entries {
            let bytes = entry.split_once("=\"").and_then(|(_, rest)| rest.strip_suffix('"'));
            let bytes = bytes.unwrap_or_else(|| panic!("{name}: {entry}"));
            assert!(bytes.split("\\x").skip(1).all(|byte| u8::from_str_radix(byte, 16).is_ok()));
            assert!(bytes.starts_with("\\x"), "{name}: {entry}");
        }
    }
}

#[test]
fn the_canaries_fail() {
    let records: Vec<u8> = (0..6).flat_map(|record| [2 * record + 1, 0]).collect();
    for (canary, quiet, loud) in
        [(CANARIES[0], &b"quiet"[..], &b"sing"[..]), (CANARIES[1], &records[2..], &records)]
    {
        (canary.run)(quiet);
        assert!(panic::catch_unwind(|| (canary.run)(loud)).is_err(), "{}", canary.name);
    }
}
