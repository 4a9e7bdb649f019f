//! Many records: what they are, and the same rows over machines and over time.

use super::{Column, Table};
use crate::{
    number::{NONE, Shown, date, grouped, hash_name, plural, rate},
    record::{Any, Record, census::Verdict},
};

/// A record and the name of the file that it was read from.
#[derive(Clone, Debug)]
pub struct Named {
    /// The file's name.
    pub file: String,
    /// What was in it.
    pub record: Any,
}

/// In a few words.
fn what(record: &Any) -> String {
    match record {
        Any::Compare(record) => {
            let work = &record.workload;
            format!("backends, {}, {}", work.scheme, plural(work.threads, "thread"))
        }
        Any::Sweep(sweep) => format!("sweep over {}", sweep.workload.over.name()),
        Any::Receive(_) => "receiver".into(),
        Any::Against(record) => {
            format!("{} against {}", record.after.commit, record.before.commit)
        }
        Any::Payment(_) => "what a payment costs its receiver".into(),
        Any::Split(_) => "how to split a payment".into(),
        Any::Attack(attack) => format!(
            "attack on {}: {} in {} histories",
            attack.receiver,
            if attack.violation.is_some() { "a violation" } else { "no violation" },
            grouped(attack.histories)
        ),
        Any::Census(census) => format!(
            "census of {}: {} of {} known flaws shown, {} left over",
            census.receiver,
            census.count(Verdict::Shown),
            census.flaws.len(),
            census.left_over().count()
        ),
        Any::Specimens(of) => {
            let all = of.specimens.iter().filter(|specimen| specimen.found == of.seeds).count();
            format!("{all} of {} specimens found with every seed", of.specimens.len())
        }
    }
}

/// A row a record, with what it says of its making.
#[must_use]
pub fn records(records: &[Named]) -> Table {
    let names = ["record", "what", "machine", "began", "commit", "keep in mind"];
    let row = |Named { file, record }: &Named| {
        let of = record.envelope();
        let mut notes: Vec<&str> = Vec::new();
        if of.interrupted {
            notes.push("stopped early");
        }
        if of.build.is_some_and(|build| build.profile != "release") {
            notes.push("not a release build");
        }
        notes.extend(of.host.iter().flat_map(|host| host.warnings.iter().map(String::as_str)));
        let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.into());
        vec![
            file.clone(),
            what(record),
            or_none(of.host.map(|host| host.cpu.clone())),
            or_none(of.started.map(date)),
            or_none(of.build.map(|build| build.commit.clone())),
            notes.join("; "),
        ]
    };
    Table {
        title: "Records".into(),
        note: String::new(),
        columns: names.map(Column::words).to_vec(),
        rows: records.iter().map(row).collect(),
    }
}

/// What was derived and against what: rows of two records are beside each other only where these
/// are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) hash: String,
    pub(crate) scheme: String,
    pub(crate) pairs: u64,
    pub(crate) threads: u64,
    pub(crate) baseline: String,
}

impl Case {
    pub(crate) fn title(&self) -> String {
        format!(
            "{}, scheme {}, {} pairs a call, {}",
            hash_name(&self.hash),
            self.scheme,
            grouped(self.pairs),
            plural(self.threads, "thread")
        )
    }
}

/// The comparisons of each case, oldest first, in the order in which the cases occur.
pub(crate) fn cases(records: &[Named]) -> Vec<(Case, Vec<&Record>)> {
    let mut cases: Vec<(Case, Vec<&Record>)> = Vec::new();
    for named in records {
        let Any::Compare(record) = &named.record else { continue };
        for row in record.rows.iter().filter(|row| row.baseline) {
            let case = Case {
                hash: row.hash.clone(),
                scheme: row.scheme.clone(),
                pairs: record.workload.pairs,
                threads: record.workload.threads,
                baseline: row.backend.clone(),
            };
            match cases.iter_mut().find(|(known, _)| *known == case) {
                Some((_, of)) => of.push(record),
                None => cases.push((case, vec![record])),
            }
        }
    }
    for (_, of) in &mut cases {
        of.sort_by(|one, other| {
            one.workload.invocation.started.cmp(&other.workload.invocation.started)
        });
    }
    cases
}

/// Backends of a case, by the best ratio that any of its records has.
pub(crate) fn backends<'a>(case: &Case, of: &[&'a Record]) -> Vec<&'a str> {
    let mut best: Vec<(&str, f64)> = Vec::new();
    for row in of.iter().flat_map(|record| &record.rows).filter(|row| row.hash == case.hash) {
        let ratio =
            row.ratio_to_baseline.filter(|_| row.verified).map_or(0.0, |ratio| ratio.median);
        match best.iter_mut().find(|(name, _)| *name == row.backend) {
            Some((_, known)) => *known = known.max(ratio),
            None => best.push((&row.backend, ratio)),
        }
    }
    best.sort_by(|one, other| other.1.total_cmp(&one.1));
    best.into_iter().map(|(name, _)| name).collect()
}

/// The same rows over machines and over time: a table a case, a column a record.
#[must_use]
pub fn rankings(records: &[Named]) -> Vec<Table> {
    cases(records).iter().map(|(case, of)| ranking(case, of)).collect()
}

pub(crate) fn ranking(case: &Case, of: &[&Record]) -> Table {
    let head = |record: &&Record| {
        let (day, commit) =
            (record.workload.invocation.started.get(..10), &record.head.build.commit);
        let day = day.unwrap_or(&record.workload.invocation.started);
        Column::numbers(format!("{}, {day}, {commit}", record.head.host.cpu))
    };
    let cell = |record: &&Record, backend: &str| {
        let is_it = |row: &&crate::record::Row| row.hash == case.hash && row.backend == backend;
        let Some(row) = record.rows.iter().find(is_it) else { return NONE.into() };
        match (row.verified, &row.ratio_to_baseline, &row.pairs_per_second) {
            (false, ..) => "✗".into(),
            (true, Some(ratio), Some(speed)) => {
                let rank = row.rank.map_or_else(String::new, |rank| format!("#{rank} "));
                format!("{rank}{}, {}", Shown::of(ratio).times(), rate(speed.median, "/s"))
            }
            _ => NONE.into(),
        }
    };
    Table {
        title: case.title(),
        note: format!("Rank, speed over {}’s on the same machine, pairs a second.", case.baseline),
        columns: [Column::words("backend")].into_iter().chain(of.iter().map(head)).collect(),
        rows: backends(case, of)
            .into_iter()
            .map(|name| {
                let cells = of.iter().map(|record| cell(record, name));
                [name.to_owned()].into_iter().chain(cells).collect()
            })
            .collect(),
    }
}

/// All of it for a terminal.
#[must_use]
pub fn terminal(named: &[Named]) -> String {
    let rankings: String = rankings(named).iter().map(Table::render).collect();
    records(named).render() + &rankings
}
