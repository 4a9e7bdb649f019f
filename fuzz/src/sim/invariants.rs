//! The twelve invariants, by name, each its own function over what the oracle sees.
//!
//! A receiver may be more careful than the model: failing an HTLC that the model holds is a violation
//! only once a set that must settle cannot. It may not be less careful.

use core::fmt;

use ammeter_core::receiver::{Effect, Part, Reason};

use crate::{
    adapter::Kept,
    sim::{
        input::Input,
        model::{Model, Phase, Verdict},
        oracle::{Entry, Told, is_resolution, name},
    },
};

pub use crate::sim::oracle::{Oracle, Watch};

/// What was broken, what was expected, what was seen.
pub(super) type Broken = (Invariant, String, String);

/// A broken invariant, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Position of the operation; the number of operations if it came out while the world drained.
    pub position: usize,
    /// What should have happened.
    pub expected: String,
    /// What happened.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, position, expected, seen } = self;
        write!(f, "{invariant} at operation {position}: expected: {expected}; seen: {seen}")
    }
}

macro_rules! invariants {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What must hold of any receiver.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Invariant {
            $($(#[$doc])* $variant,)*
        }

        impl Invariant {
            /// Every invariant.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name as reported.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

invariants! {
    /// No preimage leaves before its set is complete and verified.
    NoEarlyRelease = "no-early-release",
    /// At rest a set is settled whole or failed whole.
    AllOrNothing = "all-or-nothing",
    /// What leaves as a preimage hashes to what the HTLC is locked to.
    PreimageMatchesHash = "preimage-matches-hash",
    /// Any order of arrival gives the same verdict.
    OrderInvariant = "order-invariant",
    /// Each HTLC is resolved exactly once.
    OneResolution = "one-resolution",
    /// One set never changes another.
    IsolatedSets = "isolated-sets",
    /// A set that is settled or failed stays so, whatever comes.
    TerminalIsAbsorbing = "terminal-is-absorbing",
    /// Nothing settles for less than its invoice asks.
    PaidInFull = "paid-in-full",
    /// What is kept stays within the limits.
    Bounded = "bounded",
    /// A crash never undoes or splits a decision.
    DurableDecision = "durable-decision",
    /// A complete honest set settles.
    HonestSetsSettle = "honest-sets-settle",
    /// No HTLC is held past its deadline.
    NoOverstay = "no-overstay",
    /// Not one of the twelve: an HTLC is held or failed exactly where the table of rules says so.
    Rules = "rules",
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an invariant looks at.
pub(super) struct View<'a> {
    pub(super) oracle: &'a Oracle,
    pub(super) model: &'a Model,
    pub(super) input: &'a Input<'a>,
    pub(super) kept: Option<Kept>,
}

type Check = fn(&View<'_>) -> Option<(String, String)>;

/// Looked at after each input, also when the receiver was killed amidst its effects.
pub(super) const WHEN_TOLD: &[(Invariant, Check)] = &[
    (Invariant::PreimageMatchesHash, preimage_matches_hash),
    (Invariant::DurableDecision, durable_decision_when_told),
    (Invariant::OneResolution, one_resolution),
    (Invariant::PaidInFull, paid_in_full),
    (Invariant::TerminalIsAbsorbing, terminal_is_absorbing),
    (Invariant::IsolatedSets, isolated_sets),
    (Invariant::Bounded, bounded_when_told),
    (Invariant::NoEarlyRelease, no_early_release),
];

/// Looked at when nothing is under way.
pub(super) const AT_REST: &[(Invariant, Check)] = &[
    (Invariant::DurableDecision, durable_decision),
    (Invariant::AllOrNothing, all_or_nothing),
    (Invariant::HonestSetsSettle, honest_sets_settle),
    (Invariant::NoOverstay, no_overstay),
    (Invariant::Bounded, bounded),
];

/// What can be asked of a receiver whose disk lied to it.
pub(super) const WITHOUT_DISK: &[(Invariant, Check)] =
    &[(Invariant::PreimageMatchesHash, preimage_matches_hash)];

/// Looked at, if asked for, when nothing is under way.
pub(super) const RULES: &[(Invariant, Check)] = &[(Invariant::Rules, rules)];

pub(super) fn first_broken(checks: &[(Invariant, Check)], view: &View<'_>) -> Result<(), Broken> {
    let broken = checks.iter().find_map(|(invariant, check)| {
        check(view).map(|(expected, seen)| (*invariant, expected, seen))
    });
    broken.map_or(Ok(()), Err)
}

impl View<'_> {
    /// What the receiver just said.
    fn told(&self) -> impl Iterator<Item = &Told> {
        self.oracle.told.iter()
    }

    /// HTLCs that are not gone, each with what the model says of it.
    fn here(&self) -> impl Iterator<Item = (&Entry, Verdict)> {
        let here = self.oracle.entries.iter().filter(|entry| !entry.gone);
        here.filter_map(|entry| Some((entry, self.model.verdict(entry.offer.key)?)))
    }

    /// Preimages that left where the model says that the HTLC fails, each with why.
    fn settled_not_failed(&self) -> impl Iterator<Item = (&Told, Reason)> {
        self.told().filter_map(|told| match (told.now, self.model.verdict(told.key)) {
            (Verdict::Settle(_), Some(Verdict::Fail(reason))) => Some((told, reason)),
            _ => None,
        })
    }

    /// Whether an HTLC's set had failed before this input.
    fn failed_before(&self, told: &Told) -> bool {
        let model = self.model;
        let set = model.set_of(told.key).and_then(|id| model.set(&id));
        set.is_some_and(|set| matches!(set.phase, Phase::Failed(_)) && set.decided_at < model.step)
    }

    /// Whether this input may change what becomes of an HTLC.
    fn concerns(&self, told: &Told) -> bool {
        let model = self.model;
        let own = model.set_of(told.key);
        match *self.input {
            Input::Htlc { offer, onion } => {
                offer.key == told.key || own == Part::read(onion).ok().map(|part| part.set)
            }
            Input::Resolved(key) => {
                let of_own = |id| model.set(id).is_some_and(|set| set.members.contains_key(&key));
                key == told.key || own.as_ref().is_some_and(of_own)
            }
            Input::InvoiceAdded(_) => false,
            Input::InvoiceCancelled { name } => {
                own.is_some_and(|id| crate::sim::model::pays(&id, &name))
            }
            // Unless it is another set's time that has come.
            Input::Block { .. } | Input::Clock { .. } => !model.decided_now(),
            Input::Restarted => true,
        }
    }

    /// Two HTLCs of one set of which one was claimed and the other not, at rest.
    fn split(&self) -> Option<(&Entry, &Entry)> {
        let entries = &self.oracle.entries;
        let said_of = |key| entries.iter().find(|entry| entry.offer.key == key);
        self.model.sets().find_map(|set| {
            let members = || set.members.keys().filter_map(|key| said_of(*key));
            let claimed = members().find(|entry| entry.is_claimed())?;
            // What went away by itself was neither claimed nor failed.
            let other = members()
                .find(|entry| !entry.is_claimed() && (entry.is_resolved() || !entry.gone))?;
            Some((claimed, other))
        })
    }
}

/// H of every preimage that leaves, computed by other people's code, is the HTLC's hash.
fn preimage_matches_hash(view: &View<'_>) -> Option<(String, String)> {
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
fn durable_decision_when_told(view: &View<'_>) -> Option<(String, String)> {
    view.told()
        .filter(|told| told.life_before < view.oracle.life)
        .find_map(|told| contradiction(told, "before the crash"))
}

/// An HTLC is settled or failed once. The same may be said again when the HTLC is shown again or the
/// receiver was restarted; the contrary never. Nothing is said of HTLCs that nobody offered.
fn one_resolution(view: &View<'_>) -> Option<(String, String)> {
    view.told().find_map(|told| {
        if told.hash.is_none() {
            let expected = "effects on HTLCs that were offered".to_owned();
            return Some((expected, format!("{} for {}", word(told.now), name(told.key))));
        }
        if let Some(broken) = contradiction(told, "before") {
            return Some(broken);
        }
        let asked = match *view.input {
            Input::Htlc { offer, .. } => offer.key == told.key,
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
    let room = matches!(before, Verdict::Fail(reason) if reason.is_limit());
    let same = core::mem::discriminant(&before) == core::mem::discriminant(&told.now);
    (!same && !room).then(|| {
        let expected = format!("{} for {}, as {when}", word(before), name(told.key));
        (expected, word(told.now).to_owned())
    })
}

/// No preimage leaves for a set without an open invoice, or which pays less than it, or for an HTLC
/// whose wire pays less than its onion.
fn paid_in_full(view: &View<'_>) -> Option<(String, String)> {
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
fn terminal_is_absorbing(view: &View<'_>) -> Option<(String, String)> {
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
fn isolated_sets(view: &View<'_>) -> Option<(String, String)> {
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
fn bounded_when_told(view: &View<'_>) -> Option<(String, String)> {
    view.told().find_map(|told| match (told.now, view.model.verdict(told.key)) {
        (Verdict::Hold | Verdict::Settle(_), Some(Verdict::Fail(reason))) if reason.is_limit() => {
            Some(fails(told, reason))
        }
        _ => None,
    })
}

/// Every preimage that leaves is of an HTLC whose set is whole, derived, matched and paid.
fn no_early_release(view: &View<'_>) -> Option<(String, String)> {
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

/// The same decision for the whole set on both sides of a crash.
fn durable_decision(view: &View<'_>) -> Option<(String, String)> {
    let (claimed, other) = view.split()?;
    (claimed.life < view.oracle.life).then(|| split_set(claimed, other))
}

/// If one HTLC of a set was claimed, all are.
fn all_or_nothing(view: &View<'_>) -> Option<(String, String)> {
    view.split().map(|(claimed, other)| split_set(claimed, other))
}

/// What the model claims is claimed.
fn honest_sets_settle(view: &View<'_>) -> Option<(String, String)> {
    view.here().find_map(|(entry, verdict)| {
        let kept_back = matches!(verdict, Verdict::Settle(_))
            && !matches!(entry.verdict, Some(Verdict::Settle(_)));
        kept_back.then(|| {
            let expected = format!("{} is claimed: its set is whole", name(entry.offer.key));
            (expected, silent_or(entry.verdict))
        })
    })
}

/// Nothing is held whose set has failed for time, for its invoice, or because a part of it went away.
fn no_overstay(view: &View<'_>) -> Option<(String, String)> {
    view.here().find_map(|(entry, verdict)| {
        let Verdict::Fail(reason) = verdict else { return None };
        let over = matches!(
            reason,
            Reason::HeldTooLong
                | Reason::ExpiresSoon
                | Reason::InvoiceCancelled
                | Reason::NoInvoice
                | Reason::MemberLost
        );
        (over && !entry.is_resolved()).then(|| {
            let expected = format!("{} fails: {reason}", name(entry.offer.key));
            (expected, silent_or(entry.verdict))
        })
    })
}

/// What the receiver says that it keeps is within the limits.
fn bounded(view: &View<'_>) -> Option<(String, String)> {
    let (kept, limits) = (view.kept?, view.model.policy.limits);
    [
        ("sets", kept.sets, u64::from(limits.sets_max)),
        ("HTLCs", kept.htlcs, u64::from(limits.htlcs_max)),
        ("bytes", kept.bytes, limits.bytes_max),
    ]
    .into_iter()
    .find(|(_, kept, most)| kept > most)
    .map(|(what, kept, most)| (format!("at most {most} {what}"), format!("{kept} {what}")))
}

/// Each HTLC is held, claimed or failed exactly as the table of rules says.
fn rules(view: &View<'_>) -> Option<(String, String)> {
    view.here().find_map(|(entry, verdict)| {
        let same = entry.verdict.map(|seen| core::mem::discriminant(&seen))
            == Some(core::mem::discriminant(&verdict));
        (!same).then(|| {
            let why = match verdict {
                Verdict::Fail(reason) => format!(": {reason}"),
                _ => String::new(),
            };
            let expected = format!("{} for {}{why}", word(verdict), name(entry.offer.key));
            (expected, silent_or(entry.verdict))
        })
    })
}

fn split_set(claimed: &Entry, other: &Entry) -> (String, String) {
    let (claimed, key) = (name(claimed.offer.key), name(other.offer.key));
    (
        format!("{key} is claimed like {claimed}, with which it makes a set"),
        silent_or(other.verdict),
    )
}

fn fails(told: &Told, reason: Reason) -> (String, String) {
    let seen = match told.now {
        Verdict::Settle(_) => "its preimage leaves",
        _ => "it is held",
    };
    (format!("{} fails: {reason}", name(told.key)), seen.to_owned())
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Hold => "hold",
        Verdict::Settle(_) => "settle",
        Verdict::Fail(_) => "fail",
    }
}

fn silent_or(verdict: Option<Verdict>) -> String {
    match verdict {
        None => "nothing was said about it".into(),
        Some(Verdict::Hold) => "it is held".into(),
        Some(Verdict::Settle(_)) => "its preimage leaves".into(),
        Some(Verdict::Fail(reason)) => format!("it fails: {reason}"),
    }
}

/// An input in a few words.
pub(super) fn said(input: &Input<'_>) -> String {
    match input {
        Input::Htlc { offer, .. } => format!("HTLC {}", name(offer.key)),
        Input::Block { height } => format!("block {height}"),
        Input::Clock { now_ms } => format!("clock {now_ms}"),
        Input::InvoiceAdded(_) => "an invoice".into(),
        Input::InvoiceCancelled { .. } => "a cancelled invoice".into(),
        Input::Resolved(key) => format!("{} resolved", name(*key)),
        Input::Restarted => "a restart".into(),
    }
}

/// How an effect is written in reports.
#[must_use]
pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Hold(key) => format!("hold {}", name(*key)),
        Effect::Settle { key, .. } => format!("settle {}", name(*key)),
        Effect::Fail { key, reason } => format!("fail {}: {reason}", name(*key)),
    }
}
