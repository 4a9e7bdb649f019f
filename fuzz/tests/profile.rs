//! Promise: a receiver that does what its profile says is clean, and is found where nobody knows
//! its profile; no profile excuses anything else.

use std::collections::BTreeMap;

use ammeter_amp::receiver::{Effect, Onion, Part, Policy};
use ammeter_core::HtlcKey;
use ammeter_fuzz::{
    adapter::{Around, Kept, Outcome, Treated, UnderTest, builtin::Builtin},
    sim::{
        attack::{self, Plan, Progress, Report, Shard},
        generate::Settings,
        history::{Fault, Form, History},
        input::Input,
        invariants::Watch,
        model::{Model, Verdict},
        profile::{Profile, Rule},
    },
    specimens::{Baseline, Flaw},
};
use serde_json::json;

fn attacked(
    subject: &(dyn Fn() -> Box<dyn UnderTest> + Sync),
    histories: u64,
    watch: Watch,
) -> Report {
    let (shard, settings) = (Shard::WHOLE, Settings::default());
    let plan = Plan { seed: 1, histories, shard, jobs: 1, settings, watch };
    attack::run(&plan, subject, &Progress::default())
}

fn is_clean(
    name: &str,
    profile: Profile,
    subject: impl Fn() -> Box<dyn UnderTest> + Sync,
    watch: Watch,
) {
    let treated = || -> Box<dyn UnderTest> { Box::new(Treated { subject: subject(), profile }) };
    let failure = attacked(&treated, 4_000, watch).failure;
    if let Some(failure) = failure {
        panic!("{name}: {}\n{}", failure.violation, failure.history);
    }
}

/// The model as a receiver, with rules of its own.
struct Obedient {
    profile: Profile,
    model: Option<Model>,
    /// What it said last of each HTLC that is not gone.
    said: BTreeMap<HtlcKey, Option<Verdict>>,
}

impl Obedient {
    fn new(profile: Profile) -> Self {
        Self { profile, model: None, said: BTreeMap::new() }
    }

    fn step(&mut self, input: &Input<'_>) -> Vec<Effect> {
        let model = self.model.as_mut().expect("it has begun");
        model.take(input);
        let mut asked = None;
        match *input {
            Input::Htlc { incoming, .. } => {
                asked = Some(incoming.key);
                self.said.entry(incoming.key).or_default();
            }
            Input::Resolved(key) => drop(self.said.remove(&key)),
            _ => {}
        }
        let mut effects = Vec::new();
        for (key, said) in &mut self.said {
            let Some(verdict) = model.verdict(*key) else { continue };
            let again = asked == Some(*key)
                || matches!(input, Input::Restarted) && verdict != Verdict::Hold;
            if *said != Some(verdict) || again {
                *said = Some(verdict);
                effects.push(match verdict {
                    Verdict::Hold => Effect::Hold(*key),
                    Verdict::Settle(preimage) => Effect::Settle { key: *key, preimage },
                    Verdict::Fail(reason) => Effect::Fail { key: *key, reason },
                });
            }
        }
        effects
    }
}

impl UnderTest for Obedient {
    fn begin(&mut self, policy: &Policy) {
        *self = Self::new(self.profile);
        self.model = Some(Model::new(*policy, self.profile));
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let Some(fault) = fault else {
            effects.append(&mut self.step(input));
            return Outcome::Done;
        };
        let sent = match fault {
            Fault::AfterCommit => 0,
            Fault::AfterEffects { sent } => sent,
            _ => return Outcome::Down,
        };
        effects.extend(self.step(input).into_iter().take(sent.into()));
        Outcome::Down
    }

    fn acts_out(&self, fault: Fault) -> Option<Fault> {
        (fault != Fault::SyncLies).then_some(fault)
    }

    fn crash(&mut self) {}

    fn restart(&mut self) {
        // What was not heard is said again.
        self.said.values_mut().for_each(|said| *said = None);
    }

    fn kept(&self) -> Option<Kept> {
        let model = self.model.as_ref()?;
        let members = self.said.keys().filter(|key| model.set_of(**key).is_some()).count() as u64;
        let refused = match self.profile.replaces(Rule::RefusalsForgotten) {
            true => 0,
            false => self.said.keys().filter(|key| model.keeps(**key)).count() as u64 - members,
        };
        Some(Kept { sets: model.sets().count() as u64, htlcs: members, refused, bytes: 0 })
    }
}

#[test]
fn the_model_is_clean_by_its_own_rules() {
    let strict = Profile::default();
    is_clean("strict", strict, move || Box::new(Obedient::new(strict)), Watch::Rules);
}

#[test]
fn each_rule_is_excused_where_it_is_known_and_found_where_it_is_not() {
    for rule in Rule::ALL {
        let profile = Profile::replacing(*rule);
        is_clean(rule.name(), profile, move || Box::new(Obedient::new(profile)), Watch::Rules);
        // Histories that open an invoice again are rare: see below. A zero secret comes with a zero
        // set id only, which all refuse, because a careful receiver that refuses it is not broken.
        if matches!(rule, Rule::InvoiceAgainIgnored | Rule::ZeroSecretRefused) {
            continue;
        }
        let strict = Profile::default();
        let unknown = || -> Box<dyn UnderTest> {
            let subject = Box::new(Obedient::new(profile));
            Box::new(Treated { subject, profile: strict })
        };
        let failure = attacked(&unknown, 30_000, Watch::Rules).failure;
        assert!(failure.is_some(), "{} is not found", rule.name());
    }
}

#[test]
fn an_invoice_that_is_opened_again() {
    let history: History = "ammeter history 1\n\
        policy spontaneous=no\n\
        payment amp honest parts=1 amount=2000 name=invoice:0\n\
        invoice 0 amount=5000 reusable=no\n\
        invoice 0 amount=2000 reusable=no\n\
        htlc 1/0 payment=0 part=0\n"
        .parse()
        .expect("a history");
    let profile = Profile::replacing(Rule::InvoiceAgainIgnored);
    let treated = |with| Treated { subject: Box::new(Obedient::new(profile)), profile: with };
    assert_eq!(attack::replay(&history, &mut treated(profile), Watch::Rules), Ok(()));
    assert!(attack::replay(&history, &mut treated(Profile::default()), Watch::Rules).is_err());
}

/// Specimens whose flaw is somebody's rule.
#[test]
fn specimens_that_a_profile_excuses() {
    for (flaw, rule) in [
        (Flaw::ExpiryIgnored, Rule::ExpiryOnArrival),
        (Flaw::RemembersForEver, Rule::RetentionForEver),
    ] {
        let profile = Profile::replacing(rule);
        let specimen = move || -> Box<dyn UnderTest> { Box::new(Baseline::new(Some(flaw))) };
        is_clean(flaw.name(), profile, specimen, Watch::Invariants);
        assert!(attacked(&specimen, 30_000, Watch::Invariants).failure.is_some(), "{flaw:?}");
    }
}

/// Under a profile that replaces everything, what loses money is still found.
#[test]
fn no_profile_excuses_what_loses_money() {
    let mut rules = json!({});
    for rule in Rule::ALL.iter().filter(|rule| **rule != Rule::GiftsOpenInvoices) {
        rules[rule.name()] = rule.value().into();
    }
    let loose = Profile::from_json(&json!({"rules": rules})).expect("a profile");
    for flaw in [
        Flaw::KeyWithoutChannel,
        Flaw::OneRootForAll,
        Flaw::ClaimsOneByOne,
        Flaw::EffectsFirst,
        Flaw::WireBelowOnion,
        Flaw::DueIgnored,
        Flaw::NotAtomic,
    ] {
        let subject = || -> Box<dyn UnderTest> {
            Box::new(Treated { subject: Box::new(Baseline::new(Some(flaw))), profile: loose })
        };
        assert!(attacked(&subject, 30_000, Watch::Invariants).failure.is_some(), "{flaw:?}");
    }
}

/// Ours, told another policy than it has, and with the versions that it cannot read cut away.
struct Narrow {
    subject: Builtin,
    profile: Profile,
    is_blind: bool,
}

impl Around for Narrow {
    type Inner = Builtin;

    fn inner(&self) -> &Builtin {
        &self.subject
    }

    fn inner_mut(&mut self) -> &mut Builtin {
        &mut self.subject
    }

    fn begin(&mut self, policy: &Policy) {
        let mut fixed = *policy;
        self.profile.fix(&mut fixed);
        self.subject.begin(&fixed);
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        match *input {
            Input::Htlc { incoming, onion } if self.is_blind && !self.reads(onion) => {
                let input = Input::Htlc { incoming, onion: Onion::Frames(&[]) };
                self.subject.take(&input, fault, effects)
            }
            _ => self.subject.take(input, fault, effects),
        }
    }
}

impl Narrow {
    fn reads(&self, onion: Onion<'_>) -> bool {
        Part::read(onion).is_ok_and(|part| self.profile.reads(&part))
    }
}

#[test]
fn versions_hashes_and_fixed_values() {
    for (profile, is_blind) in [
        (Profile::speaking(&[Form::Amp]), true),
        (Profile::speaking(&[Form::Mpp]), true),
        (Profile::undeclared(), true),
        (profile(r#"{"policy":{"hold_ms":120000,"expiry_margin_blocks":144}}"#), false),
        (profile(r#"{"policy":{"deviation":"reject-newcomer","realms":"one"}}"#), false),
        (profile(r#"{"policy":{"spontaneous":false,"sets_max":"1048576"}}"#), false),
        (profile(r#"{"policy":{"overpayment_factor_max":4294967295}}"#), false),
        (profile(r#"{"hashes":["blake3"]}"#), false),
    ] {
        let narrow = move || -> Box<dyn UnderTest> {
            Box::new(Narrow { subject: Builtin::new(), profile, is_blind })
        };
        is_clean(&profile.to_json().to_string(), profile, narrow, Watch::Rules);
        let failure = attacked(&narrow, 30_000, Watch::Rules).failure;
        assert!(failure.is_some(), "{} is not found", profile.to_json());
    }
}

fn profile(text: &str) -> Profile {
    text.parse().expect(text)
}

#[test]
fn what_is_written_is_read() {
    for text in [
        "{}",
        r#"{"versions":["basic","lnd"],"hashes":["sha256"]}"#,
        r#"{"versions":["mpp"]}"#,
        r#"{"versions":["basic","adaptive","committed","tree","lnd","mpp"]}"#,
        r#"{"policy":{"hold_ms":7,"realms":"one"},"rules":{"sum":"wire"}}"#,
    ] {
        let read = profile(text);
        assert_eq!(Profile::from_json(&read.to_json()), Ok(read));
    }
    assert_eq!(profile("strict"), Profile::default());
    assert!(Profile::default().lines().is_empty());
    let lines = profile(r#"{"rules":{"sum":"wire"},"policy":{"hold_ms":7}}"#).lines();
    // Whoever does not say that it speaks `mpp` was perhaps written before that was asked.
    assert_eq!(lines[..2], ["not spoken: mpp", "fixed: hold_ms 7"]);
    assert!(lines[2].starts_with("not the table's rule: sum wire: "), "{lines:?}");
    for (text, expected) in [
        ("loose", "strict or a JSON object is needed"),
        ("[]", "profile: an object is needed"),
        (r#"{"hash":1}"#, "profile.hash: nobody knows what this means"),
        (r#"{"versions":[]}"#, "profile.versions: a list of basic, adaptive"),
        (r#"{"hashes":"sha256"}"#, "profile.hashes: a list of sha256, blake3 is needed"),
        (r#"{"policy":{"hold_ms":-1}}"#, "profile.policy.hold_ms: a whole number below 2^64"),
        (r#"{"policy":{"hash":"sha256"}}"#, "profile.policy.hash: no field of a policy"),
        (
            r#"{"policy":{"sets_max":4294967296}}"#,
            "profile.policy.sets_max: a whole number below 2^32",
        ),
        (r#"{"policy":{"realms":"two"}}"#, "profile.policy.realms: any or one is needed"),
        (r#"{"policy":{"expiry_margin_blocks":151}}"#, "profile.policy.expiry_margin_blocks: "),
        (
            r#"{"policy":{"hold_ms":"18446744073709551615"}}"#,
            "profile.policy.hold_ms: a whole number up to 9007199254740992 is needed",
        ),
        (r#"{"rules":{"sun":"wire"}}"#, "profile.rules.sun: one of sum, deadline"),
        (r#"{"rules":{"sum":"fire"}}"#, r#"profile.rules.sum: "wire" is needed"#),
    ] {
        let error = text.parse::<Profile>().expect_err(text);
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
