//! Lines that a program writes.

use ammeter_amp::receiver::{Effect, Reason};
use ammeter_core::{HtlcKey, Preimage};
use serde_json::Value;

/// The longest reason that is kept, in characters.
const WORD_MAX: usize = 200;

/// A line.
pub(super) enum Answer {
    /// What is to be done with an HTLC; the reason it gave, if that is none of ours.
    Effect(Effect, Option<String>),
    /// How many events are done.
    Done(u64),
}

/// Reads a line; `None` if it is no answer.
pub(super) fn read(line: &[u8]) -> Option<Answer> {
    let answer: Value = serde_json::from_slice(line).ok()?;
    if let Some(done) = answer.get("done") {
        return number(done).map(Answer::Done);
    }
    let key = HtlcKey {
        channel_id: number(&answer["channel_id"])?,
        htlc_id: number(&answer["htlc_id"])?,
    };
    let (effect, word) = match answer["effect"].as_str()? {
        "hold" => (Effect::Hold(key), None),
        "settle" => {
            let preimage = Preimage::from_hex(answer["preimage"].as_str()?).ok()?;
            (Effect::Settle { key, preimage }, None)
        }
        "fail" => {
            let said = answer["reason"].as_str().unwrap_or_default();
            match Reason::ALL.iter().find(|reason| reason.name() == said) {
                Some(reason) => (Effect::Fail { key, reason: *reason }, None),
                // Other receivers have other words.
                None => {
                    let word = if said.is_empty() { "no reason given" } else { said };
                    let word = word.chars().take(WORD_MAX).collect();
                    (Effect::Fail { key, reason: Reason::Unreadable }, Some(word))
                }
            }
        }
        _ => return None,
    };
    Some(Answer::Effect(effect, word))
}

/// A number, or a string of one.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
