//! Invariants of the effects of one input.

use ammeter_amp::receiver::Reason;

use crate::sim::{
    hash::digest,
    input::Input,
    invariants::{
        view::View,
        words::{fails, word},
    },
    log::{Observed, is_resolution, name},
    model::{Verdict, is_for_room},
};

/// H of each preimage that leaves is the HTLC's hash.
pub(super) fn preimage_matches_hash(view: &View<'_>) -> Option<(String, String)> {
    view.observed().find_map(|effect| {
        let (Verdict::Settle(preimage), Some(hash)) = (effect.now, effect.hash) else {
            return None;
        };
        (digest(view.model.policy.hash, &[&preimage.0]) != hash.0).then(|| {
            (
                format!("a preimage of {hash:x} for {}", name(effect.key)),
                format!("{preimage:x}, which is none"),
            )
        })
    })
}

/// A verdict of an earlier life stands.
pub(super) fn durable_decision(view: &View<'_>) -> Option<(String, String)> {
    view.observed()
        .filter(|effect| effect.life_before < view.log.life)
        .find_map(|effect| contradiction(effect, "before the crash"))
}

/// An HTLC is settled or failed once. The receiver repeats that when the HTLC is shown again, and
/// may repeat it after a restart. It never says the opposite, says nothing more once it has taken
/// the acknowledgement, and nothing about HTLCs that were never shown.
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
        let unasked = (effect.repeated || effect.gone) && !asked;
        let again = unasked || effect.doubled || effect.acknowledged;
        (again && is_resolution(effect.now)).then(|| {
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
    // A receiver that forgets refusals on purpose judges such an HTLC anew.
    (!same && !effect.forgotten_before).then(|| {
        let expected = format!("{} for {}, as {when}", word(before), name(effect.key));
        (expected, word(effect.now).to_owned())
    })
}

/// No preimage leaves for a set without an open invoice, or which pays less than it; and an HTLC whose
/// wire pays less than its onion is of no set.
pub(super) fn paid_in_full(view: &View<'_>) -> Option<(String, String)> {
    view.settled_not_failed()
        .find_map(|(effect, reason)| {
            let unpaid =
                matches!(reason, Reason::Underpaid | Reason::NoInvoice | Reason::InvoiceCancelled);
            unpaid.then(|| fails(effect, reason))
        })
        .or_else(|| taken_in(view, Reason::AmountBelowOnion))
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

/// An input about one set fails no HTLC of another, and an id of zeros makes no set.
pub(super) fn isolated_sets(view: &View<'_>) -> Option<(String, String)> {
    taken_in(view, Reason::ZeroId).or_else(|| {
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
                let reason = view.log.reason(effect.key).unwrap_or(reason.name());
                (expected, format!("it fails: {reason}"))
            })
        })
    })
}

/// An HTLC that is held or claimed, and fails in the model for this reason.
fn taken_in(view: &View<'_>, because: Reason) -> Option<(String, String)> {
    view.observed().find_map(|effect| match (effect.now, view.model.verdict(effect.key)) {
        (Verdict::Hold | Verdict::Settle(_), Some(Verdict::Fail(reason))) if reason == because => {
            Some(fails(effect, reason))
        }
        _ => None,
    })
}

/// An HTLC for which there is no room is not held.
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

/// A preimage leaves only for an HTLC whose set is complete, matches its children, and is paid.
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
