//! Three nodes, and payments over them.

use std::process::Stdio;

use ammeter_amp::onion::SecretKey;
use serde_json::Value;

use crate::receiver::ammeter;

/// Secret keys of three nodes, and their public keys as `--route` takes them.
pub(crate) fn nodes() -> ([String; 3], String) {
    let keys = [0x41, 0x42, 0x43u8];
    let public = keys.map(|key| SecretKey::from_bytes(&[key; 32]).expect("a key").public_key());
    (keys.map(|key| format!("{key:02x}").repeat(32)), public.map(|key| key.to_string()).join(","))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// What a command that goes well prints.
pub(crate) fn json_of(arguments: &[&str]) -> Value {
    let output = ammeter(arguments, Stdio::null());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
