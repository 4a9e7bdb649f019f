//! Promise: shares in bulk are the generator's, piece by piece and thread by thread, and XOR to the
//! root.

use ammeter_core::{
    BasePreimage, Share,
    shares::{Seed, generate, reduce, split},
};
use rand_core::Rng as _;

/// The definition of [`reduce`].
fn xor(shares: &[Share]) -> Share {
    shares.iter().fold(Share::ZERO, |mut sum, share| {
        sum ^= share;
        sum
    })
}

#[test]
fn any_stretch_is_the_generators_and_its_xor_is_returned() {
    let seed = Seed::from_bytes([3; 32]);
    // Above the size from which threads share the work.
    let mut all = vec![Share::ZERO; (1 << 17) + 77];
    let sum = generate(&seed, 0, &mut all);
    let mut rng = seed.rng();
    for share in &all {
        let mut expected = [0; 32];
        rng.fill_bytes(&mut expected);
        assert_eq!(share.0, expected);
    }
    assert_eq!(sum, xor(&all));
    assert_eq!(reduce(&all), sum);
    for (first, length) in [(0, 0), (0, 1), (1, 1), (1, 40), (7, 33), (8191, 3), (8193, 9000)] {
        let mut part = vec![Share::ZERO; length];
        let sum = generate(&seed, first as u64, &mut part);
        assert_eq!(part, all[first..first + length], "{length} from {first}");
        assert_eq!(sum, xor(&part));
    }
}

#[test]
fn a_split_root_comes_back_from_all_shares_only() {
    let root = BasePreimage([0xc3; 32]);
    for parts in [1, 2, 3, 16, 483, 70_000] {
        let mut shares = vec![Share::ZERO; parts];
        split(&root, &Seed::from_bytes([8; 32]), &mut shares);
        assert_eq!(BasePreimage::from(reduce(&shares)), root);
        assert_ne!(BasePreimage::from(reduce(&shares[1..])), root);
    }
    split(&root, &Seed::from_bytes([8; 32]), &mut []);
}
