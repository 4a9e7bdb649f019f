//! Changes for a terminal, a pull request and a CI system.

use std::fmt::Write as _;

use maud::html;

use super::{Change, Verdict};
use crate::{
    number::{change, is_printable},
    table::{Column, Table},
};

/// `-4.1 % [-5.0, -3.2]`.
fn shown(of: &Change) -> String {
    of.change.as_ref().map_or_else(|| "–".into(), change)
}

fn word(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Regressed(why) => ("regressed", why),
        Verdict::Fine => ("fine", ""),
        Verdict::Unknown(why) => ("cannot tell", why),
    }
}

/// In one sentence.
fn sentence(changes: &[Change], allowed: f64) -> String {
    let count = |is: &dyn Fn(&Verdict) -> bool| changes.iter().filter(|c| is(&c.verdict)).count();
    format!(
        "{} regressed by more than {:.1} %, {} did not, {} cannot be told from these two runs",
        count(&Verdict::is_regression),
        100.0 * allowed,
        count(&|verdict| *verdict == Verdict::Fine),
        count(&|verdict| matches!(verdict, Verdict::Unknown(_))),
    )
}

/// As a table; regressions first, then what cannot be told.
#[must_use]
pub fn lines(changes: &[Change], allowed: f64) -> Table {
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort_by_key(|change| match change.verdict {
        Verdict::Regressed(_) => 0,
        Verdict::Unknown(_) => 1,
        Verdict::Fine => 2,
    });
    let row = |change: &&Change| {
        let (verdict, why) = word(&change.verdict);
        vec![verdict.into(), change.figure.clone(), shown(change), why.into()]
    };
    Table {
        title: "Against the baseline".into(),
        note: format!("{}.", sentence(changes, allowed)),
        columns: ["verdict", "figure", "change", "because"].map(Column::words).to_vec(),
        rows: sorted.iter().map(row).collect(),
    }
}

/// For a pull request's comment; what is fine is folded away.
#[must_use]
pub fn markdown(changes: &[Change], allowed: f64) -> String {
    let mut text = format!("**Ammeter**: {}.\n", sentence(changes, allowed));
    let Table { columns, rows, .. } = lines(changes, allowed);
    let (fine, seen): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row[0] == "fine");
    let table = |rows: &[Vec<String>]| {
        let line = |cells: &[String]| {
            let cells = cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>();
            format!("| {} |\n", cells.join(" | "))
        };
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let head = format!("\n{}|{}\n", line(&names), " --- |".repeat(columns.len()));
        rows.iter().fold(head, |table, row| table + &line(row))
    };
    if !seen.is_empty() {
        text += &table(&seen);
    }
    if !fine.is_empty() {
        let _ = write!(
            text,
            "\n<details><summary>{} are fine</summary>\n{}\n</details>\n",
            fine.len(),
            table(&fine)
        );
    }
    text
}

/// Text that stays in its cell and is no markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' => {
                escaped.extend(['\\', character]);
            }
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// For a CI system: a test case a figure, what cannot be told skipped.
#[must_use]
pub fn junit(changes: &[Change]) -> String {
    let is = |wanted: fn(&Verdict) -> bool| changes.iter().filter(|c| wanted(&c.verdict)).count();
    let suite = html! {
        testsuite
            name="ammeter"
            tests=(changes.len())
            failures=(is(Verdict::is_regression))
            skipped=(is(|verdict| matches!(verdict, Verdict::Unknown(_))))
        {
            @for change in changes {
                "\n"
                testcase classname="ammeter" name=(change.figure) {
                    @match &change.verdict {
                        Verdict::Regressed(why) => failure message=(why) { (shown(change)) },
                        Verdict::Unknown(why) => skipped message=(why) {},
                        Verdict::Fine => {},
                    }
                }
            }
            "\n"
        }
    };
    let text: String = suite.into_string().chars().filter(|c| is_printable(*c)).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n")
}
