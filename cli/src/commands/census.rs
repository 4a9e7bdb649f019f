//! `ammeter census`: which of the known flaws a receiver shows, and what is left over.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use ammeter_fuzz::{
    census::{self, Finding, Sign},
    sim::{attack::Plan, generate::Settings, invariants::Watch, show},
    specimens::Flaw,
};
use ammeter_report::{host::Host, record::specimens::flaw_to_json};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    build,
    commands::attack::Target,
    console::{self, Done, Outcome},
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
    arguments.receiver.check()?;
    let census = take(arguments);
    let text = if arguments.json {
        format!("{:#}\n", to_json(arguments, &census))
    } else {
        to_text(arguments, &census)
    };
    console::print(&text)?;
    Ok(match () {
        () if console::interrupted() => Done::Interrupted,
        () if census.shown().next().is_some() || !census.findings.is_empty() => Done::Found,
        () => Done::Fine,
    })
}

fn take(arguments: &Arguments) -> Census {
    let policy = arguments.receiver.policy();
    let mut subject = arguments.receiver.open();
    let mut signs = Vec::new();
    for flaw in Flaw::ALL {
        if console::interrupted() {
            break;
        }
        signs.push((*flaw, census::sign(*flaw, &mut *subject, policy)));
    }
    let shown: Vec<Flaw> =
        signs.iter().filter(|(_, sign)| *sign != Sign::Absent).map(|(flaw, _)| *flaw).collect();
    let plan = Plan {
        seed: arguments.seed,
        histories: u64::MAX,
        jobs: 1,
        settings: Settings::default(),
        watch: Watch::Invariants,
        policy,
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

    /// What no flaw explains.
    fn left_over(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.explained_by.is_empty())
    }
}

fn to_text(arguments: &Arguments, census: &Census) -> String {
    let mut text = format!("{}\n\n", arguments.receiver);
    for (flaw, sign) in &census.signs {
        let _ = match sign {
            Sign::Absent => Ok(()),
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
        "{} of {} known flaws shown, {absent} absent; {} random histories, {} of them failed, \
         {} of those left over",
        census.shown().count(),
        census.signs.len(),
        census.histories,
        census.findings.len(),
        census.left_over().count(),
    );
    for finding in &census.findings {
        let names: Vec<&str> = finding.explained_by.iter().map(|flaw| flaw.name()).collect();
        let failure = &finding.failure;
        let explained = if names.is_empty() { "nothing known".into() } else { names.join(", ") };
        let _ = writeln!(
            text,
            "seed {:<8} breaks {:<21} explained by {explained}",
            failure.seed,
            failure.violation.invariant.name()
        );
    }
    if let Some(finding) = census.left_over().next() {
        let failure = &finding.failure;
        let mut subject = arguments.receiver.open();
        let timeline = show::timeline(&failure.history, &mut *subject, Watch::Invariants);
        let _ = write!(
            text,
            "\nA FINDING that no specimen explains: {}\n\n{}\nwhat happens:\n\n{timeline}",
            failure.violation, failure.history
        );
    }
    text
}

fn to_json(arguments: &Arguments, census: &Census) -> Value {
    let flaw = |(flaw, sign): &(Flaw, Sign)| {
        let mut value = flaw_to_json(*flaw);
        let (verdict, violation) = match sign {
            Sign::Absent => ("absent", None),
            Sign::Shown(violation) => ("shown", Some(violation)),
            Sign::Other(violation) => ("other", Some(violation)),
        };
        value["verdict"] = json!(verdict);
        value["seen"] = json!(violation.map(ToString::to_string));
        value
    };
    let finding = |finding: &Finding| {
        json!({
            "seed": finding.failure.seed,
            "invariant": finding.failure.violation.invariant.name(),
            "seen": finding.failure.violation.seen,
            "trace": finding.failure.history.to_string(),
            "explained_by":
                finding.explained_by.iter().map(|flaw| flaw.name()).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": "ammeter/census/1",
        "host": Host::survey(),
        "build": build::current(),
        "receiver": arguments.receiver.to_string(),
        "flaws": census.signs.iter().map(flaw).collect::<Vec<_>>(),
        "histories": census.histories,
        "findings": census.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
