//! Other people's hash functions, each called as its documentation tells a user to.
//!
//! Most take one message: an implementer writes root (and share) once, then the index of each child, and
//! hashes. A peer that takes many messages at once is given many.

use ammeter_core::{Hash, Pairs, PaymentHash, Preimage, scheme::MESSAGE_SIZE_MAX};
use bytemuck::TransparentWrapper;

use crate::{
    backend::{Backend, Entry, Failure},
    clock::{Elapsed, time},
    workload::{Payment, Workload},
};

/// A hash of one message, and how it is reached.
struct PerMessage<F> {
    name: &'static str,
    package: (&'static str, &'static str),
    hash: Hash,
    call: &'static str,
    isa: fn() -> String,
    digest: F,
}

/// The rows that hash one message a call.
pub(crate) fn per_message() -> Vec<Entry> {
    use sha2::Digest as _;

    let mut entries = vec![
        entry(PerMessage {
            name: "sha2-0.11",
            package: ("sha2", "0.11."),
            hash: Hash::Sha256,
            call: "sha2::Sha256::digest(message)",
            isa: || sha_extensions_or("portable"),
            digest: |message: &[u8]| sha2::Sha256::digest(message).into(),
        }),
        entry(PerMessage {
            name: "sha2-0.10-asm",
            package: ("sha2", "0.10."),
            hash: Hash::Sha256,
            call: "sha2::Sha256::digest(message), features = [\"asm\"]",
            isa: || sha_extensions_or("assembly"),
            digest: |message: &[u8]| {
                use sha2_asm_010::Digest as _;
                sha2_asm_010::Sha256::digest(message).into()
            },
        }),
        entry(PerMessage {
            name: "ring",
            package: ("ring", ""),
            hash: Hash::Sha256,
            call: "ring::digest::digest(&SHA256, message)",
            isa: || sha_extensions_or("assembly"),
            digest: |message: &[u8]| {
                let digest = ring::digest::digest(&ring::digest::SHA256, message);
                digest.as_ref().try_into().expect("32 bytes")
            },
        }),
        entry(PerMessage {
            name: "aws-lc-rs",
            package: ("aws-lc-rs", ""),
            hash: Hash::Sha256,
            call: "aws_lc_rs::digest::digest(&SHA256, message)",
            isa: || sha_extensions_or("assembly"),
            digest: |message: &[u8]| {
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message);
                digest.as_ref().try_into().expect("32 bytes")
            },
        }),
        entry(PerMessage {
            name: "bitcoin_hashes",
            package: ("bitcoin_hashes", ""),
            hash: Hash::Sha256,
            call: "bitcoin_hashes::sha256::hash(message)",
            isa: || sha_extensions_or("portable"),
            digest: |message: &[u8]| bitcoin_hashes::sha256::hash(message).to_byte_array(),
        }),
        entry(PerMessage {
            name: "blake3",
            package: ("blake3", ""),
            hash: Hash::Blake3,
            call: "blake3::hash(message)",
            isa: || widest(&["avx512", "sse41"]),
            digest: |message: &[u8]| *blake3::hash(message).as_bytes(),
        }),
    ];
    entries.extend(openssl());
    entries
}

/// The system's OpenSSL in the two ways in which programs call it.
#[cfg(feature = "openssl")]
fn openssl() -> Vec<Entry> {
    use openssl::{md::Md, md_ctx::MdCtx};

    let version = openssl::version::version().to_string();
    let mut reused = entry(PerMessage {
        name: "openssl-reused",
        package: ("openssl", ""),
        hash: Hash::Sha256,
        call: "EVP_DigestInit/Update/Final on one context",
        isa: || sha_extensions_or("assembly"),
        digest: |_: &[u8]| unreachable!("replaced below"),
    });
    reused.make = Box::new(|| {
        let mut context = MdCtx::new().expect("memory for a digest context");
        Box::new(Messages(move |message: &[u8]| {
            let mut digest = [0; 32];
            context.digest_init(Md::sha256()).expect("SHA-256 is there");
            context.digest_update(message).expect("no input is refused");
            context.digest_final(&mut digest).expect("32 bytes");
            digest
        }))
    });
    let mut entries = vec![
        entry(PerMessage {
            name: "openssl-one-shot",
            package: ("openssl", ""),
            hash: Hash::Sha256,
            call: "openssl::sha::sha256(message)",
            isa: || sha_extensions_or("assembly"),
            digest: openssl::sha::sha256,
        }),
        reused,
    ];
    for entry in &mut entries {
        entry.version.clone_from(&version);
    }
    entries
}

#[cfg(not(feature = "openssl"))]
fn openssl() -> Vec<Entry> {
    Vec::new()
}

fn entry<F>(peer: PerMessage<F>) -> Entry
where
    F: FnMut(&[u8]) -> [u8; 32] + Copy + Send + Sync + 'static,
{
    let (package, release) = peer.package;
    Entry {
        name: peer.name.into(),
        hash: peer.hash,
        isa: (peer.isa)(),
        version: locked_version(package, release),
        call: peer.call,
        make: Box::new(move || Box::new(Messages(peer.digest))),
    }
}

/// Derives with a function that hashes one message.
struct Messages<F>(F);

impl<F: FnMut(&[u8]) -> [u8; 32] + Send> Backend for Messages<F> {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let Self(digest) = self;
        let ((), elapsed) = time(|| {
            for (payment, Pairs { preimages, payment_hashes }) in workload.places(output) {
                derive_payment(workload, payment, preimages, payment_hashes, digest);
            }
        });
        Ok(elapsed)
    }
}

/// The loop that an implementer writes: the message is built in place, only what changes is rewritten.
fn derive_payment(
    workload: &Workload,
    payment: &Payment,
    preimages: &mut [Preimage],
    payment_hashes: &mut [PaymentHash],
    digest: &mut impl FnMut(&[u8]) -> [u8; 32],
) {
    let scheme = workload.scheme;
    let mut message = [0; MESSAGE_SIZE_MAX];
    let length =
        scheme.message(&payment.root, payment.shares.first(), payment.first_index, &mut message);
    let index_size = scheme.index_size();
    let prefix = length - index_size;
    let pairs = preimages.iter_mut().zip(payment_hashes);
    for (child, (preimage, payment_hash)) in pairs.enumerate() {
        let index = (payment.first_index + child as u32).to_be_bytes();
        message[prefix..length].copy_from_slice(&index[4 - index_size..]);
        if scheme.hashes_share() {
            message[32..64].copy_from_slice(payment.shares[child].as_bytes());
        }
        preimage.0 = digest(&message[..length]);
        payment_hash.0 = digest(&preimage.0);
    }
}

/// tape-sha256, through its calls for many messages.
pub(crate) fn tape() -> Entry {
    Entry {
        name: "tape-sha256".into(),
        hash: Hash::Sha256,
        isa: tape_sha256::backend().into(),
        version: locked_version("tape-sha256", ""),
        call: "tape_sha256::hash_many_prefixed (lnd: hash_pairs), then hash_chains of length 1",
        make: Box::new(|| Box::new(Tape)),
    }
}

struct Tape;

/// Messages handed over at a time: a multiple of every width that it has, on the stack.
const TAPE_GROUP: usize = 128;

impl Backend for Tape {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let ((), elapsed) = time(|| {
            for (payment, Pairs { preimages, payment_hashes }) in workload.places(output) {
                let groups =
                    preimages.chunks_mut(TAPE_GROUP).zip(payment_hashes.chunks_mut(TAPE_GROUP));
                for (group, (preimages, payment_hashes)) in groups.enumerate() {
                    tape_group(workload, payment, group * TAPE_GROUP, preimages, payment_hashes);
                }
            }
        });
        Ok(elapsed)
    }
}

/// Derives children `start..` of one payment, as many as there are places.
fn tape_group(
    workload: &Workload,
    payment: &Payment,
    start: usize,
    preimages: &mut [Preimage],
    payment_hashes: &mut [PaymentHash],
) {
    let count = preimages.len();
    let index_size = workload.scheme.index_size();
    let indices: [[u8; 4]; TAPE_GROUP] = std::array::from_fn(|child| {
        payment.first_index.wrapping_add((start + child) as u32).to_be_bytes()
    });
    let bodies: [&[u8]; TAPE_GROUP] =
        std::array::from_fn(|child| &indices[child][4 - index_size..]);
    let root = payment.root.as_bytes();
    let r = Preimage::peel_slice_mut(preimages);
    if workload.scheme.hashes_share() {
        let mut shares: [&[u8]; TAPE_GROUP] = [&[]; TAPE_GROUP];
        for (share, source) in shares.iter_mut().zip(&payment.shares[start..start + count]) {
            *share = source.as_bytes();
        }
        tape_sha256::hash_pairs(root, &shares[..count], &bodies[..count], r);
    } else {
        tape_sha256::hash_many_prefixed(root, &bodies[..count], r);
    }
    // A chain of one link is the hash of 32 bytes, and the fastest way to it: on Zen 5 `hash_many` takes ten
    // times as long for messages this short.
    tape_sha256::hash_chains(
        r,
        &[1; TAPE_GROUP][..count],
        PaymentHash::peel_slice_mut(payment_hashes),
    );
}

/// What a library that dispatches to the SHA extensions uses here; `other` without them.
fn sha_extensions_or(other: &str) -> String {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") {
        return "shani".into();
    }
    other.into()
}

/// The first of `names` that this CPU has.
fn widest(names: &[&str]) -> String {
    let has = |name: &&&str| match **name {
        #[cfg(target_arch = "x86_64")]
        "avx512" => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl"),
        #[cfg(target_arch = "x86_64")]
        "sse41" => is_x86_feature_detected!("sse4.1"),
        _ => false,
    };
    names.iter().find(has).copied().unwrap_or("portable").into()
}

/// The version of a package that the build took, from the lock file.
fn locked_version(package: &str, release: &str) -> String {
    const LOCK: &str = include_str!("../../Cargo.lock");
    LOCK.split("[[package]]")
        .filter(|entry| entry.contains(&format!("name = \"{package}\"\n")))
        .filter_map(|entry| entry.split_once("version = \"")?.1.split_once('"'))
        .map(|(version, _)| version)
        .find(|version| version.starts_with(release))
        .unwrap_or("unknown")
        .into()
}
