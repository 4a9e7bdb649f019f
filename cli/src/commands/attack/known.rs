//! `--known FILE`: failures that are reported already, past which an attack goes on.
//!
//! ```toml
//! [[known]]
//! name = "cancelled-invoice-holds"
//! link = "https://github.com/OWNER/RECEIVER/issues/17"
//! expires = 2027-03-31                    # the last day on which it is excused
//! invariant = "no-overstay"
//! trace = "known/cancelled-invoice.trace"   # beside this file
//! shapes = ["invoice; htlc a *; crash; cancel"]   # others with this cause; optional
//! ```

use std::{collections::BTreeSet, fs, path::Path};

use ammeter_fuzz::sim::{
    attack::{
        self, Failure, Report,
        known::{Known, Pattern, Shape, Sightings},
    },
    history::History,
    invariants::{Invariant, Violation, Watch},
};
use ammeter_report::record::attack::{self as record, Status};
use serde::Deserialize;
use toml::{Spanned, value::Date};

use super::Subject;
use crate::console::Refusal;

/// What a file lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Spanned<Listed>>,
}

/// One failure of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: Spanned<String>,
    link: Spanned<String>,
    expires: Spanned<toml::value::Datetime>,
    invariant: Spanned<String>,
    trace: Spanned<String>,
    #[serde(default)]
    shapes: Vec<String>,
}

/// A known failure.
#[derive(Debug)]
pub struct Entry {
    pub name: String,
    link: String,
    expires: Date,
    trace: History,
    known: Known,
}

/// Reads the file and the traces that it names.
pub fn read(path: &Path) -> Result<Vec<Entry>, Refusal> {
    let place = path.display();
    let text = fs::read_to_string(path).map_err(|error| Refusal::of(place, error))?;
    parse(&text, path.parent().unwrap_or(Path::new("")))
        .map_err(|reason| Refusal::of(path.display(), reason))
}

fn parse(text: &str, folder: &Path) -> Result<Vec<Entry>, String> {
    let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let file: File = toml::from_str(text).map_err(|error| match error.span() {
        Some(span) => format!("line {}: {}", line(span.start), one_line(error.message())),
        None => one_line(error.message()),
    })?;
    let mut names = BTreeSet::new();
    let entry = |listed: Spanned<Listed>| {
        let at = |offset: usize, field: &str, reason: &str| {
            format!("line {}: {field}: {}", line(offset), one_line(reason))
        };
        let listed = listed.into_inner();
        let (name, link) = (listed.name.get_ref(), listed.link.get_ref());
        if name.trim().is_empty() || !names.insert(name.clone()) {
            return Err(at(listed.name.span().start, "name", "one of its own is needed"));
        }
        if !link.starts_with("https://") && !link.starts_with("http://") {
            return Err(at(listed.link.span().start, "link", "an http or https address is needed"));
        }
        let expires = *listed.expires.get_ref();
        let (Some(expires), None) = (expires.date, expires.time) else {
            return Err(at(listed.expires.span().start, "expires", "a day is needed: 2027-03-31"));
        };
        let named = |invariant: &&Invariant| invariant.name() == listed.invariant.get_ref();
        let invariant = Invariant::ALL.iter().copied().find(|invariant| named(&invariant));
        let Some(invariant) = invariant else {
            let names: Vec<&str> = Invariant::ALL.iter().map(|one| one.name()).collect();
            let reason = format!("one of these is needed: {}", names.join(", "));
            return Err(at(listed.invariant.span().start, "invariant", &reason));
        };
        let trace = history(&folder.join(listed.trace.get_ref()))
            .map_err(|reason| at(listed.trace.span().start, "trace", &reason))?;
        let mut shapes = vec![Pattern::only(&Shape::of(&trace))];
        shapes.extend(listed.shapes.into_iter().map(Pattern::read));
        let known = Known { invariant, shapes };
        Ok(Entry { name: name.clone(), link: link.clone(), expires, trace, known })
    };
    file.known.into_iter().map(entry).collect()
}

fn history(path: &Path) -> Result<History, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    text.parse().map_err(|error| wrong(&error))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an attack looks for.
pub fn matched(entries: &[Entry]) -> Vec<Known> {
    entries.iter().map(|entry| entry.known.clone()).collect()
}

/// What the traces of a list break today.
pub struct Standing(Vec<Option<Violation>>);

impl Standing {
    /// Replays every trace.
    pub fn of(entries: &[Entry], subject: &Subject, watch: Watch) -> Self {
        let mut subject = (!entries.is_empty()).then(|| subject.open());
        let replay = |entry: &Entry| {
            let subject = subject.as_mut().expect("it was opened, as there are entries");
            attack::replay(&entry.trace, &mut **subject, watch).err()
        };
        Self(entries.iter().map(replay).collect())
    }
}

/// A known failure that makes the attack fail all the same, and its name.
pub struct Again {
    pub name: String,
    /// `None` if it is that of the list, and no seed found it.
    pub seed: Option<u64>,
    pub history: History,
    pub violation: Violation,
}

/// What became of the list: a line each, and the first that is a failure.
pub fn outcome(
    entries: &[Entry],
    standing: &Standing,
    report: &Report,
    today: Date,
) -> (Vec<record::Known>, Option<Again>) {
    let mut again = None;
    let mut lines = Vec::new();
    for ((entry, breaks), sightings) in entries.iter().zip(&standing.0).zip(&report.sightings) {
        let status = status(entry, breaks.as_ref(), sightings, today);
        if status.is_failure() && again.is_none() {
            again = Some(as_failure(entry, status, breaks.as_ref(), sightings));
        }
        lines.push(record::Known {
            name: entry.name.clone(),
            link: entry.link.clone(),
            expires: entry.expires.to_string(),
            invariant: entry.known.invariant.name().into(),
            status,
            histories: sightings.count,
            seed: sightings.first.as_ref().map(|failure| failure.seed),
            trace_breaks: breaks.as_ref().map(|violation| violation.invariant.name().into()),
        });
    }
    (lines, again)
}

fn status(entry: &Entry, breaks: Option<&Violation>, sightings: &Sightings, today: Date) -> Status {
    match breaks.map(|violation| violation.invariant) {
        Some(invariant) if invariant != entry.known.invariant => Status::Changed,
        None if sightings.count == 0 => Status::Gone,
        _ if today > entry.expires => Status::Expired,
        _ => Status::Known,
    }
}

fn as_failure(
    entry: &Entry,
    status: Status,
    breaks: Option<&Violation>,
    sightings: &Sightings,
) -> Again {
    let name = entry.name.clone();
    let found = sightings.first.as_deref().filter(|_| status == Status::Expired);
    match (found, breaks) {
        (Some(Failure { seed, history, violation }), _) => Again {
            name,
            seed: Some(*seed),
            history: history.clone(),
            violation: violation.clone(),
        },
        (None, Some(violation)) => {
            Again { name, seed: None, history: entry.trace.clone(), violation: violation.clone() }
        }
        (None, None) => unreachable!("it was seen, or its trace breaks something"),
    }
}

/// The day of a time as RFC 3339 writes it.
pub fn day(rfc3339: &str) -> Date {
    let day: Option<toml::value::Datetime> = rfc3339.get(..10).and_then(|day| day.parse().ok());
    day.and_then(|day| day.date).expect("a time of this program's own clock")
}

/// What to paste into a list, for a failure that is none of it.
pub fn to_paste(violation: &record::Violation) -> String {
    format!(
        "[[known]]\nname = \"…\"\nlink = \"https://…\"\nexpires = 20YY-MM-DD\ninvariant = \"{}\"\n\
         trace = \"….trace\"\n# its shape: {}\n",
        violation.invariant, violation.shape
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "ammeter history 1\npolicy hash=sha256 deviation=fail-set realms=any\n\
                         payment basic honest parts=1 fold=0 amount=1000 name=own root=0\n\
                         htlc 1/0 payment=0 part=0\n";
    const GOOD: &str = "# one\n[[known]]\nname = \"a\"\nlink = \"https://example.org/1\"\n\
                        expires = 2027-03-31\ninvariant = \"no-overstay\"\ntrace = \"a.trace\"\n";

    #[test]
    fn every_error_names_its_line_and_field() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.trace"), TRACE).unwrap();
        fs::write(folder.path().join("bad.trace"), "ammeter history 1\nnonsense\n").unwrap();
        let parse = |text: &str| parse(text, folder.path());
        let entries = parse(&(GOOD.to_owned() + "shapes = [\"crash\"]\n")).unwrap();
        assert_eq!((entries.len(), entries[0].known.shapes.len()), (1, 2));
        assert_eq!(parse("").map(|entries| entries.len()), Ok(0));
        for (from, to, said) in [
            ("name = \"a\"", "name = \" \"", "line 3: name: one of its own"),
            ("name = \"a\"", "nmae = \"a\"", "line 3: unknown field `nmae`"),
            ("name = \"a\"\n", "", "line 2: missing field `name`"),
            ("name = \"a\"", "name = \"a\"\nname = \"b\"", "line 4: duplicate key"),
            ("name = \"a\"", "name = 7", "line 3: invalid type: integer `7`"),
            ("https", "gopher", "line 4: link: an http or https"),
            ("2027-03-31", "\"2027-03-31\"", "line 5: "),
            ("2027-03-31", "2027-13-31", "line 5: "),
            ("2027-03-31", "2027-03-31T00:00:00Z", "line 5: expires: a day is needed"),
            ("2027-03-31", "07:00:00", "line 5: expires: a day is needed"),
            ("no-overstay", "no-understay", "line 6: invariant: one of these is needed: no-early"),
            ("a.trace", "b.trace", "line 7: trace: "),
            ("a.trace", "bad.trace", "line 7: trace: "),
            ("[[known]]", "[known", "line 2: "),
            ("# one", "[more]", "line 1: unknown field `more`"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD);
            let error = parse(&text).map(|_| ()).unwrap_err();
            assert!(error.starts_with(said) && !error.contains('\n'), "{error}");
        }
        let twice = parse(&(GOOD.to_owned() + GOOD)).map(|_| ()).unwrap_err();
        assert!(twice.starts_with("line 10: name: one of its own"), "{twice}");
    }

    #[test]
    fn a_day_is_excused_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.trace"), TRACE).unwrap();
        let entry = &parse(GOOD, folder.path()).unwrap()[0];
        let breaks = |invariant| Violation {
            invariant,
            position: 0,
            expected: String::new(),
            seen: String::new(),
        };
        let of = |breaks: Option<Violation>, count, today| {
            let sightings = Sightings { count, first: None };
            status(entry, breaks.as_ref(), &sightings, day(today))
        };
        let same = || Some(breaks(Invariant::NoOverstay));
        assert_eq!(of(same(), 0, "2027-03-31T23:59:59Z"), Status::Known);
        assert_eq!(of(same(), 0, "2027-04-01T00:00:00Z"), Status::Expired);
        assert_eq!(of(None, 1, "2027-04-01T00:00:00Z"), Status::Expired);
        assert_eq!(of(None, 0, "2027-04-01T00:00:00Z"), Status::Gone);
        assert_eq!(of(None, 1, "2026-04-01T00:00:00Z"), Status::Known);
        let other = Some(breaks(Invariant::PaidInFull));
        assert_eq!(of(other, 9, "2026-04-01T00:00:00Z"), Status::Changed);
    }
}
