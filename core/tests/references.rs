//! Promise: the references give what the standards publish.

use ammeter_core::{
    hex::decode32,
    reference::{blake3, sha256},
};

/// FIPS 180-4's examples, as NIST publishes them, and the empty message.
#[test]
fn sha256_gives_the_published_examples() {
    let cases: [(&[u8], &[u8; 64]); 3] = [
        (b"", b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            b"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];
    for (message, digest) in cases {
        assert_eq!(sha256(message), decode32(digest).unwrap());
    }
    assert_eq!(
        sha256(&[b'a'; 1_000_000]),
        decode32(b"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0").unwrap()
    );
}

/// From BLAKE3's own `test_vectors.json`: byte k of the input is k mod 251.
#[test]
fn blake3_gives_the_published_examples() {
    let cases: [(usize, &[u8; 64]); 4] = [
        (0, b"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, b"2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1023, b"10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"),
        (1024, b"42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
    ];
    for (length, digest) in cases {
        let message: [u8; 1024] = core::array::from_fn(|k| (k % 251) as u8);
        assert_eq!(blake3(&message[..length]), decode32(digest).unwrap());
    }
}
