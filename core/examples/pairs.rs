//! Derives some pairs with one kernel and prints the last: a program whose instructions can be
//! counted.
//!
//! `cargo run --release -p ammeter-core --example pairs -- neon sha256 og 64`

use std::{env, error::Error};

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Isa, Job, Kernel, Pairs, PaymentHash, Preimage, Scheme,
    Share,
};

/// The most pairs.
const COUNT_MAX: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [isa, hash, scheme, count] = arguments.as_slice() else {
        return Err("usage: pairs KERNEL HASH SCHEME COUNT".into());
    };
    let kernel = Kernel::named(hash.parse::<Hash>()?, isa.parse::<Isa>()?)?;
    let scheme: Scheme = scheme.parse()?;
    let count: usize = count.parse()?;
    // Made for any count, so that two runs differ by what is derived.
    let shares = [const { Share([0x33; 32]) }; COUNT_MAX];
    let mut preimages = [Preimage::ZERO; COUNT_MAX];
    let mut payment_hashes = [PaymentHash::ZERO; COUNT_MAX];
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(format!("COUNT is 1 to {COUNT_MAX}").into());
    }
    let job = Job {
        scheme,
        root: &BasePreimage([0x5a; 32]),
        indices: Indices::range(1, count as u64)?,
        shares: &shares[..count],
    };
    let places =
        Pairs { preimages: &mut preimages[..count], payment_hashes: &mut payment_hashes[..count] };
    Engine::with_kernel(kernel).single_threaded().derive(&job, places)?;
    println!("{:?}", payment_hashes[count - 1]);
    Ok(())
}
