//! Checks every kernel of the core with the core's own checker, writes what it found to [`LOG`] and
//! halts.
//!
//! Around derivations whose instructions are to be counted it gives a signal: what runs it then
//! knows where to look, and nothing else happens in between.
#![no_std]
#![no_main]

use core::{arch::asm, arch::global_asm, fmt, fmt::Write, hint::black_box, panic::PanicInfo};

use ammeter_core::{
    BasePreimage, Engine, Indices, Isa, Job, Kernel, Pairs, PaymentHash, Preimage, Scheme, Share,
    testing::{self, RoutineVerdict},
};

/// Addresses that are prefetched to say that counting starts and ends.
const START: usize = 0x100;
const STOP: usize = 0x200;

/// Pairs of the two derivations that are counted: their difference leaves out what runs once a
/// call. Both are multiples of every kernel's lanes.
const COUNTED: [usize; 2] = [64, 192];

/// Whose instructions are counted. All of the image is compiled for AVX-512, so what it has for older
/// CPUs is not the code that they run; and to count that as well takes nearly as long as all the rest.
const WORTH_COUNTING: [Isa; 3] = [Isa::Avx512, Isa::Avx512Vl, Isa::ShaNi];

/// What there is to say, as text; read from outside by its symbol. A zero byte ends it.
#[unsafe(no_mangle)]
static mut LOG: [u8; 1 << 14] = [0; 1 << 14];

// The stack is what the loader gives; a call would have pushed eight bytes.
global_asm!(".globl _start", "_start:", "and rsp, -64", "call {main}", "hlt", main = sym main);

struct Log(usize);

impl Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: nothing else runs; the bound leaves a zero behind the text.
            unsafe {
                let log = &raw mut LOG;
                if self.0 + 1 < (*log).len() {
                    (*log)[self.0] = byte;
                    self.0 += 1;
                }
            }
        }
        Ok(())
    }
}

fn signal(address: usize) {
    // SAFETY: a prefetch has no effect on the program; the emulator reports it.
    unsafe { asm!("prefetcht0 [{address}]", address = in(reg) address) }
}

fn halt() -> ! {
    loop {
        // SAFETY: the emulator stops here.
        unsafe { asm!("hlt") }
    }
}

extern "C" fn main() -> ! {
    let mut log = Log(0);
    for row in Kernel::census() {
        let name = format_args!("{} {}", row.isa, row.hash);
        let verdict = match row.kernel {
            Ok(kernel) => match testing::check(kernel) {
                Ok(()) => writeln!(log, "checked {name}").map(|()| count(kernel, &mut log)),
                Err(mismatch) => writeln!(log, "wrong {name}: {mismatch}"),
            },
            Err(missing) => writeln!(log, "wrong {name}: {missing}"),
        };
        verdict.expect("the log takes any text");
    }
    for check in testing::check_routines() {
        let name = format_args!("{} {}", check.routine, check.isa);
        let verdict = match check.verdict {
            RoutineVerdict::Right => writeln!(log, "ran {name}"),
            wrong => writeln!(log, "wrong {name}: {wrong:?}"),
        };
        verdict.expect("the log takes any text");
    }
    log.write_str("done\n").expect("the log takes any text");
    halt()
}

/// Derives between signals, in every scheme.
fn count(kernel: Kernel, log: &mut Log) {
    if !WORTH_COUNTING.contains(&kernel.isa()) {
        return;
    }
    const MAX: usize = COUNTED[1];
    let mut preimages = [Preimage::ZERO; MAX];
    let mut payment_hashes = [PaymentHash::ZERO; MAX];
    let shares = [const { Share([0x33; 32]) }; MAX];
    for scheme in Scheme::ALL {
        for pairs in COUNTED {
            let job = Job {
                scheme,
                root: &BasePreimage([0x5a; 32]),
                indices: Indices::range(1, pairs as u64).expect("far from the last index"),
                shares: if scheme.hashes_share() { &shares[..pairs] } else { &[] },
            };
            let places = Pairs {
                preimages: &mut preimages[..pairs],
                payment_hashes: &mut payment_hashes[..pairs],
            };
            let engine = Engine::with_kernel(kernel);
            let job = black_box(&job);
            signal(START);
            let derived = engine.derive(job, places);
            signal(STOP);
            derived.expect("the job keeps to its scheme");
            black_box(&mut payment_hashes);
            writeln!(log, "counted {} {} {scheme} {pairs}", kernel.isa(), kernel.hash())
                .expect("the log takes any text");
        }
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // SAFETY: nothing else runs; what was logged so far is not read again.
    let used = unsafe { (*(&raw const LOG)).iter().position(|byte| *byte == 0).unwrap_or(0) };
    let _ = writeln!(Log(used), "wrong: {info}");
    halt()
}

/// Named by tables in the prebuilt standard library; nothing unwinds here.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// What the compiler calls and a C library would supply. In assembly, or the compiler would make
/// them call themselves.
mod memory {
    use core::arch::asm;

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, size: usize) -> *mut u8 {
        // SAFETY: as for C's memcpy.
        unsafe {
            asm!("rep movsb", inout("rcx") size => _, inout("rdi") target => _,
                inout("rsi") source => _);
        }
        target
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(target: *mut u8, source: *const u8, size: usize) -> *mut u8 {
        if (target as usize).wrapping_sub(source as usize) >= size {
            // SAFETY: as for C's memmove: the target does not begin inside the source.
            return unsafe { memcpy(target, source, size) };
        }
        // SAFETY: as for C's memmove; backwards, from the last byte.
        unsafe {
            asm!("std", "rep movsb", "cld", inout("rcx") size => _,
                inout("rdi") target.wrapping_add(size).wrapping_sub(1) => _,
                inout("rsi") source.wrapping_add(size).wrapping_sub(1) => _);
        }
        target
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(target: *mut u8, byte: i32, size: usize) -> *mut u8 {
        // SAFETY: as for C's memset.
        unsafe {
            asm!("rep stosb", inout("rcx") size => _, inout("rdi") target => _,
                in("al") byte as u8);
        }
        target
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
        let differ: u8;
        // SAFETY: as for C's memcmp. Without a byte to compare the flags stay those of `cmp`:
        // equal.
        unsafe {
            asm!("cmp eax, eax", "repe cmpsb", "setne {differ}", differ = out(reg_byte) differ,
                inout("rcx") size => _, inout("rdi") a => _, inout("rsi") b => _);
        }
        differ.into()
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
        let (below, differ): (u8, u8);
        // SAFETY: as for C's memcmp, and as in `bcmp`.
        unsafe {
            asm!("cmp eax, eax", "repe cmpsb", "setne {differ}", "setb {below}",
                differ = out(reg_byte) differ, below = out(reg_byte) below,
                inout("rcx") size => _, inout("rdi") b => _, inout("rsi") a => _);
        }
        i32::from(differ) - 2 * i32::from(below)
    }
}
