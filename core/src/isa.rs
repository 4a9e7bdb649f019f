//! Instruction sets: their names, and what this machine lacks of them.

use core::{fmt, str::FromStr};

use crate::scheme::UnknownNameError;

/// An instruction set that a kernel is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// AVX-512 F and BW: 16 lanes (BLAKE3: two such vectors in step).
    Avx512,
    /// The SHA extensions (SHA-NI): several streams of one message each.
    ShaNi,
    /// AVX2: 8 lanes.
    Avx2,
    /// SSE4.1: 4 lanes.
    Sse41,
    /// ARMv8's SHA-2 instructions: several streams of one message each.
    ArmSha2,
    /// ARMv8's NEON: 4 lanes, two such vectors in step.
    Neon,
    /// Plain integers.
    Portable,
    /// AVX-512 F, BW and VL in half registers: 8 lanes.
    Avx512Vl,
}

impl Isa {
    /// Every instruction set that some architecture has a kernel for.
    pub const ALL: [Self; 8] = [
        Self::Avx512,
        Self::Avx512Vl,
        Self::ShaNi,
        Self::Avx2,
        Self::Sse41,
        Self::ArmSha2,
        Self::Neon,
        Self::Portable,
    ];

    /// The name on the command line, in [`KERNEL_VARIABLE`](crate::dispatch::KERNEL_VARIABLE) and
    /// in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx512Vl => "avx512vl",
            Self::ShaNi => "shani",
            Self::Avx2 => "avx2",
            Self::Sse41 => "sse41",
            Self::ArmSha2 => "armsha2",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }

    /// The first CPU feature that this instruction set needs and this machine lacks, or the
    /// architecture itself.
    #[must_use]
    pub fn lacking(self) -> Option<&'static str> {
        /// Asks the CPU where there is an operating system to ask through, else the compiler.
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        macro_rules! first_lacking {
            ($($feature:tt)*) => {{
                #[cfg(all(feature = "std", target_arch = "x86_64"))]
                let found = [$(($feature, std::arch::is_x86_feature_detected!($feature))),*];
                #[cfg(all(feature = "std", target_arch = "aarch64"))]
                let found = [$(($feature, std::arch::is_aarch64_feature_detected!($feature))),*];
                #[cfg(not(feature = "std"))]
                let found = [$(($feature, cfg!(target_feature = $feature))),*];
                found.into_iter().find(|(_, found)| !found).map(|(feature, _)| feature)
            }};
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => first_lacking!("avx512f" "avx512bw"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vl => first_lacking!("avx512f" "avx512bw" "avx512vl"),
            #[cfg(target_arch = "x86_64")]
            Self::ShaNi => first_lacking!("sha" "sse4.1"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => first_lacking!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Sse41 => first_lacking!("sse4.1"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::Avx512Vl | Self::ShaNi | Self::Avx2 | Self::Sse41 => {
                Some("x86-64")
            }
            #[cfg(target_arch = "aarch64")]
            Self::ArmSha2 => first_lacking!("sha2"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => first_lacking!("neon"),
            #[cfg(not(target_arch = "aarch64"))]
            Self::ArmSha2 | Self::Neon => Some("aarch64"),
            Self::Portable => None,
        }
    }
}

/// Whether Intel made this CPU: by the names of makers that CPUID gives.
pub(crate) fn is_intel() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: every x86-64 CPU has the instruction.
        #[allow(unused_unsafe, reason = "newer compilers know that it is safe")]
        let maker = unsafe { core::arch::x86_64::__cpuid(0) };
        [maker.ebx, maker.edx, maker.ecx].map(u32::to_le_bytes).as_flattened() == b"GenuineIntel"
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

impl FromStr for Isa {
    type Err = UnknownNameError;

    fn from_str(name: &str) -> Result<Self, UnknownNameError> {
        Self::ALL.into_iter().find(|isa| isa.name() == name).ok_or(UnknownNameError {
            kind: "kernel",
            known: "avx512, avx512vl, shani, avx2, sse41, armsha2, neon and portable",
        })
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
