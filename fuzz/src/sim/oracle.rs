//! The oracle: the model, and a log of the HTLCs that the receiver was shown and of its effects.

use ammeter_amp::receiver::{Effect, IncomingHtlc, Limits, Policy};
use ammeter_core::{HtlcKey, PaymentHash};

use crate::{
    sim::subject::{Kept, Outcome},
    sim::{
        encode::Encoding,
        hash::digest,
        input::Input,
        invariants::{self, Broken, Invariant, View},
        model::{Model, Verdict},
        profile::{Profile, Rule},
    },
};

/// The most models that are kept. A history that would need more is judged by its preimages alone.
const MODELS_MAX: usize = 64;

/// How closely the receiver is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// Only panics are seen, as in most fuzzing.
    Panics,
    /// The twelve invariants are checked.
    #[default]
    Invariants,
    /// The twelve invariants are checked, and that each HTLC is held, claimed or failed as the
    /// table of rules says.
    Rules,
}

/// An HTLC that was shown.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) incoming: IncomingHtlc,
    encoding: Encoding,
    bytes: Vec<u8>,
    /// Whether it was refused, and a receiver that forgets refusals may judge it anew.
    forgotten: bool,
    /// Why it failed, in the receiver's words, if they are none of our reasons.
    pub(super) reason: Option<String>,
    /// The last effect on it.
    pub(super) verdict: Option<Verdict>,
    /// The receiver's life in which it was resolved. Each restart begins a life.
    pub(super) life: u32,
    /// The receiver's life in which the last effect left.
    said_in: u32,
    /// Whether the node has told the receiver that it is gone.
    pub(super) gone: bool,
    /// Whether the receiver has certainly taken that input ([`Input::Resolved`]).
    acknowledged: bool,
    /// Whether it was shown again after it was resolved, and no effect has followed.
    pub(super) unanswered: bool,
}

/// One effect, and what was known about its HTLC before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    pub(super) key: HtlcKey,
    pub(super) now: Verdict,
    pub(super) before: Option<Verdict>,
    pub(super) life_before: u32,
    /// Whether the receiver had resolved it before in the same life.
    pub(super) repeated: bool,
    /// Whether the same input has already resolved it.
    pub(super) doubled: bool,
    pub(super) gone: bool,
    /// Whether the receiver has certainly taken [`Input::Resolved`] for it.
    pub(super) acknowledged: bool,
    /// Whether what was said before may have been forgotten on purpose.
    pub(super) forgotten_before: bool,
    /// `None` if no such HTLC was shown.
    pub(super) hash: Option<PaymentHash>,
}

impl Observed {
    /// An effect on an HTLC that was never shown.
    const NOTHING: Self = Self {
        key: HtlcKey { channel_id: 0, htlc_id: 0 },
        now: Verdict::Hold,
        before: None,
        life_before: 0,
        repeated: false,
        doubled: false,
        gone: false,
        acknowledged: false,
        forgotten_before: false,
        hash: None,
    };
}

/// Judges a receiver by its effects.
#[derive(Clone, Debug)]
pub struct Oracle {
    /// The states that the receiver may be in. There are several after a crash: whether the
    /// interrupted input is durable shows in later effects only.
    models: Vec<Model>,
    pub(super) entries: Vec<Entry>,
    pub(super) observed: Vec<Observed>,
    pub(super) life: u32,
    pub(super) watch: Watch,
    /// Whether every sync that the disk has reported was made, and the models are all that is
    /// possible.
    is_trusted: bool,
    policy: Policy,
    profile: Profile,
}

impl Oracle {
    pub(super) fn new(policy: Policy, profile: Profile, watch: Watch) -> Self {
        Self {
            models: vec![Model::new(policy, profile)],
            entries: Vec::new(),
            observed: Vec::new(),
            life: 0,
            watch,
            is_trusted: true,
            policy,
            profile,
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
        self.entries.push(Entry {
            incoming,
            encoding,
            bytes,
            forgotten: false,
            reason: None,
            verdict: None,
            life: self.life,
            said_in: self.life,
            gone: false,
            acknowledged: false,
            unanswered: false,
        });
    }

    /// An HTLC that is not gone.
    pub(super) fn shown(&self, key: HtlcKey) -> Option<(IncomingHtlc, Encoding, &[u8])> {
        let entry = &self.entries[self.position(key)?];
        (!entry.gone).then_some((entry.incoming, entry.encoding, &entry.bytes))
    }

    pub(super) fn is_here(&self, key: HtlcKey) -> bool {
        self.shown(key).is_some()
    }

    /// Whether it is resolved, and the node has not said that it is gone.
    pub(super) fn is_carried_out(&self, key: HtlcKey) -> bool {
        self.carried_out().contains(&key)
    }

    pub(super) fn carried_out(&self) -> Vec<HtlcKey> {
        let here = self.entries.iter().filter(|entry| !entry.gone && entry.is_resolved());
        here.map(|entry| entry.incoming.key).collect()
    }

    /// The HTLCs that the node shows again after a restart, in the other order every second time.
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

    pub(super) fn restarted(&mut self) {
        self.life += 1;
        // The node shows each of them again.
        for entry in self.entries.iter_mut().filter(|entry| !entry.gone) {
            entry.unanswered = entry.is_resolved();
        }
    }

    pub(super) const fn trust_no_disk(&mut self) {
        self.is_trusted = false;
    }

    pub(super) fn endings(self) -> Vec<(HtlcKey, Option<Verdict>)> {
        self.entries.into_iter().map(|entry| (entry.incoming.key, entry.verdict)).collect()
    }

    /// Checks the effects of one input.
    pub(super) fn take(
        &mut self,
        input: &Input<'_>,
        effects: &[Effect],
        outcome: Outcome,
    ) -> Result<(), Broken> {
        self.note_input(input, outcome);
        self.write_down(effects);
        if self.watch == Watch::Panics {
            return Ok(());
        }
        // An effect leaves after its decision is durable, so an input with effects was taken.
        let few_bytes = self.policy.limits.bytes_max < Limits::DEFAULT.bytes_max;
        let is_unknown = outcome == Outcome::Down && effects.is_empty();
        let is_split = is_unknown || few_bytes && self.fails_newcomer(input);
        if is_split && self.models.len() >= MODELS_MAX {
            self.is_trusted = false;
        }
        if is_split && self.is_trusted {
            self.take_either_way(input, is_unknown, few_bytes);
        } else {
            self.models.iter_mut().for_each(|model| model.take(input));
        }
        if few_bytes {
            self.believe_failures();
        }
        self.note_refusals();
        let checks =
            if self.is_trusted { invariants::AFTER_INPUT } else { invariants::WITHOUT_DISK };
        self.keep_unbroken(|view| invariants::first_broken(checks, view), input, None)
    }

    /// Notes which HTLCs a receiver that forgets refusals may judge anew. Reasons may be any words,
    /// so the model says which HTLCs were refused when they arrived.
    fn note_refusals(&mut self) {
        if !self.profile.replaces(Rule::RefusalsForgotten) {
            return;
        }
        for effect in &self.observed {
            let refused = |model: &Model| {
                let fails = matches!(model.verdict(effect.key), Some(Verdict::Fail(_)));
                fails && model.set_of(effect.key).is_none()
            };
            let forgotten =
                matches!(effect.now, Verdict::Fail(_)) && self.models.iter().any(refused);
            let entry = self.entries.iter_mut().find(|entry| entry.incoming.key == effect.key);
            if let Some(entry) = entry {
                entry.forgotten = forgotten;
            }
        }
    }

    /// Whether the receiver fails the HTLC that arrives.
    fn fails_newcomer(&self, input: &Input<'_>) -> bool {
        let Input::Htlc { incoming, .. } = *input else { return false };
        let fails = |effect: &Observed| {
            effect.key == incoming.key && matches!(effect.now, Verdict::Fail(_))
        };
        self.observed.iter().any(fails)
    }

    /// Keeps what is possible: that the receiver took the input; that it had no bytes left for it,
    /// if there are few; that it never took it, if that `is_unknown`.
    fn take_either_way(&mut self, input: &Input<'_>, is_unknown: bool, few_bytes: bool) {
        let untaken = self.models.clone();
        self.models.iter_mut().for_each(|model| model.take(input));
        if few_bytes {
            let pairs = untaken.iter().zip(&self.models);
            let full =
                pairs.filter_map(|(before, after)| Model::without_bytes(before, after, input));
            let full: Vec<Model> = full.collect();
            self.models.extend(full);
        }
        if is_unknown {
            self.models.extend(untaken.into_iter().map(Model::missed));
        }
        self.forget_twins();
    }

    /// Drops the models that hold an HTLC which the receiver fails, if others do not.
    fn believe_failures(&mut self) {
        for effect in &self.observed {
            let holds = |model: &Model| model.verdict(effect.key) == Some(Verdict::Hold);
            if matches!(effect.now, Verdict::Fail(_)) && !self.models.iter().all(holds) {
                self.models.retain(|model| !holds(model));
            }
        }
    }

    /// What the receiver calls the failures of these HTLCs, where its words are none of ours.
    pub(super) fn hear_reasons<'a>(
        &mut self,
        reasons: impl Iterator<Item = (HtlcKey, Option<&'a str>)>,
    ) {
        for (key, reason) in reasons {
            if let Some(position) = self.position(key) {
                self.entries[position].reason = reason.map(str::to_owned);
            }
        }
    }

    /// Why an HTLC failed, as the receiver says it.
    pub(super) fn reason(&self, key: HtlcKey) -> Option<&str> {
        self.entries[self.position(key)?].reason.as_deref()
    }

    /// Drops the models in which an invariant is broken; an error if it is broken in all of them.
    fn keep_unbroken(
        &mut self,
        check: impl Fn(&View<'_>) -> Result<(), Broken>,
        input: &Input<'_>,
        kept: Option<Kept>,
    ) -> Result<(), Broken> {
        let mut first = None;
        let mut position = 0;
        while let Some(model) = self.models.get(position) {
            match check(&View::new(self, model, input, kept)) {
                Ok(()) => position += 1,
                Err(broken) => {
                    first = first.or(Some(broken));
                    self.models.remove(position);
                }
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

    /// Notes that a resolved HTLC was shown again, or that the receiver has taken the
    /// acknowledgement.
    fn note_input(&mut self, input: &Input<'_>, outcome: Outcome) {
        let (Input::Htlc { incoming: IncomingHtlc { key, .. }, .. } | Input::Resolved(key)) =
            *input
        else {
            return;
        };
        let Some(position) = self.position(key) else { return };
        let entry = &mut self.entries[position];
        match input {
            Input::Resolved(_) => entry.acknowledged |= outcome == Outcome::Done,
            _ => entry.unanswered = entry.is_resolved(),
        }
    }

    /// Logs the effects, each with what was known before it.
    fn write_down(&mut self, effects: &[Effect]) {
        self.observed.clear();
        for effect in effects {
            let key = effect.key();
            let now = match *effect {
                Effect::Hold(_) => Verdict::Hold,
                Effect::Settle { preimage, .. } => Verdict::Settle(preimage),
                Effect::Fail { reason, .. } => Verdict::Fail(reason),
            };
            let mut observed = Observed { key, now, ..Observed::NOTHING };
            observed.doubled =
                self.observed.iter().any(|other| other.key == key && is_resolution(other.now));
            if let Some(position) = self.position(key) {
                let life = self.life;
                let entry = &mut self.entries[position];
                observed.before = entry.verdict;
                observed.life_before = entry.life;
                observed.repeated = entry.is_resolved() && entry.said_in == life;
                observed.gone = entry.gone;
                observed.acknowledged = entry.acknowledged;
                observed.forgotten_before = entry.forgotten;
                observed.hash = Some(entry.incoming.payment_hash);
                entry.said_in = life;
                entry.unanswered = false;
                // An effect on an HTLC that is gone is checked, and changes nothing.
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

    /// Checks a receiver that processes no input.
    pub(super) fn rest(&mut self, input: &Input<'_>, kept: Option<Kept>) -> Result<(), Broken> {
        if self.watch == Watch::Panics || !self.is_trusted {
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
            // When a set was decided matters during the input that decides it only.
            self.models.iter_mut().for_each(Model::forget_steps);
            self.forget_twins();
        }
        Ok(())
    }

    /// Checks that no HTLC is held once every deadline has passed.
    pub(super) fn drained(&self) -> Result<(), Broken> {
        if self.watch == Watch::Panics || !self.is_trusted {
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

    /// Checks that nothing is kept once the retention time has passed.
    pub(super) fn emptied(&self, kept: Option<Kept>) -> Result<(), Broken> {
        let remembers = self.profile.replaces(Rule::RetentionForEver);
        if self.watch == Watch::Panics || !self.is_trusted || remembers {
            return Ok(());
        }
        match kept {
            Some(Kept { sets, htlcs, refused, .. }) if sets + htlcs + refused > 0 => Err((
                Invariant::Bounded,
                "nothing is kept once all HTLCs are gone and the retention time has passed".into(),
                format!("{sets} sets, {htlcs} HTLCs and {refused} refused ones are kept"),
            )),
            _ => Ok(()),
        }
    }

    /// The violation of a receiver that panicked or went down at an input.
    pub(super) fn died(input: &Input<'_>) -> Broken {
        (
            Invariant::HonestSetsSettle,
            "the receiver lives: honest sets are waiting in it".into(),
            format!("it died of {}", invariants::said(input)),
        )
    }

    /// H, from the crates `sha2` and `blake3`.
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
