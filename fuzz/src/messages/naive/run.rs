//! A whole legacy onion in the clear: 20 frames.

use crate::messages::naive::{
    Wrong,
    frame::{self, FinalHop},
    zero,
};

/// The fields of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// The frames in front of the final hop's.
    pub forwards: &'a [u8],
    /// The final hop's frames.
    pub final_hop: FinalHop<'a>,
    /// The bytes behind them.
    pub filler: &'a [u8],
}

/// All of `input` is a run.
///
/// # Errors
/// The first fault in the order of the bytes.
pub fn run(input: &[u8]) -> Result<Run<'_>, Wrong> {
    if input.len() != 1300 {
        return Err(Wrong::at(0, "RunLength"));
    }
    for start in (0..1300).step_by(65) {
        if input[start + 33..start + 65].iter().all(|byte| *byte == 0) {
            let (final_hop, end) = frame::prefix(input, start)?;
            return Ok(Run { forwards: &input[..start], final_hop, filler: &input[end..] });
        }
        zero(input, start + 21, start + 33)?;
    }
    Err(Wrong::at(0, "NoFinalFrame"))
}
