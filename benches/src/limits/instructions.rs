//! Independent chains of instructions, for as long as is asked.

use ammeter_core::operations::ShaInstructions;
#[cfg(target_arch = "x86_64")]
use ammeter_core::{Isa, Scheme};

use super::Probe;

/// Registers that each carry a chain of their own.
const CHAINS: usize = 12;
/// Rows of one pass: an instruction a chain each.
const ROWS: usize = 10;

/// Instructions of one pass, the two that count passes left out.
pub(super) fn of_pass(probe: Probe) -> u32 {
    match probe {
        Probe::Streams(scheme) => ShaInstructions::of_pair(scheme).total(),
        _ => (CHAINS * ROWS) as u32,
    }
}

/// Runs so many passes of a probe that is no memory's.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn run(_: Probe, _: u32) {
    unreachable!("there are no instruction probes for this architecture");
}

/// Runs so many passes of a probe that is no memory's.
#[cfg(target_arch = "x86_64")]
pub(super) fn run(probe: Probe, passes: u32) {
    use super::Tenths;

    match probe {
        Probe::Streams(Scheme::Lnd) => streams::<true>(passes),
        Probe::Streams(_) => streams::<false>(passes),
        Probe::Mix(isa, Tenths(shifts)) => {
            let table = match isa {
                Isa::Avx512 => MIX_AVX512,
                Isa::Avx512Vl => MIX_AVX512VL,
                Isa::Avx2 => MIX_AVX2,
                _ => MIX_SSE,
            };
            table[usize::from(shifts)](passes);
        }
        Probe::MemoryRead | Probe::MemoryWrite => unreachable!("memory has no passes"),
    }
}

/// `$body`, in which `\r` stands for each of the registers 1 to 12 where a row says so; registers 0
/// and 15 are only read. `$end` comes after the loop.
#[cfg(target_arch = "x86_64")]
macro_rules! passes {
    ($passes:ident, [$($body:expr),*], $end:literal $(, $name:ident = $value:expr)*) => {
        // SAFETY: arithmetic in registers that are named as overwritten; a probe is made only for
        // an instruction that the CPU has.
        unsafe {
            core::arch::asm!(
                "2:",
                $($body,)*
                "dec {passes:e}",
                "jnz 2b",
                $end,
                passes = inout(reg) $passes.max(1) => _,
                $($name = const $value,)*
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _,
                out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _,
                out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm15") _,
                options(nomem, nostack),
            )
        }
    };
}

/// A row: the instruction once a chain.
#[cfg(target_arch = "x86_64")]
macro_rules! row {
    ($instruction:literal) => {
        concat!(".irp r,1,2,3,4,5,6,7,8,9,10,11,12\n", $instruction, "\n.endr")
    };
}

/// Of `$count` instructions the part that is in stretch k of eight: a CPU looks only so far ahead
/// for what it can begin. `$first` is where the stretch begins to go round the chains.
#[cfg(target_arch = "x86_64")]
macro_rules! stretch {
    ($instruction:literal, $count:literal, $first:literal) => {
        concat!(
            ".irp r,1,2,3,4,5,6,7,8,9,10,11,12\n",
            ".if (\\r + 7 * \\k + ",
            $first,
            ") % 12 < ",
            $count,
            " * (\\k + 1) / 8 - ",
            $count,
            " * \\k / 8\n",
            $instruction,
            "\n",
            ".endif\n.endr"
        )
    };
}

/// A pair's instructions in a pass, of a scheme that hashes the share or of another.
#[cfg(target_arch = "x86_64")]
fn streams<const SHARE: bool>(passes: u32) {
    const fn needed(share: bool) -> ShaInstructions {
        ShaInstructions::of_pair(if share { Scheme::Lnd } else { Scheme::Og })
    }
    passes!(
        passes,
        [
            ".irp k,0,1,2,3,4,5,6,7",
            stretch!("sha256rnds2 xmm\\r, xmm15", "{rounds}", 0),
            stretch!("paddd xmm\\r, xmm15", "{additions}", 2),
            stretch!("sha256msg1 xmm\\r, xmm15", "{schedule_first}", 4),
            stretch!("pshufd xmm\\r, xmm15, 14", "{shuffles}", 6),
            stretch!("sha256msg2 xmm\\r, xmm15", "{schedule_last}", 8),
            ".endr"
        ],
        "",
        rounds = needed(SHARE).rounds,
        additions = needed(SHARE).additions,
        schedule_first = needed(SHARE).schedule_first,
        shuffles = needed(SHARE).shuffles,
        schedule_last = needed(SHARE).schedule_last
    );
}

/// Mixes of one width, by how many tenths are shifts: rows of shifts and of additions in turn, then
/// exclusive ors.
#[cfg(target_arch = "x86_64")]
macro_rules! mixes {
    ($table:ident, $mix:ident, $shift:literal, $add:literal, $xor:literal, $end:literal) => {
        const $table: [fn(u32); 6] =
            [$mix::<0>, $mix::<1>, $mix::<2>, $mix::<3>, $mix::<4>, $mix::<5>];

        fn $mix<const SHIFTS: usize>(passes: u32) {
            passes!(
                passes,
                [
                    ".rept {shifts}",
                    row!($shift),
                    row!($add),
                    ".endr",
                    ".rept {others}",
                    row!($xor),
                    ".endr"
                ],
                $end,
                shifts = SHIFTS,
                others = ROWS - 2 * SHIFTS
            );
        }
    };
}

#[cfg(target_arch = "x86_64")]
mixes!(
    MIX_AVX512,
    mix_avx512,
    "vprord zmm\\r, zmm\\r, 7",
    "vpaddd zmm\\r, zmm\\r, zmm15",
    "vpxord zmm\\r, zmm\\r, zmm15",
    "vzeroupper"
);
#[cfg(target_arch = "x86_64")]
mixes!(
    MIX_AVX512VL,
    mix_avx512vl,
    "vprord ymm\\r, ymm\\r, 7",
    "vpaddd ymm\\r, ymm\\r, ymm15",
    "vpxord ymm\\r, ymm\\r, ymm15",
    "vzeroupper"
);
#[cfg(target_arch = "x86_64")]
mixes!(
    MIX_AVX2,
    mix_avx2,
    "vpsrld ymm\\r, ymm\\r, 7",
    "vpaddd ymm\\r, ymm\\r, ymm15",
    "vpxor ymm\\r, ymm\\r, ymm15",
    "vzeroupper"
);
#[cfg(target_arch = "x86_64")]
mixes!(MIX_SSE, mix_sse, "psrld xmm\\r, 7", "paddd xmm\\r, xmm15", "pxor xmm\\r, xmm15", "");
