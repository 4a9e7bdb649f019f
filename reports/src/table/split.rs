//! How strategies split, as tables of text, which the terminal and the page show alike.

use std::fmt::Write as _;

use super::{BOLD, Column, DIM, Table};
use crate::{
    number::{NONE, digits, grouped, nanoseconds, percent},
    record::{
        Ratio,
        split::{Record, Row},
    },
};

/// All of a record.
#[must_use]
pub fn tables(record: &Record) -> [Table; 5] {
    [strategies(record), acknowledged(record), apart(record), slots(record), solves(record)]
}

/// What was paid, in one sentence.
#[must_use]
pub fn summary(record: &Record) -> String {
    let work = &record.workload;
    format!(
        "{} payments of {} to {} sat over {} networks ({}, {} channels each); {} were drawn, and the \
         oracle cannot pay the others",
        grouped(work.payable),
        grouped(work.amount_min_msat / 1000),
        grouped(work.amount_max_msat / 1000),
        grouped(work.seeds),
        work.network,
        grouped(work.channels),
        grouped(work.drawn),
    )
}

fn strategies(record: &Record) -> Table {
    let figures = ["attempts", "rounds", "parts"];
    let row = |row: &Row| {
        let mut cells = vec![row.strategy.clone(), part(row, "success"), times(row, "success")];
        cells.extend(figures.map(|figure| number(row.value(figure))));
        cells.extend(["fee_millionths", "htlc_seconds"].map(|figure| number(row.value(figure))));
        cells.push(times(row, "htlc_seconds"));
        cells.extend(
            ["slots", "seconds", "locked_in_vain_seconds"].map(|figure| number(row.value(figure))),
        );
        cells
    };
    Table {
        title: "Strategies".into(),
        note: format!(
            "AMP as it is. Paid: of what the oracle can pay. × {0}: the quotient to {0} on the same \
             networks and payments, with its 95 % interval; a dash if a network has none. Fees in \
             millionths. HTLC s: seconds in which a slot was taken, all hops together. Slots: the most \
             at a time. In vain: seconds for which the payment’s amount was locked on one hop by a set \
             that never completed.",
            record.workload.baseline
        ),
        columns: columns(&[
            "strategy",
            "paid",
            "× paid",
            "attempts",
            "rounds",
            "parts",
            "fee",
            "HTLC s",
            "× HTLC s",
            "slots",
            "seconds",
            "in vain s",
        ]),
        rows: record.of_group("strategies").map(row).collect(),
    }
}

fn acknowledged(record: &Record) -> Table {
    let row = |row: &Row| {
        let mut cells = vec![row.strategy.clone(), part(row, "success")];
        for figure in ["success", "seconds", "attempts", "htlc_seconds"] {
            cells.push(times(row, figure));
        }
        cells.push(number(row.value("locked_in_vain_seconds")));
        cells.push(times(row, "locked_in_vain_seconds"));
        cells
    };
    Table {
        title: "With an acknowledgement channel".into(),
        note: "The receiver tells the sender which parts have arrived, and a share whose part is \
               missing after 5 s is sent again. ×: the quotient to the same strategy without; a dash \
               if a network has none, as where nothing was locked in vain."
            .into(),
        columns: columns(&[
            "strategy",
            "paid",
            "× paid",
            "× seconds",
            "× attempts",
            "× HTLC s",
            "in vain s",
            "× in vain s",
        ]),
        rows: record.of_group("acknowledged").map(row).collect(),
    }
}

fn apart(record: &Record) -> Table {
    let with = |strategy: &str| record.of_group("strategies").find(|row| row.strategy == strategy);
    let row = |row: &Row| {
        let amp = with(&row.strategy);
        let of_amp = |figure: &str| amp.and_then(|amp| amp.value(figure));
        vec![
            row.strategy.clone(),
            amp.map_or_else(|| NONE.into(), |amp| part(amp, "success")),
            part(row, "success"),
            number(of_amp("locked_in_vain_seconds")),
            number(row.value("locked_in_vain_seconds")),
            amp.map_or_else(|| NONE.into(), |amp| part(amp, "paid_in_vain")),
            part(row, "paid_in_vain"),
        ]
    };
    Table {
        title: "With and without atomicity".into(),
        note:
            "Without AMP each part settles as it arrives. Locked: seconds for which the payment’s \
               amount was locked on one hop by sets that never completed. Settled: the part of all \
               amounts that was settled by payments that were never complete."
                .into(),
        columns: columns(&[
            "strategy",
            "paid, AMP",
            "paid, apart",
            "locked s, AMP",
            "locked s, apart",
            "settled, AMP",
            "settled, apart",
        ]),
        rows: record.of_group("apart").map(row).collect(),
    }
}

/// Slot counts of a record, most first.
pub(crate) fn slot_counts(record: &Record) -> Vec<u16> {
    let mut counts: Vec<u16> = record.of_group("slots").map(|row| row.slots_max).collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    counts.dedup();
    counts
}

fn slots(record: &Record) -> Table {
    let counts = slot_counts(record);
    let mut parts: Vec<u32> = record.of_group("slots").map(|row| row.others_parts).collect();
    parts.sort_unstable();
    parts.dedup();
    let at = |parts: u32, slots: u16| {
        record.of_group("slots").find(|row| (row.others_parts, row.slots_max) == (parts, slots))
    };
    let row = |parts: &u32| {
        let mut cells = vec![grouped(u64::from(*parts))];
        for figure in ["success", "short_of_slots"] {
            cells.extend(counts.iter().map(|slots| {
                at(*parts, *slots).map_or_else(|| NONE.into(), |row| part(row, figure))
            }));
        }
        cells
    };
    let names = ["paid", "no slot"].into_iter().flat_map(|name| {
        counts.iter().map(move |slots| Column::numbers(format!("{name}, {slots}")))
    });
    Table {
        title: "Slots".into(),
        note:
            "Everybody splits into so many equal parts, and a direction of a channel has so many \
               HTLC slots. No slot: the part of the parts that failed for lack of one."
                .into(),
        columns: [Column::numbers("parts")].into_iter().chain(names).collect(),
        rows: parts.iter().map(row).collect(),
    }
}

fn solves(record: &Record) -> Table {
    let rows = record.solves.iter().map(|solve| {
        let spread = [solve.nanoseconds.q1, solve.nanoseconds.q3].map(|ns| nanoseconds(ns as u64));
        vec![
            solve.solver.clone(),
            grouped(solve.channels),
            grouped(solve.nodes),
            nanoseconds(solve.nanoseconds.median as u64),
            spread.join(" – "),
            format!("{} of {}", solve.solutions, solve.samples),
            solve.growth.map_or_else(|| NONE.into(), |growth| format!("{growth:.2}")),
        ]
    });
    Table {
        title: "Time per solve".into(),
        note:
            "The first attempt of the same senders and receivers, 500 000 sat. Growth: e in time ~ \
               channels^e, from the smallest to the largest network."
                .into(),
        columns: columns(&["solver", "channels", "nodes", "median", "q1 – q3", "solved", "growth"]),
        rows: rows.collect(),
    }
}

/// The first column has words.
fn columns(names: &[&str]) -> Vec<Column> {
    let column = |(position, name): (usize, &&str)| match position {
        0 => Column::words(*name),
        _ => Column::numbers(*name),
    };
    names.iter().enumerate().map(column).collect()
}

fn number(ratio: Option<Ratio>) -> String {
    ratio.map_or_else(|| NONE.into(), |ratio| digits(ratio.median, 3))
}

fn part(row: &Row, figure: &str) -> String {
    row.value(figure).map_or_else(|| NONE.into(), |ratio| percent(ratio.median))
}

/// A quotient with its interval; of a baseline it is 1 and says nothing.
fn times(row: &Row, figure: &str) -> String {
    match row.quotient(figure) {
        _ if row.baseline => "1 (baseline)".into(),
        None => NONE.into(),
        Some(Ratio { median, low, high }) => format!("{median:.2} [{low:.2}, {high:.2}]"),
    }
}

/// For a terminal.
#[must_use]
pub fn terminal(record: &Record) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n{}\n", record.head.host.cpu, summary(record));
    for table in tables(record) {
        text += &table.render();
    }
    for warning in &record.head.host.warnings {
        let _ = writeln!(text, "{DIM}note: {warning}{DIM:#}");
    }
    text
}
