//! One history, run again.

use crate::sim::{
    coverage::Coverage,
    history::History,
    invariants::{Violation, Watch},
    order,
    subject::UnderTest,
    world,
};

/// Runs one history; twice more if its order must not matter. A history that says so itself is
/// watched for the table of rules as well.
///
/// # Errors
/// What broke.
pub fn replay(
    history: &History,
    subject: &mut dyn UnderTest,
    watch: Watch,
) -> Result<(), Violation> {
    let watch = match watch {
        Watch::Invariants if history.rules => Watch::Rules,
        _ => watch,
    };
    if watch != Watch::Panics && order::is_free(history) {
        order::check(history, subject)?;
    }
    world::run(history, subject, watch, &mut Coverage::default()).map(|_| ())
}
