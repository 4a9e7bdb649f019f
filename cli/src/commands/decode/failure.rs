//! A failure that came back: which hop made it, and why.

use std::{fmt::Write as _, fs};

use ammeter_amp::onion::{
    Attributed, FailureMessage, FieldValue, HOPS_MAX, SharedSecret, attribute,
};
use serde_json::{Map, Value, json};

use crate::{console::Refusal, wire::hex};

/// What `--shared-secrets` says: those of a route, in its order.
pub(super) fn secrets(argument: &str) -> Result<Vec<SharedSecret>, Refusal> {
    let refused = |reason| Refusal::of("--shared-secrets", reason);
    let text = match argument.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|error| Refusal::of(path, error))?,
        None => argument.to_owned(),
    };
    let digits =
        text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    let secrets: Vec<_> = digits
        .map(|digits| ammeter_core::hex::decode32(digits.as_bytes()).map(SharedSecret::new))
        .collect::<Result<_, _>>()
        .map_err(|error| refused(error.to_string()))?;
    match secrets.len() {
        0 => Err(refused("a secret is needed for each hop".into())),
        1..=HOPS_MAX => Ok(secrets),
        count => Err(refused(format!("{count} secrets, but a route has at most {HOPS_MAX} hops"))),
    }
}

/// A failure that was attributed, in words and as JSON.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) json: Value,
}

/// Finds the hop whose failure it is, and shows what it says.
pub(super) fn show(failure: &[u8], secrets: &[SharedSecret]) -> Result<Shown, Refusal> {
    let attributed = attribute(secrets, failure);
    let Attributed { hop, message } =
        attributed.map_err(|error| Refusal::of("the failure", error))?;
    let Some(read) = FailureMessage::read(&message) else {
        return Err(Refusal::of(format_args!("the failure of hop {hop}"), "it has no code"));
    };
    let name = read.failure().map_or("unknown", |failure| failure.name());
    let mut text = format!("a failure of hop {hop}: hops count from 0, the first one\n\n");
    let mut line = |name: &str, value: &str| _ = writeln!(text, "  {name:18} {value}");
    line("failure_code", &format!("{:#06x}  {name}", read.code));
    let mut fields = Map::new();
    for (field, value) in &read.fields {
        let value = match value {
            FieldValue::Number(number) => number.to_string(),
            FieldValue::Bytes(bytes) => hex(bytes),
        };
        line(field.name(), &value);
        fields.insert(field.name().to_owned(), value.into());
    }
    if !read.rest.is_empty() {
        line("more", &hex(&read.rest));
    }
    let json = json!({
        "format": "failure",
        "hop": hop,
        "hops": secrets.len(),
        "failure_code": read.code,
        "failure": name,
        "fields": fields,
        "message": hex(&message),
    });
    Ok(Shown { text, json })
}
