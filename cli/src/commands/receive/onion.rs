//! An event with an onion becomes an event with what the last hop is told.

use ammeter_core::hex;
use serde_json::Value;

use crate::{onion::Peeler, wire};

/// The line with `frames` or `payload` where it had `onion`; a line without `onion` as it is. An
/// onion that is not ours, or goes on to another hop, says nothing: its HTLC fails. Only names and
/// digits of the text are replaced, so that whatever else is wrong with the line is still found.
pub(super) fn peeled(peeler: &Peeler, line: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(line) else { return Ok(None) };
    let Some(onion) = fields.get("onion") else { return Ok(None) };
    let text = |value: &Value, field| {
        value.as_str().map(str::to_owned).ok_or(format!("{field}: a string is needed"))
    };
    let digits = text(onion, "onion")?;
    let mut bytes = vec![0; digits.len() / 2];
    hex::decode(digits.as_bytes(), &mut bytes).map_err(|error| format!("onion: {error}"))?;
    let hash = fields.get("payment_hash").ok_or("payment_hash: missing")?;
    let hash = hex::decode32(text(hash, "payment_hash")?.as_bytes())
        .map_err(|error| format!("payment_hash: {error}"))?;
    let (field, told) = match peeler.peel(&bytes, &hash) {
        Ok(peeled) if peeled.is_final() => match peeled.told() {
            ammeter_amp::onion::Told::Frames(told) => ("frames", wire::hex(told)),
            ammeter_amp::onion::Told::Tlv(told) => ("payload", wire::hex(told)),
        },
        Ok(_) | Err(_) => ("frames", String::new()),
    };
    let line = String::from_utf8_lossy(line);
    let line = line.replace("\"onion\"", &format!("\"{field}\""));
    Ok(Some(line.replace(&format!("\"{digits}\""), &format!("\"{told}\"")).into_bytes()))
}
