//! Promise: our receiver breaks no invariant and no rule in any history.
//!
//! The first eight bytes are the seed of a history. The others remove, repeat and move its
//! operations, so that a fuzzer can follow coverage to histories that no seed gives.

use arbitrary::{Result, Unstructured};

use crate::{
    adapter::builtin::Builtin,
    sim::{
        coverage::Coverage,
        generate::{self, Settings},
        history::History,
        invariants::Watch,
        show, world,
    },
};

/// The most changes of one history.
const CHANGES_MAX: usize = 64;
/// The most operations that repetitions may lead to.
const OPERATIONS_MAX: usize = 256;

/// Without crashes and faults of the disk.
pub(crate) fn run(input: &[u8]) {
    check(input, false);
}

/// With crashes, and a disk that fails.
pub(crate) fn run_with_crashes(input: &[u8]) {
    check(input, true);
}

fn check(input: &[u8], crashes: bool) {
    let mut bytes = Unstructured::new(input);
    let Ok(seed) = bytes.arbitrary() else { return };
    let mut history = generate::history(seed, Settings { crashes, ..Settings::default() });
    for _ in 0..CHANGES_MAX {
        if change(&mut history, &mut bytes).is_err() {
            break;
        }
    }
    let mut subject = Builtin::new();
    if let Err(violation) =
        world::run(&history, &mut subject, Watch::Rules, &mut Coverage::default())
    {
        let timeline = show::timeline(&history, &mut subject, Watch::Rules);
        panic!("{violation}\n{timeline}\n{history}");
    }
}

/// One change; an error if there are no bytes left to say which.
fn change(history: &mut History, bytes: &mut Unstructured<'_>) -> Result<()> {
    let operations = &mut history.operations;
    let last = operations.len().checked_sub(1).ok_or(arbitrary::Error::IncorrectFormat)?;
    // A number never changes its meaning, so that old seeds keep theirs.
    let kind = bytes.int_in_range(0..=7)?;
    if bytes.is_empty() {
        return Err(arbitrary::Error::NotEnoughData);
    }
    let (from, to) = (bytes.int_in_range(0..=last)?, bytes.int_in_range(0..=last)?);
    match kind {
        0 | 1 => {
            operations.remove(from);
        }
        2 | 3 => operations.swap(from, to),
        4 | 5 if operations.len() < OPERATIONS_MAX => {
            let again = operations[from].clone();
            operations.insert(to, again);
        }
        _ => {}
    }
    Ok(())
}
