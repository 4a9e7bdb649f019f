//! Pairs and sets: one file a derivation scheme, both hashes in each.

use ammeter_amp::sender::SeedRng;
use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Pairs, PaymentHash, Preimage, Scheme, Share,
    reference,
    shares::{self, Remainder},
    types::BYTES,
};
use serde::{Deserialize, Serialize};

use super::Tally;
use crate::wire::hex;

/// Sizes of the sets: around the width of each vector unit, and those that lnd usually sends.
const SET_SIZES: [usize; 10] = [1, 2, 3, 4, 7, 8, 9, 16, 17, 33];

/// One file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    scheme: String,
    /// Single children, at both ends of the indices.
    pairs: Vec<Pair>,
    /// Whole payments.
    sets: Vec<Set>,
    /// Payments that must not be claimed: the XOR of the shares derives other hashes.
    broken_sets: Vec<BrokenSet>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    hash: String,
    root: String,
    /// Only where the scheme hashes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<String>,
    index: u32,
    preimage: String,
    payment_hash: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    hash: String,
    root: String,
    /// H(root): the commitment of version 3.
    commitment: String,
    shares: Vec<String>,
    /// The k-th is the XOR of the first k shares.
    running_xor: Vec<String>,
    indices: Vec<u32>,
    preimages: Vec<String>,
    payment_hashes: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BrokenSet {
    why: String,
    hash: String,
    shares: Vec<String>,
    indices: Vec<u32>,
    /// One for each share.
    payment_hashes: Vec<String>,
}

/// The file's name.
pub(super) fn name(scheme: Scheme) -> String {
    format!("derive-{scheme}.json")
}

/// All vectors of one scheme, by the slow twins.
pub(super) fn make(scheme: Scheme, rng: &mut SeedRng) -> File {
    let mut file =
        File { scheme: scheme.name().into(), pairs: vec![], sets: vec![], broken_sets: vec![] };
    for hash in Hash::ALL {
        let (first, last) = (*scheme.indices().start(), *scheme.indices().end());
        for index in [first, first + 1, 0x7f, 0x80, 0xff.min(last), last / 2 + 1, last] {
            for root in [[0; BYTES], [0xff; BYTES], shares::random(rng).0] {
                let share = shares::random(rng);
                file.pairs.push(pair(hash, scheme, &BasePreimage(root), &share, index));
            }
        }
        for size in SET_SIZES {
            file.sets.push(set(hash, scheme, size, rng));
        }
        file.broken_sets.extend(broken_sets(hash, scheme, rng));
    }
    file
}

fn pair(hash: Hash, scheme: Scheme, root: &BasePreimage, share: &Share, index: u32) -> Pair {
    let (preimage, payment_hash) = reference::pair(hash, scheme, root, Some(share), index);
    Pair {
        hash: hash.name().into(),
        root: hex(root),
        share: scheme.hashes_share().then(|| hex(share)),
        index,
        preimage: hex(preimage),
        payment_hash: hex(payment_hash),
    }
}

/// Shares and indices of `size` parts of a payment, random ones where the scheme has them.
fn parts(scheme: Scheme, size: usize, rng: &mut SeedRng) -> (Vec<Share>, Vec<u32>) {
    let mut remainder = Remainder::of(&shares::random(rng).into());
    let mut parts: Vec<_> = (1..size).map(|_| remainder.take(rng)).collect();
    parts.push(remainder.take_last());
    let first = *scheme.indices().start();
    let random =
        |share: &Share| u32::from_be_bytes([share.0[3], share.0[8], share.0[0], share.0[1]]);
    let indices = match scheme {
        Scheme::Lnd => parts.iter().map(random).collect(),
        _ => (first..).take(size).collect(),
    };
    (parts, indices)
}

fn set(hash: Hash, scheme: Scheme, size: usize, rng: &mut SeedRng) -> Set {
    let (parts, indices) = parts(scheme, size, rng);
    let root = BasePreimage::from(shares::reduce(&parts));
    let children = indices.iter().zip(&parts);
    let (preimages, payment_hashes): (Vec<_>, Vec<_>) = children
        .map(|(index, share)| reference::pair(hash, scheme, &root, Some(share), *index))
        .unzip();
    Set {
        hash: hash.name().into(),
        root: hex(&root),
        commitment: hex(hash.digest(root.as_bytes())),
        running_xor: (1..=size).map(|count| hex(shares::reduce(&parts[..count]))).collect(),
        shares: parts.iter().map(hex).collect(),
        indices,
        preimages: preimages.iter().map(hex).collect(),
        payment_hashes: payment_hashes.iter().map(hex).collect(),
    }
}

/// How a right set is changed into a broken one.
fn broken_sets(hash: Hash, scheme: Scheme, rng: &mut SeedRng) -> Vec<BrokenSet> {
    let whole = set(hash, scheme, 4, rng);
    let broken = |why: &str, change: &dyn Fn(&mut BrokenSet)| {
        let mut set = BrokenSet {
            why: why.into(),
            hash: whole.hash.clone(),
            shares: whole.shares.clone(),
            indices: whole.indices.clone(),
            payment_hashes: whole.payment_hashes.clone(),
        };
        change(&mut set);
        set
    };
    vec![
        broken("the last part has not arrived", &|set| {
            set.shares.pop();
            set.indices.pop();
            set.payment_hashes.pop();
        }),
        broken("a share was counted twice and cancelled itself", &|set| {
            set.shares.push(set.shares[1].clone());
            set.indices.push(set.indices[1]);
            set.payment_hashes.push(set.payment_hashes[1].clone());
        }),
        broken("a bit of one share was flipped", &|set| {
            let mut share = Share::from_hex(&set.shares[2]).expect("our own");
            share.0[31] ^= 1;
            set.shares[2] = hex(share);
        }),
        broken("one part is locked to a hash of another payment", &|set| {
            set.payment_hashes[3] = "5a".repeat(BYTES);
        }),
    ]
}

/// Checks every vector with the best kernel of this machine.
pub(super) fn check(scheme: Scheme, file: &File, name: &str, tally: &mut Tally) {
    let place = |section, position| move || format!("{name}: {section} {position}");
    tally.title(name, &file.scheme, scheme.name());
    tally.section(name, "pairs", &file.pairs);
    tally.section(name, "sets", &file.sets);
    tally.section(name, "broken_sets", &file.broken_sets);
    for (position, pair) in file.pairs.iter().enumerate() {
        tally.count(place("pair", position), check_pair(scheme, pair));
    }
    for (position, set) in file.sets.iter().enumerate() {
        tally.count(place("set", position), check_set(scheme, set));
    }
    for (position, set) in file.broken_sets.iter().enumerate() {
        tally.count(place("broken set", position), check_broken(scheme, set));
    }
}

fn check_pair(scheme: Scheme, pair: &Pair) -> Result<(), String> {
    let root = BasePreimage::from_hex(&pair.root).map_err(said)?;
    let shares: Vec<_> = pair.share.iter().cloned().collect();
    let derived = derive(&pair.hash, scheme, &root, &shares, &[pair.index])?;
    same("the preimage", &derived.0[0], &pair.preimage)?;
    same("the payment hash", &derived.1[0], &pair.payment_hash)
}

fn check_set(scheme: Scheme, set: &Set) -> Result<(), String> {
    let shares = read_shares(&set.shares)?;
    let running: Vec<_> =
        (1..=shares.len()).map(|count| hex(shares::reduce(&shares[..count]))).collect();
    same("the running XOR", &running, &set.running_xor)?;
    let root = BasePreimage::from(shares::reduce(&shares));
    same("the root", &hex(&root), &set.root)?;
    let hash: Hash = set.hash.parse().map_err(said)?;
    same("the commitment", &hex(hash.digest(root.as_bytes())), &set.commitment)?;
    let derived = derive(&set.hash, scheme, &root, &set.shares, &set.indices)?;
    same("the preimages", &derived.0, &set.preimages)?;
    same("the payment hashes", &derived.1, &set.payment_hashes)
}

fn check_broken(scheme: Scheme, set: &BrokenSet) -> Result<(), String> {
    let root = BasePreimage::from(shares::reduce(&read_shares(&set.shares)?));
    let derived = derive(&set.hash, scheme, &root, &set.shares, &set.indices)?;
    match derived.1 == set.payment_hashes {
        true => Err(format!("claimed although {}", set.why)),
        false => Ok(()),
    }
}

/// Preimages and payment hashes, by the engine.
fn derive(
    hash: &str,
    scheme: Scheme,
    root: &BasePreimage,
    shares: &[String],
    indices: &[u32],
) -> Result<(Vec<String>, Vec<String>), String> {
    let engine = Engine::new(hash.parse().map_err(said)?).map_err(said)?;
    let shares = read_shares(shares)?;
    let mut preimages = vec![Preimage::ZERO; indices.len()];
    let mut payment_hashes = vec![PaymentHash::ZERO; indices.len()];
    let job = Job { scheme, root, indices: Indices::list(indices), shares: &shares };
    let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
    engine.derive(&job, pairs).map_err(said)?;
    Ok((preimages.iter().map(hex).collect(), payment_hashes.iter().map(hex).collect()))
}

fn read_shares(digits: &[String]) -> Result<Vec<Share>, String> {
    digits.iter().map(|digits| Share::from_hex(digits).map_err(said)).collect()
}

fn same<T: PartialEq + ?Sized>(what: &str, ours: &T, theirs: &T) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("{what} differs")) }
}

fn said(error: impl core::fmt::Display) -> String {
    error.to_string()
}
