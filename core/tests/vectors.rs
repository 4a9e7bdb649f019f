//! Promise: every kernel gives the published values: pairs and sets from an independent reference,
//! and the derivations of lnd's own code.

use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Kernel, Pairs, PaymentHash, Preimage, Scheme, Share,
    shares,
};
use serde::Deserialize;

const REFERENCE: &str = include_str!("../../vectors/reference.json");
const PEERS: &str = include_str!("../../vectors/peers.json");

#[derive(Deserialize)]
struct Reference {
    pairs: Vec<PairVector>,
    sets: Vec<SetVector>,
}

#[derive(Deserialize)]
struct PairVector {
    scheme: String,
    hash: String,
    root: String,
    index: u32,
    share: Option<String>,
    preimage: String,
    payment_hash: String,
}

#[derive(Deserialize)]
struct SetVector {
    scheme: String,
    hash: String,
    shares: Vec<String>,
    running_xor: Vec<String>,
    root: String,
    preimages: Vec<String>,
    payment_hashes: Vec<String>,
}

#[derive(Deserialize)]
struct Peers {
    lnd_derivation: Vec<LndVector>,
    lnd_negative_sets: Vec<LndNegative>,
}

#[derive(Deserialize)]
struct LndVector {
    root: String,
    htlcs: Vec<LndChild>,
}

#[derive(Deserialize)]
struct LndNegative {
    name: String,
    xor_of_shares: String,
    htlcs: Vec<LndChild>,
}

#[derive(Deserialize)]
struct LndChild {
    share: String,
    child_index: u32,
    #[serde(default)]
    preimage: String,
    hash: String,
}

fn share(digits: &str) -> Share {
    Share::from_hex(digits).unwrap()
}

fn root(digits: &str) -> BasePreimage {
    BasePreimage::from_hex(digits).unwrap()
}

/// Runs `job` with every kernel of `hash` and shows each result to `check`.
fn every_kernel(hash: Hash, job: Job<'_>, check: impl Fn(Kernel, &[Preimage], &[PaymentHash])) {
    let children = job.indices.count() as usize;
    for row in Kernel::census().filter(|row| row.hash == hash) {
        let Ok(kernel) = row.kernel else { continue };
        let mut preimages = vec![Preimage::ZERO; children];
        let mut payment_hashes = vec![PaymentHash::ZERO; children];
        let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
        Engine::with_kernel(kernel).derive(&job, pairs).unwrap();
        check(kernel, &preimages, &payment_hashes);
    }
}

#[test]
fn pairs() {
    let vectors: Reference = serde_json::from_str(REFERENCE).unwrap();
    assert_eq!(vectors.pairs.len(), 186);
    for vector in &vectors.pairs {
        let shares: Vec<Share> = vector.share.iter().map(|digits| share(digits)).collect();
        let job = Job {
            scheme: vector.scheme.parse().unwrap(),
            root: &root(&vector.root),
            indices: Indices::list(std::slice::from_ref(&vector.index)),
            shares: &shares,
        };
        every_kernel(vector.hash.parse().unwrap(), job, |kernel, r, h| {
            let (scheme, index) = (&vector.scheme, vector.index);
            assert_eq!(format!("{:x}", r[0]), vector.preimage, "{kernel:?} {scheme} {index}");
            assert_eq!(format!("{:x}", h[0]), vector.payment_hash, "{kernel:?} {scheme} {index}");
        });
    }
}

/// One batch a scheme and root, in the order of the file: many indices, far apart, in one call.
#[test]
fn pairs_as_batches() {
    let vectors: Reference = serde_json::from_str(REFERENCE).unwrap();
    let batches = vectors
        .pairs
        .chunk_by(|a, b| (&a.scheme, &a.hash, &a.root) == (&b.scheme, &b.hash, &b.root));
    for batch in batches {
        let indices: Vec<u32> = batch.iter().map(|vector| vector.index).collect();
        let shares: Vec<Share> =
            batch.iter().filter_map(|vector| vector.share.as_deref()).map(share).collect();
        let job = Job {
            scheme: batch[0].scheme.parse().unwrap(),
            root: &root(&batch[0].root),
            indices: Indices::list(&indices),
            shares: &shares,
        };
        every_kernel(batch[0].hash.parse().unwrap(), job, |kernel, r, h| {
            for (position, vector) in batch.iter().enumerate() {
                assert_eq!(format!("{:x}", r[position]), vector.preimage, "{kernel:?}");
                assert_eq!(format!("{:x}", h[position]), vector.payment_hash, "{kernel:?}");
            }
        });
    }
}

#[test]
fn sets() {
    let vectors: Reference = serde_json::from_str(REFERENCE).unwrap();
    assert_eq!(vectors.sets.len(), 28);
    for set in &vectors.sets {
        let parts: Vec<Share> = set.shares.iter().map(|digits| share(digits)).collect();
        for (count, running) in (1..).zip(&set.running_xor) {
            assert_eq!(format!("{:x}", shares::reduce(&parts[..count])), *running);
        }
        let base = BasePreimage::from(shares::reduce(&parts));
        assert_eq!(base, root(&set.root));
        let scheme: Scheme = set.scheme.parse().unwrap();
        let indices = Indices::range(*scheme.indices().start(), parts.len() as u64).unwrap();
        let job = Job { scheme, root: &base, indices, shares: &parts };
        every_kernel(set.hash.parse().unwrap(), job, |kernel, r, h| {
            let hex: Vec<String> = r.iter().map(|r| format!("{r:x}")).collect();
            assert_eq!(hex, set.preimages, "{kernel:?}");
            let hex: Vec<String> = h.iter().map(|h| format!("{h:x}")).collect();
            assert_eq!(hex, set.payment_hashes, "{kernel:?}");
        });
    }
}

#[test]
fn lnd_derivations() {
    let peers: Peers = serde_json::from_str(PEERS).unwrap();
    assert_eq!(peers.lnd_derivation.len(), 18);
    for set in &peers.lnd_derivation {
        let parts: Vec<Share> = set.htlcs.iter().map(|htlc| share(&htlc.share)).collect();
        let indices: Vec<u32> = set.htlcs.iter().map(|htlc| htlc.child_index).collect();
        let base = BasePreimage::from(shares::reduce(&parts));
        assert_eq!(base, root(&set.root));
        let job = Job {
            scheme: Scheme::Lnd,
            root: &base,
            indices: Indices::list(&indices),
            shares: &parts,
        };
        every_kernel(Hash::Sha256, job, |kernel, r, h| {
            for (position, htlc) in set.htlcs.iter().enumerate() {
                assert_eq!(format!("{:x}", r[position]), htlc.preimage, "{kernel:?}");
                assert_eq!(format!("{:x}", h[position]), htlc.hash, "{kernel:?}");
            }
        });
    }
}

/// What lnd refuses to reconstruct does not derive to the hashes that were held.
#[test]
fn lnd_negative_sets() {
    let peers: Peers = serde_json::from_str(PEERS).unwrap();
    assert_eq!(peers.lnd_negative_sets.len(), 6);
    for set in &peers.lnd_negative_sets {
        let parts: Vec<Share> = set.htlcs.iter().map(|htlc| share(&htlc.share)).collect();
        let indices: Vec<u32> = set.htlcs.iter().map(|htlc| htlc.child_index).collect();
        let base = BasePreimage::from(shares::reduce(&parts));
        assert_eq!(base, root(&set.xor_of_shares), "{}", set.name);
        let job = Job {
            scheme: Scheme::Lnd,
            root: &base,
            indices: Indices::list(&indices),
            shares: &parts,
        };
        every_kernel(Hash::Sha256, job, |kernel, _, h| {
            let held = set.htlcs.iter().zip(h);
            let differ = held.filter(|(htlc, h)| htlc.hash != format!("{h:x}")).count();
            assert!(differ > 0, "{kernel:?} {}", set.name);
        });
    }
}
