//! One payment in five parts: shares that add up to the base preimage, and what each part is locked
//! to.
//!
//! `cargo run --release -p ammeter-core --example derive`

use std::error::Error;

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Pairs, PaymentHash, Preimage, Scheme, Share,
    shares::{self, Seed},
};

const PARTS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    // The sender draws a base preimage and splits it. Any four of the five shares say nothing of
    // it.
    let root = BasePreimage(shares::random(&mut Seed::random()?.rng()).0);
    let mut parts = [const { Share::ZERO }; PARTS];
    shares::split(&root, &Seed::random()?, &mut parts);

    // Each part is locked to h_i = H(r_i), with r_i = H(BP ‖ i).
    let engine = Engine::new(Hash::Sha256)?;
    let indices = Indices::range(1, PARTS as u64)?;
    let mut preimages = [Preimage::ZERO; PARTS];
    let mut payment_hashes = [PaymentHash::ZERO; PARTS];
    engine.derive(
        &Job { scheme: Scheme::Og, root: &root, indices, shares: &[] },
        Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes },
    )?;
    for (index, payment_hash) in (1..).zip(&payment_hashes) {
        println!("part {index} is locked to {payment_hash:x}");
    }

    // The receiver holds all five shares: their XOR is the base preimage, and derives every
    // preimage.
    assert_eq!(BasePreimage::from(shares::reduce(&parts)), root);
    println!("{:?} derived the preimages", engine.kernel_for(PARTS));
    Ok(())
}
