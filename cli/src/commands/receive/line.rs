//! One line of input: an event, or what is wrong with which field.

use core::str::FromStr;
use std::{fmt, path::PathBuf};

use ammeter_amp::receiver::{
    Deviation, Event, IncomingHtlc, Invoice, Limits, Onion, Policy, Realms,
};
use ammeter_core::{Hash, HtlcKey, Msat, PaymentHash, hex};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, error::Category};

/// What begins a history.
pub struct Open {
    /// Where its state is; `None` to keep it in memory.
    pub state: Option<PathBuf>,
    /// What to accept.
    pub policy: Policy,
}

/// A line of protocol 2.
pub enum Line {
    /// Forget everything, and open this.
    Open(Box<Open>),
    /// Something happened.
    Event(Box<Event>),
}

/// Reads a line of protocol 2.
pub fn line(line: &[u8]) -> Result<Line, String> {
    let mut fields = object(line)?;
    let line = if fields.0.get("event").is_some_and(|event| event == "open") {
        fields.0.remove("event");
        let state = fields.word::<PathBuf>("state", "a folder")?;
        Line::Open(Box::new(Open { state, policy: fields.policy()? }))
    } else {
        Line::Event(Box::new(fields.event()?))
    };
    fields.finish().map(|()| line)
}

/// Reads one event.
pub fn event(line: &[u8]) -> Result<Event, String> {
    let mut fields = object(line)?;
    let event = fields.event()?;
    fields.finish().map(|()| event)
}

fn object(line: &[u8]) -> Result<Fields, String> {
    let read: Object = serde_json::from_slice(line).map_err(|error| match error.classify() {
        Category::Data => "an object is needed".into(),
        _ => format!("no JSON: {error}"),
    })?;
    match read.twice {
        Some(field) => Err(format!("{field}: given twice")),
        None => Ok(Fields(read.fields)),
    }
}

/// A JSON object. `serde_json::Value` would keep the last of two values of one field, other readers
/// the first.
struct Object {
    fields: Map<String, Value>,
    /// The first field that was there already.
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Object, A::Error> {
        let mut object = Object { fields: Map::new(), twice: None };
        while let Some((field, value)) = entries.next_entry::<String, Value>()? {
            if object.fields.contains_key(&field) {
                object.twice.get_or_insert(field);
            } else {
                object.fields.insert(field, value);
            }
        }
        Ok(object)
    }
}

/// The fields that have not been read.
struct Fields(Map<String, Value>);

impl Fields {
    fn event(&mut self) -> Result<Event, String> {
        let name = self.text("event")?;
        match name.as_str() {
            "htlc" => self.htlc(),
            "block" => Ok(Event::Block { height: self.u32("height")? }),
            "clock" => Ok(Event::Clock { now_ms: self.u64("now_ms")? }),
            "invoice" => Ok(Event::InvoiceAdded(Invoice {
                name: self.bytes32("name")?,
                amount_msat: Msat(self.u64("amount_msat")?),
                reusable: self.flag("reusable")?,
            })),
            "cancel" => Ok(Event::InvoiceCancelled { name: self.bytes32("name")? }),
            "resolved" => Ok(Event::Resolved(self.key()?)),
            other => Err(format!("event: {other:?} is no event")),
        }
    }

    /// A policy whose fields may be left out, and have their defaults then.
    fn policy(&mut self) -> Result<Policy, String> {
        let mut policy = Policy::new(Hash::Sha256);
        let mut fields = match self.0.remove("policy") {
            None => return Ok(policy),
            Some(Value::Object(fields)) => Self(fields),
            Some(_) => return Err("policy: an object is needed".into()),
        };
        policy.hash = fields.word("hash", "sha256 or blake3")?.unwrap_or(policy.hash);
        policy.deviation = match fields.word::<String>("deviation", "a string")?.as_deref() {
            None | Some("fail-set") => Deviation::FailSet,
            Some("reject-newcomer") => Deviation::RejectNewcomer,
            Some(_) => return Err("deviation: fail-set or reject-newcomer is needed".into()),
        };
        policy.realms = match fields.word::<String>("realms", "a string")?.as_deref() {
            None | Some("any") => Realms::Any,
            Some("one") => Realms::One,
            Some(_) => return Err("realms: any or one is needed".into()),
        };
        if fields.0.contains_key("spontaneous") {
            policy.spontaneous = fields.flag("spontaneous")?;
        }
        fields.numbers(&mut policy)?;
        fields.finish().map(|()| policy)
    }

    fn numbers(&mut self, policy: &mut Policy) -> Result<(), String> {
        let Policy { overpayment_factor_max, hold_ms, expiry_margin_blocks, retention_ms, .. } =
            policy;
        let Limits {
            part_count_max,
            sets_max,
            set_htlcs_max,
            channel_htlcs_max,
            htlcs_max,
            refusals_max,
            ..
        } = &mut policy.limits;
        for (name, number) in [
            ("overpayment_factor_max", overpayment_factor_max),
            ("expiry_margin_blocks", expiry_margin_blocks),
            ("part_count_max", part_count_max),
            ("sets_max", sets_max),
            ("set_htlcs_max", set_htlcs_max),
            ("channel_htlcs_max", channel_htlcs_max),
            ("htlcs_max", htlcs_max),
            ("refusals_max", refusals_max),
        ] {
            if self.0.contains_key(name) {
                *number = self.u32(name)?;
            }
        }
        let bytes_max = &mut policy.limits.bytes_max;
        for (name, number) in
            [("hold_ms", hold_ms), ("retention_ms", retention_ms), ("bytes_max", bytes_max)]
        {
            if self.0.contains_key(name) {
                *number = self.u64(name)?;
            }
        }
        Ok(())
    }

    /// A string that means something; `None` if it is missing.
    fn word<T: FromStr>(&mut self, field: &str, needed: &str) -> Result<Option<T>, String> {
        if !self.0.contains_key(field) {
            return Ok(None);
        }
        let word = self.text(field)?.parse();
        word.map(Some).map_err(|_| format!("{field}: {needed} is needed"))
    }

    fn htlc(&mut self) -> Result<Event, String> {
        let incoming = IncomingHtlc {
            key: self.key()?,
            payment_hash: PaymentHash(self.bytes32("payment_hash")?),
            amount_msat: Msat(self.u64("amount_msat")?),
            cltv_expiry: self.u32("expiry")?,
        };
        match (self.bytes("frames")?, self.bytes("payload")?) {
            (Some(bytes), None) => Ok(Event::arrived(incoming, Onion::Frames(&bytes))),
            (None, Some(bytes)) => Ok(Event::arrived(incoming, Onion::Payload(&bytes))),
            (None, None) => Err("frames, payload: one of them is needed".into()),
            (Some(_), Some(_)) => Err("frames, payload: an HTLC has one of them".into()),
        }
    }

    fn key(&mut self) -> Result<HtlcKey, String> {
        Ok(HtlcKey { channel_id: self.u64("channel_id")?, htlc_id: self.u64("htlc_id")? })
    }

    fn take(&mut self, field: &str) -> Result<Value, String> {
        self.0.remove(field).ok_or_else(|| format!("{field}: missing"))
    }

    /// A number, or a string of one: JSON readers elsewhere round past 2^53, and ours does not.
    fn u64(&mut self, field: &str) -> Result<u64, String> {
        let number = match self.take(field)? {
            Value::Number(number) => number.as_u64(),
            Value::String(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().ok()
            }
            _ => None,
        };
        number.ok_or_else(|| format!("{field}: a whole number below 2^64 is needed"))
    }

    fn u32(&mut self, field: &str) -> Result<u32, String> {
        let number = self.u64(field)?;
        number.try_into().map_err(|_| format!("{field}: a whole number below 2^32 is needed"))
    }

    fn text(&mut self, field: &str) -> Result<String, String> {
        match self.take(field)? {
            Value::String(text) => Ok(text),
            _ => Err(format!("{field}: a string is needed")),
        }
    }

    /// `false` if it is missing.
    fn flag(&mut self, field: &str) -> Result<bool, String> {
        match self.0.remove(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(format!("{field}: true or false is needed")),
        }
    }

    fn bytes32(&mut self, field: &str) -> Result<[u8; 32], String> {
        let digits = self.text(field)?;
        hex::decode32(digits.as_bytes()).map_err(|error| format!("{field}: {error}"))
    }

    /// `None` if it is missing.
    fn bytes(&mut self, field: &str) -> Result<Option<Vec<u8>>, String> {
        if !self.0.contains_key(field) {
            return Ok(None);
        }
        let digits = self.text(field)?;
        let mut bytes = vec![0; digits.len() / 2];
        let read = hex::decode(digits.as_bytes(), &mut bytes).map(drop);
        read.map(|()| Some(bytes)).map_err(|error| format!("{field}: {error}"))
    }

    fn finish(&self) -> Result<(), String> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(field) => Err(format!("{field}: this event has no such field")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_names_its_field() {
        let hash = "00".repeat(32);
        for (line, expected) in [
            ("", "no JSON"),
            ("[]", "an object is needed"),
            ("{}", "event: missing"),
            (r#"{"event":1}"#, "event: a string is needed"),
            ("7", "an object is needed"),
            (r#"{"event":"x"}"#, "event: \"x\" is no event"),
            (r#"{"event":"block"}"#, "height: missing"),
            (r#"{"event":"block","height":4294967296}"#, "height: a whole number below 2^32"),
            (r#"{"event":"clock","now_ms":-1}"#, "now_ms: a whole number below 2^64"),
            (r#"{"event":"clock","now_ms":"+1"}"#, "now_ms: a whole number below 2^64"),
            (r#"{"event":"clock","now_ms":""}"#, "now_ms: a whole number below 2^64"),
            (r#"{"event":"clock","now_ms":1,"x":2}"#, "x: this event has no such field"),
            (r#"{"event":"clock","now_ms":1,"now_ms":1}"#, "now_ms: given twice"),
            (r#"{"event":"clock","event":"block","now_ms":1}"#, "event: given twice"),
            // The same field, written with an escape.
            (r#"{"event":"clock","now_ms":1,"now\u005fms":2}"#, "now_ms: given twice"),
            (r#"{"event":"cancel","name":"00"}"#, "name: 2 hexadecimal digits where 64"),
            (&invoice(&hash, "7"), "reusable: true or false is needed"),
            (&htlc(&hash, ""), "frames, payload: one of them is needed"),
            (&htlc(&hash, r#","frames":"","payload":"""#), "frames, payload: an HTLC has one"),
            (&htlc(&hash, r#","frames":"0g""#), "frames: not a hexadecimal digit at offset 1"),
            (&htlc(&hash, r#","payload":7"#), "payload: a string is needed"),
        ] {
            let fault = event(line.as_bytes()).expect_err(line);
            assert!(fault.starts_with(expected), "{line}: {fault}");
        }
    }

    fn invoice(name: &str, reusable: &str) -> String {
        let amount = r#""amount_msat":"5""#;
        format!(r#"{{"event":"invoice","name":"{name}",{amount},"reusable":{reusable}}}"#)
    }

    fn htlc(hash: &str, onion: &str) -> String {
        let key = r#""channel_id":"18446744073709551615","htlc_id":2"#;
        let rest = r#""amount_msat":"5","expiry":9"#;
        format!(r#"{{"event":"htlc",{key},"payment_hash":"{hash}",{rest}{onion}}}"#)
    }

    #[test]
    fn numbers_are_numbers_or_strings() {
        let hash = "ab".repeat(32);
        let line = htlc(&hash, r#","frames":"00""#);
        let Ok(Event::Unreadable(incoming)) = event(line.as_bytes()) else { panic!("{line}") };
        assert_eq!(incoming.key, HtlcKey { channel_id: u64::MAX, htlc_id: 2 });
        assert_eq!((incoming.amount_msat, incoming.cltv_expiry), (Msat(5), 9));
        let Ok(Event::InvoiceAdded(invoice)) = event(invoice(&hash, "true").as_bytes()) else {
            panic!("an invoice")
        };
        assert_eq!((invoice.name, invoice.reusable), ([0xab; 32], true));
    }
}
