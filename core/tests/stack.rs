//! Promise: every kernel derives on a small stack, in a build without optimization too.

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Kernel, Pairs, PaymentHash, Preimage, Scheme, Share,
};

/// What macOS gives to a second thread; Rust gives 2 MiB.
const STACK: usize = 512 << 10;

const PARTS: usize = 33;

fn derives_on_a_small_stack(kernel: Kernel, scheme: Scheme) {
    let root = BasePreimage([7; 32]);
    let shares = vec![Share([3; 32]); if scheme.hashes_share() { PARTS } else { 0 }];
    let mut preimages = vec![Preimage::ZERO; PARTS];
    let mut payment_hashes = vec![PaymentHash::ZERO; PARTS];
    let indices = Indices::range(1, PARTS as u64).unwrap();
    let job = Job { scheme, root: &root, indices, shares: &shares };
    let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
    Engine::with_kernel(kernel).single_threaded().derive(&job, pairs).unwrap();
    assert!(preimages.iter().all(|preimage| *preimage != Preimage::ZERO));
}

#[test]
fn every_kernel_derives_on_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(STACK).spawn(|| {
        for hash in Hash::ALL {
            for kernel in Kernel::available(hash) {
                for scheme in [Scheme::Og, Scheme::Lnd] {
                    derives_on_a_small_stack(kernel, scheme);
                }
            }
            Engine::new(hash).unwrap();
        }
    });
    small.unwrap().join().unwrap();
}
