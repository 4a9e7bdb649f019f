//! Promise: the oracle sees what a receiver must not do, and lets strangers do what they may. The
//! receivers here are written down answer by answer, so that they share nothing with the model.

use std::collections::BTreeSet;

use ammeter_amp::receiver::{Effect, Policy, Reason};
use ammeter_core::HtlcKey;
use ammeter_fuzz::{
    adapter::{Kept, Outcome, UnderTest},
    sim::{
        attack,
        history::{Fault, History},
        input::Input,
        invariants::{Invariant, Watch},
        order,
        profile::Profile,
    },
};

/// A history begins at a million, and nothing is held for longer than a minute.
const LATE_MS: u64 = 1_060_000;

/// What a receiver says of an HTLC.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Hold,
    Fail,
}

/// What happens to a receiver.
enum Seen {
    Htlc(HtlcKey),
    Invoice,
    /// Whether every hold time is over.
    Clock(bool),
    Other,
}

/// Receives nothing: what it says is written down. It repeats a failure when it is asked again.
struct Written<F> {
    says: F,
    profile: Profile,
    failed: BTreeSet<HtlcKey>,
}

fn written<F: FnMut(Seen) -> Vec<(HtlcKey, Word)>>(profile: Profile, says: F) -> Written<F> {
    Written { says, profile, failed: BTreeSet::new() }
}

impl<F: FnMut(Seen) -> Vec<(HtlcKey, Word)>> UnderTest for Written<F> {
    fn begin(&mut self, _policy: &Policy) {
        self.failed.clear();
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let again = match *input {
            Input::Htlc { incoming, .. } if self.failed.contains(&incoming.key) => {
                Some(incoming.key)
            }
            _ => None,
        };
        let said = match (again, input) {
            (Some(key), _) => vec![(key, Word::Fail)],
            (None, Input::Htlc { incoming, .. }) => (self.says)(Seen::Htlc(incoming.key)),
            (None, Input::InvoiceAdded(_)) => (self.says)(Seen::Invoice),
            (None, Input::Clock { now_ms }) => (self.says)(Seen::Clock(*now_ms > LATE_MS)),
            (None, _) => (self.says)(Seen::Other),
        };
        effects.extend(said.into_iter().map(|(key, word)| match word {
            Word::Hold => Effect::Hold(key),
            Word::Fail => {
                self.failed.insert(key);
                Effect::Fail { key, reason: Reason::Unreadable }
            }
        }));
        if fault.is_none() { Outcome::Done } else { Outcome::Down }
    }

    fn crash(&mut self) {}

    fn restart(&mut self) {}

    fn kept(&self) -> Option<Kept> {
        None
    }

    fn profile(&self) -> Profile {
        self.profile
    }
}

const fn key(channel_id: u64, htlc_id: u64) -> HtlcKey {
    HtlcKey { channel_id, htlc_id }
}

fn history(lines: &str) -> History {
    format!("ammeter history 1\n{lines}").parse().expect("a history")
}

/// What breaks in a receiver of HTLCs which says this of each, and fails what it holds when it is late.
fn broken(lines: &str, verdict: impl Fn(HtlcKey) -> Option<Word>) -> Option<Invariant> {
    broken_in(Profile::default(), lines, verdict)
}

/// The same in one of this profile.
fn broken_in(
    profile: Profile,
    lines: &str,
    verdict: impl Fn(HtlcKey) -> Option<Word>,
) -> Option<Invariant> {
    let mut held = Vec::new();
    let mut receiver = written(profile, |seen| match seen {
        Seen::Htlc(key) => {
            let said = verdict(key);
            if said == Some(Word::Hold) && !held.contains(&key) {
                held.push(key);
            }
            said.map(|word| (key, word)).into_iter().collect()
        }
        Seen::Clock(true) => held.drain(..).map(|key| (key, Word::Fail)).collect(),
        Seen::Clock(false) | Seen::Invoice | Seen::Other => Vec::new(),
    });
    let result = attack::replay(&history(lines), &mut receiver, Watch::Invariants);
    result.err().map(|violation| violation.invariant)
}

/// The second part completes a set that does not match: both must fail, not the second alone.
#[test]
fn a_set_that_does_not_verify_fails_whole() {
    let lines = "payment basic honest parts=2\n\
        htlc 1/0 payment=0 part=0\n\
        htlc 1/1 payment=0 part=1 hash-flipped\n";
    let second_alone = |seen| Some(if seen == key(1, 1) { Word::Fail } else { Word::Hold });
    assert_eq!(broken(lines, second_alone), Some(Invariant::AllOrNothing));
    // Nor if a crash comes between.
    let crashed = lines.replace("htlc 1/1", "fault after-effects=1\nhtlc 1/1");
    assert_eq!(broken(&crashed, second_alone), Some(Invariant::AllOrNothing));
    // Whoever is careful and has failed the first already knows another set.
    let first_alone = |seen| Some(if seen == key(1, 0) { Word::Fail } else { Word::Hold });
    assert_eq!(broken(lines, first_alone), None);
    assert_eq!(broken(lines, |_| Some(Word::Fail)), None);
}

#[test]
fn an_htlc_of_no_set_is_not_held() {
    let hold = |_| Some(Word::Hold);
    let below = "payment basic honest parts=2\nhtlc 1/0 payment=0 part=0 wire=1\n";
    assert_eq!(broken(below, hold), Some(Invariant::PaidInFull));
    let zero = "payment basic honest parts=2 name=zero\nhtlc 1/0 payment=0 part=0\n";
    assert_eq!(broken(zero, hold), Some(Invariant::IsolatedSets));
}

/// Whoever lets a hash join a set twice may hold it for a while, but not until it expires.
#[test]
fn what_the_table_refuses_is_not_held_past_its_expiry() {
    let lines = "payment basic honest parts=3\n\
        htlc 1/0 payment=0 part=0\n\
        htlc 1/1 payment=0 part=0\n";
    let hold = |_| Some(Word::Hold);
    assert_eq!(broken(lines, hold), None);
    let expired = format!("{lines}gone 1/0\nblock 1201\n");
    assert_eq!(broken(&expired, hold), Some(Invariant::NoOverstay));
}

#[test]
fn silence_is_no_answer() {
    let lines = "payment basic honest parts=2\nhtlc 1/0 payment=0 part=0\n";
    assert_eq!(broken(lines, |_| None), Some(Invariant::OneResolution));
    assert_eq!(broken(lines, |_| Some(Word::Hold)), None);
}

/// Half a gibibyte is no small room: a receiver that fails everything has no excuse.
#[test]
fn much_room_excuses_nothing() {
    let fails = |bytes: u64| {
        let lines = format!(
            "policy bytes={bytes}\npayment basic honest parts=1\nhtlc 1/0 payment=0 part=0\n"
        );
        broken(&lines, |_| Some(Word::Fail))
    };
    assert_eq!(fails(1 << 29), Some(Invariant::HonestSetsSettle));
    assert_eq!(fails(1_000), None);
}

/// A receiver that judges a refused HTLC anew remembers none, so no quota of them is ever full.
#[test]
fn refusals_that_are_forgotten_fill_no_quota() {
    let lines = "policy refusals=1\n\
        payment basic honest parts=2\n\
        htlc 1/0 payment=0 part=0 wire=1\n\
        htlc 1/2 payment=0 part=0 wire=1\n\
        again 1/0\n\
        htlc 1/1 payment=0 part=1\n";
    let holds_the_last = |seen| Some(if seen == key(1, 1) { Word::Hold } else { Word::Fail });
    assert_eq!(broken(lines, holds_the_last), Some(Invariant::Bounded), "no room for the third");
    let forgets = r#"{"rules":{"refusals":"forgotten"}}"#.parse().expect("a profile");
    assert_eq!(broken_in(forgets, lines, holds_the_last), None);
}

/// A receiver may fail what it holds when the invoice of that name asks for something else.
#[test]
fn an_invoice_concerns_the_sets_of_its_name() {
    let lines = |again: u8| {
        format!(
            "invoice 0 amount=2000 reusable=no\n\
            payment amp honest parts=2 amount=2000 name=invoice:0\n\
            htlc 1/0 payment=0 part=0\n\
            invoice {again} amount=5000 reusable=no\n"
        )
    };
    let result = |again| {
        let mut invoices = 0;
        let mut receiver = written(Profile::default(), |seen| match seen {
            Seen::Htlc(key) => vec![(key, Word::Hold)],
            Seen::Invoice => {
                invoices += 1;
                if invoices == 2 { vec![(key(1, 0), Word::Fail)] } else { Vec::new() }
            }
            Seen::Clock(_) | Seen::Other => Vec::new(),
        });
        let result = attack::replay(&history(&lines(again)), &mut receiver, Watch::Invariants);
        result.err().map(|violation| violation.invariant)
    };
    assert_eq!(result(0), None);
    assert_eq!(result(1), Some(Invariant::IsolatedSets));
}

/// The largest n there is must not make the model derive so many children.
#[test]
fn a_policy_without_a_bound_on_n_costs_nothing() {
    let lines = "policy parts=4294967295\n\
        payment basic honest parts=1\n\
        htlc 1/0 payment=0 part=0 n=4294967295 weight=4294967295 hash-flipped\n";
    assert_eq!(broken(lines, |_| Some(Word::Fail)), None);
}

/// The check that does without the model is made for strangers with limits of their own, and for
/// those who take no gifts.
#[test]
fn the_order_is_looked_at_for_strangers_too() {
    for profile in [
        "{}",
        r#"{"policy":{"sets_max":100,"refusals_max":4294967295}}"#,
        r#"{"policy":{"spontaneous":false}}"#,
        r#"{"policy":{"spontaneous":false},"versions":["lnd"]}"#,
        r#"{"policy":{"spontaneous":false},"versions":["mpp"]}"#,
    ] {
        let profile: Profile = profile.parse().expect("a profile");
        for seed in 0..200 {
            let history = order::history(seed, &profile);
            assert!(order::is_free(&history), "{history}");
            assert!(history.payments.iter().all(|payment| profile.speaks(payment.form)));
        }
    }
    // Where there is no room, the order does matter.
    let cramped: Profile = r#"{"policy":{"set_htlcs_max":1}}"#.parse().expect("a profile");
    assert!((0..200).any(|seed| !order::is_free(&order::history(seed, &cramped))));
}
