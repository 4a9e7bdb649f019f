//! The tables of a census.

use super::{Column, Table};
use crate::{
    number::{NONE, grouped},
    record::census::{Census, Finding, Flaw, Verdict},
};

/// The flaws that came to light, or met another one.
pub(crate) fn flaws(census: &Census) -> Table {
    let names = ["flaw", "verdict", "breaks", "class", "what is wrong", "what it did"];
    let row = |flaw: &Flaw| {
        vec![
            flaw.name.clone(),
            flaw.verdict.word().into(),
            flaw.breaks.clone(),
            flaw.class.clone(),
            flaw.story.clone(),
            flaw.seen.clone().unwrap_or_else(|| NONE.into()),
        ]
    };
    let is_one = |flaw: &&Flaw| matches!(flaw.verdict, Verdict::Shown | Verdict::Other);
    Table {
        title: "Flaws that it shows".into(),
        note: format!(
            "{} of {} known flaws shown.",
            census.count(Verdict::Shown),
            census.flaws.len()
        ),
        columns: names.map(Column::words).into(),
        rows: census.flaws.iter().filter(is_one).map(row).collect(),
    }
}

/// How many flaws of each class have which verdict.
pub(crate) fn classes(census: &Census) -> Table {
    let mut classes: Vec<&str> = census.flaws.iter().map(|flaw| flaw.class.as_str()).collect();
    classes.dedup();
    classes.sort_unstable();
    classes.dedup();
    let row = |class: &&str| {
        let of = |verdict| {
            let is_one = |flaw: &&Flaw| flaw.class == *class && flaw.verdict == verdict;
            census.flaws.iter().filter(is_one).count().to_string()
        };
        [(*class).to_owned()].into_iter().chain(Verdict::ALL.map(of)).collect()
    };
    let numbers = Verdict::ALL.map(|verdict| Column::numbers(verdict.word()));
    Table {
        title: "Every known flaw, by class".into(),
        note: String::new(),
        columns: [Column::words("class")].into_iter().chain(numbers).collect(),
        rows: classes.iter().map(row).collect(),
    }
}

/// Random histories that failed.
pub(crate) fn findings(census: &Census) -> Table {
    let words = ["breaks", "what it did", "explained by", "excused by the rule"].map(Column::words);
    let list = |names: &[String]| match names {
        [] => NONE.to_owned(),
        names => names.join(", "),
    };
    let row = |finding: &Finding| {
        vec![
            finding.seed.to_string(),
            finding.invariant.clone(),
            finding.seen.clone(),
            list(&finding.explained_by),
            list(&finding.excused_by),
        ]
    };
    Table {
        title: "Random histories that failed".into(),
        note: format!(
            "{} random histories, {} failed, {} of those left over: no flaw explains them, no rule \
             excuses them.",
            grouped(census.histories),
            grouped(census.findings.len() as u64),
            census.left_over().count(),
        ),
        columns: [Column::numbers("seed")].into_iter().chain(words).collect(),
        rows: census.findings.iter().map(row).collect(),
    }
}
