//! Invariants of what a receiver just said.

use ammeter_amp::receiver::Reason;

use crate::sim::{
    input::Input,
    invariants::{
        view::View,
        words::{fails, word},
    },
    model::{Verdict, is_for_room},
    oracle::{Told, is_resolution, name},
};

/// H of every preimage that leaves, computed by other people's code, is the HTLC's hash.
pub(super) fn preimage_matches_hash(view: &View<'_>) -> Option<(String, String)> {
    view.told().find_map(|told| {
        let (Verdict::Settle(preimage), Some(hash)) = (told.now, told.hash) else { return None };
        (view.oracle.digest(&preimage.0) != hash.0).then(|| {
            (
                format!("a preimage of {hash:x} for {}", name(told.key)),
                format!("{preimage:x}, which is none"),
            )
        })
    })
}

/// What was said about an HTLC in an earlier life is said again.
pub(super) fn durable_decision(view: &View<'_>) -> Option<(String, String)> {
    view.told()
        .filter(|told| told.life_before < view.oracle.life)
        .find_map(|told| contradiction(told, "before the crash"))
}

/// An HTLC is settled or failed once. The same may be said again when the HTLC is shown again or the
/// receiver was restarted; the contrary never. Nothing is said of HTLCs that were never shown.
pub(super) fn one_resolution(view: &View<'_>) -> Option<(String, String)> {
    view.told().find_map(|told| {
        if told.hash.is_none() {
            let expected = "effects on HTLCs that were shown".to_owned();
            return Some((expected, format!("{} for {}", word(told.now), name(told.key))));
        }
        if let Some(broken) = contradiction(told, "before") {
            return Some(broken);
        }
        let asked = match *view.input {
            Input::Htlc { incoming, .. } => incoming.key == told.key,
            Input::Restarted => true,
            _ => false,
        };
        // Another life may come to the same decision by itself.
        let again = told.before.is_some_and(is_resolution) && told.life_before == view.oracle.life;
        ((again || told.gone) && !asked && is_resolution(told.now)).then(|| {
            (format!("{} is resolved once", name(told.key)), format!("{} again", word(told.now)))
        })
    })
}

fn contradiction(told: &Told, when: &str) -> Option<(String, String)> {
    let before = told.before.filter(|before| is_resolution(*before))?;
    // Refused for want of room: judged anew.
    let room = matches!(before, Verdict::Fail(reason) if is_for_room(reason));
    let same = core::mem::discriminant(&before) == core::mem::discriminant(&told.now);
    (!same && !room).then(|| {
        let expected = format!("{} for {}, as {when}", word(before), name(told.key));
        (expected, word(told.now).to_owned())
    })
}

/// No preimage leaves for a set without an open invoice, or which pays less than it, or for an HTLC
/// whose wire pays less than its onion.
pub(super) fn paid_in_full(view: &View<'_>) -> Option<(String, String)> {
    view.settled_not_failed().find_map(|(told, reason)| {
        let unpaid = matches!(
            reason,
            Reason::Underpaid
                | Reason::NoInvoice
                | Reason::InvoiceCancelled
                | Reason::AmountBelowOnion
        );
        unpaid.then(|| fails(told, reason))
    })
}

/// A set that has failed is not claimed, and nothing joins one that is settled or failed.
pub(super) fn terminal_is_absorbing(view: &View<'_>) -> Option<(String, String)> {
    let claimed = view.settled_not_failed().find_map(|(told, reason)| {
        let late = matches!(reason, Reason::SetSettled | Reason::SetFailed);
        (late || view.failed_before(told)).then(|| fails(told, reason))
    });
    claimed.or_else(|| {
        view.told().find_map(|told| match (told.now, view.model.verdict(told.key)) {
            (
                Verdict::Hold,
                Some(Verdict::Fail(reason @ (Reason::SetSettled | Reason::SetFailed))),
            ) => Some(fails(told, reason)),
            _ => None,
        })
    })
}

/// What happens to one set fails no HTLC of another, and strangers who set no id share none.
pub(super) fn isolated_sets(view: &View<'_>) -> Option<(String, String)> {
    let shared = view
        .settled_not_failed()
        .find(|(_, reason)| *reason == Reason::ZeroId)
        .map(|(told, reason)| fails(told, reason));
    shared.or_else(|| {
        view.told().find_map(|told| {
            let Verdict::Fail(reason) = told.now else { return None };
            let verdict = view.model.verdict(told.key)?;
            let alone = !matches!(verdict, Verdict::Fail(_)) && !view.concerns(told);
            alone.then(|| {
                let expected = format!(
                    "{} for {}, whose set this does not concern",
                    word(verdict),
                    name(told.key)
                );
                (expected, format!("it fails: {reason}"))
            })
        })
    })
}

/// What there was no room for is not held.
pub(super) fn bounded(view: &View<'_>) -> Option<(String, String)> {
    view.told().find_map(|told| match (told.now, view.model.verdict(told.key)) {
        (Verdict::Hold | Verdict::Settle(_), Some(Verdict::Fail(reason)))
            if is_for_room(reason) =>
        {
            Some(fails(told, reason))
        }
        _ => None,
    })
}

/// Every preimage that leaves is of an HTLC whose set is whole, derived, matched and paid.
pub(super) fn no_early_release(view: &View<'_>) -> Option<(String, String)> {
    view.told().find_map(|told| {
        let verdict = view.model.verdict(told.key)?;
        let early =
            matches!(told.now, Verdict::Settle(_)) && !matches!(verdict, Verdict::Settle(_));
        early.then(|| match verdict {
            Verdict::Fail(reason) => fails(told, reason),
            _ => (
                format!("{} is held: its set is not whole", name(told.key)),
                "its preimage leaves".to_owned(),
            ),
        })
    })
}
