//! Lines that a receiver reads.

use core::fmt;
use std::{borrow::Cow, path::PathBuf};

use ammeter_core::{HtlcKey, Msat, PaymentHash, Preimage};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IntoDeserializer as _, value},
};
use serde_json::{Deserializer, Map, Value, error::Category};

use super::text::{bytes, hex32, long, short};
use crate::receiver::{self, IncomingHtlc};

/// A line that a receiver reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'a> {
    /// Forget everything, and open this.
    Open(Open),
    /// An HTLC is irrevocably committed, or shown again.
    Htlc(Htlc<'a>),
    /// The best block.
    Block(Block),
    /// The time.
    Clock(Clock),
    /// Somebody is asked to pay.
    Invoice(Invoice),
    /// Nobody is asked any more.
    Cancel(Cancel),
    /// An HTLC is gone.
    Resolved(Resolved),
}

/// What begins a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Open {
    event: Name,
    /// Where the receiver's state is; nothing to keep it in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PathBuf>,
    /// Fields of the policy that are not their defaults: see [`apply`](super::apply).
    #[serde(default)]
    pub policy: Map<String, Value>,
}

/// An HTLC. It has one of `frames`, `payload` and `onion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Htlc<'a> {
    event: Name,
    #[serde(with = "long")]
    channel_id: u64,
    #[serde(with = "long")]
    htlc_id: u64,
    #[serde(with = "hex32")]
    payment_hash: [u8; 32],
    #[serde(with = "long")]
    amount_msat: u64,
    #[serde(rename = "expiry", with = "short")]
    cltv_expiry: u32,
    /// Legacy frames.
    #[serde(default, with = "bytes", skip_serializing_if = "Option::is_none")]
    frames: Option<Cow<'a, [u8]>>,
    /// A TLV payload with its length and hmac.
    #[serde(default, with = "bytes", skip_serializing_if = "Option::is_none")]
    payload: Option<Cow<'a, [u8]>>,
    /// A packet that the node at hand peels.
    #[serde(default, with = "bytes", skip_serializing_if = "Option::is_none")]
    onion: Option<Cow<'a, [u8]>>,
}

/// A block is connected, or the chain got shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Block {
    event: Name,
    #[serde(with = "short")]
    height: u32,
}

/// Time goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Clock {
    event: Name,
    #[serde(with = "long")]
    now_ms: u64,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Invoice {
    event: Name,
    #[serde(with = "hex32")]
    name: [u8; 32],
    #[serde(with = "long")]
    amount_msat: u64,
    #[serde(default)]
    reusable: bool,
    /// What claims an `mpp` payment to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preimage: Option<Hex32>,
}

/// 32 bytes that may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Hex32(#[serde(with = "hex32")] [u8; 32]);

/// An invoice that is open no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Cancel {
    event: Name,
    #[serde(with = "hex32")]
    name: [u8; 32],
}

/// An HTLC that was carried out, or whose channel was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Resolved {
    event: Name,
    #[serde(with = "long")]
    channel_id: u64,
    #[serde(with = "long")]
    htlc_id: u64,
}

/// What a line is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Open,
    Htlc,
    Block,
    Clock,
    Invoice,
    Cancel,
    Resolved,
}

/// The field that every line has.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Named {
    event: String,
}

/// Why a line could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineError {
    /// It is no JSON; why not.
    NoJson(String),
    /// It is JSON, and no object.
    NoObject,
    /// A field is missing, has no such value, or is none of this event; which and why.
    Field(String),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJson(why) => write!(f, "no JSON: {why}"),
            Self::NoObject => f.write_str("an object is needed"),
            Self::Field(why) => f.write_str(why),
        }
    }
}

impl core::error::Error for LineError {}

impl Line<'_> {
    /// Reads a line without its end. A field that its event does not have is refused, and one that
    /// is there twice.
    ///
    /// # Errors
    /// The first fault, with the field's name.
    pub fn read(line: &[u8]) -> Result<Line<'static>, LineError> {
        // serde would take a list of the values as well.
        if !line.trim_ascii_start().starts_with(b"{") {
            let json = serde_json::from_slice::<serde::de::IgnoredAny>(line);
            return Err(json.map_or_else(|error| no_json(&error), |_| LineError::NoObject));
        }
        let Named { event } = parse(line)?;
        let name = Name::deserialize(event.as_str().into_deserializer());
        let unknown = |error: value::Error| LineError::Field(format!("event: {error}"));
        Ok(match name.map_err(unknown)? {
            Name::Open => Line::Open(parse(line)?),
            Name::Htlc => Line::Htlc(parse(line)?),
            Name::Block => Line::Block(parse(line)?),
            Name::Clock => Line::Clock(parse(line)?),
            Name::Invoice => Line::Invoice(parse(line)?),
            Name::Cancel => Line::Cancel(parse(line)?),
            Name::Resolved => Line::Resolved(parse(line)?),
        })
    }

    /// Appends the line, with its end.
    ///
    /// # Panics
    /// If the folder of `open` is no UTF-8.
    pub fn write(&self, target: &mut Vec<u8>) {
        let target = &mut *target;
        match self {
            Self::Open(line) => serde_json::to_writer(&mut *target, line),
            Self::Htlc(line) => serde_json::to_writer(&mut *target, line),
            Self::Block(line) => serde_json::to_writer(&mut *target, line),
            Self::Clock(line) => serde_json::to_writer(&mut *target, line),
            Self::Invoice(line) => serde_json::to_writer(&mut *target, line),
            Self::Cancel(line) => serde_json::to_writer(&mut *target, line),
            Self::Resolved(line) => serde_json::to_writer(&mut *target, line),
        }
        .expect("memory takes every line of text");
        target.push(b'\n');
    }
}

fn no_json(error: &serde_json::Error) -> LineError {
    LineError::NoJson(error.to_string())
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, LineError> {
    let mut deserializer = Deserializer::from_slice(line);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, error) = (error.path().to_string(), error.into_inner());
        match error.classify() {
            Category::Data => LineError::Field(fault(&path, &error.to_string())),
            _ => no_json(&error),
        }
    })?;
    deserializer.end().map_err(|error| no_json(&error))?;
    Ok(read)
}

/// The field and what is wrong with it. A line is short: where in it says less than the name does.
fn fault(path: &str, error: &str) -> String {
    let error = error.rsplit_once(" at line ").map_or(error, |(error, _)| error);
    let is_named = path == "." || error.contains(&format!("`{path}`"));
    if is_named { error.to_owned() } else { format!("{path}: {error}") }
}

impl Open {
    /// This folder, with this policy.
    #[must_use]
    pub const fn new(state: Option<PathBuf>, policy: Map<String, Value>) -> Self {
        Self { event: Name::Open, state, policy }
    }
}

impl<'a> Htlc<'a> {
    /// An HTLC and what its onion says.
    #[must_use]
    pub fn new(incoming: &IncomingHtlc, onion: receiver::Onion<'a>) -> Self {
        let (frames, payload) = match onion {
            receiver::Onion::Frames(frames) => (Some(frames.into()), None),
            receiver::Onion::Payload(payload) => (None, Some(payload.into())),
        };
        Self {
            event: Name::Htlc,
            channel_id: incoming.key.channel_id,
            htlc_id: incoming.key.htlc_id,
            payment_hash: incoming.payment_hash.0,
            amount_msat: incoming.amount_msat.0,
            cltv_expiry: incoming.cltv_expiry,
            frames,
            payload,
            onion: None,
        }
    }

    /// What the channel says of it.
    #[must_use]
    pub const fn incoming(&self) -> IncomingHtlc {
        IncomingHtlc {
            key: HtlcKey { channel_id: self.channel_id, htlc_id: self.htlc_id },
            payment_hash: PaymentHash(self.payment_hash),
            amount_msat: Msat(self.amount_msat),
            cltv_expiry: self.cltv_expiry,
        }
    }

    /// The packet that somebody has to peel, if that is all there is.
    #[must_use]
    pub fn packet(&self) -> Option<&[u8]> {
        let in_the_clear = self.frames.is_some() || self.payload.is_some();
        self.onion.as_deref().filter(|_| !in_the_clear)
    }

    /// What its onion says, if that is here in the clear.
    ///
    /// # Errors
    /// If it is not, or more than one thing is said.
    pub fn told(&self) -> Result<receiver::Onion<'_>, LineError> {
        let wrong = |why: &str| Err(LineError::Field(why.to_owned()));
        match (&self.frames, &self.payload, &self.onion) {
            (Some(frames), None, None) => Ok(receiver::Onion::Frames(frames)),
            (None, Some(payload), None) => Ok(receiver::Onion::Payload(payload)),
            (None, None, None) => wrong("frames, payload: one of them is needed"),
            (None, None, Some(_)) => wrong("onion: no key is here to peel it with"),
            _ => wrong("frames, payload, onion: an HTLC has one of them"),
        }
    }
}

impl Block {
    /// The best block has this height.
    #[must_use]
    pub const fn new(height: u32) -> Self {
        Self { event: Name::Block, height }
    }
}

impl Clock {
    /// It is so many milliseconds since any fixed moment.
    #[must_use]
    pub const fn new(now_ms: u64) -> Self {
        Self { event: Name::Clock, now_ms }
    }
}

impl Invoice {
    /// What the invoice says.
    #[must_use]
    pub fn new(invoice: &receiver::Invoice) -> Self {
        let receiver::Invoice { name, amount_msat, reusable, preimage } = *invoice;
        let preimage = preimage.map(|preimage| Hex32(preimage.0));
        Self { event: Name::Invoice, name, amount_msat: amount_msat.0, reusable, preimage }
    }
}

impl Cancel {
    /// The invoice of this name.
    #[must_use]
    pub const fn new(name: [u8; 32]) -> Self {
        Self { event: Name::Cancel, name }
    }
}

impl Resolved {
    /// This HTLC.
    #[must_use]
    pub const fn new(key: HtlcKey) -> Self {
        let HtlcKey { channel_id, htlc_id } = key;
        Self { event: Name::Resolved, channel_id, htlc_id }
    }
}

impl Line<'_> {
    /// What happened; nothing for `open`, which is no event.
    ///
    /// # Errors
    /// If an HTLC does not say one thing in the clear: see [`Htlc::told`].
    pub fn event(&self) -> Result<Option<receiver::Event>, LineError> {
        Ok(Some(match self {
            Self::Open(_) => return Ok(None),
            Self::Htlc(htlc) => receiver::Event::arrived(htlc.incoming(), htlc.told()?),
            Self::Block(Block { height, .. }) => receiver::Event::Block { height: *height },
            Self::Clock(Clock { now_ms, .. }) => receiver::Event::Clock { now_ms: *now_ms },
            Self::Invoice(Invoice { name, amount_msat, reusable, preimage, .. }) => {
                receiver::Event::InvoiceAdded(receiver::Invoice {
                    name: *name,
                    amount_msat: Msat(*amount_msat),
                    reusable: *reusable,
                    preimage: preimage.map(|Hex32(bytes)| Preimage(bytes)),
                })
            }
            Self::Cancel(Cancel { name, .. }) => receiver::Event::InvoiceCancelled { name: *name },
            Self::Resolved(Resolved { channel_id, htlc_id, .. }) => {
                let key = HtlcKey { channel_id: *channel_id, htlc_id: *htlc_id };
                receiver::Event::Resolved(key)
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::Event;

    fn read(line: &str) -> Result<Event, String> {
        let line = Line::read(line.as_bytes()).map_err(|error| error.to_string())?;
        let event = line.event().map_err(|error| error.to_string())?;
        event.ok_or_else(|| "open".to_owned())
    }

    #[test]
    fn every_fault_names_its_field() {
        let hash = "00".repeat(32);
        for (line, expected) in [
            ("", "no JSON"),
            ("[]", "an object is needed"),
            (r#"["block",7]"#, "an object is needed"),
            ("7", "an object is needed"),
            ("{", "no JSON"),
            (r#"{"event":"block","height":7}}"#, "no JSON"),
            ("{}", "missing field `event`"),
            (r#"{"event":1}"#, "event: invalid type: integer `1`"),
            (r#"{"event":"x"}"#, "event: unknown variant `x`, expected one of `open`"),
            (r#"{"event":"block"}"#, "missing field `height`"),
            (
                r#"{"event":"block","height":4294967296}"#,
                "height: a whole number below 2^32 is needed",
            ),
            (
                r#"{"event":"clock","now_ms":-1}"#,
                "now_ms: invalid type: integer `-1`, expected a whole number below 2^64",
            ),
            (r#"{"event":"clock","now_ms":1.0}"#, "now_ms: invalid type: floating point `1.0`"),
            (r#"{"event":"clock","now_ms":"+1"}"#, "now_ms: a whole number below 2^64 is needed"),
            (r#"{"event":"clock","now_ms":""}"#, "now_ms: a whole number below 2^64 is needed"),
            (r#"{"event":"clock","now_ms":1,"x":2}"#, "unknown field `x`"),
            (r#"{"event":"clock","now_ms":1,"now_ms":1}"#, "duplicate field `now_ms`"),
            (r#"{"event":"clock","event":"block","now_ms":1}"#, "duplicate field `event`"),
            // The same field, written with an escape.
            (r#"{"event":"clock","now_ms":1,"now\u005fms":2}"#, "duplicate field `now_ms`"),
            (r#"{"event":"cancel","name":"00"}"#, "name: 2 hexadecimal digits where 64"),
            (&invoice(&hash, "7"), "reusable: invalid type: integer `7`"),
            (&htlc(&hash, ""), "frames, payload: one of them is needed"),
            (&htlc(&hash, r#","onion":"""#), "onion: no key"),
            (
                &htlc(&hash, r#","frames":"","payload":"""#),
                "frames, payload, onion: an HTLC has one",
            ),
            (&htlc(&hash, r#","frames":"","onion":"""#), "frames, payload, onion: an HTLC has one"),
            (&htlc(&hash, r#","frames":"0g""#), "frames: not a hexadecimal digit at offset 1"),
            (&htlc(&hash, r#","payload":7"#), "payload: invalid type: integer `7`"),
            (&htlc(&hash, r#","payload":null"#), "payload: invalid type: null"),
        ] {
            let fault = read(line).expect_err(line);
            assert!(fault.starts_with(expected), "{line}: {fault}");
        }
    }

    #[test]
    fn a_policy_names_its_field() {
        for (policy, expected) in [
            (r#"{"hold_ms":-1}"#, "hold_ms: a whole number below 2^64 is needed"),
            (r#"{"sets_max":4294967296}"#, "sets_max: a whole number below 2^32 is needed"),
            (r#"{"hash":"md5"}"#, "hash: sha256 or blake3 is needed"),
            (r#"{"hash":7}"#, "hash: sha256 or blake3 is needed"),
            (r#"{"realms":null}"#, "realms: any or one is needed"),
            (r#"{"spontaneous":"true"}"#, "spontaneous: true or false is needed"),
            (r#"{"holdms":1}"#, "holdms: a policy has no such field"),
        ] {
            let line = format!(r#"{{"event":"open","policy":{policy}}}"#);
            let Ok(Line::Open(open)) = Line::read(line.as_bytes()) else { panic!("{line}") };
            let mut changed = receiver::Policy::new(ammeter_core::Hash::Sha256);
            let error = super::super::apply(&open.policy, &mut changed).expect_err(policy);
            assert_eq!(error.to_string(), expected);
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
        let Ok(Event::Unreadable(incoming)) = read(&line) else { panic!("{line}") };
        assert_eq!(incoming.key, HtlcKey { channel_id: u64::MAX, htlc_id: 2 });
        assert_eq!((incoming.amount_msat, incoming.cltv_expiry), (Msat(5), 9));
        let Ok(Event::InvoiceAdded(invoice)) = read(&invoice(&hash, "true")) else {
            panic!("an invoice")
        };
        assert_eq!((invoice.name, invoice.reusable), ([0xab; 32], true));
    }

    #[test]
    fn what_is_written_is_what_the_page_shows_and_is_read_again() {
        let incoming = IncomingHtlc {
            key: HtlcKey { channel_id: u64::MAX, htlc_id: 0 },
            payment_hash: PaymentHash([0x0f; 32]),
            amount_msat: Msat(1_000),
            cltv_expiry: 1_200,
        };
        let hash = "0f".repeat(32);
        let invoice = receiver::Invoice {
            name: [1; 32],
            amount_msat: Msat(7),
            reusable: false,
            preimage: None,
        };
        let for_mpp = receiver::Invoice { preimage: Some(Preimage([2; 32])), ..invoice };
        let policy = super::super::object(&receiver::Policy::new(ammeter_core::Hash::Blake3));
        for (line, expected) in [
            (
                Line::Htlc(Htlc::new(&incoming, receiver::Onion::Payload(&[0xa0, 1]))),
                format!(
                    "{{\"event\":\"htlc\",\"channel_id\":\"18446744073709551615\",\"htlc_id\":\"0\",\
                     \"payment_hash\":\"{hash}\",\"amount_msat\":\"1000\",\"expiry\":1200,\
                     \"payload\":\"a001\"}}\n"
                ),
            ),
            (Line::Block(Block::new(7)), "{\"event\":\"block\",\"height\":7}\n".to_owned()),
            (Line::Clock(Clock::new(7)), "{\"event\":\"clock\",\"now_ms\":\"7\"}\n".to_owned()),
            (
                Line::Invoice(Invoice::new(&invoice)),
                format!(
                    "{{\"event\":\"invoice\",\"name\":\"{}\",\"amount_msat\":\"7\",\
                     \"reusable\":false}}\n",
                    "01".repeat(32)
                ),
            ),
            (
                Line::Invoice(Invoice::new(&for_mpp)),
                format!(
                    "{{\"event\":\"invoice\",\"name\":\"{}\",\"amount_msat\":\"7\",\
                     \"reusable\":false,\"preimage\":\"{}\"}}\n",
                    "01".repeat(32),
                    "02".repeat(32)
                ),
            ),
            (
                Line::Cancel(Cancel::new([2; 32])),
                format!("{{\"event\":\"cancel\",\"name\":\"{}\"}}\n", "02".repeat(32)),
            ),
            (
                Line::Resolved(Resolved::new(HtlcKey { channel_id: 3, htlc_id: 4 })),
                "{\"event\":\"resolved\",\"channel_id\":\"3\",\"htlc_id\":\"4\"}\n".to_owned(),
            ),
            (
                Line::Open(Open::new(None, Map::new())),
                "{\"event\":\"open\",\"policy\":{}}\n".to_owned(),
            ),
        ] {
            let mut text = Vec::new();
            line.write(&mut text);
            assert_eq!(String::from_utf8_lossy(&text), expected);
            assert_eq!(Line::read(text.trim_ascii_end()), Ok(line));
        }
        let open = Line::Open(Open::new(Some("/x".into()), policy));
        let mut text = Vec::new();
        open.write(&mut text);
        assert_eq!(Line::read(&text), Ok(open));
    }
}
