//! An onion: what one key finds in it.

use std::fmt::Write as _;

use ammeter_amp::{
    eob::tlv::Forward,
    onion::{Peeled, Told},
};
use serde_json::{Value, json};

use crate::{
    console::Refusal,
    wire::{self, Format, Reading, hex},
};

/// What was found, in words and as JSON, and whether the last hop's message is wrong.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) json: Value,
    pub(super) fault: Option<Refusal>,
}

/// Shows a layer. The last hop's is a message of ours; a forwarding hop's is shown in short.
pub(super) fn show(peeled: &Peeled) -> Shown {
    let told = peeled.told().bytes();
    let mut text = format!("an onion, of which {} bytes are for this node\n\n", told.len());
    let (told, fault) = if peeled.is_final() {
        let format = match peeled.told() {
            Told::Frames(_) => Format::Frame,
            Told::Tlv(_) => Format::Tlv,
        };
        let reading = wire::read(format, told);
        text += &super::picture::draw(&reading, told);
        (super::to_json(&reading, told), fault(&reading))
    } else {
        let forward = forward(peeled.told());
        for (name, value) in forward.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "  {name:18} {value}");
        }
        (forward, None)
    };
    let next = peeled.next().map(|packet| hex(packet.as_bytes()));
    if let Some(next) = &next {
        let _ = writeln!(text, "\nthe onion for the next hop\n{next}");
    }
    let secret = hex(peeled.secret().expose());
    let json = json!({
        "format": "onion",
        "final": peeled.is_final(),
        "told": told,
        "shared_secret": secret,
        "next": next,
    });
    Shown { text, json, fault }
}

fn fault(reading: &Reading) -> Option<Refusal> {
    let error = reading.message.as_ref().err()?;
    Some(Refusal::of(format_args!("not {}", reading.format.title()), error))
}

/// What a forwarding hop is told; `fault` if its records are wrong, which is for its own node to
/// refuse.
fn forward(told: Told<'_>) -> Value {
    match told {
        Told::Frames(frame) => {
            let number = |from: usize, to: usize| {
                frame[from..to].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
            };
            json!({
                "format": "forward frame",
                "realm": frame[0],
                "short_channel_id": number(1, 9).to_string(),
                "amount_msat": number(9, 17).to_string(),
                "cltv": number(17, 21),
                "padding": hex(&frame[21..33]),
                "hmac": hex(&frame[33..65]),
            })
        }
        Told::Tlv(payload) => {
            let prefix = if payload[0] < 0xfd { 1 } else { 3 };
            let (records, hmac) = payload[prefix..].split_at(payload.len() - prefix - 32);
            match Forward::decode_stream(records) {
                Ok(forward) => json!({
                    "format": "forward payload",
                    "short_channel_id": forward.short_channel_id.to_string(),
                    "amount_msat": forward.amount_msat.0.to_string(),
                    "cltv": forward.cltv_expiry,
                    "hmac": hex(hmac),
                }),
                Err(error) => json!({
                    "format": "forward payload",
                    "records": hex(records),
                    "fault": error.to_string(),
                    "hmac": hex(hmac),
                }),
            }
        }
    }
}
