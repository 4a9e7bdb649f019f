//! Promise: `ammeter decode` shows every field or points at the fault, and says with its exit code
//! which.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

fn ammeter(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .arg("decode")
        .args(arguments)
        .output()
        .expect("the command starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn json_of(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = ammeter(&[arguments, &["--json"]].concat());
    (serde_json::from_slice(&output.stdout).expect("JSON"), output.status.code())
}

/// One part of three with two shares; `weight` is the last of its bytes.
fn basic(weight: &str) -> String {
    let first = format!("00{:016}{:016x}000c35000100000003000000{weight}000000", 0, 546);
    format!("{first}{}{}{}00", "00".repeat(32), "11".repeat(32), "22".repeat(32))
}

#[test]
fn fields_come_with_their_offsets() {
    let output = ammeter(&[&basic("02")]);
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert_eq!(lines[0], "a final hop's frames, 130 bytes");
    for line in [
        "      9  amount            0000000000000222  = 546",
        "     17  cltv              000c3500  = 800000",
        "     26  weight            00000002  = 2",
        "     97  share             22222222222222222222222222222222",
        "    129  unused byte       00",
    ] {
        assert!(lines.contains(&line), "{line}");
    }
    assert!(!text(&output.stdout).contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn the_fault_is_underlined_and_said() {
    let output = ammeter(&[&basic("04")]);
    assert_eq!(output.status.code(), Some(2));
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    let marked = lines.iter().position(|line| line.contains('^')).expect("a mark");
    assert!(lines[marked - 1].starts_with("     16  "));
    let marks = lines[marked];
    assert_eq!(&lines[marked - 1][marks.find('^').expect("a mark")..marks.len()], "00000004");
    let said =
        "ammeter: not a final hop's frames: at offset 26: the weight, 4, is larger than n, 3\n";
    assert_eq!(text(&output.stderr), said);
}

#[test]
fn json_says_the_same() {
    let (decoded, code) = json_of(&[&basic("02")]);
    assert_eq!(code, Some(0));
    assert_eq!((&decoded["format"], &decoded["size"]), (&json!("frame"), &json!(130)));
    assert_eq!(decoded["message"]["n"], json!(3));
    assert_eq!(decoded["message"]["amount_msat"], json!("546"));
    let sizes = decoded["fields"].as_array().expect("fields").iter();
    assert_eq!(sizes.map(|field| field["size"].as_u64().expect("a size")).sum::<u64>(), 130);

    let (decoded, code) = json_of(&[&basic("04")]);
    assert_eq!(code, Some(2));
    let fault = json!({ "offset": 26, "size": 4, "why": "the weight, 4, is larger than n, 3" });
    assert_eq!(decoded["fault"], fault);
}

/// A payload, a blob, a run of frames; and each of them when it is cut off.
#[test]
fn formats_are_recognised() {
    let part = format!("0820{}0e40{}", "77".repeat(32), "88".repeat(64));
    let payload = format!("6a020101040101{part}{}", "00".repeat(32));
    let blob = format!("{}018a{}{}", "01".repeat(21), "aa".repeat(10), "00".repeat(32));
    let blob = format!("{blob}bb{}01{}", "00".repeat(20), "00".repeat(43));
    let run = basic("02") + &"ee".repeat(1300 - 130);
    for (format, digits) in [("frame", basic("02")), ("tlv", payload), ("pr31", blob), ("run", run)]
    {
        let (decoded, code) = json_of(&[&digits]);
        assert_eq!((&decoded["format"], code), (&json!(format), Some(0)), "{digits}");
    }
    let cut = |digits: &str| json_of(&[&digits[..digits.len() - 2]]).0["format"].clone();
    assert_eq!(cut(&basic("02")), "frame");
    assert_eq!(cut("02020104"), "tlv");
    let (decoded, code) = json_of(&[&basic("02"), "--format", "tlv"]);
    assert_eq!((&decoded["format"], code), (&json!("tlv"), Some(2)));
}

#[test]
fn digits_and_bytes_are_read_from_files_and_pipes() {
    let folder = std::env::temp_dir().join(format!("ammeter-decode-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let bytes = [0; 65];
    let digits = "00 ".repeat(64) + "\n00\n";
    for (name, content) in [("bytes", &bytes[..]), ("digits", digits.as_bytes())] {
        let path = folder.join(name);
        std::fs::write(&path, content).expect("written");
        let (decoded, code) = json_of(&[&format!("@{}", path.display())]);
        assert_eq!((&decoded["message"]["version"], code), (&json!("none"), Some(0)), "{name}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");

    let mut child = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["decode", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(digits.as_bytes()).expect("written");
    drop(stdin);
    assert!(child.wait_with_output().expect("it ends").status.success());
}

#[test]
fn bad_input_is_refused_in_a_line() {
    for (argument, said) in [
        ("0g", "ammeter: HEX: not a hexadecimal digit at offset 1\n"),
        ("000", "ammeter: HEX: 3 hexadecimal digits; bytes have two digits each\n"),
        ("", "ammeter: HEX: nothing to decode\n"),
        ("-", "ammeter: standard input: nothing to decode\n"),
        ("@", "ammeter: @: the name of a file must follow\n"),
        ("@/dev/null", "ammeter: /dev/null: nothing to decode\n"),
        ("@/dev/zero", "ammeter: /dev/zero: more than 1048576 bytes\n"),
        (
            "fd",
            "ammeter: not a TLV payload: at offset 1: \
             the payload length is cut off, 2 bytes short of its end\n",
        ),
    ] {
        let output = ammeter(&[argument]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), said));
    }
    let output = ammeter(&["@/no/such/file"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("ammeter: /no/such/file: "));
}
