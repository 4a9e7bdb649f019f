//! Other people's hash functions, each called as its documentation tells a user to.
//!
//! Most take one message: an implementer writes root (and share) once, then the index of each
//! child, and hashes. A peer that takes many messages at once is given many.

#[cfg(feature = "peers")]
mod tape;

use ammeter_core::{Hash, Pairs, PaymentHash, Preimage, Scheme, scheme::MESSAGE_SIZE_MAX};

use crate::{
    backend::{Backend, Entry, Failure},
    clock::{Elapsed, time},
    workload::{Payment, Workload},
};

/// A hash of one message, whose size is known when the call is compiled, as an implementer knows
/// it.
trait OneMessage: Send {
    fn digest<const SIZE: usize>(&mut self, message: &[u8; SIZE]) -> [u8; 32];
}

/// What there is to know of such a peer.
struct PerMessage {
    name: &'static str,
    package: (&'static str, &'static str),
    hash: Hash,
    call: &'static str,
    isa: fn() -> String,
}

/// Defines a type that hashes one message by an expression of it.
macro_rules! one_message {
    ($name:ident, $message:ident => $digest:expr) => {
        #[derive(Clone, Copy)]
        struct $name;

        impl OneMessage for $name {
            #[inline]
            fn digest<const SIZE: usize>(&mut self, $message: &[u8; SIZE]) -> [u8; 32] {
                $digest
            }
        }
    };
}

one_message!(Sha2, message => {
    use sha2::Digest as _;
    sha2::Sha256::digest(message).into()
});
one_message!(Sha2Asm, message => {
    use sha2_asm_010::Digest as _;
    sha2_asm_010::Sha256::digest(message).into()
});
one_message!(Blake3, message => *blake3::hash(message).as_bytes());

/// Every row, but for what the build left out.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    let sha2_isa = || if SOFT { "portable".into() } else { sha_extensions_or("portable") };
    let sha2 = sha256("sha2-0.11", ("sha2", "0.11."), "sha2::Sha256::digest(message)", sha2_isa);
    let sha2_asm = sha256(
        "sha2-0.10-asm",
        ("sha2", "0.10."),
        "sha2::Sha256::digest(message), features = [\"asm\"]",
        assembly,
    );
    let blake3 = PerMessage {
        name: "blake3",
        package: ("blake3", ""),
        hash: Hash::Blake3,
        call: "blake3::hash(message)",
        isa: || widest(&["avx512", "sse41"]),
    };
    [entry(sha2, Sha2), entry(sha2_asm, Sha2Asm), entry(blake3, Blake3)]
        .into_iter()
        .chain(long_to_compile())
        .chain(openssl())
}

/// A row of SHA-256.
fn sha256(
    name: &'static str,
    package: (&'static str, &'static str),
    call: &'static str,
    isa: fn() -> String,
) -> PerMessage {
    PerMessage { name, package, hash: Hash::Sha256, call, isa }
}

fn assembly() -> String {
    sha_extensions_or("assembly")
}

/// The names of [`long_to_compile`], whether or not they were compiled.
pub(crate) const LONG_TO_COMPILE: [&str; 4] =
    ["ring", "aws-lc-rs", "bitcoin_hashes", "tape-sha256"];

/// Those that take as long to compile as our own packages.
#[cfg(feature = "peers")]
fn long_to_compile() -> Vec<Entry> {
    one_message!(Ring, message => {
        let digest = ring::digest::digest(&ring::digest::SHA256, message);
        digest.as_ref().try_into().expect("32 bytes")
    });
    one_message!(AwsLc, message => {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message);
        digest.as_ref().try_into().expect("32 bytes")
    });
    one_message!(BitcoinHashes, message => bitcoin_hashes::sha256::hash(message).to_byte_array());

    vec![
        entry(
            sha256("ring", ("ring", ""), "ring::digest::digest(&SHA256, message)", assembly),
            Ring,
        ),
        entry(
            sha256(
                "aws-lc-rs",
                ("aws-lc-rs", ""),
                "aws_lc_rs::digest::digest(&SHA256, message)",
                assembly,
            ),
            AwsLc,
        ),
        entry(
            sha256(
                "bitcoin_hashes",
                ("bitcoin_hashes", "1."),
                "bitcoin_hashes::sha256::hash(message)",
                || sha_extensions_or("portable"),
            ),
            BitcoinHashes,
        ),
        tape::entry(),
    ]
}

#[cfg(not(feature = "peers"))]
fn long_to_compile() -> Vec<Entry> {
    Vec::new()
}

/// Whether sha2 was told to leave the SHA extensions alone.
const SOFT: bool = cfg!(feature = "sha2-soft");

/// The system's OpenSSL, from release 3 on, in the three ways in which programs call it.
#[cfg(feature = "openssl")]
fn openssl() -> Vec<Entry> {
    use openssl::{md::Md, md_ctx::MdCtx};

    one_message!(OneShot, message => openssl::sha::sha256(message));
    one_message!(LowLevel, message => {
        let mut hash = openssl::sha::Sha256::new();
        hash.update(message);
        hash.finish()
    });

    /// The algorithm is fetched once: `EVP_sha256` would have it fetched anew in every init.
    struct Fetched(MdCtx, Md);

    impl OneMessage for Fetched {
        #[inline]
        fn digest<const SIZE: usize>(&mut self, message: &[u8; SIZE]) -> [u8; 32] {
            let (Self(context, sha256), mut digest) = (self, [0; 32]);
            context.digest_init(sha256).expect("SHA-256 is there");
            context.digest_update(message).expect("no input is refused");
            context.digest_final(&mut digest).expect("32 bytes");
            digest
        }
    }

    let row = |name, call| sha256(name, ("openssl", ""), call, assembly);
    let fetched = || {
        let sha256 = Md::fetch(None, "SHA256", None).expect("SHA-256 is there");
        Messages(Fetched(MdCtx::new().expect("memory for a digest context"), sha256))
    };
    let mut entries = vec![
        entry(row("openssl-one-shot", "openssl::sha::sha256(message)"), OneShot),
        entry(
            row(
                "openssl-low-level",
                "openssl::sha::Sha256 (deprecated in 3.0): new, update, finish",
            ),
            LowLevel,
        ),
        Entry {
            make: Box::new(move || Box::new(fetched())),
            ..entry(
                row(
                    "openssl-fetched",
                    "EVP_MD_fetch once, EVP_DigestInit/Update/Final on one context",
                ),
                OneShot,
            )
        },
    ];
    let version = openssl::version::version().to_string();
    for entry in &mut entries {
        entry.version.clone_from(&version);
    }
    entries
}

#[cfg(not(feature = "openssl"))]
fn openssl() -> Vec<Entry> {
    Vec::new()
}

fn entry(peer: PerMessage, digest: impl OneMessage + Copy + Sync + 'static) -> Entry {
    let (package, release) = peer.package;
    Entry {
        name: peer.name.into(),
        hash: peer.hash,
        isa: (peer.isa)(),
        version: locked_version(package, release),
        call: peer.call.into(),
        make: Box::new(move || Box::new(Messages(digest))),
    }
}

/// Derives with a function that hashes one message.
struct Messages<F>(F);

impl<F: OneMessage> Backend for Messages<F> {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let Self(digest) = self;
        let ((), elapsed) = time(|| match workload.scheme {
            Scheme::Og | Scheme::Tree => derive_all::<36>(workload, output, digest),
            Scheme::Bolts658 => derive_all::<34>(workload, output, digest),
            Scheme::Lnd => derive_all::<68>(workload, output, digest),
        });
        Ok(elapsed)
    }
}

/// Messages of `SIZE` bytes.
fn derive_all<const SIZE: usize>(
    workload: &Workload,
    output: Pairs<'_>,
    digest: &mut impl OneMessage,
) {
    for (payment, Pairs { preimages, payment_hashes }) in workload.places(output) {
        derive_payment::<SIZE>(workload, payment, preimages, payment_hashes, digest);
    }
}

/// The loop that an implementer writes: the message is built in place, only what changes is
/// rewritten.
fn derive_payment<const SIZE: usize>(
    workload: &Workload,
    payment: &Payment,
    preimages: &mut [Preimage],
    payment_hashes: &mut [PaymentHash],
    digest: &mut impl OneMessage,
) {
    let scheme = workload.scheme;
    let mut whole = [0; MESSAGE_SIZE_MAX];
    let first = payment.first_index;
    let size = scheme.message(&payment.root, payment.shares.first(), first, &mut whole);
    let mut message: [u8; SIZE] = whole[..size].try_into().expect("the scheme's size");
    let index_size = scheme.index_size();
    let pairs = preimages.iter_mut().zip(payment_hashes);
    for (child, (preimage, payment_hash)) in pairs.enumerate() {
        let index = (first + child as u32).to_be_bytes();
        message[SIZE - index_size..].copy_from_slice(&index[4 - index_size..]);
        if scheme.hashes_share() {
            message[32..64].copy_from_slice(payment.shares[child].as_bytes());
        }
        preimage.0 = digest.digest(&message);
        payment_hash.0 = digest.digest(&preimage.0);
    }
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
    let mut versions = LOCK
        .split("[[package]]")
        .filter(|entry| entry.contains(&format!("name = \"{package}\"\n")))
        .filter_map(|entry| entry.split_once("version = \"")?.1.split_once('"'))
        .map(|(version, _)| version)
        .filter(|version| version.starts_with(release));
    let version = versions.next().unwrap_or("unknown");
    // A dependency of a dependency may be another release of it.
    assert_eq!(versions.next(), None, "{package}: say which release");
    version.into()
}
