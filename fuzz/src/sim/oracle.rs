//! The oracle: the model, and the book of what the receiver was shown and what it said.

use ammeter_amp::receiver::{Effect, IncomingHtlc, Policy};
use ammeter_core::{HtlcKey, PaymentHash};

use crate::{
    adapter::{Kept, Outcome},
    sim::{
        encode::Encoding,
        hash::digest,
        input::Input,
        invariants::{self, Broken, Invariant, View},
        model::{Model, Verdict},
    },
};

/// Crashes after which so many different states are possible are taken as durable; histories with
/// that many crashes in a row are not made.
const MODELS_MAX: usize = 16;

/// How closely the receiver is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// For panics only: what most fuzzing does.
    Panics,
    /// The twelve invariants.
    #[default]
    Invariants,
    /// Those, and that each HTLC is held or failed where the table of rules says so, harmless or not.
    Rules,
}

/// An HTLC that was shown.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) incoming: IncomingHtlc,
    encoding: Encoding,
    bytes: Vec<u8>,
    /// What the receiver said last.
    pub(super) verdict: Option<Verdict>,
    /// In which of its lives.
    pub(super) life: u32,
    /// Whether the node has carried it out.
    pub(super) gone: bool,
}

/// One effect, and what was known before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    pub(super) key: HtlcKey,
    pub(super) now: Verdict,
    pub(super) before: Option<Verdict>,
    pub(super) life_before: u32,
    pub(super) gone: bool,
    /// `None` if no such HTLC was shown.
    pub(super) hash: Option<PaymentHash>,
}

/// The model and the book.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// What the receiver may be in. One model, but for crashes: whether the input that was under way
    /// is durable shows only in what the receiver says later.
    models: Vec<Model>,
    pub(super) entries: Vec<Entry>,
    pub(super) observed: Vec<Observed>,
    pub(super) life: u32,
    pub(super) watch: Watch,
    /// Cleared when the disk has lied: what can be promised then is little.
    trusts_disk: bool,
    policy: Policy,
}

impl Oracle {
    pub(super) fn new(policy: Policy, watch: Watch) -> Self {
        Self {
            models: vec![Model::new(policy)],
            entries: Vec::new(),
            observed: Vec::new(),
            life: 0,
            watch,
            trusts_disk: true,
            policy,
        }
    }

    pub(super) fn model(&self) -> &Model {
        &self.models[0]
    }

    fn position(&self, key: HtlcKey) -> Option<usize> {
        self.entries.iter().position(|entry| entry.incoming.key == key)
    }

    pub(super) fn is_new(&self, key: HtlcKey) -> bool {
        self.position(key).is_none()
    }

    pub(super) fn incoming(&mut self, incoming: IncomingHtlc, encoding: Encoding, bytes: Vec<u8>) {
        let (verdict, life) = (None, self.life);
        self.entries.push(Entry { incoming, encoding, bytes, verdict, life, gone: false });
    }

    /// An HTLC that is not gone.
    pub(super) fn shown(&self, key: HtlcKey) -> Option<(IncomingHtlc, Encoding, &[u8])> {
        let entry = &self.entries[self.position(key)?];
        (!entry.gone).then_some((entry.incoming, entry.encoding, &entry.bytes))
    }

    pub(super) fn is_here(&self, key: HtlcKey) -> bool {
        self.shown(key).is_some()
    }

    /// Whether the node was told to settle or fail it, and has not said that it did.
    pub(super) fn is_carried_out(&self, key: HtlcKey) -> bool {
        self.carried_out().contains(&key)
    }

    pub(super) fn carried_out(&self) -> Vec<HtlcKey> {
        let here = self.entries.iter().filter(|entry| !entry.gone && entry.is_resolved());
        here.map(|entry| entry.incoming.key).collect()
    }

    /// What a node shows again after a restart; every other time in another order.
    pub(super) fn replayed(&self) -> Vec<HtlcKey> {
        let here = self.entries.iter().filter(|entry| !entry.gone);
        let mut keys: Vec<HtlcKey> = here.map(|entry| entry.incoming.key).collect();
        if self.life % 2 == 1 {
            keys.reverse();
        }
        keys
    }

    pub(super) fn gone(&mut self, key: HtlcKey) {
        if let Some(position) = self.position(key) {
            self.entries[position].gone = true;
        }
    }

    pub(super) const fn restarted(&mut self) {
        self.life += 1;
    }

    pub(super) const fn trust_no_disk(&mut self) {
        self.trusts_disk = false;
    }

    pub(super) fn endings(self) -> Vec<(HtlcKey, Option<Verdict>)> {
        self.entries.into_iter().map(|entry| (entry.incoming.key, entry.verdict)).collect()
    }

    /// The receiver took an input, and these effects left.
    pub(super) fn take(
        &mut self,
        input: &Input<'_>,
        effects: &[Effect],
        outcome: Outcome,
    ) -> Result<(), Broken> {
        self.write_down(effects);
        if self.watch == Watch::Panics {
            return Ok(());
        }
        // Effects leave behind their decision: what was said is durable.
        if outcome == Outcome::Down && effects.is_empty() && self.models.len() < MODELS_MAX {
            let untaken = self.models.clone();
            self.models.iter_mut().for_each(|model| model.take(input));
            self.models.extend(untaken.into_iter().map(Model::missed));
            self.forget_twins();
        } else {
            self.models.iter_mut().for_each(|model| model.take(input));
        }
        let checks =
            if self.trusts_disk { invariants::AFTER_INPUT } else { invariants::WITHOUT_DISK };
        self.keep_unbroken(|view| invariants::first_broken(checks, view), input, None)
    }

    /// Drops the models that what was seen contradicts; an error if that is all of them.
    fn keep_unbroken(
        &mut self,
        check: impl Fn(&View<'_>) -> Result<(), Broken>,
        input: &Input<'_>,
        kept: Option<Kept>,
    ) -> Result<(), Broken> {
        let models = core::mem::take(&mut self.models);
        let mut first = None;
        for model in models {
            match check(&View { oracle: self, model: &model, input, kept }) {
                Ok(()) => self.models.push(model),
                Err(broken) => first = first.or(Some(broken)),
            }
        }
        match first {
            Some(broken) if self.models.is_empty() => Err(broken),
            _ => Ok(()),
        }
    }

    fn forget_twins(&mut self) {
        let mut unlike: Vec<Model> = Vec::new();
        for model in self.models.drain(..) {
            if !unlike.contains(&model) {
                unlike.push(model);
            }
        }
        self.models = unlike;
    }

    /// Keeps what was said; the invariants see what was said before beside it.
    fn write_down(&mut self, effects: &[Effect]) {
        self.observed.clear();
        for effect in effects {
            let key = effect.key();
            let now = match *effect {
                Effect::Hold(_) => Verdict::Hold,
                Effect::Settle { preimage, .. } => Verdict::Settle(preimage),
                Effect::Fail { reason, .. } => Verdict::Fail(reason),
            };
            let mut observed =
                Observed { key, now, before: None, life_before: 0, gone: false, hash: None };
            if let Some(position) = self.position(key) {
                let entry = &mut self.entries[position];
                observed.before = entry.verdict;
                observed.life_before = entry.life;
                observed.gone = entry.gone;
                observed.hash = Some(entry.incoming.payment_hash);
                // What was said about it is what counts; what is said after it went is checked only.
                if !entry.gone {
                    entry.verdict = Some(now);
                    if !observed.before.is_some_and(is_resolution) {
                        entry.life = self.life;
                    }
                }
            }
            self.observed.push(observed);
        }
    }

    /// Nothing is under way.
    pub(super) fn rest(&mut self, input: &Input<'_>, kept: Option<Kept>) -> Result<(), Broken> {
        if self.watch == Watch::Panics || !self.trusts_disk {
            return Ok(());
        }
        let rules = self.watch == Watch::Rules;
        let check = |view: &View<'_>| {
            invariants::first_broken(invariants::AT_REST, view)?;
            let rules: &[_] = if rules { invariants::RULES } else { &[] };
            invariants::first_broken(rules, view)
        };
        self.keep_unbroken(check, input, kept)?;
        if self.models.len() > 1 {
            self.forget_twins();
        }
        Ok(())
    }

    /// Every deadline has passed and everything was carried out: nothing may be here.
    pub(super) fn drained(&self) -> Result<(), Broken> {
        if self.watch == Watch::Panics || !self.trusts_disk {
            return Ok(());
        }
        match self.entries.iter().find(|entry| !entry.gone) {
            None => Ok(()),
            Some(entry) => Err((
                Invariant::NoOverstay,
                format!("{} is resolved once every deadline has passed", name(entry.incoming.key)),
                "it is held still".into(),
            )),
        }
    }

    /// Retention has passed as well: nothing may be kept.
    pub(super) fn emptied(&self, kept: Option<Kept>) -> Result<(), Broken> {
        if self.watch == Watch::Panics || !self.trusts_disk {
            return Ok(());
        }
        match kept {
            Some(Kept { sets, htlcs, .. }) if sets + htlcs > 0 => Err((
                Invariant::Bounded,
                "nothing is kept once all HTLCs are gone and the retention time has passed".into(),
                format!("{sets} sets and {htlcs} HTLCs are kept"),
            )),
            _ => Ok(()),
        }
    }

    /// The receiver died of an input.
    pub(super) fn died(input: &Input<'_>) -> Broken {
        (
            Invariant::HonestSetsSettle,
            "the receiver lives: honest sets are waiting in it".into(),
            format!("it died of {}", invariants::said(input)),
        )
    }

    /// H, by other people's code.
    pub(super) fn digest(&self, bytes: &[u8]) -> [u8; 32] {
        digest(self.policy.hash, &[bytes])
    }
}

impl Entry {
    pub(super) const fn is_claimed(&self) -> bool {
        matches!(self.verdict, Some(Verdict::Settle(_)))
    }

    pub(super) fn is_resolved(&self) -> bool {
        self.verdict.is_some_and(is_resolution)
    }
}

pub(super) const fn is_resolution(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Hold)
}

/// An HTLC's name in reports and traces: channel/number.
pub(super) fn name(key: HtlcKey) -> String {
    format!("{}/{}", key.channel_id, key.htlc_id)
}
