//! Inputs, effects and verdicts as text.

use ammeter_amp::receiver::{Effect, Reason};

use crate::sim::{
    input::Input,
    model::Verdict,
    oracle::{Observed, name},
};

pub(super) fn fails(effect: &Observed, reason: Reason) -> (String, String) {
    let seen = match effect.now {
        Verdict::Settle(_) => "its preimage leaves",
        _ => "it is held",
    };
    (format!("{} fails: {reason}", name(effect.key)), seen.to_owned())
}

pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Hold => "hold",
        Verdict::Settle(_) => "settle",
        Verdict::Fail(_) => "fail",
    }
}

pub(super) fn silent_or(verdict: Option<Verdict>) -> String {
    match verdict {
        None => "nothing was said about it".into(),
        Some(Verdict::Hold) => "it is held".into(),
        Some(Verdict::Settle(_)) => "its preimage leaves".into(),
        Some(Verdict::Fail(reason)) => format!("it fails: {reason}"),
    }
}

/// An input as text.
pub(in crate::sim) fn said(input: &Input<'_>) -> String {
    match input {
        Input::Htlc { incoming, .. } => format!("HTLC {}", name(incoming.key)),
        Input::Block { height } => format!("block {height}"),
        Input::Clock { now_ms } => format!("clock {now_ms}"),
        Input::InvoiceAdded(_) => "an invoice".into(),
        Input::InvoiceCancelled { .. } => "a cancelled invoice".into(),
        Input::Resolved(key) => format!("{} resolved", name(*key)),
        Input::Restarted => "a restart".into(),
    }
}

/// An effect as text.
#[must_use]
pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Hold(key) => format!("hold {}", name(*key)),
        Effect::Settle { key, .. } => format!("settle {}", name(*key)),
        Effect::Fail { key, reason } => format!("fail {}: {reason}", name(*key)),
    }
}
