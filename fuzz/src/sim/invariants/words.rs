//! Inputs, effects and verdicts as text.

use ammeter_amp::receiver::{Effect, Reason};

use crate::sim::{
    input::Input,
    invariants::{Broken, Invariant},
    log::{Entry, Observed, name},
    model::Verdict,
    subject::Complaint,
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

pub(super) fn silent_or(entry: &Entry) -> String {
    match entry.verdict {
        None => "nothing was said about it".into(),
        Some(Verdict::Hold) => "it is held".into(),
        Some(Verdict::Settle(_)) => "its preimage leaves".into(),
        Some(Verdict::Fail(reason)) => {
            format!("it fails: {}", entry.reason.as_deref().unwrap_or(reason.name()))
        }
    }
}

/// What a program did at an input, other than being a bad receiver.
pub(in crate::sim) fn complained(complaint: &Complaint, input: &Input<'_>) -> Broken {
    let seen = match input {
        Input::Restarted => format!("when it was started again, {complaint}"),
        _ => format!("at {}, {complaint}", said(input)),
    };
    if complaint.is_dead {
        let expected = "the receiver lives and answers: honest sets are waiting in it";
        (Invariant::HonestSetsSettle, expected.into(), seen)
    } else {
        (Invariant::Protocol, "answers as docs/protocol.md says".into(), seen)
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

/// How an effect is written in reports; `reason` is the receiver's, if it is none of ours.
#[must_use]
pub fn effect(effect: &Effect, other_reason: Option<&str>) -> String {
    match effect {
        Effect::Hold(key) => format!("hold {}", name(*key)),
        Effect::Settle { key, .. } => format!("settle {}", name(*key)),
        Effect::Fail { key, reason } => {
            format!("fail {}: {}", name(*key), other_reason.unwrap_or(reason.name()))
        }
    }
}
