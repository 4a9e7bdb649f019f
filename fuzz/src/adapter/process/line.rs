//! Lines that a program reads.

use std::{fmt::Write as _, path::Path};

use ammeter_amp::receiver::{IncomingHtlc, Onion, Policy};
use ammeter_core::HtlcKey;
use serde_json::json;

use super::policy;
use crate::sim::input::Input;

/// The event that begins a history, or goes on with it.
pub(super) fn open(folder: &Path, policy: &Policy) -> Vec<u8> {
    let state = folder.to_string_lossy();
    let mut line =
        json!({"event": "open", "state": state, "policy": policy::object(policy)}).to_string();
    line.push('\n');
    line.into_bytes()
}

/// One input; a restart is no event but a start.
pub(super) fn event(input: &Input<'_>) -> Option<Vec<u8>> {
    let mut line = match input {
        Input::Htlc { incoming, onion } => {
            let (field, bytes) = match onion {
                Onion::Frames(bytes) => ("frames", bytes),
                Onion::Payload(bytes) => ("payload", bytes),
            };
            let IncomingHtlc { key: named, payment_hash, amount_msat, cltv_expiry } = incoming;
            let (named, onion) = (key(*named), hex(bytes));
            let rest = format!(r#""amount_msat":"{}","expiry":{cltv_expiry}"#, amount_msat.0);
            let hash = format!(r#""payment_hash":"{payment_hash:x}""#);
            format!(r#"{{"event":"htlc",{named},{hash},{rest},"{field}":"{onion}"}}"#)
        }
        Input::Block { height } => format!(r#"{{"event":"block","height":{height}}}"#),
        Input::Clock { now_ms } => format!(r#"{{"event":"clock","now_ms":"{now_ms}"}}"#),
        Input::InvoiceAdded(invoice) => format!(
            r#"{{"event":"invoice","name":"{}","amount_msat":"{}","reusable":{}}}"#,
            hex(&invoice.name),
            invoice.amount_msat.0,
            invoice.reusable,
        ),
        Input::InvoiceCancelled { name } => {
            format!(r#"{{"event":"cancel","name":"{}"}}"#, hex(name))
        }
        Input::Resolved(gone) => format!(r#"{{"event":"resolved",{}}}"#, key(*gone)),
        Input::Restarted => return None,
    };
    line.push('\n');
    Some(line.into_bytes())
}

fn key(key: HtlcKey) -> String {
    format!(r#""channel_id":"{}","htlc_id":"{}""#, key.channel_id, key.htlc_id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
