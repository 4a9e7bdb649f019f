//! Promise: the engine finds each held hash at the first child that has it and no earlier hash has
//! taken, as a search through a list would.

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Matching, PaymentHash, Preimage, Scheme, Share,
    reference,
};
use arbitrary::{Result, Unstructured};

/// A few groups of the widest kernel.
const CHILDREN_MAX: usize = 150;
const HELD_MAX: usize = 200;

pub(crate) fn run(input: &[u8]) {
    // When the bytes run out, the input ends.
    let _ended = check(&mut Unstructured::new(input));
}

fn check(bytes: &mut Unstructured<'_>) -> Result<()> {
    let hash = *bytes.choose(&Hash::ALL)?;
    let scheme = *bytes.choose(&Scheme::ALL)?;
    let root = BasePreimage(bytes.arbitrary()?);
    let children = bytes.int_in_range(0..=CHILDREN_MAX)?;
    let (first, last) = (*scheme.indices().start(), *scheme.indices().end());
    let list = (0..children)
        .map(|_| Ok(first + bytes.arbitrary::<u32>()? % (last - first).saturating_add(1).max(1)))
        .collect::<Result<Vec<u32>>>()?;
    let shares: Vec<Share> = (0..children).map(|k| Share([k as u8; 32])).collect();
    let pairs: Vec<(Preimage, PaymentHash)> = list
        .iter()
        .zip(&shares)
        .map(|(index, share)| reference::pair(hash, scheme, &root, Some(share), *index))
        .collect();
    let held = held(bytes, &pairs)?;

    let mut expected = vec![(None, Preimage::ZERO); held.len()];
    for (position, (preimage, hash)) in pairs.iter().enumerate() {
        let free = |place: &usize| held[*place] == *hash && expected[*place].0.is_none();
        if let Some(place) = (0..held.len()).find(free) {
            expected[place] = (Some(position as u32), *preimage);
        }
    }

    let mut positions = vec![None; held.len()];
    let mut preimages = vec![Preimage::ZERO; held.len()];
    let job = Job { scheme, root: &root, indices: Indices::list(&list), shares: &shares };
    let matching = Matching { held: &held, positions: &mut positions, preimages: &mut preimages };
    let found = Engine::new(hash).expect("a kernel").find(&job, matching);
    assert_eq!(found, Ok(expected.iter().filter(|(place, _)| place.is_some()).count()));
    assert!(positions.into_iter().zip(preimages).eq(expected));
    Ok(())
}

/// True hashes, some of them twice, and others that share their first bytes.
fn held(
    bytes: &mut Unstructured<'_>,
    pairs: &[(Preimage, PaymentHash)],
) -> Result<Vec<PaymentHash>> {
    let count = bytes.int_in_range(0..=HELD_MAX)?;
    (0..count)
        .map(|_| {
            let (true_one, child) = (bytes.ratio(3, 4)?, bytes.arbitrary::<u8>()?);
            let mut hash = match pairs.get(usize::from(child) % pairs.len().max(1)) {
                Some((_, hash)) => *hash,
                None => PaymentHash(bytes.arbitrary()?),
            };
            if !true_one {
                hash.0[31] ^= 1;
            }
            Ok(hash)
        })
        .collect()
}
