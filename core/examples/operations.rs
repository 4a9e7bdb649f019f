//! Prints what a pair costs, counted: the numbers in `docs/performance.md`.
//!
//! `cargo run --release -p ammeter-core --example operations`

use ammeter_core::{
    Hash, Isa, Scheme,
    operations::{Operations, ShaInstructions},
};

fn main() {
    for hash in Hash::ALL {
        for scheme in Scheme::ALL {
            let operations = Operations::of_pair(hash, scheme);
            println!("{hash} {scheme}: {operations:?}");
            for (isa, lanes) in [
                (Isa::Avx512, 16),
                (Isa::Avx512Vl, 8),
                (Isa::Avx2, 8),
                (Isa::Sse41, 4),
                (Isa::Neon, 4),
            ] {
                let Some(needed) = operations.instructions(isa) else { continue };
                let per_pair = |count: u32| f64::from(count) / f64::from(lanes);
                println!(
                    "  {isa:<8} {:>5} instructions a group of {lanes:>2} ({:>6.1} a pair), {:>5} of them shifts ({:>6.1})",
                    needed.total,
                    per_pair(needed.total),
                    needed.shifts,
                    per_pair(needed.shifts)
                );
            }
            if hash == Hash::Sha256 {
                println!("  shani    a pair: {:?}", ShaInstructions::of_pair(scheme));
            }
        }
    }
}
