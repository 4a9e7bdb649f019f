//! Invariants of what a receiver just said.

use ammeter_amp::receiver::Reason;

use crate::sim::{
    input::Input,
    invariants::{
        view::View,
        words::{fails, word},
    },
    model::{Verdict, is_for_room},
    oracle::{Observed, is_resolution, name},
};

/// H of every preimage that leaves, computed by other people's code, is the HTLC's hash.
pub(super) fn preimage_matches_hash(view: &View<'_>) -> Option<(String, String)> {
    view.observed().find_map(|effect| {
        let (Verdict::Settle(preimage), Some(hash)) = (effect.now, effect.hash) else {
            return None;
        };
        (view.oracle.digest(&preimage.0) != hash.0).then(|| {
            (
                format!("a preimage of {hash:x} for {}", name(effect.key)),
                format!("{preimage:x}, which is none"),
            )
        })
    })
}

/// What was said about an HTLC in an earlier life is said again.
pub(super) fn durable_decision(view: &View<'_>) -> Option<(String, String)> {
    view.observed()
        .filter(|effect| effect.life_before < view.oracle.life)
        .find_map(|effect| contradiction(effect, "before the crash"))
}

/// An HTLC is settled or failed once. The same may be said again when the HTLC is shown again or the
/// receiver was restarted; the contrary never. Nothing is said of HTLCs that were never shown.
pub(super) fn one_resolution(view: &View<'_>) -> Option<(String, String)> {
    view.observed().find_map(|effect| {
        if effect.hash.is_none() {
            let expected = "effects on HTLCs that were shown".to_owned();
            return Some((expected, format!("{} for {}", word(effect.now), name(effect.key))));
        }
        if let Some(broken) = contradiction(effect, "before") {
            return Some(broken);
        }
        let asked = match *view.input {
            Input::Htlc { incoming, .. } => incoming.key == effect.key,
            Input::Restarted => true,
            _ => false,
        };
        // Another life may come to the same decision by itself.
        let again =
            effect.before.is_some_and(is_resolution) && effect.life_before == view.oracle.life;
        ((again || effect.gone) && !asked && is_resolution(effect.now)).then(|| {
            (
                format!("{} is resolved once", name(effect.key)),
                format!("{} again", word(effect.now)),
            )
        })
    })
}

fn contradiction(effect: &Observed, when: &str) -> Option<(String, String)> {
    let before = effect.before.filter(|before| is_resolution(*before))?;
    let same = core::mem::discriminant(&before) == core::mem::discriminant(&effect.now);
    (!same).then(|| {
        let expected = format!("{} for {}, as {when}", word(before), name(effect.key));
        (expected, word(effect.now).to_owned())
    })
}

/// No preimage leaves for a set without an open invoice, or which pays less than it, or for an HTLC
/// whose wire pays less than its onion.
pub(super) fn paid_in_full(view: &View<'_>) -> Option<(String, String)> {
    view.settled_not_failed().find_map(|(effect, reason)| {
        let unpaid = matches!(
            reason,
            Reason::Underpaid
                | Reason::NoInvoice
                | Reason::InvoiceCancelled
                | Reason::AmountBelowOnion
        );
        unpaid.then(|| fails(effect, reason))
    })
}

/// A set that has failed is not claimed, and nothing joins one that is settled or failed.
pub(super) fn terminal_is_absorbing(view: &View<'_>) -> Option<(String, String)> {
    let claimed = view.settled_not_failed().find_map(|(effect, reason)| {
        let late = matches!(reason, Reason::SetSettled | Reason::SetFailed);
        (late || view.failed_before(effect)).then(|| fails(effect, reason))
    });
    claimed.or_else(|| {
        view.observed().find_map(|effect| match (effect.now, view.model.verdict(effect.key)) {
            (
                Verdict::Hold,
                Some(Verdict::Fail(reason @ (Reason::SetSettled | Reason::SetFailed))),
            ) => Some(fails(effect, reason)),
            _ => None,
        })
    })
}

/// What happens to one set fails no HTLC of another, and strangers who set no id share none.
pub(super) fn isolated_sets(view: &View<'_>) -> Option<(String, String)> {
    let shared = view
        .settled_not_failed()
        .find(|(_, reason)| *reason == Reason::ZeroId)
        .map(|(effect, reason)| fails(effect, reason));
    shared.or_else(|| {
        view.observed().find_map(|effect| {
            let Verdict::Fail(reason) = effect.now else { return None };
            let verdict = view.model.verdict(effect.key)?;
            let alone = !matches!(verdict, Verdict::Fail(_)) && !view.concerns(effect);
            alone.then(|| {
                let expected = format!(
                    "{} for {}, whose set this does not concern",
                    word(verdict),
                    name(effect.key)
                );
                (expected, format!("it fails: {reason}"))
            })
        })
    })
}

/// What there was no room for is not held.
pub(super) fn bounded(view: &View<'_>) -> Option<(String, String)> {
    view.observed().find_map(|effect| match (effect.now, view.model.verdict(effect.key)) {
        (Verdict::Hold | Verdict::Settle(_), Some(Verdict::Fail(reason)))
            if is_for_room(reason) =>
        {
            Some(fails(effect, reason))
        }
        _ => None,
    })
}

/// Every preimage that leaves is of an HTLC whose set is whole, derived, matched and paid.
pub(super) fn no_early_release(view: &View<'_>) -> Option<(String, String)> {
    view.observed().find_map(|effect| {
        let verdict = view.model.verdict(effect.key)?;
        let early =
            matches!(effect.now, Verdict::Settle(_)) && !matches!(verdict, Verdict::Settle(_));
        early.then(|| match verdict {
            Verdict::Fail(reason) => fails(effect, reason),
            _ => (
                format!("{} is held: its set is not whole", name(effect.key)),
                "its preimage leaves".to_owned(),
            ),
        })
    })
}
