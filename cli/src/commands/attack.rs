//! `ammeter attack`: a receiver in simulated worlds, until an invariant breaks or time is up.

mod known;
mod merge;
mod receiver;
mod report;
mod specimens;

use std::{
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant, SystemTime},
};

use ammeter_fuzz::{
    adapter::process::ANSWER_TIMEOUT,
    sim::{
        attack::{self, Failure, Plan, Progress, Report, Shard},
        generate::Settings,
        history::History,
        invariants::Watch,
        profile::Profile,
    },
};
use ammeter_report::record::attack::Attack;
use clap::{Args, value_parser};
use indicatif::{ProgressBar, ProgressStyle};

pub use self::receiver::{Introduction, Subject, Target};
use self::{
    known::{Entry, Standing},
    report::Ended,
    specimens::Asked,
};
use crate::{
    console::{self, Done, Outcome, Refusal, WholeFile},
    resources,
};

/// How often ctrl-C and the clock are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long an attack lasts if nobody says.
const SECONDS: f64 = 10.0;

/// Whom to attack, and for how long.
#[derive(Debug, Args)]
pub struct Arguments {
    /// builtin, builtin:redb (its store on a disk that fails), specimen:NAME (`ammeter specimens`
    /// lists them; specimen:none is the correct one), process:CMD, a program and its arguments,
    /// in which {state} becomes a folder and {policy} flags, or library:PATH, a shared library with
    /// the C interface of fuzz/include/ammeter_receiver.h
    #[arg(long, value_name = "RECEIVER", default_value = "builtin")]
    receiver: Target,
    /// Seconds, at most; default: 10, unless --histories is given
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,
    /// Histories, at most
    #[arg(long, value_name = "COUNT")]
    histories: Option<u64>,
    /// Seed of the first history; the k-th has SEED + k
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Run every N-th history only, from the K-th on: the shards of a run, 1/N to N/N, have no seed
    /// in common, and together they are the run
    #[arg(long, value_name = "K/N", conflicts_with_all = ["specimens", "replay"])]
    shard: Option<Shard>,
    /// The records of all shards of a run as the record of the run
    #[arg(long, value_name = "RECORD", num_args = 1.., conflicts_with_all = ["receiver", "seconds",
        "histories", "seed", "jobs", "answer_timeout", "profile", "no_crashes", "rules", "shard",
        "known", "replay", "specimens"])]
    merge: Vec<PathBuf>,
    /// Threads; default: one for each core
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u64).range(1..=1024))]
    jobs: Option<u64>,
    /// Seconds that a program may take to answer an event, at most as many as --seconds
    #[arg(long, value_name = "S", value_parser = seconds, default_value_t = ANSWER_TIMEOUT.as_secs_f64())]
    answer_timeout: f64,
    /// What the receiver is made for, as docs/protocol.md says it: strict (every rule of the table,
    /// whatever the receiver says of itself) or a JSON object; default: what it says of itself
    #[arg(long, value_name = "PROFILE")]
    profile: Option<Profile>,
    /// Neither kill the receiver nor let its disk fail: a program then serves all histories
    #[arg(long, conflicts_with = "specimens")]
    no_crashes: bool,
    /// Demand the table of rules as well, not only that nothing is lost: each HTLC is held or
    /// failed exactly where our documentation says so
    #[arg(long)]
    rules: bool,
    /// Go on past the failures of this list (docs/attack.md), and say how each stands
    #[arg(long, value_name = "FILE", conflicts_with_all = ["specimens", "replay"])]
    known: Option<PathBuf>,
    /// Where the shrunk history of a violation goes
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Run this history only
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "histories", "seed", "trace",
        "no_crashes", "specimens"])]
    replay: Option<PathBuf>,
    /// Find every specimen, and again with parts of the harness switched off
    #[arg(long, conflicts_with_all = ["receiver", "seconds", "seed", "trace", "rules", "profile",
        "answer_timeout"])]
    specimens: bool,
    /// With --specimens: how many times each is looked for
    #[arg(long, value_name = "COUNT", default_value_t = 20, requires = "specimens",
        value_parser = value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// With --specimens: the tables as an HTML page, with the survival curves
    #[arg(long, value_name = "FILE", requires = "specimens")]
    page: Option<PathBuf>,
    /// A summary in Markdown to PATH, or with - to standard output instead of text
    #[arg(long, value_name = "PATH|-", conflicts_with_all = ["specimens", "replay"])]
    markdown: Option<PathBuf>,
    /// JSON on standard output instead of text
    #[arg(long)]
    json: bool,
}

pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=1e9).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0 to 1000000000 is needed".into()),
    }
}

/// Attacks.
pub fn run(arguments: &Arguments) -> Outcome {
    resources::threads("--jobs", jobs(arguments) as u64)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    if arguments.specimens {
        let page = arguments.page.as_deref().map(WholeFile::create).transpose()?;
        let histories = arguments.histories.unwrap_or(specimens::HISTORIES);
        let asked = Asked { seeds: arguments.seeds, histories, jobs: jobs(arguments) };
        return specimens::run(asked, page, arguments.json);
    }
    let files = Files::begin(arguments)?;
    if !arguments.merge.is_empty() {
        return files.finish(&merge::read(&arguments.merge)?);
    }
    let entries = arguments.known.as_deref().map(known::read).transpose()?.unwrap_or_default();
    let subject = subject(arguments);
    // Before minutes of work, not after.
    let introduction = subject.check()?;
    if let Some(path) = &arguments.replay {
        return replay(arguments, &subject, path);
    }
    let plan = plan(arguments);
    let started_at = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let started = Instant::now();
    let standing = Standing::of(&entries, &subject, plan.watch);
    let report = attack(arguments, &subject, &plan, &entries);
    let ended = Ended {
        receiver: &subject,
        introduction: &introduction,
        plan: &plan,
        started: &started_at,
        time: started.elapsed(),
    };
    let today = known::day(&started_at);
    let (known, again) = known::outcome(&entries, &standing, &report, today);
    files.finish(&ended.record(&report, known, again))
}

/// Where a record goes, begun before minutes of work and not after.
struct Files<'a> {
    arguments: &'a Arguments,
    trace: Option<WholeFile>,
    markdown: Option<WholeFile>,
}

impl<'a> Files<'a> {
    fn begin(arguments: &'a Arguments) -> Result<Self, Refusal> {
        if arguments.json && arguments.markdown.as_deref() == Some(Path::new("-")) {
            return Err(Refusal::of("--markdown -", "--json has standard output already"));
        }
        let of = |path: Option<&Path>| path.map(WholeFile::create).transpose();
        let markdown = arguments.markdown.as_deref().filter(|path| *path != Path::new("-"));
        Ok(Self { arguments, trace: of(arguments.trace.as_deref())?, markdown: of(markdown)? })
    }

    fn finish(self, record: &Attack) -> Outcome {
        let Self { arguments, trace, markdown } = self;
        if let (Some(trace), Some(found)) = (trace, &record.violation) {
            trace.fill(&found.trace)?;
        }
        let is_quiet = arguments.markdown.is_some() && markdown.is_none();
        if let Some(file) = markdown {
            file.fill(&report::to_markdown(record))?;
        }
        let list = arguments.known.as_ref().map(|path| path.display().to_string());
        console::print(&match (arguments.json, is_quiet) {
            (true, _) => {
                let json = serde_json::to_string_pretty(record);
                json.map_err(|error| Refusal::of("--json", error))? + "\n"
            }
            (false, true) => report::to_markdown(record),
            (false, false) => report::to_text(record, list.as_deref(), arguments.profile),
        })?;
        Ok(match record.violation {
            Some(_) => Done::Found,
            None if console::interrupted() => Done::Interrupted,
            None => Done::Fine,
        })
    }
}

/// Who is attacked: a program that hangs ends an attack soon after its time is up.
fn subject(arguments: &Arguments) -> Subject {
    let patience = arguments.seconds.map_or(f64::INFINITY, |seconds| seconds.max(1.0));
    Subject {
        target: arguments.receiver.clone(),
        answer_timeout: Duration::from_secs_f64(arguments.answer_timeout.min(patience)),
        profile: arguments.profile,
    }
}

fn jobs(arguments: &Arguments) -> usize {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    arguments.jobs.map_or_else(cores, |jobs| jobs as usize)
}

fn plan(arguments: &Arguments) -> Plan {
    Plan {
        seed: arguments.seed,
        histories: arguments.histories.unwrap_or(u64::MAX),
        shard: arguments.shard.unwrap_or(Shard::WHOLE),
        jobs: jobs(arguments),
        settings: Settings { crashes: !arguments.no_crashes, ..Settings::default() },
        watch: if arguments.rules { Watch::Rules } else { Watch::Invariants },
    }
}

/// Runs histories on threads; this one watches the clock and draws the bar.
fn attack(arguments: &Arguments, subject: &Subject, plan: &Plan, entries: &[Entry]) -> Report {
    let limit = arguments.seconds.or(arguments.histories.is_none().then_some(SECONDS));
    let progress = Progress::default();
    let started = Instant::now();
    let bar = bar(plan.histories, plan.shard);
    let known = known::matched(entries);
    let report = thread::scope(|scope| {
        let work = scope.spawn(|| attack::run_past(&known, plan, &|| subject.open(), &progress));
        while !work.is_finished() {
            thread::sleep(LOOK_EVERY);
            let time = started.elapsed().as_secs_f64();
            let histories = progress.histories.load(Ordering::Relaxed);
            bar.set_position(histories);
            bar.set_message(format!("{:.0} histories/s", histories as f64 / time));
            if limit.is_some_and(|limit| time >= limit) || console::interrupted() {
                progress.stop.store(true, Ordering::Relaxed);
            }
        }
        work.join().expect("the attack itself does not panic")
    });
    bar.finish_and_clear();
    report
}

/// On standard error, and only where that is a terminal.
fn bar(histories: u64, shard: Shard) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    if histories == u64::MAX {
        let style = ProgressStyle::with_template("{spinner} {human_pos} histories, {msg}");
        return ProgressBar::new_spinner().with_style(style.expect("the template is right"));
    }
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {msg} {eta}");
    ProgressBar::new(shard.share(histories)).with_style(style.expect("the template is right"))
}

fn replay(arguments: &Arguments, receiver: &Subject, path: &Path) -> Outcome {
    let place = path.display();
    let text = fs::read_to_string(path).map_err(|error| Refusal::of(&place, error))?;
    let history: History = text.parse().map_err(|error| Refusal::of(&place, error))?;
    let plan = plan(arguments);
    let mut subject = receiver.open();
    let result = attack::replay(&history, &mut *subject, plan.watch);
    let failure = result.err().map(|violation| Failure {
        seed: plan.seed,
        history: history.clone(),
        violation,
    });
    let text = if arguments.json {
        format!("{:#}\n", report::replay_json(receiver, failure.as_ref()))
    } else {
        report::replay_text(receiver, &history, failure.as_ref(), plan.watch)
    };
    console::print(&text)?;
    Ok(if failure.is_some() { Done::Found } else { Done::Fine })
}
