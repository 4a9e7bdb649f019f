//! Invariants of a receiver that processes no input.

use ammeter_amp::receiver::Reason;

use crate::sim::{
    invariants::{
        view::View,
        words::{silent_or, word},
    },
    log::{Entry, name},
    model::Verdict,
};

/// After a crash the whole set has the decision that one of its HTLCs had before.
pub(super) fn durable_decision(view: &View<'_>) -> Option<(String, String)> {
    let (claimed, other) = view.split()?;
    (claimed.life < view.log.life).then(|| split_set(claimed, other))
}

/// If one HTLC of a set was claimed, all of them were; and if a set was whole and is not accepted, all
/// of them fail.
pub(super) fn all_or_nothing(view: &View<'_>) -> Option<(String, String)> {
    let split = view.split().map(|(claimed, other)| split_set(claimed, other));
    split.or_else(|| {
        view.here().find_map(|(entry, verdict)| {
            let Verdict::Fail(
                reason @ (Reason::HashMismatch | Reason::Underpaid | Reason::Overpaid),
            ) = verdict
            else {
                return None;
            };
            let key = entry.incoming.key;
            (!entry.is_resolved() && !view.had_failed_a_member(key)).then(|| {
                let expected = format!("{} fails with its whole set: {reason}", name(key));
                (expected, silent_or(entry))
            })
        })
    })
}

/// An HTLC that the model claims is claimed.
pub(super) fn honest_sets_settle(view: &View<'_>) -> Option<(String, String)> {
    view.here().find_map(|(entry, verdict)| {
        let kept_back = matches!(verdict, Verdict::Settle(_))
            && !matches!(entry.verdict, Some(Verdict::Settle(_)));
        kept_back.then(|| {
            let expected = format!("{} is claimed: its set is whole", name(entry.incoming.key));
            (expected, silent_or(entry))
        })
    })
}

/// No HTLC is held whose set has failed for its deadline, for its invoice, or for a lost member. A
/// member that the receiver failed itself, more careful than the model, is not lost. Nor is one held
/// that the table refuses, for whatever it is, once it expires.
pub(super) fn no_overstay(view: &View<'_>) -> Option<(String, String)> {
    view.here().find_map(|(entry, verdict)| {
        let Verdict::Fail(reason) = verdict else { return None };
        let over = matches!(
            reason,
            Reason::HeldTooLong
                | Reason::ExpiresSoon
                | Reason::InvoiceCancelled
                | Reason::NoInvoice
                | Reason::MemberLost
        ) || view.model.is_due(entry.incoming.cltv_expiry);
        let careful = reason == Reason::MemberLost && view.fails_a_member(entry.incoming.key);
        (over && !careful && !entry.is_resolved()).then(|| {
            let expected = format!("{} fails: {reason}", name(entry.incoming.key));
            (expected, silent_or(entry))
        })
    })
}

/// The receiver has said something of each HTLC that is here, and repeats the verdict on a resolved one
/// that is shown again: the node may have lost it.
pub(super) fn one_resolution(view: &View<'_>) -> Option<(String, String)> {
    let silent = |entry: &&Entry| !entry.gone && (entry.unanswered || entry.verdict.is_none());
    let silent = view.log.entries.iter().find(silent)?;
    let key = name(silent.incoming.key);
    let expected = match silent.verdict {
        Some(verdict) => format!("{} for {key}, which is shown again", word(verdict)),
        None => format!("an answer for {key}"),
    };
    Some((expected, "nothing was said about it".into()))
}

/// The receiver's own counts are within its limits.
pub(super) fn bounded(view: &View<'_>) -> Option<(String, String)> {
    let (kept, limits) = (view.kept?, view.model.policy.limits);
    [
        ("sets", kept.sets, u64::from(limits.sets_max)),
        ("HTLCs", kept.htlcs, limits.htlcs_max.into()),
        ("refused HTLCs", kept.refused, limits.refusals_max.into()),
        ("bytes", kept.bytes, limits.bytes_max),
    ]
    .into_iter()
    .find(|(_, kept, most)| kept > most)
    .map(|(what, kept, most)| (format!("at most {most} {what}"), format!("{kept} {what}")))
}

/// Each HTLC is held, claimed or failed as the table of rules says.
pub(super) fn rules(view: &View<'_>) -> Option<(String, String)> {
    view.here().find_map(|(entry, verdict)| {
        let same = entry.verdict.map(|seen| core::mem::discriminant(&seen))
            == Some(core::mem::discriminant(&verdict));
        (!same).then(|| {
            let why = match verdict {
                Verdict::Fail(reason) => format!(": {reason}"),
                _ => String::new(),
            };
            let expected = format!("{} for {}{why}", word(verdict), name(entry.incoming.key));
            (expected, silent_or(entry))
        })
    })
}

fn split_set(claimed: &Entry, other: &Entry) -> (String, String) {
    let (claimed, key) = (name(claimed.incoming.key), name(other.incoming.key));
    (format!("{key} is claimed like {claimed}, with which it makes a set"), silent_or(other))
}
