//! The oracle: the models that a receiver may follow, and what it may say by them.

use ammeter_amp::receiver::{Effect, Policy};

use crate::sim::{
    input::Input,
    invariants::{self, Broken, Invariant, View, Watch},
    log::{Log, Observed, name},
    model::{Model, Verdict},
    profile::{Profile, Rule},
    subject::{Kept, Outcome},
};

/// The most models that are kept. A history that would need more is judged by its preimages alone.
const MODELS_MAX: usize = 64;

/// With room for so many bytes a receiver refuses nothing for want of them: a history has some dozens
/// of HTLCs.
pub(super) const BYTES_ENOUGH: u64 = 1 << 20;

/// Judges a receiver by its effects.
#[derive(Clone, Debug)]
pub(super) struct Oracle {
    /// The states that the receiver may be in. There are several after a crash: whether the
    /// interrupted input is durable shows in later effects only.
    models: Vec<Model>,
    pub(super) log: Log,
    watch: Watch,
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
            log: Log::default(),
            watch,
            is_trusted: true,
            policy,
            profile,
        }
    }

    pub(super) fn model(&self) -> &Model {
        &self.models[0]
    }

    pub(super) const fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    pub(super) const fn trust_no_disk(&mut self) {
        self.is_trusted = false;
    }

    /// Checks the effects of one input.
    pub(super) fn take(
        &mut self,
        input: &Input<'_>,
        effects: &[Effect],
        outcome: Outcome,
    ) -> Result<(), Broken> {
        self.log.note_input(input, outcome);
        self.log.write_down(effects);
        if self.watch == Watch::Panics {
            return Ok(());
        }
        // An effect leaves after its decision is durable, so an input with effects was taken.
        let few_bytes = self.policy.limits.bytes_max < BYTES_ENOUGH;
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
        for effect in &self.log.observed {
            let refused = |model: &Model| {
                let fails = matches!(model.verdict(effect.key), Some(Verdict::Fail(_)));
                fails && model.set_of(effect.key).is_none()
            };
            let forgotten =
                matches!(effect.now, Verdict::Fail(_)) && self.models.iter().any(refused);
            let entry = self.log.entries.iter_mut().find(|entry| entry.incoming.key == effect.key);
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
        self.log.observed.iter().any(fails)
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
        for effect in &self.log.observed {
            let holds = |model: &Model| model.verdict(effect.key) == Some(Verdict::Hold);
            if matches!(effect.now, Verdict::Fail(_)) && !self.models.iter().all(holds) {
                self.models.retain(|model| !holds(model));
            }
        }
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
            match check(&View::new(&self.log, model, input, kept)) {
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
        match self.log.entries.iter().find(|entry| !entry.gone) {
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
}
