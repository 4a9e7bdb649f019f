// The whole of another repository's `benches/examples/backend.rs`, for the test of `compare
// --against`: it speaks `ammeter-backend 1` with a SHA-256 of its own, and each call lasts exactly
// CALL_MICROS by its clock, so that nothing in the test depends on the machine.

use std::io::{BufRead, Write};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const CALL_MICROS: u64 = 1000;

#[rustfmt::skip]
const PRIMES: [u32; 64] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
    109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229,
    233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311,
];

/// The first 32 bits after the point of the root of a prime.
fn constant(prime: u32, cubic: bool) -> u32 {
    let scale = 1u128 << if cubic { 96 } else { 64 };
    let (mut low, mut high) = (0u128, 1u128 << 36);
    while high - low > 1 {
        let middle = (low + high) / 2;
        let power = middle * middle * if cubic { middle } else { 1 };
        if power <= u128::from(prime) * scale { low = middle } else { high = middle }
    }
    low as u32
}

fn sha256(message: &[u8]) -> [u8; 32] {
    static CONSTANTS: OnceLock<([u32; 64], Vec<u32>)> = OnceLock::new();
    let (constants, start) = CONSTANTS.get_or_init(|| {
        let start = PRIMES[..8].iter().map(|prime| constant(*prime, false));
        (PRIMES.map(|prime| constant(prime, true)), start.collect())
    });
    let mut state = start.clone();
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((message.len() + 9).div_ceil(64) * 64 - 8, 0);
    padded.extend((8 * message.len() as u64).to_be_bytes());
    for block in padded.chunks(64) {
        let mut w: Vec<u32> =
            block.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        for t in 16..64 {
            let (x, y) = (w[t - 15], w[t - 2]);
            let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
            let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
            w.push(w[t - 16].wrapping_add(s0).wrapping_add(w[t - 7]).wrapping_add(s1));
        }
        let mut v = state.clone();
        for t in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let one = [s1, choice, constants[t], w[t]].iter().fold(v[7], |a, b| a.wrapping_add(*b));
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let two = s0.wrapping_add((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(one);
            v[0] = one.wrapping_add(two);
        }
        state.iter_mut().zip(v).for_each(|(sum, word)| *sum = sum.wrapping_add(word));
    }
    let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn main() {
    let mut input = std::io::stdin().lock().lines().map_while(Result::ok);
    let say = |line: &str| {
        println!("{line}");
        std::io::stdout().flush().unwrap();
    };
    say("ammeter-backend 1\nname test\nversion 1\nhash sha256\nready");
    let (mut roots, mut work, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(line) = input.next() {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u32>().unwrap();
        match words[0] {
            "load" => {
                work = vec![number(2), number(3)];
                roots = (0..number(1)).map(|_| input.next().unwrap()[5..].to_owned()).collect();
                say("loaded");
            }
            "run" => {
                let (calls, counter) = (number(1), number(2));
                let mut all = Vec::new();
                for call in 0..calls {
                    let start = Instant::now();
                    let (mut preimages, mut hashes) = (Vec::new(), Vec::new());
                    for root in &roots {
                        let unhex = |k: usize| u8::from_str_radix(&root[k..k + 2], 16).unwrap();
                        let mut message: Vec<u8> = (0..64).step_by(2).map(unhex).collect();
                        message[..4].copy_from_slice(&counter.wrapping_add(call).to_be_bytes());
                        for child in 0..work[0] {
                            message.truncate(32);
                            message.extend((work[1] + child).to_be_bytes());
                            let preimage = sha256(&message);
                            preimages.extend(preimage);
                            hashes.extend(sha256(&preimage));
                        }
                    }
                    outputs = [preimages, hashes].concat();
                    while start.elapsed() < Duration::from_micros(CALL_MICROS) {}
                    all.extend(&outputs);
                }
                let wall = 1000 * CALL_MICROS * u64::from(calls);
                say(&format!("ran {wall} - {}", hex(&sha256(&all))));
            }
            "digest" => {
                let copies = outputs.repeat(number(1) as usize);
                say(&format!("digested {}", hex(&sha256(&copies))));
            }
            other => say(&format!("error {other} is not known")),
        }
    }
}
