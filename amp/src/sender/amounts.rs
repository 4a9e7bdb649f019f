//! Amounts that add up to the millisatoshi.

use crate::sender::error::PlanError;
use ammeter_core::types::Msat;

/// `part_count` amounts, as equal as can be, the larger ones first; their sum is `total`.
///
/// # Errors
/// [`PlanError::NoParts`]; [`PlanError::TooManyParts`] if one of them would be zero.
pub fn even(
    total_msat: Msat,
    part_count: u32,
) -> Result<impl ExactSizeIterator<Item = Msat>, PlanError> {
    if part_count == 0 {
        return Err(PlanError::NoParts);
    }
    let parts = u64::from(part_count);
    let (share, larger) = (total_msat.0 / parts, total_msat.0 % parts);
    if share == 0 {
        return Err(PlanError::TooManyParts { part_count, total_msat });
    }
    Ok((0..part_count).map(move |part| Msat(share + u64::from(u64::from(part) < larger))))
}
