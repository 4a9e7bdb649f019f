//! libFuzzer's side of the targets: what turns a name into a program.
//!
//! A package of its own, outside the workspace, so that nobody who runs the tests builds libFuzzer.

pub use ammeter_fuzz;
pub use libfuzzer_sys;

use std::{env, sync::LazyLock};

use ammeter_fuzz::{Target, messages::mutate::mutate_in_place};

/// The program that fuzzes the target of this name.
#[macro_export]
macro_rules! fuzz {
    ($name:literal) => {
        const TARGET: $crate::ammeter_fuzz::Target = $crate::ammeter_fuzz::target($name);
        $crate::libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::run(TARGET, input));
        $crate::libfuzzer_sys::fuzz_mutator!(
            |data: &mut [u8], size: usize, size_max: usize, seed: u32| {
                $crate::change(TARGET, data, (size, size_max), seed)
            }
        );
    };
}

/// Runs a target's body, unless `AMMETER_IDLE` is set: then the program shows what the fuzzer can
/// do by itself, with the same mutator on the same inputs.
#[inline]
pub fn run(target: Target, input: &[u8]) {
    static IDLE: LazyLock<bool> = LazyLock::new(|| env::var_os("AMMETER_IDLE").is_some());
    if !*IDLE {
        (target.run)(input);
    }
}

/// Changes an input: every other time where it has a structure, else as libFuzzer likes, which also
/// brings in the dictionary.
pub fn change(
    target: Target,
    data: &mut [u8],
    (size, size_max): (usize, usize),
    seed: u32,
) -> usize {
    match target.shape {
        Some(shape) if seed.is_multiple_of(2) => {
            mutate_in_place(shape, &mut data[..size_max], size, seed)
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, size_max),
    }
}
