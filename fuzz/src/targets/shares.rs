//! Promise: whatever is cut off a base preimage, put back, folded and split, in whatever order it
//! arrives, the XOR of what is out is the base preimage.

use ammeter_amp::sender::{Seed, SeedRng};
use ammeter_core::{
    BasePreimage, Share,
    shares::{self, DEPTH_MAX, Leaf, Remainder},
};
use arbitrary::{Result, Unstructured};

/// More shares than a group of the widest XOR teach nothing new.
const SHARES_MAX: usize = 64;

/// A step of a payment.
enum Operation {
    /// A random share.
    Take,
    /// A share that is out comes back.
    PutBack(u8),
    /// The rest goes out, and nothing remains.
    TakeLast,
    /// Two shares that are out are folded into one.
    Fold(u8, u8),
    /// Two shares change places.
    Swap(u8, u8),
    /// A number without a meaning yet.
    Nothing,
}

impl Operation {
    /// A number never changes its meaning, so that old seeds keep theirs.
    fn read(bytes: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match bytes.arbitrary::<u8>()? % 16 {
            0..4 => Self::Take,
            4..6 => Self::PutBack(bytes.arbitrary()?),
            6 => Self::TakeLast,
            7..10 => Self::Fold(bytes.arbitrary()?, bytes.arbitrary()?),
            10..12 => Self::Swap(bytes.arbitrary()?, bytes.arbitrary()?),
            _ => Self::Nothing,
        })
    }
}

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Unstructured::new(input);
    let Ok((root, seed)) = bytes.arbitrary::<([u8; 32], [u8; 32])>() else { return };
    let mut rng = Seed::from_bytes(seed).rng();
    if bytes.arbitrary().unwrap_or(false) {
        // When the bytes run out, the tree is finished.
        let _ended = tree(&BasePreimage(root), &mut rng, &mut bytes);
    } else {
        remainder(&BasePreimage(root), &mut rng, &mut bytes);
    }
}

/// XOR a byte at a time.
fn xor<'a>(shares: impl IntoIterator<Item = &'a Share>) -> Share {
    let mut sum = [0; 32];
    for share in shares {
        for (sum, byte) in sum.iter_mut().zip(share.as_bytes()) {
            *sum ^= byte;
        }
    }
    Share(sum)
}

fn remainder(root: &BasePreimage, rng: &mut SeedRng, bytes: &mut Unstructured<'_>) {
    let mut remainder = Remainder::of(root);
    let mut out: Vec<Share> = Vec::new();
    while !bytes.is_empty() && out.len() < SHARES_MAX {
        let Ok(operation) = Operation::read(bytes) else { break };
        let count = out.len().max(1);
        let place = |choice: u8| usize::from(choice) % count;
        match operation {
            Operation::Take => out.push(remainder.take(rng)),
            Operation::TakeLast => {
                out.push(remainder.take_last());
                assert!(remainder.is_zero(), "something remains behind the last share");
            }
            Operation::PutBack(choice) if !out.is_empty() => {
                let share = out.swap_remove(place(choice));
                remainder.put_back(&share);
            }
            Operation::Fold(left, right) if place(left) != place(right) => {
                let (left, right) = (place(left), place(right));
                let folded = shares::reduce(&[out[left].clone(), out[right].clone()]);
                assert_eq!(folded, xor([&out[left], &out[right]]));
                out[left] = folded;
                out.swap_remove(right);
            }
            Operation::Swap(left, right) if !out.is_empty() => out.swap(place(left), place(right)),
            _ => {}
        }
        assert_eq!(shares::reduce(&out), xor(&out), "{} shares", out.len());
        let whole = xor(&out).as_bytes() == root.as_bytes();
        assert_eq!(whole, remainder.is_zero(), "the remainder and what is out disagree");
    }
    out.push(remainder.take_last());
    assert_eq!(BasePreimage::from(shares::reduce(&out)), *root, "{} shares", out.len());
}

/// Splits leaves until the bytes run out; then the leaves are a partition of the tree.
fn tree(seed: &BasePreimage, rng: &mut SeedRng, bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut leaves = vec![Leaf::whole(seed)];
    while !bytes.is_empty() && leaves.len() < SHARES_MAX {
        let place = usize::from(bytes.arbitrary::<u8>()?) % leaves.len();
        let leaf = leaves.swap_remove(place);
        let (index, depth) = (leaf.index, leaf.depth);
        match leaf.split(rng) {
            Ok(halves) => {
                assert!(depth < DEPTH_MAX, "a leaf at depth {depth} was split");
                let places = [0, 1 << depth].map(|step| (index + step, depth + 1));
                assert_eq!(halves.each_ref().map(|leaf| (leaf.index, leaf.depth)), places);
                leaves.extend(halves);
            }
            Err(leaf) => {
                assert_eq!((leaf.index, leaf.depth, depth), (index, depth, DEPTH_MAX));
                leaves.push(leaf);
            }
        }
        assert_eq!(xor(leaves.iter().map(|leaf| &leaf.share)).as_bytes(), seed.as_bytes());
        // No index twice: the leaves of each index cover 2^(8 - depth) of 256.
        let mut covered = [false; 256];
        for leaf in &leaves {
            for index in (usize::from(leaf.index)..256).step_by(1 << leaf.depth) {
                assert!(!covered[index], "two leaves at index {index}");
                covered[index] = true;
            }
        }
        assert_eq!(covered, [true; 256], "a hole in the tree");
    }
    Ok(())
}
