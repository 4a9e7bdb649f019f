//! Promise: whatever root, shares and indices, every kernel gives what the slow twin gives.

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Kernel, Pairs, PaymentHash, Preimage, Scheme, Share,
    reference,
};

/// More children than two groups of the widest kernel teach nothing new.
const CHILDREN_MAX: usize = 80;

/// Byte 0 picks the scheme, the next 32 are the root, then 36 bytes a child: index and share.
pub(crate) fn run(input: &[u8]) {
    let Some((scheme, rest)) = input.split_first() else { return };
    let Some((root, rest)) = rest.split_first_chunk::<32>() else { return };
    let scheme = Scheme::ALL[usize::from(*scheme) % Scheme::ALL.len()];
    let (first, last) = (*scheme.indices().start(), *scheme.indices().end());
    let mut indices = Vec::new();
    let mut shares = Vec::new();
    let (children, _) = rest.as_chunks::<36>();
    for child in children.iter().take(CHILDREN_MAX) {
        let (index, share) = child.split_first_chunk::<4>().expect("36 bytes");
        indices.push(u32::from_le_bytes(*index).clamp(first, last));
        shares.push(Share(share.try_into().expect("32 bytes")));
    }
    let root = BasePreimage(*root);
    for kernel in Hash::ALL.into_iter().flat_map(Kernel::available) {
        let mut preimages = vec![Preimage::ZERO; indices.len()];
        let mut payment_hashes = vec![PaymentHash::ZERO; indices.len()];
        let job = Job { scheme, root: &root, indices: Indices::list(&indices), shares: &shares };
        let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
        Engine::with_kernel(kernel).derive(&job, pairs).expect("indices are the scheme's");
        for (position, index) in indices.iter().enumerate() {
            let share = Some(&shares[position]);
            let expected = reference::pair(kernel.hash(), scheme, &root, share, *index);
            let derived = (preimages[position], payment_hashes[position]);
            assert!(derived == expected, "{kernel:?} {scheme} index {index}");
        }
    }
}
