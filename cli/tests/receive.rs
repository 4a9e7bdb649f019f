//! Promise: `ammeter receive` answers every event once it is durable, remembers across restarts,
//! and ends with a clear line when it cannot go on.

#[path = "support/receiver.rs"]
mod receiver;

use std::{fs, process::Stdio};

use ammeter_core::{Hash, PaymentHash, Preimage};
use receiver::{Receiver, ammeter, sent};
use serde_json::{Value, json};

const FORMS: [&str; 5] = ["basic", "adaptive", "committed", "tree", "lnd"];

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// The effects named `name` among answers.
fn effects<'a>(answers: &'a [Value], name: &str) -> Vec<&'a Value> {
    answers.iter().filter(|answer| answer["effect"] == name).collect()
}

fn claims(preimage: &Value, hash: Hash, event: &Value) -> bool {
    let preimage = Preimage::from_hex(text(preimage)).expect("a preimage");
    let digest = match hash {
        Hash::Sha256 => ammeter_core::reference::sha256(preimage.as_bytes()),
        Hash::Blake3 => *blake3::hash(preimage.as_bytes()).as_bytes(),
    };
    format!("{:x}", PaymentHash(digest)) == text(&event["payment_hash"])
}

#[test]
fn what_is_sent_settles() {
    for form in FORMS {
        for hash in Hash::ALL {
            let flags = ["--scheme", form, "--hash", hash.name(), "--parts", "4"];
            let events = sent(&flags);
            let mut receiver = Receiver::start(&["--hash", hash.name()]);
            let answers: Vec<_> = events.iter().flat_map(|event| receiver.ask(event)).collect();
            assert_eq!(effects(&answers, "hold").len(), 3, "{form}: {answers:?}");
            let settled = effects(&answers, "settle");
            assert_eq!(settled.len(), 4, "{form}: {answers:?}");
            for effect in settled {
                let its_event = events.iter().find(|event| event["htlc_id"] == effect["htlc_id"]);
                assert!(claims(&effect["preimage"], hash, its_event.expect("sent")), "{form}");
            }
            assert_eq!(receiver.end().status.code(), Some(0));
        }
    }
}

/// One preimage claims all parts, before and after a restart; and the command says what it needs.
#[test]
fn what_is_sent_to_an_invoice_by_one_hash_settles() {
    for hash in Hash::ALL {
        let (name, preimage) = ("5a".repeat(32), Preimage([7; 32]));
        let digest = match hash {
            Hash::Sha256 => ammeter_core::reference::sha256(&preimage.0),
            Hash::Blake3 => *blake3::hash(&preimage.0).as_bytes(),
        };
        let payment_hash = format!("{:x}", PaymentHash(digest));
        let flags = ["--scheme", "mpp", "--parts", "3", "--invoice", &name];
        let events = sent(&[&flags[..], &["--payment-hash", &payment_hash]].concat());
        let folder = tempfile::tempdir().unwrap();
        let state = ["--state", folder.path().to_str().unwrap(), "--hash", hash.name()];
        let mut first = Receiver::start(&state);
        assert_eq!(effects(&first.ask(&events[0]), "fail")[0]["reason"], "no-invoice");
        let preimage = format!("{preimage:x}");
        let invoice = json!({
            "event": "invoice", "name": name, "amount_msat": "1000003", "preimage": preimage,
        });
        assert!(first.ask(&invoice).is_empty());
        let again = ["--first-htlc", "10", "--payment-hash", &payment_hash];
        let events = sent(&[&flags[..], &again].concat());
        assert_eq!(effects(&first.ask(&events[0]), "hold").len(), 1);
        assert_eq!(first.end().status.code(), Some(0));

        let mut second = Receiver::start(&state);
        assert_eq!(effects(&second.ask(&events[1]), "hold").len(), 1);
        let answers = second.ask(&events[2]);
        let settled = effects(&answers, "settle");
        assert_eq!(settled.len(), 3, "{answers:?}");
        assert!(settled.iter().all(|effect| effect["preimage"] == preimage));
        assert_eq!(second.end().status.code(), Some(0));
    }
}

#[test]
fn a_set_is_finished_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = ["--state", folder.path().to_str().unwrap()];
    let events = sent(&["--scheme", "lnd", "--parts", "3"]);
    let mut first = Receiver::start(&state);
    for event in &events[..2] {
        assert_eq!(effects(&first.ask(event), "hold").len(), 1);
    }
    assert_eq!(first.end().status.code(), Some(0));

    let mut second = Receiver::start(&state);
    let answers = second.ask(&events[2]);
    assert_eq!(effects(&answers, "settle").len(), 3, "{answers:?}");
    // Nobody said that it was carried out.
    second.kill();
    let mut third = Receiver::start(&state);
    assert_eq!(effects(&third.first_answers, "settle").len(), 3);
    for event in &events {
        assert_eq!(effects(&third.ask(event), "settle").len(), 1, "shown again, settled again");
        let key = json!({
            "event": "resolved", "channel_id": event["channel_id"], "htlc_id": event["htlc_id"],
        });
        assert!(third.ask(&key).is_empty());
    }
    assert_eq!(third.end().status.code(), Some(0));
    assert!(Receiver::start(&state).first_answers.is_empty());
}

#[test]
fn every_kind_of_event() {
    let name = "5a".repeat(32);
    let flags = ["--scheme", "lnd", "--parts", "2", "--invoice", &name];
    let mut receiver = Receiver::start(&["--interactive", "--hold-ms", "1000"]);
    let invoice = json!({"event": "invoice", "name": name, "amount_msat": "1000003"});
    let events = sent(&flags);
    let refused = receiver.ask(&events[0]);
    assert_eq!(effects(&refused, "fail")[0]["reason"], "no-invoice");
    assert!(receiver.ask(&json!({"event": "clock", "now_ms": 5})).is_empty());
    assert!(receiver.ask(&json!({"event": "block", "height": 700_000})).is_empty());
    assert!(receiver.ask(&invoice).is_empty());
    let mut later = sent(&[&flags[..], &["--first-htlc", "10"]].concat());
    assert_eq!(effects(&receiver.ask(&later[0]), "hold").len(), 1);
    let failed = receiver.ask(&json!({"event": "cancel", "name": name}));
    assert_eq!(effects(&failed, "fail")[0]["reason"], "invoice-cancelled");
    later[1]["payload"] = "00".into();
    assert_eq!(effects(&receiver.ask(&later[1]), "fail")[0]["reason"], "unreadable");
    assert_eq!(receiver.end().status.code(), Some(0));
}

#[test]
fn a_bad_line_loses_nothing_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = ["--state", folder.path().to_str().unwrap()];
    let events = sent(&["--scheme", "basic", "--parts", "2"]);
    let mut receiver = Receiver::start(&state);
    receiver.write(&events[0].to_string());
    receiver.write("");
    receiver.write(&events[1].to_string());
    receiver.write(r#"{"event":"block","height":"many"}"#);
    receiver.write(&events[0].to_string());
    let output = receiver.end();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "ammeter: line 4: height: a whole number below 2^64 is needed\n"
    );
    let answers = receiver::lines(&output.stdout);
    assert_eq!(effects(&answers, "settle").len(), 2, "{answers:?}");
    assert_eq!(answers.last(), Some(&json!({"done": 2})));
    assert_eq!(effects(&Receiver::start(&state).first_answers, "settle").len(), 2);
}

/// What two readers of JSON would read differently is no event.
#[test]
fn a_field_that_comes_twice_is_refused() {
    let mut receiver = Receiver::start(&[]);
    receiver.write(r#"{"event":"clock","now_ms":1}"#);
    receiver.write(r#"{"event":"clock","now_ms":2,"now_ms":3}"#);
    let output = receiver.end();
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.ends_with("\nammeter: line 2: duplicate field `now_ms`\n"), "{complaint}");
}

/// A line that never ends is an error when it is longer than any event, and is not kept.
#[cfg(target_os = "linux")]
#[test]
fn a_line_longer_than_any_event_is_refused() {
    let mut receiver = Receiver::start(&[]);
    receiver.write(r#"{"event":"clock","now_ms":1}"#);
    assert!(receiver.write_until_refused(&[b'0'; 1 << 16]) < 64, "megabytes of one line are read");
    let output = receiver.wait();
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.ends_with("\nammeter: line 2: longer than 65536 bytes\n"), "{complaint}");
    assert_eq!(receiver::lines(&output.stdout).last(), Some(&json!({"done": 1})));
}

#[test]
fn one_process_has_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let first = Receiver::start(&["--state", state]);
    let second = ammeter(&["receive", "--state", state], Stdio::null());
    assert_eq!(second.status.code(), Some(2));
    let complaint = String::from_utf8(second.stderr).unwrap();
    assert_eq!(complaint, format!("ammeter: {state}/receiver.redb: the store is open elsewhere\n"));
    assert!(second.stdout.is_empty());
    assert_eq!(first.end().status.code(), Some(0));
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("receiver.redb");
    fs::write(&path, "a text").unwrap();
    let output = ammeter(&["receive", "--state", folder.path().to_str().unwrap()], Stdio::null());
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.ends_with("not a receiver's store: not a redb file\n"), "{complaint}");
    assert_eq!(fs::read(&path).unwrap(), b"a text");
}

#[test]
fn without_state_it_says_that_it_forgets() {
    let output = ammeter(&["receive"], Stdio::null());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"{\"done\":0}\n");
    assert!(String::from_utf8(output.stderr).unwrap().contains("forgets everything"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut receiver = Receiver::start(&[]);
    receiver.close_output();
    receiver.write(r#"{"event":"clock","now_ms":1}"#);
    let output = receiver.wait();
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8(output.stderr).unwrap().contains("pipe"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_while_it_waits_for_a_line() {
    let mut receiver = Receiver::start(&[]);
    assert!(receiver.ask(&json!({"event": "clock", "now_ms": 1})).is_empty());
    receiver.interrupt();
    assert_eq!(receiver.wait().status.code(), Some(130));
}

/// In protocol 2 an event says where the state is, and another forgets it.
#[test]
fn a_process_serves_many_states() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let open = |folder: usize| {
        let state = folders[folder].path().to_str().unwrap();
        json!({"event": "open", "state": state, "policy": {"spontaneous": true, "hold_ms": 9}})
    };
    let events = sent(&["--scheme", "basic", "--parts", "2"]);
    let mut receiver = Receiver::greeted(&["--protocol", "2"]);
    assert!(receiver.open(&open(0)).is_empty());
    assert_eq!(effects(&receiver.ask(&events[0]), "hold").len(), 1);
    assert!(receiver.open(&open(1)).is_empty());
    assert_eq!(effects(&receiver.ask(&events[1]), "hold").len(), 1);
    assert!(receiver.open(&open(0)).is_empty());
    assert_eq!(effects(&receiver.ask(&events[1]), "settle").len(), 2);
    assert_eq!(effects(&receiver.open(&open(0)), "settle").len(), 2, "a restart");
    assert_eq!(receiver.end().status.code(), Some(0));

    for (line, said) in [
        (r#"{"event":"block","height":1}"#, "line 1: event: nothing is open"),
        (r#"{"event":"open","policy":{"hold":1}}"#, "line 1: hold: a policy has no such field"),
        (r#"{"event":"open","policy":{"hash":"md5"}}"#, "line 1: hash: sha256 or blake3 is needed"),
        (
            r#"{"event":"open","policy":7}"#,
            "line 1: policy: invalid type: integer `7`, expected a map",
        ),
    ] {
        let mut receiver = Receiver::greeted(&["--protocol", "2"]);
        receiver.write(line);
        let output = receiver.end();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("ammeter: {said}\n"));
    }
    let mut receiver = Receiver::greeted(&["--protocol", "2", "--hold-ms", "9"]);
    let timed_out = |policy: Value| {
        assert!(receiver.open(&json!({"event": "open", "policy": policy})).is_empty());
        receiver.ask(&events[0]);
        effects(&receiver.ask(&json!({"event": "clock", "now_ms": 10})), "fail").len()
    };
    let policies = [json!({}), json!({"hold_ms": 11}), json!({"sets_max": 1})];
    assert_eq!(policies.map(timed_out), [1, 0, 1], "what is left out is as the flags say");

    let both = ammeter(&["receive", "--protocol", "2", "--state", "x"], Stdio::null());
    assert_eq!(both.status.code(), Some(2));
}
