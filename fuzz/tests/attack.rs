//! Promise: histories are data, replay alike, and neither of the two correct receivers breaks an
//! invariant in them.

use std::{fs, path::Path};

use ammeter_amp::{
    eob::{FinalHop, Message as _, tlv::Payload},
    receiver::{Effect, Policy, Reason},
};
use ammeter_fuzz::{
    adapter::{Around, Outcome, UnderTest, builtin::Builtin, redb::OnDisk},
    sim::{
        attack::{self, Plan, Progress, Report, Shard},
        generate::{self, Settings},
        history::{Arrival, Fault, Form, History, Make, Name, Operation, Payment},
        input::Input,
        invariants::{Invariant, Watch},
        material::Material,
        order,
        profile::Profile,
    },
    specimens::{Baseline, Flaw},
};

const HISTORIES: u64 = 3_000;

fn plan(histories: u64) -> Plan {
    let settings = Settings::default();
    let shard = Shard::WHOLE;
    Plan { seed: 1, histories, shard, jobs: 1, settings, watch: Watch::Rules }
}

fn run(plan: &Plan, subject: &(dyn Fn() -> Box<dyn UnderTest> + Sync)) -> Report {
    attack::run(plan, subject, &Progress::default())
}

fn assert_clean(report: &Report, histories: u64) {
    if let Some(failure) = &report.failure {
        panic!("seed {}: {}\n{}", failure.seed, failure.violation, failure.history);
    }
    assert_eq!(report.histories, histories);
}

#[test]
fn the_builtin_receiver_is_clean() {
    let report = run(&plan(HISTORIES), &|| Box::new(Builtin::new()));
    assert_clean(&report, HISTORIES);
    assert_eq!(report.coverage.fault_count(), 7, "every fault struck");
    assert!(report.coverage.reasons().len() >= 20, "{:?}", report.coverage.reasons());
    assert!(report.coverage.unreadable().len() >= 12, "{:?}", report.coverage.unreadable());
}

#[test]
fn the_builtin_receiver_is_clean_on_a_disk_that_fails() {
    assert_clean(&run(&plan(60), &|| Box::new(OnDisk::new())), 60);
}

#[test]
fn the_builtin_receiver_counts_right() {
    assert_clean(&run(&plan(500), &|| Box::new(Builtin::audited())), 500);
}

/// Two implementations of one table of rules, by the same oracle.
#[test]
fn the_receiver_behind_the_specimens_is_clean() {
    assert_clean(&run(&plan(HISTORIES), &|| Box::new(Baseline::new(None))), HISTORIES);
}

/// The built-in receiver, but for the reasons that it gives: another one each time.
struct AnyReason {
    subject: Builtin,
    failures: usize,
}

impl Around for AnyReason {
    type Inner = Builtin;

    fn inner(&self) -> &Builtin {
        &self.subject
    }

    fn inner_mut(&mut self) -> &mut Builtin {
        &mut self.subject
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let outcome = self.subject.take(input, fault, effects);
        for effect in effects {
            if let Effect::Fail { reason, .. } = effect {
                *reason = Reason::ALL[self.failures % Reason::ALL.len()];
                self.failures += 1;
            }
        }
        outcome
    }
}

/// Strangers' receivers have reasons of their own, or none. Correct ones were once called broken
/// for it.
#[test]
fn a_reason_is_the_receivers_own_business() {
    let subject =
        || -> Box<dyn UnderTest> { Box::new(AnyReason { subject: Builtin::new(), failures: 0 }) };
    assert_clean(&run(&plan(HISTORIES), &subject), HISTORIES);
}

/// The built-in receiver, but that it holds what it should fail. Its disk cannot lie.
struct NeverFails(Builtin);

impl Around for NeverFails {
    type Inner = Builtin;

    fn inner(&self) -> &Builtin {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut Builtin {
        &mut self.0
    }

    fn acts_out(&self, fault: Fault) -> Option<Fault> {
        (fault != Fault::SyncLies).then_some(fault)
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let outcome = self.0.take(input, fault, effects);
        for effect in effects {
            if let Effect::Fail { key, .. } = *effect {
                *effect = Effect::Hold(key);
            }
        }
        outcome
    }
}

/// What a receiver need not remember it must fail all the same; and a fault that cannot strike it
/// is no reason to believe it. The oracle once looked away from both.
#[test]
fn nothing_makes_the_oracle_look_away() {
    for (policy, fault) in [("", ""), (" refusals=0", ""), ("", "fault sync-lies\n")] {
        let text = format!(
            "ammeter history 1\npolicy hash=sha256{policy}\n\
             payment basic honest parts=1 fold=0 amount=1000 name=own root=0\n\
             payment basic honest parts=1 fold=0 amount=1000 name=own root=1\n\
             {fault}htlc 1/0 payment=0 part=0\nhtlc 1/1 payment=1 part=0 wire=1\n"
        );
        let history: History = text.parse().expect(&text);
        for watch in [Watch::Invariants, Watch::Rules] {
            let receiver = &mut NeverFails(Builtin::new());
            assert!(attack::replay(&history, receiver, watch).is_err(), "{text}");
            assert_eq!(attack::replay(&history, &mut Builtin::new(), watch), Ok(()), "{text}");
            // One that claims what it should fail; its disk can lie.
            let thief = &mut Baseline::new(Some(Flaw::WireBelowOnion));
            assert!(!fault.is_empty() || attack::replay(&history, thief, watch).is_err(), "{text}");
        }
    }
}

#[test]
fn a_history_is_its_text() {
    for seed in 0..2_000 {
        let history = generate::history(seed, Settings::default());
        let text = history.to_string();
        assert_eq!(text.parse::<History>().as_ref(), Ok(&history), "{text}");
    }
}

#[test]
fn bad_traces_name_their_line() {
    for (text, line, reason) in [
        ("", 1, "the first line"),
        ("ammeter history 2", 1, "the first line"),
        ("ammeter history 1\nnonsense", 2, "not an operation"),
        ("ammeter history 1\n\n# so\nblock x", 4, "not a number"),
        ("ammeter history 1\npolicy hash=md5", 2, "hash=md5: sha256 or blake3 is needed"),
        ("ammeter history 1\npayment basic honest parts=0", 2, "1 to 255 parts"),
        ("ammeter history 1\nhtlc 1 payment=0 part=0", 2, "not channel/number"),
        ("ammeter history 1\nhtlc 1/0 part=0 payment=0", 2, "payment=… is missing"),
        ("ammeter history 1\nhtlc 1/0 payment=0 part=0 bytes=0", 2, "nobody knows"),
    ] {
        let error = text.parse::<History>().expect_err(text);
        assert_eq!(error.line, line, "{text}");
        assert!(error.reason.contains(reason), "{error}");
    }
}

#[test]
fn a_seed_gives_the_same_failure_ten_times_and_on_any_number_of_threads() {
    for flaw in [Flaw::WireAmountCounts, Flaw::DecisionNotStored, Flaw::IdsTruncated] {
        let subject = || -> Box<dyn UnderTest> { Box::new(Baseline::new(Some(flaw))) };
        let first = run(&plan(100_000), &subject).failure.expect("it is found");
        for jobs in [1, 2, 4] {
            let again = run(&Plan { jobs, ..plan(100_000) }, &subject).failure.expect("again");
            assert_eq!((again.seed, &again.history), (first.seed, &first.history));
            assert_eq!(again.violation, first.violation);
        }
        for _ in 0..10 {
            let replayed = attack::replay(&first.history, &mut *subject(), Watch::Rules);
            assert_eq!(replayed, Err(first.violation.clone()));
        }
    }
}

/// The check that does without the model finds what depends on the order, with nothing else
/// looking.
#[test]
fn the_order_of_honest_parts_is_looked_at_without_the_model() {
    let found = |flaw: Option<Flaw>| {
        let check = |seed| {
            order::check(&order::history(seed, &Profile::default()), &mut Baseline::new(flaw)).err()
        };
        (0..100).find_map(check).map(|violation| violation.invariant)
    };
    assert_eq!(found(None), None);
    for flaw in [Flaw::UnknownCountIsZero, Flaw::SettleCancelsOthers, Flaw::LostUpdate] {
        assert_eq!(found(Some(flaw)), Some(Invariant::OrderInvariant), "{flaw:?}");
    }
}

/// Failures that were found once stay found: the receivers that are correct run them all.
#[test]
fn saved_traces_replay() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for folder in [folder.join("traces"), folder.join("specimens")] {
        for file in fs::read_dir(&folder).expect("the folder is there") {
            let path = file.expect("it is readable").path();
            let text = fs::read_to_string(&path).expect("it is text");
            let history: History =
                text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for subject in [&mut Builtin::audited() as &mut dyn UnderTest, &mut Baseline::new(None)]
            {
                let result = attack::replay(&history, subject, Watch::Rules);
                assert_eq!(result, Ok(()), "{}", path.display());
            }
            count += 1;
        }
    }
    assert!(count >= Flaw::ALL.len(), "{count} traces");
}

/// What senders make by hand is what the core's parsers read and its writers write, field by field.
#[test]
fn handmade_onions_are_those_of_the_core() {
    for form in Form::ALL {
        for make in [Make::Honest, Make::Planned] {
            let payment = Payment {
                form,
                make,
                parts: 4,
                fold: 0,
                amount_msat: 1_003,
                name: Name::Own,
                root: 7,
            };
            let material = Material::new(ammeter_core::Hash::Sha256, &[payment]);
            let mut total = 0;
            for part in 0..4 {
                let key = ammeter_core::HtlcKey { channel_id: 1, htlc_id: part.into() };
                let arrival = Arrival { key, payment: 0, part, twists: Vec::new() };
                let (mut bytes, mut again) = (Vec::new(), [0; 256]);
                let (incoming, _) = material.arrive(&arrival, &mut bytes).expect("a part");
                let written = if matches!(form, Form::Amp | Form::Mpp) {
                    Payload::decode(&bytes).expect("a payload").encode(&mut again)
                } else {
                    FinalHop::decode(&bytes).expect("frames").encode(&mut again)
                };
                assert_eq!(written.expect("room"), &bytes[..], "{form:?} {make:?}");
                total += incoming.amount_msat.0;
            }
            assert_eq!(total, 1_003);
        }
    }
}

/// A sender's plan and the hand-made payment of the same scheme both settle, in any order.
#[test]
fn honest_payments_settle_without_the_model() {
    for form in Form::ALL {
        for make in [Make::Honest, Make::Planned] {
            for first in 0..3u8 {
                let fold = if form == Form::Basic { 2 } else { 0 };
                let payment = Payment {
                    form,
                    make,
                    parts: 3,
                    fold,
                    amount_msat: 10,
                    name: if form == Form::Mpp { Name::Invoice(0) } else { Name::Own },
                    root: 1,
                };
                let operations = (0..3u8).map(|k| {
                    let key = ammeter_core::HtlcKey { channel_id: 1, htlc_id: k.into() };
                    let part = (first + k) % 3;
                    Operation::Htlc(Arrival { key, payment: 0, part, twists: Vec::new() })
                });
                let invoice = Operation::Invoice { number: 0, amount_msat: 10, reusable: false };
                let history = History {
                    policy: Policy::new(ammeter_core::Hash::Sha256),
                    payments: vec![payment],
                    operations: [invoice].into_iter().chain(operations).collect(),
                    rules: false,
                };
                let (mut builtin, mut coverage) = (Builtin::new(), Default::default());
                let endings = ammeter_fuzz::sim::world::run(
                    &history,
                    &mut builtin,
                    Watch::Invariants,
                    &mut coverage,
                );
                let endings = endings.expect("no violation");
                let claimed = endings.iter().filter(|(_, verdict)| {
                    matches!(verdict, Some(ammeter_fuzz::sim::model::Verdict::Settle(_)))
                });
                assert_eq!(claimed.count(), 3, "{form:?} {make:?}");
            }
        }
    }
}
