//! Which known flaws a receiver shows: the shortest known history of every specimen, run against
//! it.
//!
//! The correct receiver passes every one of these histories, so a violation of the invariant that
//! the specimen breaks is that flaw, or one that looks the same from outside. Random histories
//! follow. What they break is explained if a specimen that the receiver resembles breaks the same
//! invariant with the same shrunk history; what nothing explains is a finding.

use include_dir::{Dir, include_dir};

use crate::{
    adapter::{Treated, UnderTest},
    sim::{
        attack::{self, Failure, Plan},
        coverage::Coverage,
        history::History,
        invariants::{Violation, Watch},
        profile::Rule,
        shrink,
    },
    specimens::{Baseline, Flaw},
};

static TRACES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specimens");

/// Failing random histories that are shrunk, at most.
const FAILURES_MAX: usize = 16;

/// The shortest history that is known to break a specimen.
///
/// # Panics
/// Never: the tests read every one of them.
#[must_use]
pub fn shortest(flaw: Flaw) -> History {
    let file = TRACES.get_file(format!("{}.trace", flaw.name()));
    let text = file.and_then(|file| file.contents_utf8()).expect("a trace for every specimen");
    text.parse().expect("a trace that can be read")
}

/// What a specimen's history did to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing: the receiver does not have this flaw.
    Absent,
    /// It was not run: the receiver does not speak the version of a payment in it.
    NotSpoken,
    /// It broke the invariant that the specimen breaks.
    Shown(Violation),
    /// It broke another invariant: something else is wrong, or the history met another flaw first.
    Other(Violation),
}

/// Runs the history of `flaw` against `subject`, with what of the policy the receiver's profile
/// fixes. The flaw may not come to light then.
pub fn sign(flaw: Flaw, subject: &mut dyn UnderTest) -> Sign {
    let mut history = shortest(flaw);
    let profile = subject.profile();
    let forms = profile.forms();
    if history.payments.iter().any(|payment| !forms.contains(&payment.form)) {
        return Sign::NotSpoken;
    }
    profile.fix(&mut history.policy);
    match attack::replay(&history, subject, Watch::Invariants) {
        Ok(()) => Sign::Absent,
        Err(violation) if violation.invariant == flaw.breaks() => Sign::Shown(violation),
        Err(violation) => Sign::Other(violation),
    }
}

/// A shrunk random history that the receiver fails, and the flaws that explain it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The shrunk history and what it breaks.
    pub failure: Failure,
    /// Which of the flaws at hand break the same invariant with it.
    pub explained_by: Vec<Flaw>,
    /// Rules of a profile, each of which alone makes the failure none.
    pub excused_by: Vec<Rule>,
}

/// Runs the histories of `plan` one after the other on this thread, past those that fail, until
/// `stop` says so. Returns how many were run, and the first sixteen that failed, each shrunk and
/// held against the `shown` flaws.
pub fn findings(
    plan: &Plan,
    subject: &mut dyn UnderTest,
    shown: &[Flaw],
    stop: &dyn Fn() -> bool,
) -> (u64, Vec<Finding>) {
    let (mut findings, mut coverage) = (Vec::new(), Coverage::default());
    for number in 0..plan.histories {
        if findings.len() == FAILURES_MAX || stop() {
            return (number, findings);
        }
        let seed = plan.seed.wrapping_add(number);
        let Err(failure) = attack::one(seed, plan, subject, &mut coverage) else { continue };
        let Failure { history, violation, .. } = *failure;
        let (history, violation) = shrink::shrink(&history, &violation, subject, plan.watch);
        let explained_by = shown.iter().copied().filter(|flaw| breaks(*flaw, &history, &violation));
        let explained_by = explained_by.collect();
        let excuses = Rule::ALL.iter().copied();
        let excused_by = excuses.filter(|rule| excuses_it(*rule, &history, subject)).collect();
        let failure = Failure { seed, history, violation };
        findings.push(Finding { failure, explained_by, excused_by });
    }
    (plan.histories, findings)
}

/// Whether a receiver passes if this rule of the table is replaced, as its profile may ask.
fn excuses_it(rule: Rule, history: &History, subject: &mut dyn UnderTest) -> bool {
    let profile = subject.profile().and(rule);
    attack::replay(history, &mut Treated { subject, profile }, Watch::Invariants).is_ok()
}

/// Whether a specimen breaks the same invariant with the same history.
fn breaks(flaw: Flaw, history: &History, violation: &Violation) -> bool {
    let mut specimen = Baseline::new(Some(flaw));
    attack::replay(history, &mut specimen, Watch::Invariants)
        .is_err_and(|other| other.invariant == violation.invariant)
}
