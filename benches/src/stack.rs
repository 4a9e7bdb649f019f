//! Where on the stack a call runs.
//!
//! A kernel spills registers to the stack, and whether those addresses collide with its output's,
//! modulo 4 KiB, depends on how deep its caller is and on where the system put the stack. Two rows
//! of one kernel were up to half a per cent apart for as long as a process lived, and A/A, whose
//! calls are equally deep, did not see it. So each slice runs at another depth, and a row's median
//! is over all of them. (Mytkowicz, Diwan, Hauswirth, Sweeney: Producing Wrong Data Without Doing
//! Anything Obviously Wrong, 2009.)

use std::hint::black_box;

/// Frames of a little more than a cache line, so that all offsets modulo 4 KiB are visited.
const FRAMES: u64 = 64;

/// Runs `call` at the depth that a random `word` chooses.
pub(crate) fn at_depth<T>(word: u64, call: impl FnOnce() -> T) -> T {
    let (mut call, mut result) = (Some(call), None);
    below(word % FRAMES, &mut || result = call.take().map(|call| call()));
    result.expect("it was called once")
}

#[inline(never)]
fn below(frames: u64, call: &mut dyn FnMut()) {
    let line = black_box([0_u8; 64]);
    if frames == 0 {
        call();
    } else {
        below(frames - 1, call);
    }
    // What is needed afterwards keeps its place meanwhile.
    black_box(line);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_cache_line_of_a_page_is_where_some_call_begins() {
        let places: BTreeSet<usize> = (0..FRAMES)
            .map(|word| {
                at_depth(word, || {
                    let here = 0_u8;
                    std::ptr::from_ref(black_box(&here)).addr() % 4096 / 64
                })
            })
            .collect();
        assert!(places.len() >= 48, "{places:?}");
    }
}
