//! What an attack came to, as text and as JSON.

use std::{fmt::Write as _, time::Duration};

use ammeter_amp::receiver::Reason;
use ammeter_fuzz::sim::{
    attack::{Failure, Plan, Report},
    coverage::Coverage,
    history::History,
    invariants::{Violation, Watch},
    show, shrink,
};
use serde_json::{Value, json};

use super::receiver::{Introduction, Subject};
use crate::build;
use ammeter_report::{host::Host, table::grouped};

/// An attack that has ended.
pub struct Ended<'a> {
    pub receiver: &'a Subject,
    pub introduction: &'a Introduction,
    pub plan: &'a Plan,
    /// When it began, RFC 3339 in UTC.
    pub started: &'a str,
    pub time: Duration,
}

/// The shortest history that was found to break the same.
pub struct Shrunk {
    pub seed: u64,
    pub history: History,
    pub violation: Violation,
}

impl Ended<'_> {
    pub fn shrink(&self, failure: &Failure) -> Shrunk {
        let Failure { seed, history, violation } = failure;
        let mut subject = self.receiver.open();
        let (mut history, violation) =
            shrink::shrink(history, violation, &mut *subject, self.plan.watch);
        // Whoever replays it asks for the same.
        history.rules = self.plan.watch == Watch::Rules;
        Shrunk { seed: *seed, history, violation }
    }

    pub fn to_text(&self, report: &Report, shrunk: Option<&Shrunk>) -> String {
        let Self { receiver, introduction, plan, time, .. } = self;
        let (coverage, seconds) = (&report.coverage, time.as_secs_f64());
        let per_thread = report.histories as f64 / seconds / plan.jobs as f64;
        let mut text = format!(
            "{receiver}: {} histories in {seconds:.1} s on {} thread(s), {} histories/s each; \
             {} inputs; seeds from {}\n",
            grouped(report.histories),
            plan.jobs,
            grouped(per_thread as u64),
            grouped(coverage.input_count()),
            plan.seed,
        );
        let _ = writeln!(
            text,
            "reached: about {} states, {} of 7 faults, {} of {} reasons{}, {} faults of onions",
            grouped(coverage.state_count()),
            coverage.fault_count(),
            coverage.reasons().len(),
            Reason::ALL.len(),
            never(coverage),
            coverage.unreadable().len(),
        );
        text.push_str(&introduced(introduction));
        match shrunk {
            None => text.push_str("no violation\n"),
            Some(shrunk) => self.violation(&mut text, shrunk),
        }
        text
    }

    fn violation(&self, text: &mut String, shrunk: &Shrunk) {
        let Shrunk { seed, history, violation } = shrunk;
        let mut subject = self.receiver.open();
        let timeline = show::timeline(history, &mut *subject, self.plan.watch);
        let test = show::test(history, violation, &self.receiver.in_rust(), self.plan.watch);
        let _ = write!(
            text,
            "\nVIOLATION of {}: {}\nfound with seed {seed} (again: --receiver {} --seed {seed} \
             --histories 1{})\n\nshrunk to {} operations:\n\n{history}\nwhat happens:\n\n{timeline}\n\
             as a test:\n\n{test}",
            violation.invariant,
            violation.seen,
            self.receiver,
            if self.plan.watch == Watch::Rules { " --rules" } else { "" },
            history.operations.len(),
        );
    }

    pub fn to_json(&self, report: &Report, shrunk: Option<&Shrunk>) -> Value {
        let Self { receiver, introduction, plan, time, .. } = self;
        let coverage = &report.coverage;
        let names: Vec<_> = coverage.reasons().iter().map(|reason| reason.name()).collect();
        json!({
            "schema": "ammeter/attack/1",
            "receiver": receiver.to_string(),
            "rules": plan.watch == Watch::Rules,
            "started": self.started,
            "build": build::current(),
            "host": Host::survey(),
            "name": introduction.hello.as_ref().map(|hello| &hello.name),
            "version": introduction.hello.as_ref().map(|hello| &hello.version),
            "profile": introduction.profile.to_json(),
            "seed": plan.seed,
            "jobs": plan.jobs,
            "histories": report.histories,
            "seconds": time.as_secs_f64(),
            "inputs": coverage.input_count(),
            "states": coverage.state_count(),
            "faults": coverage.fault_count(),
            "reasons": names,
            "onion_faults": coverage.unreadable(),
            "violation": shrunk.map(|shrunk| self.violation_json(shrunk)),
        })
    }

    fn violation_json(&self, Shrunk { seed, history, violation }: &Shrunk) -> Value {
        let mut subject = self.receiver.open();
        let mut value = violation_json(violation);
        value["seed"] = json!(seed);
        value["trace"] = json!(history.to_string());
        value["timeline"] = json!(show::timeline(history, &mut *subject, self.plan.watch));
        value["test"] =
            json!(show::test(history, violation, &self.receiver.in_rust(), self.plan.watch));
        value
    }
}

fn violation_json(violation: &Violation) -> Value {
    json!({
        "invariant": violation.invariant.name(),
        "operation": violation.position,
        "expected": violation.expected,
        "seen": violation.seen,
    })
}

/// Who it is, and what it need not do: a line each, none for who says nothing.
fn introduced(introduction: &Introduction) -> String {
    let mut text = String::new();
    if let Some(hello) = &introduction.hello {
        let _ = writeln!(text, "it says that it is {} {}", hello.name, hello.version);
    }
    for line in introduction.profile.lines() {
        let _ = writeln!(text, "profile: {line}");
    }
    text
}

/// The reasons that the receiver never gave.
fn never(coverage: &Coverage) -> String {
    let given = coverage.reasons();
    let names: Vec<&str> = Reason::ALL
        .iter()
        .filter(|reason| !given.contains(reason))
        .map(|reason| reason.name())
        .collect();
    if names.is_empty() { String::new() } else { format!(" (never: {})", names.join(", ")) }
}

/// What one history came to.
pub fn replay_text(
    receiver: &Subject,
    history: &History,
    failure: Option<&Failure>,
    watch: Watch,
) -> String {
    let timeline = show::timeline(history, &mut *receiver.open(), watch);
    let verdict = failure.map_or_else(
        || "no violation".into(),
        |failure| format!("VIOLATION of {}", failure.violation.invariant),
    );
    format!("{receiver}: {verdict}\n\n{timeline}")
}

/// The same as JSON.
pub fn replay_json(receiver: &Subject, failure: Option<&Failure>) -> Value {
    json!({
        "schema": "ammeter/attack/1",
        "receiver": receiver.to_string(),
        "histories": 1,
        "violation": failure.map(|failure| violation_json(&failure.violation)),
    })
}
