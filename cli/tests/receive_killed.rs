//! Promise: `ammeter receive` may be killed at any moment; what it had answered is never
//! contradicted, and every payment ends whole.

#[path = "support/receiver.rs"]
mod receiver;

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader, Read},
    process::ChildStdout,
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use ammeter_core::{PaymentHash, Preimage, reference::sha256};
use receiver::{Receiver, lines, sent};
use serde_json::{Value, json};

const KILLS: u64 = 40;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % count
    }
}

/// What a node has been told of its HTLCs.
#[derive(Default)]
struct Node {
    payment_hashes: HashMap<(String, String), String>,
    verdicts: BTreeMap<(String, String), Value>,
}

impl Node {
    fn learn(&mut self, answers: &[Value]) {
        for answer in answers.iter().filter(|answer| answer.get("effect").is_some()) {
            let field = |name: &str| answer[name].as_str().expect("a string").to_owned();
            let key = (field("channel_id"), field("htlc_id"));
            if answer["effect"] == "hold" {
                assert!(!self.verdicts.contains_key(&key), "{key:?} is held after its verdict");
                continue;
            }
            if answer["effect"] == "settle" {
                let preimage = Preimage::from_hex(&field("preimage")).expect("a preimage");
                let hash = PaymentHash(sha256(preimage.as_bytes()));
                assert_eq!(format!("{hash:x}"), self.payment_hashes[&key]);
            }
            let first = self.verdicts.entry(key).or_insert_with(|| answer.clone());
            assert_eq!(first, answer, "two verdicts");
        }
    }
}

/// Payments of every form, each with its channel, in a mixed order; some without their last part.
fn events(random: &mut Random) -> Vec<Value> {
    let forms = ["basic", "adaptive", "committed", "tree", "lnd"];
    let mut queues: Vec<_> = (0..20)
        .map(|channel| {
            let (form, parts) = (forms[channel % 5], (2 + channel % 4).to_string());
            let channel_id = channel.to_string();
            let mut events = sent(&["--scheme", form, "--parts", &parts, "--channel", &channel_id]);
            events.truncate(events.len() - usize::from(channel >= 15));
            events.into_iter()
        })
        .collect();
    let mut mixed = Vec::new();
    while !queues.is_empty() {
        let place = random.below(queues.len() as u64) as usize;
        match queues[place].next() {
            Some(event) => mixed.push(event),
            None => drop(queues.swap_remove(place)),
        }
    }
    mixed
}

/// Reads to the end, and says when so many lines were there.
fn read(
    mut output: BufReader<ChildStdout>,
    lines: u64,
) -> (JoinHandle<Vec<u8>>, mpsc::Receiver<()>) {
    let (sender, seen) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        for _ in 0..lines {
            output.read_until(b'\n', &mut bytes).expect("output");
        }
        sender.send(()).expect("somebody waits");
        output.read_to_end(&mut bytes).expect("output");
        bytes
    });
    (reader, seen)
}

#[test]
fn at_random_moments() {
    let mut random = Random(11);
    let folder = tempfile::tempdir().unwrap();
    let state = ["--state", folder.path().to_str().unwrap(), "--batch-max", "4"];
    let events = events(&mut random);
    let mut node = Node::default();
    for event in &events {
        let field = |name: &str| event[name].as_str().expect("a string").to_owned();
        node.payment_hashes.insert((field("channel_id"), field("htlc_id")), field("payment_hash"));
    }
    let mut answered = 0;
    for kill in 0..KILLS {
        let mut receiver = Receiver::start(&state);
        node.learn(&receiver.first_answers);
        // Shown again from the beginning, each life a little further, half of them to the end.
        let shown = ((kill + 1) as usize * 2 * events.len() / KILLS as usize).min(events.len());
        let (reader, seen) = read(receiver.take_output(), random.below(shown as u64));
        for event in &events[..shown] {
            receiver.write(&event.to_string());
        }
        // Each event has an answer, so there are as many lines.
        seen.recv().expect("lines");
        thread::sleep(Duration::from_micros(random.below(6_000)));
        receiver.kill();
        let answers = lines(&reader.join().expect("a reader"));
        answered += answers.len();
        node.learn(&answers);
    }
    println!("{KILLS} kills, {answered} lines before them, {} verdicts", node.verdicts.len());
    assert!(node.verdicts.len() > 5, "it was always killed before it decided anything");

    let mut last = Receiver::start(&state);
    node.learn(&last.first_answers);
    for event in &events {
        node.learn(&last.ask(event));
    }
    node.learn(&last.ask(&json!({"event": "clock", "now_ms": 60_001})));
    for (channel_id, htlc_id) in node.payment_hashes.keys() {
        let verdict = &node.verdicts[&(channel_id.clone(), htlc_id.clone())];
        let whole = channel_id.parse::<u64>().unwrap() < 15;
        assert_eq!(verdict["effect"], if whole { "settle" } else { "fail" }, "{verdict}");
    }
    assert_eq!(last.end().status.code(), Some(0));
}
