//! What an invariant looks at: the input, its effects, and the model.

use core::cell::OnceCell;

use ammeter_amp::receiver::{Invoice, Reason};
use ammeter_core::HtlcKey;

use crate::sim::{
    input::Input,
    log::{Entry, Log, Observed},
    model::{Model, Phase, Set, Verdict, part_of},
    subject::Kept,
};

/// What an invariant looks at.
pub(in crate::sim) struct View<'a> {
    pub(in crate::sim) log: &'a Log,
    pub(in crate::sim) model: &'a Model,
    pub(in crate::sim) input: &'a Input<'a>,
    pub(in crate::sim) kept: Option<Kept>,
    /// The model's verdict on each entry that is not gone, once it was asked for.
    verdicts: OnceCell<Vec<Option<Verdict>>>,
}

impl<'a> View<'a> {
    pub(in crate::sim) const fn new(
        log: &'a Log,
        model: &'a Model,
        input: &'a Input<'a>,
        kept: Option<Kept>,
    ) -> Self {
        Self { log, model, input, kept, verdicts: OnceCell::new() }
    }

    /// The effects of the last input.
    pub(super) fn observed(&self) -> impl Iterator<Item = &Observed> {
        self.log.observed.iter()
    }

    /// The HTLCs that are not gone, each with the model's verdict.
    pub(super) fn here(&self) -> impl Iterator<Item = (&Entry, Verdict)> {
        let verdict = |entry: &Entry| {
            if entry.gone { None } else { self.model.verdict(entry.incoming.key) }
        };
        let entries = &self.log.entries;
        let verdicts = self.verdicts.get_or_init(|| entries.iter().map(verdict).collect());
        entries.iter().zip(verdicts).filter_map(|(entry, verdict)| Some((entry, (*verdict)?)))
    }

    /// The preimages that left for HTLCs which fail in the model, each with the model's reason.
    pub(super) fn settled_not_failed(&self) -> impl Iterator<Item = (&Observed, Reason)> {
        self.observed().filter_map(|effect| match (effect.now, self.model.verdict(effect.key)) {
            (Verdict::Settle(_), Some(Verdict::Fail(reason))) => Some((effect, reason)),
            _ => None,
        })
    }

    /// Whether an HTLC's set had failed before this input.
    pub(super) fn failed_before(&self, effect: &Observed) -> bool {
        let model = self.model;
        let set = model.set_of(effect.key).and_then(|id| model.set(&id));
        set.is_some_and(|set| matches!(set.phase, Phase::Failed(_)) && set.decided_at < model.step)
    }

    /// Whether the receiver has failed a member of this HTLC's set.
    pub(super) fn fails_a_member(&self, key: HtlcKey) -> bool {
        let set = self.model.set_of(key).and_then(|id| self.model.set(&id));
        let failed = |entry: &&Entry| matches!(entry.verdict, Some(Verdict::Fail(_)));
        let mut failed = self.log.entries.iter().filter(failed);
        set.is_some_and(|set| failed.any(|entry| set.members.contains_key(&entry.incoming.key)))
    }

    /// Whether the receiver had failed a member of this HTLC's set before the input that decided on
    /// the set: more careful than the model, it then knows the set as another one.
    pub(super) fn had_failed_a_member(&self, key: HtlcKey) -> bool {
        let set = self.model.set_of(key).and_then(|id| self.model.set(&id));
        let before = |entry: &&Entry, set: &Set| {
            matches!(entry.verdict, Some(Verdict::Fail(_)))
                && set.members.contains_key(&entry.incoming.key)
                && (set.decided_at == 0 || entry.resolved_at < set.decided_at)
        };
        set.is_some_and(|set| self.log.entries.iter().any(|entry| before(&entry, set)))
    }

    /// Whether this input may change the verdict on an HTLC.
    pub(super) fn concerns(&self, effect: &Observed) -> bool {
        let model = self.model;
        let own = model.set_of(effect.key);
        match *self.input {
            Input::Htlc { incoming, onion } => {
                incoming.key == effect.key || own == part_of(onion).map(|part| part.set_id)
            }
            Input::Resolved(key) => {
                let of_own = |id| model.set(id).is_some_and(|set| set.members.contains_key(&key));
                key == effect.key || own.as_ref().is_some_and(of_own)
            }
            Input::InvoiceAdded(Invoice { name, .. }) | Input::InvoiceCancelled { name } => {
                own.is_some_and(|id| crate::sim::model::pays(&id, &name))
            }
            // A set fails by time only if its own deadline has passed; a decision of the model may
            // be about another.
            Input::Block { .. } | Input::Clock { .. } => !model.decided_now(),
            Input::Restarted => true,
        }
    }

    /// Two HTLCs of one set of which one was claimed and the other was not.
    pub(super) fn split(&self) -> Option<(&Entry, &Entry)> {
        let entries = &self.log.entries;
        if !entries.iter().any(Entry::is_claimed) {
            return None;
        }
        let said_of = |key| entries.iter().find(|entry| entry.incoming.key == key);
        self.model.sets().find_map(|set| {
            let members = || set.members.keys().filter_map(|key| said_of(*key));
            let claimed = members().find(|entry| entry.is_claimed())?;
            // An HTLC whose channel was closed was neither claimed nor failed.
            let other = members()
                .find(|entry| !entry.is_claimed() && (entry.is_resolved() || !entry.gone))?;
            Some((claimed, other))
        })
    }
}
