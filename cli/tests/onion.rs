//! Promise: what `ammeter send --route` wraps, `ammeter decode --key` peels hop by hop, and
//! `ammeter receive --key` settles; an onion for somebody else fails, and nothing settles.

#[path = "support/onions.rs"]
mod onions;
#[path = "support/receiver.rs"]
mod receiver;

use std::{fs, process::Stdio};

use ammeter_amp::onion::{Attributed, SharedSecret, attribute, fail, wrap};
use onions::{json_of, nodes, text};
use receiver::{Receiver, ammeter, sent};
use serde_json::{Value, json};

#[test]
fn onions_settle_at_the_receiver_in_every_scheme() {
    let (keys, route) = nodes();
    for form in ["basic", "adaptive", "committed", "tree", "lnd"] {
        let events = sent(&["--scheme", form, "--parts", "4", "--route", &route]);
        let mut receiver = Receiver::start(&["--key", &keys[2]]);
        let answers: Vec<_> = events.iter().flat_map(|event| receiver.ask(event)).collect();
        let settled = answers.iter().filter(|answer| answer["effect"] == "settle").count();
        assert_eq!(settled, 4, "{form}: {answers:?}");
        assert_eq!(receiver.end().status.code(), Some(0));

        let mut receiver = Receiver::start(&["--key", &keys[1]]);
        let answers: Vec<_> = events.iter().flat_map(|event| receiver.ask(event)).collect();
        let failed = answers.iter().filter(|answer| answer["effect"] == "fail").count();
        assert_eq!((failed, answers.len()), (4, 4), "{form}, another key: {answers:?}");
        receiver.end();
    }
}

/// In protocol 2 the key is the process's, and the flags are what `open` does not say.
#[test]
fn protocol_2_takes_onions_and_the_policys_flags() {
    let (keys, route) = nodes();
    let events = sent(&["--scheme", "basic", "--parts", "2", "--route", &route]);
    let flags = ["--protocol", "2", "--key", &keys[2], "--interactive"];
    let mut receiver = Receiver::greeted(&flags);
    for (policy, effect) in [
        (json!({}), "fail"),
        (json!({"spontaneous": true}), "settle"),
        (json!({"spontaneous": true, "part_count_max": 1}), "fail"),
    ] {
        assert!(receiver.open(&json!({"event": "open", "policy": policy})).is_empty());
        let answers: Vec<_> = events.iter().flat_map(|event| receiver.ask(event)).collect();
        let found = answers.iter().filter(|answer| answer["effect"] == effect).count();
        assert_eq!(found, 2, "{policy}: {answers:?}");
    }
    receiver.write(&json!({"event": "open"}).to_string());
    receiver.write(&json!({"event": "htlc"}).to_string());
    let output = receiver.end();
    assert_eq!(output.status.code(), Some(2));

    let mut blind = Receiver::start(&[]);
    blind.write(&events[0].to_string());
    let output = blind.end();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.ends_with("ammeter: line 1: onion: no key is here to peel it with\n"), "{said}");
}

#[test]
fn onions_settle_in_protocol_2() {
    let (keys, route) = nodes();
    let events = sent(&["--scheme", "lnd", "--parts", "2", "--route", &route]);
    let effects_with = |key: &str| {
        let mut receiver = Receiver::greeted(&["--protocol", "2", "--key", key]);
        assert!(receiver.open(&json!({"event": "open"})).is_empty());
        let answers: Vec<_> = events.iter().flat_map(|event| receiver.ask(event)).collect();
        assert_eq!(receiver.end().status.code(), Some(0));
        answers.iter().map(|answer| text(&answer["effect"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(effects_with(&keys[2]), ["hold", "settle", "settle"]);
    assert_eq!(effects_with(&keys[1]), ["fail", "fail"], "another key");

    let mut receiver = Receiver::greeted(&["--protocol", "2"]);
    assert!(receiver.open(&json!({"event": "open"})).is_empty());
    receiver.write(&events[0].to_string());
    let output = receiver.end();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "an onion without a key: {said}");
    assert!(said.contains("line 2: "), "{said}");
}

#[test]
fn every_hop_peels_its_layer() {
    let (keys, route) = nodes();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    for form in ["basic", "lnd"] {
        let arguments = ["send", "--scheme", form, "--amount", "1000", "--parts", "2", "--route"];
        let sent = json_of(&[&arguments[..], &[&route]].concat());
        let part = &sent["parts"][1];
        let mut onion = part["onion"].clone();
        for (hop, key) in keys.iter().enumerate() {
            fs::write(&file, format!("{key}\n")).expect("written");
            let key = format!("@{}", file.display());
            let hash = text(&part["payment_hash"]);
            let arguments = ["decode", text(&onion), "--key", &key, "--payment-hash", hash];
            let shown = ammeter(&arguments, Stdio::null());
            assert_eq!(shown.status.code(), Some(0));
            let peeled = json_of(&[&arguments[..], &["--json"]].concat());
            assert_eq!(peeled["final"], json!(hop == 2), "{form}, hop {hop}: {peeled}");
            assert_eq!(peeled["shared_secret"], part["shared_secrets"][hop]);
            if hop < 2 {
                assert_eq!(peeled["told"]["short_channel_id"], json!((hop + 1).to_string()));
                assert_eq!(peeled["told"]["amount_msat"], part["amount_msat"]);
                let cltv = 800_000 + 40 * (1 - hop);
                assert_eq!(peeled["told"]["cltv"], json!(cltv));
            } else {
                assert_eq!(peeled["told"]["message"]["share"], part["share"]);
                assert_eq!(peeled["next"], Value::Null);
            }
            onion = peeled["next"].clone();
        }
        failures(part);
    }
}

/// The secrets that the sender printed attribute a failure.
fn failures(part: &Value) {
    let secrets = part["shared_secrets"].as_array().expect("secrets").iter();
    let secret = |digits| ammeter_core::hex::decode32(text(digits).as_bytes()).expect("digits");
    let secrets: Vec<_> = secrets.map(secret).map(SharedSecret::new).collect();
    let mut reason = fail(&secrets[1], &[0x10, 7]).expect("a short message");
    wrap(&secrets[0], &mut reason);
    let expected = Attributed { hop: 1, message: vec![0x10, 7] };
    assert_eq!(attribute(&secrets, &reason), Ok(expected));
}

#[test]
fn the_same_seed_gives_the_same_onions() {
    let (_, route) = nodes();
    let seed = "07".repeat(32);
    let events =
        || sent(&["--scheme", "basic", "--parts", "2", "--route", &route, "--seed", &seed]);
    assert_eq!(events(), events());
    let onions: Vec<_> = events().iter().map(|event| event["onion"].clone()).collect();
    assert_ne!(
        onions[0].as_str().map(|onion| onion[..68].to_owned()),
        onions[1].as_str().map(|onion| onion[..68].to_owned()),
        "a session key for each part"
    );
}

#[test]
fn what_is_wrong_is_said() {
    let (keys, route) = nodes();
    let (key, hash) = (&keys[0][..], &"42".repeat(32)[..]);
    let long = [&route[..]; 7].join(",");
    let onion = "00".repeat(1366);
    let send = ["send", "--scheme", "basic", "--amount", "1", "--route"];
    for (arguments, said) in [
        ([&send[..], &["02"]].concat(), "2 hexadecimal digits"),
        ([&send[..], &[&"05".repeat(33)]].concat(), "not a compressed point"),
        ([&send[..], &[&long]].concat(), "--route: the hops are told 1430 bytes, 1300 are there"),
        (vec!["decode", &onion, "--key", key], "--payment-hash: --key needs it"),
        (
            vec!["decode", "00", "--key", key, "--payment-hash", hash],
            "the onion: an onion has 1366",
        ),
        (vec!["decode", &onion, "--key", key, "--payment-hash", hash], "the onion: the public key"),
        (vec!["decode", "00", "--key", "zz", "--payment-hash", hash], "--key: "),
        (
            vec!["decode", "00", "--key", &onion[..64], "--payment-hash", hash],
            "--key: the secret key",
        ),
        (vec!["decode", "00", "--payment-hash", hash], "--key"),
    ] {
        let output = ammeter(&arguments, Stdio::null());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
