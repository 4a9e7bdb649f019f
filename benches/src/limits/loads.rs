//! Reading memory and nothing else: what a reduction of the same bytes cannot be faster than.

use ammeter_core::{Isa, Share};
use bytemuck::TransparentWrapper as _;

/// Bytes of one turn of the loop: eight of the widest registers.
const TURN: usize = 512;

/// Reads `shares` into the widest registers that this CPU has, from the first whole cache line on,
/// but for the last turn that is not full; nothing is done with them.
pub fn load(shares: &[Share]) {
    let bytes = Share::peel_slice(shares).as_flattened();
    let lines = &bytes[bytes.as_ptr().align_offset(64).min(bytes.len())..];
    if lines.len() < TURN {
        return;
    }
    /// Eight loads at a time from `lines`, of registers that are so many bytes wide.
    macro_rules! turns {
        ($load:literal, $width:literal, $end:literal) => {
            // SAFETY: reads whole turns of `lines`, which has one or more, into registers that are
            // named as overwritten and that the CPU has.
            unsafe {
                core::arch::asm!(
                    "2:",
                    concat!(
                        ".irp k,0,1,2,3,4,5,6,7\n",
                        $load, "\\k, [{place} + \\k * ", $width, "]\n",
                        ".endr"
                    ),
                    concat!("add {place}, 8 * ", $width),
                    "cmp {place}, {end}",
                    "jb 2b",
                    $end,
                    place = inout(reg) lines.as_ptr() => _,
                    end = in(reg) lines.as_ptr().add(lines.len() / TURN * TURN),
                    out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                    out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                    options(nostack, readonly),
                )
            }
        };
    }
    if Isa::Avx512.lacking().is_none() {
        turns!("vmovdqa64 zmm", "64", "vzeroupper");
    } else if Isa::Avx2.lacking().is_none() {
        turns!("vmovdqa ymm", "32", "vzeroupper");
    } else {
        turns!("movdqa xmm", "16", "");
    }
}
