//! Promise: every target runs on stable, on inputs of every length, and a broken promise is noticed.

use std::panic;

use ammeter_fuzz::{CANARY, TARGETS};

/// Lengths from empty to several groups of every kernel; bytes from a multiplicative generator, no two alike.
#[test]
fn targets_hold_on_made_up_inputs() {
    for target in TARGETS {
        let mut state = 1u32;
        for length in (0..200).chain([600, 1187, 2949]) {
            let input: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(0x9e37_79b1).wrapping_add(0x7f4a_7c15);
                    (state >> 24) as u8
                })
                .collect();
            (target.run)(&input);
        }
    }
}

/// Every message of the published vectors, valid and not, reaches the parsers.
#[test]
fn the_wire_target_holds_on_the_published_messages() {
    let vectors = include_str!("../../vectors/reference.json");
    let messages = vectors.split("\"hex\": \"").skip(1).filter_map(|rest| rest.split('"').next());
    let target = TARGETS.iter().find(|target| target.name == "wire").unwrap();
    let mut count = 0;
    for digits in messages {
        let pairs = digits.as_bytes().chunks_exact(2);
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        (target.run)(&pairs.map(byte).collect::<Vec<u8>>());
        count += 1;
    }
    assert_eq!(count, 48 + 12 + 123);
}

#[test]
fn the_canary_fails() {
    (CANARY.run)(b"quiet");
    assert!(panic::catch_unwind(|| (CANARY.run)(b"canary")).is_err());
}
