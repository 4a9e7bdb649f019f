//! `ammeter census`: which of the known flaws a receiver shows, and what is left over.

use std::{
    fmt::Write as _,
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

use ammeter_fuzz::{
    adapter::process::ANSWER_TIMEOUT,
    census::{self, Finding, Sign},
    sim::{
        attack::{Plan, Shard},
        generate::Settings,
        invariants::Watch,
        profile::{Profile, Rule},
        show,
    },
    specimens::Flaw,
};
use ammeter_report::{
    host::Host,
    html,
    record::census::{self as record, Census as Record, Verdict},
};
use clap::Args;
use serde_json::json;

use crate::{
    build,
    commands::attack::{Introduction, Subject, Target},
    console::{self, Done, Outcome, Refusal, WholeFile},
    output,
};

/// Which receiver, and how long to look for what no specimen explains.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The receiver, as for `ammeter attack`
    #[arg(long, value_name = "RECEIVER", default_value = "builtin")]
    receiver: Target,
    /// Seconds of random histories after the specimens' own; 0 leaves them out
    #[arg(long, value_name = "S", default_value_t = 5.0, value_parser = super::attack::seconds)]
    seconds: f64,
    /// Seed of the first random history
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long a program may take for an answer, in seconds
    #[arg(long, value_name = "S", default_value_t = ANSWER_TIMEOUT.as_secs_f64(),
        value_parser = super::attack::seconds)]
    answer_timeout: f64,
    /// What the receiver is made for, whatever it says of itself: strict, or JSON
    #[arg(long, value_name = "PROFILE")]
    profile: Option<Profile>,
    /// The census as an HTML page
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

/// What a census found.
struct Census {
    signs: Vec<(Flaw, Sign)>,
    histories: u64,
    findings: Vec<Finding>,
}

/// Takes the census.
pub fn run(arguments: &Arguments) -> Outcome {
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let subject = Subject {
        target: arguments.receiver.clone(),
        answer_timeout: Duration::from_secs_f64(arguments.answer_timeout),
        profile: arguments.profile,
    };
    let page = arguments.page.as_deref().map(WholeFile::create).transpose()?;
    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let who = subject.check()?;
    let census = take(arguments, &subject);
    let record = record(arguments, who, started, &census);
    if let Some(page) = page {
        page.fill(&html::census(&record))?;
    }
    let text = if arguments.json {
        let json = serde_json::to_string_pretty(&record);
        json.map_err(|error| Refusal::of("--json", error))? + "\n"
    } else {
        to_text(&subject, &census)
    };
    console::print(&text)?;
    Ok(match () {
        () if console::interrupted() => Done::Interrupted,
        () if census.is_broken() => Done::Found,
        () => Done::Fine,
    })
}

fn take(arguments: &Arguments, subject: &Subject) -> Census {
    let mut subject = subject.open();
    let mut signs = Vec::new();
    for flaw in Flaw::ALL {
        if console::interrupted() {
            break;
        }
        signs.push((*flaw, census::sign(*flaw, &mut *subject)));
    }
    let shown: Vec<Flaw> = signs
        .iter()
        .filter(|(_, sign)| matches!(sign, Sign::Shown(_) | Sign::Other(_)))
        .map(|(flaw, _)| *flaw)
        .collect();
    let plan = Plan {
        seed: arguments.seed,
        histories: u64::MAX,
        shard: Shard::WHOLE,
        jobs: 1,
        settings: Settings::default(),
        watch: Watch::Invariants,
    };
    let end = Instant::now() + Duration::from_secs_f64(arguments.seconds);
    let stop = || console::interrupted() || Instant::now() >= end;
    let (histories, findings) = census::findings(&plan, &mut *subject, &shown, &stop);
    Census { signs, histories, findings }
}

impl Census {
    /// The flaws that came to light.
    fn shown(&self) -> impl Iterator<Item = Flaw> {
        let shown = self.signs.iter().filter(|(_, sign)| matches!(sign, Sign::Shown(_)));
        shown.map(|(flaw, _)| *flaw)
    }

    /// How many histories of flaws broke something else.
    fn others(&self) -> usize {
        self.signs.iter().filter(|(_, sign)| matches!(sign, Sign::Other(_))).count()
    }

    /// Whether any history broke anything.
    fn is_broken(&self) -> bool {
        self.shown().next().is_some() || self.others() > 0 || !self.findings.is_empty()
    }

    /// What no flaw explains and no rule excuses.
    fn left_over(&self) -> impl Iterator<Item = &Finding> {
        let nothing =
            |finding: &&Finding| finding.explained_by.is_empty() && finding.excused_by.is_empty();
        self.findings.iter().filter(nothing)
    }

    /// The rules that a profile would have to replace for all findings that a rule excuses, if the
    /// receiver means them: the first of each.
    fn proposed(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        for finding in &self.findings {
            if !finding.excused_by.iter().any(|rule| rules.contains(rule)) {
                rules.extend(finding.excused_by.first());
            }
        }
        rules
    }
}

fn to_text(subject: &Subject, census: &Census) -> String {
    let mut text = format!("{subject}\n\n");
    for (flaw, sign) in &census.signs {
        let _ = match sign {
            Sign::Absent | Sign::NotSpoken => Ok(()),
            Sign::Shown(_) => writeln!(text, "shows  {:<24}  {}", flaw.name(), flaw.story()),
            Sign::Other(violation) => writeln!(
                text,
                "other  {:<24}  its history breaks {} and not {}",
                flaw.name(),
                violation.invariant,
                flaw.breaks()
            ),
        };
    }
    let absent = census.signs.iter().filter(|(_, sign)| *sign == Sign::Absent).count();
    let _ = writeln!(
        text,
        "{} of {} known flaws shown, {absent} absent, the histories of {} broke something else; {} \
         random histories, {} of them failed, {} of those left over",
        census.shown().count(),
        census.signs.len(),
        census.others(),
        census.histories,
        census.findings.len(),
        census.left_over().count(),
    );
    for finding in &census.findings {
        let names: Vec<&str> = finding.explained_by.iter().map(|flaw| flaw.name()).collect();
        let failure = &finding.failure;
        let mut explained =
            if names.is_empty() { "nothing known".into() } else { names.join(", ") };
        for rule in &finding.excused_by {
            let _ = write!(explained, "; excused by the rule {}", rule.name());
        }
        let _ = writeln!(
            text,
            "seed {:<8} breaks {:<21} explained by {explained}",
            failure.seed,
            failure.violation.invariant.name()
        );
    }
    let proposed: Vec<&str> = census.proposed().iter().map(|rule| rule.name()).collect();
    if !proposed.is_empty() {
        let _ =
            writeln!(text, "proposed profile, if it means them: {}", json!({"rules": proposed}));
    }
    if let Some(finding) = census.left_over().next() {
        let failure = &finding.failure;
        let mut opened = subject.open();
        let timeline = show::timeline(&failure.history, &mut *opened, Watch::Invariants);
        let _ = write!(
            text,
            "\nA FINDING that no specimen explains: {}\n\n{}\nwhat happens:\n\n{timeline}",
            failure.violation, failure.history
        );
    }
    text
}

/// Everything that table and page show.
fn record(arguments: &Arguments, who: Introduction, started: String, census: &Census) -> Record {
    let names = |flaws: &[Flaw]| flaws.iter().map(|flaw| flaw.name().to_owned()).collect();
    let rules = |rules: &[Rule]| rules.iter().map(|rule| rule.name().to_owned()).collect();
    let flaw = |(flaw, sign): &(Flaw, Sign)| {
        let (verdict, violation) = match sign {
            Sign::Absent => (Verdict::Absent, None),
            Sign::NotSpoken => (Verdict::NotSpoken, None),
            Sign::Shown(violation) => (Verdict::Shown, Some(violation)),
            Sign::Other(violation) => (Verdict::Other, Some(violation)),
        };
        record::Flaw {
            name: flaw.name().into(),
            breaks: flaw.breaks().name().into(),
            class: flaw.class().name().into(),
            story: flaw.story().into(),
            verdict,
            seen: violation.map(ToString::to_string),
        }
    };
    let finding = |finding: &Finding| record::Finding {
        seed: finding.failure.seed,
        invariant: finding.failure.violation.invariant.name().into(),
        seen: finding.failure.violation.seen.clone(),
        trace: finding.failure.history.to_string(),
        explained_by: names(&finding.explained_by),
        excused_by: rules(&finding.excused_by),
    };
    Record {
        head: build::head(record::SCHEMA, Host::survey()),
        command: output::command_line(),
        started,
        interrupted: console::interrupted(),
        receiver: arguments.receiver.to_string(),
        name: who.hello.as_ref().map(|hello| hello.name.clone()),
        version: who.hello.as_ref().map(|hello| hello.version.clone()),
        flaws: census.signs.iter().map(flaw).collect(),
        histories: census.histories,
        proposed_rules: rules(&census.proposed()),
        findings: census.findings.iter().map(finding).collect(),
    }
}
