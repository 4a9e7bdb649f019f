//! Where the bytes come from.

use std::{
    fs::File,
    io::{self, Read},
};

use ammeter_core::hex;

use crate::console::Refusal;

/// More than any onion holds: a longer file is refused.
const BYTES_MAX: u64 = 1 << 20;

/// The bytes that `argument` names: digits, `@FILE` or `-`.
pub(super) fn read(argument: &str) -> Result<Vec<u8>, Refusal> {
    let (place, bytes) = match argument.strip_prefix('@') {
        _ if argument == "-" => {
            let place = "standard input";
            (place, contents(place, io::stdin().lock())?)
        }
        Some("") => return Err(Refusal::of("@", "the name of a file must follow")),
        Some(path) => {
            let file = File::open(path).map_err(|error| Refusal::of(path, error))?;
            (path, contents(path, file)?)
        }
        None => ("HEX", digits("HEX", argument.as_bytes())?),
    };
    // No format has a message of no bytes; somebody's pipe broke.
    if bytes.is_empty() { Err(Refusal::of(place, "nothing to decode")) } else { Ok(bytes) }
}

/// A file of hexadecimal digits, or else of the bytes themselves.
fn contents(place: &str, source: impl Read) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let read = source.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| Refusal::of(place, error))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Refusal::of(place, format_args!("more than {BYTES_MAX} bytes")));
    }
    let is_text = bytes.iter().all(|byte| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace());
    if is_text { digits(place, &bytes) } else { Ok(bytes) }
}

/// Digits with or without white space between them.
fn digits(place: &str, text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let mut bytes = vec![0; text.len() / 2];
    hex::decode(&text, &mut bytes).map_err(|error| Refusal::of(place, error))?;
    Ok(bytes)
}
