//! Promise: an HTLC that came in an onion and fails goes back with a failure that its sender alone
//! can read, and `ammeter decode --shared-secrets` says which hop made it and why.

#[path = "support/onions.rs"]
mod onions;
#[path = "support/receiver.rs"]
mod receiver;

use std::{fs, process::Stdio};

use ammeter_amp::onion::{Hop, SecretKey, SharedSecret, Told, build, wrap};
use ammeter_core::{hex, reference::sha256};
use onions::{json_of, nodes, text};
use receiver::{Receiver, ammeter, lines, sent};
use serde_json::{Value, json};

/// One payment twice: its events at the receiver, and what its sender keeps of each part.
fn payment(form: &str, parts: &str) -> (Vec<Value>, Vec<Value>) {
    let ((_, route), seed) = (nodes(), "5e".repeat(32));
    let flags = ["--scheme", form, "--parts", parts, "--route", &route, "--seed", &seed];
    let kept = json_of(&[&["send", "--amount", "1000003"], &flags[..]].concat());
    (sent(&flags), kept["parts"].as_array().expect("parts").clone())
}

fn bytes(digits: &Value) -> Vec<u8> {
    let digits = text(digits);
    let mut bytes = vec![0; digits.len() / 2];
    hex::decode(digits.as_bytes(), &mut bytes).expect("digits");
    bytes
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The failure as it reaches the sender: each router before `hop`, the farthest first, wraps it in
/// the secret that it found when it peeled the part's onion.
fn back(failure: &Value, part: &Value, hop: usize) -> String {
    let (keys, _) = nodes();
    let (mut onion, mut secrets) = (part["onion"].clone(), Vec::new());
    for key in &keys[..hop] {
        let hash = text(&part["payment_hash"]);
        let flags = ["decode", text(&onion), "--key", key, "--payment-hash", hash, "--json"];
        let peeled = json_of(&flags);
        let secret = hex::decode32(text(&peeled["shared_secret"]).as_bytes()).expect("digits");
        secrets.push(SharedSecret::new(secret));
        onion = peeled["next"].clone();
    }
    let mut reason = bytes(failure);
    secrets.iter().rev().for_each(|secret| wrap(secret, &mut reason));
    digits(&reason)
}

/// The part's secrets, as `--shared-secrets` takes them.
fn secrets(part: &Value) -> String {
    let secrets = part["shared_secrets"].as_array().expect("secrets");
    secrets.iter().map(text).collect::<Vec<_>>().join(",")
}

fn attributed(failure: &str, part: &Value) -> Value {
    json_of(&["decode", failure, "--shared-secrets", &secrets(part), "--json"])
}

/// The one failure among answers.
fn failed(answers: &[Value]) -> &Value {
    let failed: Vec<_> = answers.iter().filter(|answer| answer["effect"] == "fail").collect();
    assert_eq!(failed.len(), 1, "{answers:?}");
    failed[0]
}

#[test]
fn from_the_receiver_over_two_routers_to_the_sender() {
    let (keys, _) = nodes();
    for form in ["basic", "adaptive", "committed", "tree", "lnd"] {
        let (events, parts) = payment(form, "2");
        let mut receiver = Receiver::start(&["--key", &keys[2], "--hold-ms", "1000"]);
        assert_eq!(receiver.ask(&events[0])[0]["effect"], "hold", "{form}");
        assert!(receiver.ask(&json!({"event": "block", "height": 700_000})).is_empty());
        let answers = receiver.ask(&json!({"event": "clock", "now_ms": "1000"}));
        let late = failed(&answers);
        assert_eq!(late["reason"], "held-too-long");
        let failure = back(&late["failure_onion"], &parts[0], 2);
        let found = attributed(&failure, &parts[0]);
        assert_eq!((&found["hop"], &found["hops"]), (&json!(2), &json!(3)), "{form}");
        assert_eq!(found["failure"], "mpp_timeout");
        assert_eq!((&found["failure_code"], &found["fields"]), (&json!(23), &json!({})));

        // The set is decided: the other part learns no more than that, the amount and the height.
        let answers = receiver.ask(&events[1]);
        let refused = failed(&answers);
        let found = attributed(&back(&refused["failure_onion"], &parts[1], 2), &parts[1]);
        assert_eq!(found["failure"], "incorrect_or_unknown_payment_details", "{form}");
        let amount = &events[1]["amount_msat"];
        assert_eq!(found["fields"], json!({"htlc_msat": amount, "height": "700000"}), "{form}");
        receiver.end();

        // For a person; and nobody else's secrets read it.
        let shown =
            ammeter(&["decode", &failure, "--shared-secrets", &secrets(&parts[0])], Stdio::null());
        let shown = String::from_utf8(shown.stdout).expect("text");
        assert!(shown.contains("a failure of hop 2"), "{shown}");
        assert!(shown.contains("0x0017  mpp_timeout"), "{shown}");
        let arguments = ["decode", &failure, "--shared-secrets", &secrets(&parts[1])];
        let output = ammeter(&arguments, Stdio::null());
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(
            said,
            "ammeter: the failure: no hop of this route has authenticated the failure\n"
        );
    }
}

/// A router that is sent a payment of its own route forwards nothing here: it fails as such.
#[test]
fn from_a_node_that_would_have_to_forward() {
    let (keys, _) = nodes();
    let (events, parts) = payment("basic", "1");
    let mut event = events[0].clone();
    event["onion"] = parts[0]["onion"].clone();
    let mut router = Receiver::start(&["--key", &keys[0]]);
    let answers = router.ask(&event);
    let found = attributed(text(&failed(&answers)["failure_onion"]), &parts[0]);
    assert_eq!((&found["hop"], &found["failure"]), (&json!(0), &json!("unknown_next_peer")));
    router.end();
}

/// What no secret is shared for goes back in the clear, as BOLT 2 has it.
#[test]
fn an_onion_that_cannot_be_peeled() {
    let (keys, _) = nodes();
    let (events, _) = payment("lnd", "1");
    let onion = bytes(&events[0]["onion"]);
    let changed = |at: usize, byte: u8| {
        let mut onion = onion.clone();
        onion[at] = byte;
        onion
    };
    for (key, onion, code) in [
        (&keys[1], onion.clone(), json!(0xc005)),
        (&keys[2], changed(1000, !onion[1000]), json!(0xc005)),
        (&keys[2], changed(0, 1), json!(0xc004)),
        (&keys[2], changed(1, 7), json!(0xc006)),
        (&keys[2], onion[1..].to_vec(), Value::Null),
    ] {
        let mut event = events[0].clone();
        event["onion"] = digits(&onion).into();
        let mut receiver = Receiver::start(&["--key", key]);
        let answers = receiver.ask(&event);
        let failed = failed(&answers);
        assert_eq!((&failed["reason"], &failed["failure_code"]), (&json!("unreadable"), &code));
        let hash = match code {
            Value::Null => Value::Null,
            _ => digits(&sha256(&onion)).into(),
        };
        assert_eq!(failed["sha256_of_onion"], hash);
        assert_eq!(failed.get("failure_onion"), None);
        receiver.end();
    }
}

/// The sender learns which record is wrong, and where.
#[test]
fn a_payload_that_cannot_be_read() {
    let (keys, _) = nodes();
    let node = SecretKey::from_bytes(&[0x43; 32]).expect("a key").public_key();
    let payload = |records: &[u8]| [&[records.len() as u8], records, &[0; 32]].concat();
    for (records, fields) in [
        // Type 2 has a leading zero byte; type 12 is even and unknown; there is no type 8.
        (&[2, 2, 0, 7, 4, 1, 9][..], json!({"type": "2", "offset": "3"})),
        (&[2, 1, 7, 4, 1, 9, 12, 0], json!({"type": "12", "offset": "7"})),
        (&[2, 1, 7, 4, 1, 9], json!({"type": "8", "offset": "0"})),
    ] {
        let told = payload(records);
        let hash = [0x42; 32];
        let session = SecretKey::from_bytes(&[0x11; 32]).expect("a key");
        let hops = [Hop { node: &node, told: Told::Tlv(&told) }];
        let onion = build(&hops, &session, &hash).expect("possible");
        let part = json!({ "shared_secrets": [digits(onion.secrets[0].expose())] });
        let mut receiver = Receiver::start(&["--key", &keys[2], "--framing", "tlv"]);
        let answers = receiver.ask(&json!({
            "event": "htlc", "channel_id": 1, "htlc_id": 1, "payment_hash": digits(&hash),
            "amount_msat": 7, "expiry": 9, "onion": digits(onion.packet.as_bytes()),
        }));
        let found = attributed(text(&failed(&answers)["failure_onion"]), &part);
        assert_eq!(found["failure"], "invalid_onion_payload");
        assert_eq!(found["fields"], fields, "{records:?}");
        receiver.end();
    }
}

/// Shown again, at once or in a next life, an HTLC that failed fails with its failure again.
#[test]
fn a_failure_comes_again() {
    let (keys, _) = nodes();
    let folder = tempfile::tempdir().expect("a folder");
    let state = ["--state", folder.path().to_str().expect("UTF-8")];
    let flags = [&state[..], &["--key", &keys[2], "--interactive", "--batch-max", "1"]].concat();
    let (events, parts) = payment("lnd", "1");
    let mut receiver = Receiver::start(&flags);
    // Many are read before the first is answered.
    (0..200).for_each(|_| receiver.write(&events[0].to_string()));
    let output = receiver.end();
    let answers = lines(&output.stdout);
    let failed: Vec<_> = answers.iter().filter(|answer| answer["effect"] == "fail").collect();
    assert_eq!(failed.len(), 200);
    let found = attributed(&back(&failed[0]["failure_onion"], &parts[0], 2), &parts[0]);
    assert_eq!(found["failure"], "incorrect_or_unknown_payment_details");
    assert!(failed.iter().all(|each| each == &failed[0]), "without it, or with another");

    let mut next_life = Receiver::start(&flags);
    let answers = next_life.ask(&events[0]);
    assert_eq!(&answers[0], failed[0]);
    next_life.end();
}

/// Protocol 2, and HTLCs without an onion beside those with one.
#[test]
fn in_every_protocol_and_for_onions_only() {
    let (keys, _) = nodes();
    let (events, parts) = payment("basic", "1");
    let mut receiver = Receiver::greeted(&["--protocol", "2", "--key", &keys[2], "--interactive"]);
    for _ in 0..2 {
        assert!(receiver.open(&json!({"event": "open"})).is_empty());
        let answers = receiver.ask(&events[0]);
        let failure = back(&failed(&answers)["failure_onion"], &parts[0], 2);
        let found = attributed(&failure, &parts[0]);
        // The height of the history before is forgotten with it.
        assert_eq!(found["fields"]["height"], "0");
        let mut clear = events[0].clone();
        clear.as_object_mut().expect("an object").remove("onion");
        (clear["frames"], clear["htlc_id"]) = (parts[0]["bytes"].clone(), json!(7));
        let answers = receiver.ask(&clear);
        assert_eq!(failed(&answers).get("failure_onion"), None);
        assert!(receiver.ask(&json!({"event": "block", "height": 700_000})).is_empty());
    }
    receiver.end();
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secrets");
    let (secret, failure) = ("07".repeat(32), "00".repeat(292));
    fs::write(&file, format!("{secret}\n{secret}\n")).expect("written");
    let (from_file, too_many) = (format!("@{}", file.display()), [&secret[..]; 28].join(","));
    for (flags, said) in [
        (&["--shared-secrets", "07"][..], "--shared-secrets: 2 hexadecimal digits"),
        (&["--shared-secrets", ""], "--shared-secrets: a secret is needed for each hop"),
        (
            &["--shared-secrets", &too_many],
            "--shared-secrets: 28 secrets, but a route has at most 27",
        ),
        (&["--shared-secrets", &from_file], "the failure: no hop of this route"),
        (&["--shared-secrets", "@/nowhere"], "/nowhere: "),
        (&["--shared-secrets", &secret, "--key", &secret], "cannot be used with"),
        (&["--shared-secrets", &secret, "--format", "tlv"], "cannot be used with"),
    ] {
        let output = ammeter(&[&["decode", &failure], flags].concat(), Stdio::null());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains(said), "{flags:?}: {stderr}");
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
    }
}
