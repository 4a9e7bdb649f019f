//! Promise: each held hash is found at the child that claims it, once, whatever strangers hold.

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, JobError, Kernel, Matching, Pairs, PaymentHash,
    Preimage, Scheme, Share, job::HELD_MAX,
};

const ROOT: BasePreimage = BasePreimage([9; 32]);

/// What deriving all children gives.
fn derived(engine: &Engine, job: &Job<'_>) -> (Vec<Preimage>, Vec<PaymentHash>) {
    let children = job.indices.count() as usize;
    let mut pairs = (vec![Preimage::ZERO; children], vec![PaymentHash::ZERO; children]);
    let places = Pairs { preimages: &mut pairs.0, payment_hashes: &mut pairs.1 };
    engine.derive(job, places).unwrap();
    pairs
}

fn find(
    engine: &Engine,
    job: &Job<'_>,
    held: &[PaymentHash],
) -> (usize, Vec<Option<u32>>, Vec<Preimage>) {
    let mut positions = vec![Some(77); held.len()];
    let mut preimages = vec![Preimage([0x5a; 32]); held.len()];
    let matching = Matching { held, positions: &mut positions, preimages: &mut preimages };
    let found = engine.find(job, matching).unwrap();
    (found, positions, preimages)
}

/// The `k`-th place of a walk over `count` places that visits each once.
fn scattered(k: usize, count: usize) -> usize {
    (k * 7919 + 3) % count
}

#[test]
fn every_held_hash_is_found_with_its_preimage_by_every_kernel() {
    for hash in Hash::ALL {
        let engines = Kernel::available(hash).map(Engine::with_kernel);
        for engine in engines.chain([Engine::new(hash).unwrap()]) {
            for scheme in Scheme::ALL {
                for count in [1, 2, 3, 15, 16, 17, 63, 64, 65, 200] {
                    let shares: Vec<Share> = (0..count).map(|k| Share([k as u8; 32])).collect();
                    let indices = Indices::range(1, count as u64).unwrap();
                    let job = Job { scheme, root: &ROOT, indices, shares: &shares };
                    let (r, h) = derived(&engine, &job);
                    let held: Vec<PaymentHash> =
                        (0..count).map(|k| h[scattered(k, count)]).collect();
                    let (found, positions, preimages) = find(&engine, &job, &held);
                    assert_eq!(found, count, "{hash} {scheme} {count}");
                    for k in 0..count {
                        assert_eq!(positions[k], Some(scattered(k, count) as u32));
                        assert_eq!(preimages[k], r[scattered(k, count)]);
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_not_derived_is_not_found_and_hides_nothing_else() {
    let engine = Engine::new(Hash::Sha256).unwrap();
    let indices = Indices::range(1, 300).unwrap();
    let job = Job { scheme: Scheme::Og, root: &ROOT, indices, shares: &[] };
    let (r, h) = derived(&engine, &job);
    // As many strangers as fit, all in the bucket of one that is true, and that one last.
    let mut held = vec![h[299]; HELD_MAX];
    for (k, hash) in held[..HELD_MAX - 1].iter_mut().enumerate() {
        hash.0[8..10].copy_from_slice(&(k as u16).to_le_bytes());
        hash.0[31] ^= 1;
    }
    let (found, positions, preimages) = find(&engine, &job, &held);
    assert_eq!(found, 1);
    assert_eq!((positions[HELD_MAX - 1], preimages[HELD_MAX - 1]), (Some(299), r[299]));
    assert!(positions[..HELD_MAX - 1].iter().all(Option::is_none));
    assert!(preimages[..HELD_MAX - 1].iter().all(|r| *r == Preimage::ZERO));
}

#[test]
fn one_child_claims_one_hash() {
    let engine = Engine::new(Hash::Sha256).unwrap();
    // Child 5 occurs twice in the list, and its hash is held three times.
    let list = [4, 5, 6, 5];
    let indices = Indices::list(&list);
    let job = Job { scheme: Scheme::Og, root: &ROOT, indices, shares: &[] };
    let (_, h) = derived(&engine, &job);
    let (found, positions, _) = find(&engine, &job, &[h[1], h[0], h[1], h[1]]);
    assert_eq!(found, 3);
    assert_eq!(positions, [Some(1), Some(0), Some(3), None]);
    assert_eq!(find(&engine, &job, &[]).0, 0);
}

#[test]
fn a_search_ends_when_all_is_found_and_refuses_what_does_not_fit() {
    let engine = Engine::new(Hash::Sha256).unwrap();
    // All of 2^32 children would take a minute and more.
    let indices = Indices::range(0, 1 << 32).unwrap();
    let job = Job { scheme: Scheme::Lnd, root: &ROOT, indices, shares: &[] };
    let matching = Matching { held: &[], positions: &mut [], preimages: &mut [] };
    assert!(matches!(engine.find(&job, matching), Err(JobError::ShareCount { .. })));
    let indices = Indices::range(1, u64::from(u32::MAX)).unwrap();
    let job = Job { scheme: Scheme::Og, indices, ..job };
    let first = Job { indices: Indices::range(1, 70).unwrap(), ..job };
    let (_, h) = derived(&engine, &first);
    assert_eq!(find(&engine, &job, &[h[69], h[0]]).1, [Some(69), Some(0)]);

    let mut preimages = [Preimage::ZERO; 2];
    let matching = Matching { held: &h[..2], positions: &mut [None], preimages: &mut preimages };
    let refused = JobError::Matching { held: 2, positions: 1, preimages: 2 };
    assert_eq!(engine.find(&first, matching), Err(refused));
    let held = vec![PaymentHash::ZERO; HELD_MAX + 1];
    let (mut positions, mut preimages) = (vec![None; held.len()], vec![Preimage::ZERO; held.len()]);
    let matching = Matching { held: &held, positions: &mut positions, preimages: &mut preimages };
    assert!(matches!(engine.find(&first, matching), Err(JobError::Matching { .. })));
}
