//! What an attack came to: its record, and the record as text and as Markdown.

use std::{fmt::Write as _, time::Duration};

use ammeter_amp::receiver::Reason;
use ammeter_fuzz::sim::{
    attack::{Failure, Plan, Report, Shard, known::Shape},
    history::History,
    invariants::{Violation, Watch},
    profile::Profile,
    show, shrink,
};
use ammeter_report::{
    host::Host,
    record::attack::{Attack, Known, SCHEMA, Status, Violation as Found},
    table::grouped,
};
use serde_json::{Value, json};

use super::{
    known::{self, Again},
    receiver::{Introduction, Subject},
};
use crate::{build, output};

/// An attack that has ended.
pub struct Ended<'a> {
    pub receiver: &'a Subject,
    pub introduction: &'a Introduction,
    pub plan: &'a Plan,
    /// When it began, RFC 3339 in UTC.
    pub started: &'a str,
    pub time: Duration,
}

impl Ended<'_> {
    /// The record, for which a new failure is shrunk; `again` is reported if there is no new one.
    pub fn record(&self, report: &Report, known: Vec<Known>, again: Option<Again>) -> Attack {
        let Self { receiver, introduction, plan, .. } = self;
        let coverage = &report.coverage;
        let hello = introduction.hello.as_ref();
        let profile = match introduction.profile.to_json() {
            Value::Object(fields) => fields,
            _ => serde_json::Map::new(),
        };
        let reasons = coverage.reasons().iter().map(|reason| reason.name().into()).collect();
        let names = |names: &mut dyn Iterator<Item = &&str>| names.map(|it| (*it).into()).collect();
        let is_shard = plan.shard != Shard::WHOLE;
        let violation = match (report.failure.as_deref(), again) {
            (Some(failure), _) => Some(self.shrunk(failure)),
            (None, Some(again)) => Some(self.again(again)),
            (None, None) => None,
        };
        Attack {
            schema: SCHEMA.into(),
            host: Some(Host::survey()),
            build: Some(build::current()),
            command: Some(output::command_line()),
            started: Some(self.started.into()),
            receiver: receiver.to_string(),
            name: hello.map(|hello| hello.name.clone()),
            version: hello.map(|hello| hello.version.clone()),
            profile,
            rules: plan.watch == Watch::Rules,
            crashes: plan.settings.crashes,
            seed: plan.seed,
            shard: is_shard.then(|| plan.shard.to_string()),
            histories_max: (plan.histories < u64::MAX).then_some(plan.histories),
            jobs: plan.jobs as u64,
            histories: report.histories,
            seconds: self.time.as_secs_f64(),
            preimages_alone: coverage.preimages_alone(),
            inputs: coverage.input_count(),
            states: coverage.state_count(),
            state_registers: is_shard.then(|| coverage.states().to_string()),
            faults: coverage.fault_count() as u64,
            fault_names: names(&mut coverage.faults().iter()),
            reasons,
            onion_faults: names(&mut coverage.unreadable().iter()),
            known,
            violation,
        }
    }

    /// The shortest history that was found to break the same.
    fn shrunk(&self, failure: &Failure) -> Found {
        let Failure { seed, history, violation } = failure;
        let mut subject = self.receiver.open();
        let (mut history, violation) =
            shrink::shrink(history, violation, &mut *subject, self.plan.watch);
        // Whoever replays it asks for the same.
        history.rules = self.plan.watch == Watch::Rules;
        self.found(&history, &violation, Some(*seed))
    }

    fn again(&self, again: Again) -> Found {
        let Again { name, seed, mut history, violation } = again;
        history.rules |= self.plan.watch == Watch::Rules;
        Found { known: Some(name), ..self.found(&history, &violation, seed) }
    }

    fn found(&self, history: &History, violation: &Violation, seed: Option<u64>) -> Found {
        let Self { receiver, plan, .. } = self;
        Found {
            invariant: violation.invariant.name().into(),
            operation: violation.position as u64,
            expected: violation.expected.clone(),
            seen: violation.seen.clone(),
            seed,
            known: None,
            trace: history.to_string(),
            shape: Shape::of(history).to_string(),
            timeline: show::timeline(history, &mut *receiver.open(), plan.watch),
            test: show::test(history, violation, &receiver.in_rust(), plan.watch),
        }
    }
}

/// The record for a terminal; `list` is the file of `--known`, if there is one, and `profile` what
/// `--profile` says.
pub fn to_text(record: &Attack, list: Option<&str>, profile: Option<Profile>) -> String {
    let Attack { receiver, histories, seconds, jobs, .. } = record;
    let per_thread = *histories as f64 / seconds / *jobs as f64;
    let shard = record.shard.as_ref().map_or_else(String::new, |shard| format!(", shard {shard}"));
    let mut text = format!(
        "{receiver}: {} histories in {seconds:.1} s on {jobs} thread(s), {} histories/s each; \
         {} inputs; seeds from {}{shard}\n",
        grouped(*histories),
        grouped(per_thread as u64),
        grouped(record.inputs),
        record.seed,
    );
    let _ = writeln!(
        text,
        "reached: about {} states, {} of 7 faults, {} of {} reasons{}, {} faults of onions",
        grouped(record.states),
        record.faults,
        record.reasons.len(),
        Reason::ALL.len(),
        never(&record.reasons),
        record.onion_faults.len(),
    );
    if record.preimages_alone > 0 {
        let _ = writeln!(
            text,
            "of {} histories only the preimages were judged to the end: their disk lied, or too much \
             was possible",
            grouped(record.preimages_alone)
        );
    }
    text.push_str(&introduced(record));
    for known in &record.known {
        let _ = writeln!(text, "known: {}", standing(known));
    }
    match &record.violation {
        None => text.push_str("no violation\n"),
        Some(found) => violation(&mut text, record, found, list, profile),
    }
    text
}

fn violation(
    text: &mut String,
    record: &Attack,
    found: &Found,
    list: Option<&str>,
    profile: Option<Profile>,
) {
    let Found { invariant, seen, trace, timeline, test, .. } = found;
    let _ = write!(text, "\nVIOLATION of {invariant}: {seen}\n");
    if let Some(name) = &found.known {
        let _ = writeln!(text, "it is that of the known failure {name}");
    }
    if let Some(seed) = found.seed {
        let again = again(record, seed, profile);
        let _ = writeln!(text, "found with seed {seed} (again: ammeter attack {again})");
    }
    let operations = trace.parse().map_or(0, |history: History| history.operations.len());
    let _ = write!(
        text,
        "\nshrunk to {operations} operations:\n\n{trace}\nwhat happens:\n\n{timeline}\nas a \
         test:\n\n{test}"
    );
    if let (Some(list), None) = (list, &found.known) {
        let entry = known::to_paste(found);
        let _ = write!(text, "\nonce it is reported, in {list}:\n\n{entry}");
    }
}

/// The flags that run the history of a seed once more, for a shell.
fn again(record: &Attack, seed: u64, profile: Option<Profile>) -> String {
    let receiver = output::quoted(&record.receiver);
    let mut flags = format!("--receiver {receiver} --seed {seed} --histories 1");
    if record.rules {
        flags += " --rules";
    }
    if !record.crashes {
        flags += " --no-crashes";
    }
    match profile.map(|profile| profile.to_json()) {
        None => flags,
        Some(fields @ Value::Object(_)) => {
            format!("{flags} --profile {}", output::quoted(&fields.to_string()))
        }
        Some(_) => flags + " --profile strict",
    }
}

/// How a known failure stands, in a line.
fn standing(known: &Known) -> String {
    let Known { name, link, expires, invariant, .. } = known;
    let first = known.seed.map_or_else(String::new, |seed| format!(", first with seed {seed}"));
    let seen = match known.histories {
        0 => "not seen".into(),
        1 => format!("seen in 1 history{first}"),
        count => format!("seen in {} histories{first}", grouped(count)),
    };
    let trace = match &known.trace_breaks {
        None => "its trace breaks nothing any more".into(),
        Some(broken) => format!("its trace breaks {broken}"),
    };
    match known.status {
        Status::Gone => format!("{name}: GONE: {seen}, and {trace}; take it off the list ({link})"),
        Status::Known => format!("{name}: {seen}; {trace}; excused until {expires} ({link})"),
        Status::Expired => format!("{name}: EXPIRED on {expires}: {seen}; {trace} ({link})"),
        Status::Changed => format!("{name}: CHANGED: {trace}, not {invariant}; {seen} ({link})"),
    }
}

/// Who it is, and what it need not do: a line each, none for who says nothing.
fn introduced(record: &Attack) -> String {
    let mut text = String::new();
    if let Some(name) = &record.name {
        let version = record.version.as_deref().unwrap_or_default();
        let _ = writeln!(text, "it says that it is {}", format!("{name} {version}").trim_end());
    }
    for line in profile_lines(record) {
        let _ = writeln!(text, "profile: {line}");
    }
    text
}

fn profile_lines(record: &Attack) -> Vec<String> {
    let profile = Value::Object(record.profile.clone()).to_string();
    profile.parse().map_or_else(|_| Vec::new(), |profile: Profile| profile.lines())
}

/// The reasons that the receiver never gave.
fn never(given: &[String]) -> String {
    let names: Vec<&str> = Reason::ALL
        .iter()
        .map(|reason| reason.name())
        .filter(|name| !given.iter().any(|given| given == name))
        .collect();
    if names.is_empty() { String::new() } else { format!(" (never: {})", names.join(", ")) }
}

/// The record for the summary of a CI job.
pub fn to_markdown(record: &Attack) -> String {
    let Attack { receiver, histories, seconds, violation, .. } = record;
    let verdict = violation
        .as_ref()
        .map_or_else(|| "no violation".into(), |found| format!("VIOLATION of {}", found.invariant));
    let mut text = format!(
        "## Ammeter attack: {verdict}\n\n{}: {} histories in {seconds:.1} s, {} inputs, about {} \
         states, seeds from {}{}\n",
        code(receiver),
        grouped(*histories),
        grouped(record.inputs),
        grouped(record.states),
        record.seed,
        record.shard.as_ref().map_or_else(String::new, |shard| format!(", shard {shard}")),
    );
    for line in profile_lines(record) {
        let _ = write!(text, "\n* profile: {}", code(&line));
    }
    if !record.known.is_empty() {
        text.push_str("\n\n| known failure | status | histories | excused until | reported |\n");
        text.push_str("|---|---|---|---|---|\n");
    }
    for Known { name, link, expires, status, histories, .. } in &record.known {
        let status = match status {
            Status::Gone => "**gone**: take it off the list",
            Status::Known => "known",
            Status::Expired => "**expired**",
            Status::Changed => "**changed**: its trace breaks something else",
        };
        let (name, link) = (code(name), address(link));
        let _ = writeln!(text, "| {name} | {status} | {histories} | {expires} | {link} |");
    }
    if let Some(found) = violation {
        let _ = write!(text, "\n{}\n", code(&found.seen));
        text += &fenced("The shortest history, for `--replay`", "text", &found.trace);
        text += &fenced("What happens", "text", &found.timeline);
        text += &fenced("As a test", "rust", &found.test);
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// A text of one line as code, which ends where the text ends, in a cell of a table too.
fn code(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let ticks = "`".repeat(1 + longest_run(&line));
    format!("{ticks} {line} {ticks}")
}

/// An address to click on, if nothing in it could end it.
fn address(link: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c);
    if link.chars().all(plain) { format!("<{link}>") } else { code(link) }
}

/// A text of many lines under a title.
fn fenced(title: &str, language: &str, text: &str) -> String {
    let fence = "`".repeat(3.max(1 + longest_run(text)));
    let text = text.trim_end();
    format!("\n{title}:\n\n{fence}{language}\n{text}\n{fence}\n")
}

/// How many backticks stand in a row.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
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
        "schema": "ammeter/replay/1",
        "receiver": receiver.to_string(),
        "histories": 1,
        "violation": failure.map(|Failure { violation, .. }| json!({
            "invariant": violation.invariant.name(),
            "operation": violation.position,
            "expected": violation.expected,
            "seen": violation.seen,
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_code() {
        assert_eq!(code("a|b\nc"), "` a\\|b c `");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(address("https://example.org/a?b=1"), "<https://example.org/a?b=1>");
        assert_eq!(address("https://x|<b>"), "` https://x\\|<b> `");
        assert!(fenced("t", "text", "x\n````\ny").contains("\n`````text\n"));
    }
}
