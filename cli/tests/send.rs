//! Promise: `ammeter send` prints parts that add up and that `ammeter decode` reads, the same for
//! the same seed.

use std::process::{Command, Output};

use ammeter_core::{BasePreimage, Hash, Scheme, Share, reference, shares};
use serde_json::Value;

const SEED: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn ammeter(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ammeter")).args(arguments).output().expect("it starts")
}

fn json_of(arguments: &[&str]) -> Value {
    let output = ammeter(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn send(form: &str, parts: &str, more: &[&str]) -> Value {
    let arguments = ["send", "--scheme", form, "--amount", "1000003", "--parts", parts];
    json_of(&[&arguments[..], more].concat())
}

fn string(value: &Value) -> &str {
    value.as_str().expect("a string")
}

#[test]
fn parts_add_up_are_locked_as_the_scheme_says_and_can_be_decoded() {
    for (form, scheme) in [
        ("basic", Scheme::Og),
        ("adaptive", Scheme::Og),
        ("committed", Scheme::Og),
        ("tree", Scheme::Tree),
        ("lnd", Scheme::Lnd),
    ] {
        for hash in Hash::ALL {
            let sent = send(form, "5", &["--hash", hash.name()]);
            let root = BasePreimage::from_hex(string(&sent["root"])).expect("a root");
            let parts = sent["parts"].as_array().expect("parts");
            assert_eq!((parts.len(), string(&sent["scheme"])), (5, form));
            let (mut amount, mut all) = (0, Vec::new());
            for part in parts {
                amount += string(&part["amount_msat"]).parse::<u64>().expect("an amount");
                let share = Share::from_hex(string(&part["share"])).expect("a share");
                let index = part["index"].as_u64().expect("an index") as u32;
                let (_, expected) = reference::pair(hash, scheme, &root, Some(&share), index);
                assert_eq!(string(&part["payment_hash"]), format!("{expected:x}"));
                let decoded = json_of(&["decode", "--json", string(&part["bytes"])]);
                assert_eq!(decoded["message"]["share"], part["share"]);
                assert_eq!(decoded["message"]["amount_msat"], part["amount_msat"]);
                all.push(share);
            }
            assert_eq!(amount, 1_000_003);
            assert_eq!(BasePreimage::from(shares::reduce(&all)), root);
        }
    }
}

#[test]
fn a_seed_replays_a_payment_and_no_seed_does_not() {
    assert_eq!(send("lnd", "3", &["--seed", SEED]), send("lnd", "3", &["--seed", SEED]));
    assert_ne!(send("lnd", "3", &[])["root"], send("lnd", "3", &[])["root"]);
}

#[test]
fn chains_folding_and_invoices() {
    let sent = send("basic", "3", &["--realm", "0,7", "--shares", "9", "--invoice", SEED]);
    let parts = sent["parts"].as_array().expect("parts");
    let said =
        |part: &Value| json_of(&["decode", "--json", string(&part["bytes"])])["message"].clone();
    for (part, (realm, weight)) in parts.iter().map(said).zip([(0, 1), (7, 1), (0, 7)]) {
        assert_eq!((part["realm"].as_u64(), part["weight"].as_u64()), (Some(realm), Some(weight)));
        assert_eq!((part["n"].as_u64(), string(&part["id"])), (Some(9), SEED));
    }
}

#[test]
fn impossible_payments_are_refused_in_a_line() {
    for (arguments, said) in [
        (&["tree", "1000", "257"][..], "a leaf at depth 8 cannot be split"),
        (&["lnd", "2", "3"], "2 msat cannot be split into 3 parts"),
        (&["lnd", "2", "0"], "0 is not in 1..=65536"),
        (&["basic", "18446744073709551615", "4294967295"], "4294967295 is not in 1..=65536"),
        (&["basic", "0", "1"], "0 is not in 1..18446744073709551615"),
        (&["lnd", "9", "2", "--realm", "0,1"], "a TLV payload names no chain"),
        (&["adaptive", "9", "2", "--shares", "3"], "only basic parts carry more than one share"),
        (
            &["basic", "9", "3", "--shares", "2"],
            "a part of weight 1 leaves nothing of 1 for the last part",
        ),
        (&["basic", "9", "3", "--seed", "00"], "2 hexadecimal digits where 64"),
    ] {
        let [form, amount, parts, more @ ..] = arguments else { panic!("three and more") };
        let start = ["send", "--scheme", form, "--amount", amount, "--parts", parts];
        let output = ammeter(&[&start[..], more].concat());
        assert_eq!(output.status.code(), Some(2), "{said}");
        let line = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(line.contains(said) && line.lines().count() == 1, "{line}");
    }
}

/// Parts of one hash carry no share, and cannot be sent to nobody.
#[test]
fn mpp_parts_carry_the_invoice() {
    let (secret, hash) = ("5a".repeat(32), "a5".repeat(32));
    let sent = send("mpp", "3", &["--invoice", &secret, "--payment-hash", &hash]);
    assert!(sent.get("root").is_none());
    let mut amount = 0;
    for part in sent["parts"].as_array().expect("parts") {
        assert_eq!(part["payment_hash"], hash);
        assert!(part.get("share").is_none() && part.get("index").is_none());
        let decoded = json_of(&["decode", "--json", string(&part["bytes"])]);
        let message = &decoded["message"];
        assert_eq!(message["payment_secret"], secret);
        assert_eq!(message["total_msat"], "1000003");
        assert!(message.get("share").is_none());
        amount += string(&part["amount_msat"]).parse::<u64>().expect("an amount");
    }
    assert_eq!(amount, 1_000_003);
    for (scheme, flags) in [
        ("mpp", &["--invoice", &secret][..]),
        ("mpp", &["--payment-hash", &hash]),
        ("mpp", &["--invoice", &secret, "--payment-hash", "a5"]),
        ("mpp", &["--invoice", &secret, "--payment-hash", &hash, "--realm", "1"]),
        ("lnd", &["--payment-hash", &hash]),
    ] {
        let arguments = [&["send", "--scheme", scheme, "--amount", "7"], flags].concat();
        let output = ammeter(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
