//! Lines that a receiver writes.

use std::borrow::Cow;

use ammeter_core::{HtlcKey, Preimage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::{bytes, long};
use crate::receiver::{Effect, FailureCode, Reason};

/// A line that a receiver writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What is to be done with an HTLC.
    Effect(Verdict),
    /// So many events are durable, and what follows from them has been said.
    Done(u64),
}

/// What is to be done with an HTLC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Keep it, claim it or fail it. A failure whose reason is none of ours is `Unreadable` here.
    pub effect: Effect,
    /// The reason that was given, if that is none of ours.
    pub reason: Option<String>,
}

/// What goes back to the sender of an HTLC that came in an onion and fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// BOLT 2's `update_fail_htlc`: the failure, encrypted for the sender.
    Onion(Vec<u8>),
    /// BOLT 2's `update_fail_malformed_htlc`: the onion could not be peeled, so that no secret is
    /// shared with its sender.
    Malformed {
        /// What was wrong with it.
        failure: FailureCode,
        /// Which onion.
        sha256_of_onion: [u8; 32],
    },
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Hold,
    Settle,
    Fail,
}

#[derive(Serialize)]
struct WrittenEffect<'a> {
    effect: Name,
    #[serde(with = "long")]
    channel_id: u64,
    #[serde(with = "long")]
    htlc_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    preimage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(with = "bytes", skip_serializing_if = "Option::is_none")]
    failure_onion: Option<Cow<'a, [u8]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<u16>,
    #[serde(with = "bytes", skip_serializing_if = "Option::is_none")]
    sha256_of_onion: Option<Cow<'a, [u8]>>,
}

/// Fields that are not known are ignored: a later version may add some.
#[derive(Deserialize)]
struct ReadEffect {
    effect: Name,
    #[serde(with = "long")]
    channel_id: u64,
    #[serde(with = "long")]
    htlc_id: u64,
    #[serde(default)]
    preimage: Value,
    #[serde(default)]
    reason: Value,
}

#[derive(Deserialize)]
struct Done {
    #[serde(with = "long")]
    done: u64,
}

impl Answer {
    /// The longest foreign reason that is kept, in characters.
    pub const REASON_MAX: usize = 200;

    /// Reads a line without its end; nothing if it is no answer.
    #[must_use]
    pub fn read(line: &[u8]) -> Option<Self> {
        if !line.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        if let Ok(Done { done }) = serde_json::from_slice(line) {
            return Some(Self::Done(done));
        }
        let read: ReadEffect = serde_json::from_slice(line).ok()?;
        let key = HtlcKey { channel_id: read.channel_id, htlc_id: read.htlc_id };
        let (effect, reason) = match read.effect {
            Name::Hold => (Effect::Hold(key), None),
            Name::Settle => {
                let preimage = Preimage::from_hex(read.preimage.as_str()?).ok()?;
                (Effect::Settle { key, preimage }, None)
            }
            Name::Fail => {
                let said = read.reason.as_str().unwrap_or_default();
                match Reason::ALL.iter().find(|reason| reason.name() == said) {
                    Some(reason) => (Effect::Fail { key, reason: *reason }, None),
                    // Other receivers have other words.
                    None => {
                        let said = if said.is_empty() { "no reason given" } else { said };
                        let said = said.chars().take(Self::REASON_MAX).collect();
                        (Effect::Fail { key, reason: Reason::Unreadable }, Some(said))
                    }
                }
            }
        };
        Some(Self::Effect(Verdict { effect, reason }))
    }
}

/// Appends the line of an effect, with its end; that of a failure with what is `returned`.
pub fn write_effect(effect: &Effect, returned: Option<&Returned>, target: &mut Vec<u8>) {
    let HtlcKey { channel_id, htlc_id } = effect.key();
    let (name, preimage, reason) = match effect {
        Effect::Hold(_) => (Name::Hold, None, None),
        Effect::Settle { preimage, .. } => (Name::Settle, Some(format!("{preimage:x}")), None),
        Effect::Fail { reason, .. } => (Name::Fail, None, Some(reason.name())),
    };
    let (failure_onion, failure_code, sha256_of_onion) = match returned {
        None => (None, None, None),
        Some(Returned::Onion(onion)) => (Some(Cow::Borrowed(&onion[..])), None, None),
        Some(Returned::Malformed { failure, sha256_of_onion }) => {
            (None, Some(failure.code()), Some(Cow::Borrowed(&sha256_of_onion[..])))
        }
    };
    let line = WrittenEffect {
        effect: name,
        channel_id,
        htlc_id,
        preimage,
        reason,
        failure_onion,
        failure_code,
        sha256_of_onion,
    };
    serde_json::to_writer(&mut *target, &line).expect("memory takes every line of text");
    target.push(b'\n');
}

/// Appends the line that says how many events are done, with its end.
pub fn write_done(done: u64, target: &mut Vec<u8>) {
    target.extend_from_slice(format!("{{\"done\":{done}}}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let key = HtlcKey { channel_id: u64::MAX, htlc_id: 1 };
        let preimage = Preimage::from_hex(&"0a".repeat(32)).expect("64 digits");
        let key_text = r#""channel_id":"18446744073709551615","htlc_id":"1""#;
        for (effect, rest) in [
            (Effect::Hold(key), format!(r#""hold",{key_text}"#)),
            (
                Effect::Settle { key, preimage },
                format!(r#""settle",{key_text},"preimage":"{}""#, "0a".repeat(32)),
            ),
            (
                Effect::Fail { key, reason: Reason::AmountOverflow },
                format!(r#""fail",{key_text},"reason":"{}""#, Reason::AmountOverflow),
            ),
        ] {
            let mut text = Vec::new();
            write_effect(&effect, None, &mut text);
            let expected = format!("{{\"effect\":{rest}}}\n");
            assert_eq!(String::from_utf8_lossy(&text), expected);
            let verdict = Verdict { effect, reason: None };
            assert_eq!(Answer::read(&text), Some(Answer::Effect(verdict)));
        }
        let effect = Effect::Fail { key, reason: Reason::NoInvoice };
        let malformed = Returned::Malformed {
            failure: FailureCode::InvalidOnionHmac,
            sha256_of_onion: [0x5a; 32],
        };
        for (returned, rest) in [
            (Returned::Onion(vec![0x0a, 0xb0]), r#""failure_onion":"0ab0""#.to_owned()),
            (malformed, format!(r#""failure_code":49157,"sha256_of_onion":"{}""#, "5a".repeat(32))),
        ] {
            let mut text = Vec::new();
            write_effect(&effect, Some(&returned), &mut text);
            let line = format!(r#"{{"effect":"fail",{key_text},"reason":"no-invoice",{rest}}}"#);
            assert_eq!(String::from_utf8_lossy(&text), line + "\n");
            let verdict = Verdict { effect, reason: None };
            assert_eq!(Answer::read(&text), Some(Answer::Effect(verdict)));
        }
        let mut text = Vec::new();
        write_done(7, &mut text);
        assert_eq!(text, b"{\"done\":7}\n");
        assert_eq!(Answer::read(&text), Some(Answer::Done(7)));
    }

    #[test]
    fn a_stranger_may_say_more_but_not_less() {
        let read = |line: &str| Answer::read(line.as_bytes());
        assert_eq!(read(r#"{"done":"3","more":[]}"#), Some(Answer::Done(3)));
        let key = r#""channel_id":1,"htlc_id":2"#;
        for (line, reason) in [
            (format!(r#"{{"effect":"fail",{key},"reason":"mpp timeout"}}"#), "mpp timeout"),
            (format!(r#"{{"effect":"fail",{key},"reason":7}}"#), "no reason given"),
            (format!(r#"{{"effect":"fail",{key},"more":0}}"#), "no reason given"),
        ] {
            let Some(Answer::Effect(verdict)) = read(&line) else { panic!("{line}") };
            assert_eq!(verdict.reason.as_deref(), Some(reason));
        }
        for line in [
            "",
            "done",
            "[7]",
            "{}",
            r#"{"done":-1}"#,
            r#"{"effect":"hold","channel_id":1}"#,
            r#"{"effect":"keep","channel_id":1,"htlc_id":2}"#,
            r#"{"effect":"settle","channel_id":1,"htlc_id":2}"#,
            r#"{"effect":"settle","channel_id":1,"htlc_id":2,"preimage":"00"}"#,
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
