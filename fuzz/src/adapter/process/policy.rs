//! A policy as the flags of `ammeter receive`, and as the `policy` of an `open` event.

use ammeter_amp::receiver::Policy;
use serde_json::{Map, Value};

use crate::sim::profile::{DEVIATIONS, NUMBERS, REALMS, fields, word};

/// As flags.
pub(super) fn flags(policy: &Policy) -> Vec<String> {
    let mut policy = *policy;
    let mut flags = Vec::new();
    let mut flag = |name: &str, value: String| {
        flags.extend([format!("--{}", name.replace('_', "-")), value]);
    };
    flag("hash", policy.hash.name().to_owned());
    flag("deviation", word(&DEVIATIONS, policy.deviation).to_owned());
    flag("realms", word(&REALMS, policy.realms).to_owned());
    for (name, field) in NUMBERS.iter().zip(fields(&mut policy)) {
        flag(name, field.value().to_string());
    }
    if !policy.spontaneous {
        flags.push("--interactive".into());
    }
    flags
}

/// As an object.
pub(super) fn object(policy: &Policy) -> Value {
    let mut policy = *policy;
    let mut object = Map::new();
    object.insert("hash".into(), policy.hash.name().into());
    object.insert("deviation".into(), word(&DEVIATIONS, policy.deviation).into());
    object.insert("realms".into(), word(&REALMS, policy.realms).into());
    object.insert("spontaneous".into(), policy.spontaneous.into());
    for (name, field) in NUMBERS.iter().zip(fields(&mut policy)) {
        object.insert((*name).into(), field.value().into());
    }
    Value::Object(object)
}
