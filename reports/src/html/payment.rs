//! What a payment costs its receiver, as one page.

use maud::{Markup, html};

use super::{
    drawing::{Curve, Drawing, Kind},
    drawn::Drawn,
    field::{Field, figure},
    frame::{Header, RecordPage, notices},
    sweep,
    table::part,
};
use crate::{
    number::digits,
    record::payment::{Part, Record},
    table::payment::table,
};

/// The whole document.
pub fn page(record: &Record) -> String {
    let work = &record.workload;
    RecordPage {
        title: &format!("Ammeter: a payment’s cost on {}", record.head.host.cpu),
        style: sweep::STYLE,
        head: &record.head,
        invocation: &work.invocation,
        facts: &[("Asked for", html! { (digits(work.seconds, 2)) " s" })],
        notes: &NOTES,
    }
    .render(&header(record), &sections(record, 0))
}

const NOTES: [(&str, &str); 4] = [
    (
        "What is AMP’s",
        "Parsing, bookkeeping and derivation. A receiver of single HTLCs keeps books too, so that \
         this is rather too much.",
    ),
    (
        "Differences",
        "The rest of the onion is peeling less the curve, bookkeeping is the receiver less the \
         derivation, a commit is the durable receiver less the one in memory: each of one round.",
    ),
    (
        "Time",
        "In memory: on the core, without what the scheduler gave to others. A commit waits for the \
         disk, and that counts.",
    ),
    (
        "Warm and cold",
        "Derivation is timed in a cache; what the receiver waits for memory is in the bookkeeping.",
    ),
];

fn header(record: &Record) -> Markup {
    let work = &record.workload;
    Header {
        title: "What a payment costs its receiver",
        cpu: &record.head.host.cpu,
        words: Vec::new(),
        started: Some(&work.invocation.started),
        notices: notices(&record.head.host, &record.head.build, work.interrupted, []),
    }
    .render()
}

/// Its drawing and its table; ids count from `position`.
pub(super) fn sections(record: &Record, position: usize) -> Markup {
    let drawing = figure(drawing(record, position));
    part(&format!("payment-{position}"), &table(record), &drawing)
}

/// Its drawing as a file.
pub(super) fn drawn(record: &Record) -> Vec<Drawn> {
    let drawing = drawing(record, 0);
    drawing.iter().map(|drawing| drawing.drawn("payment", &drawing.title, &[])).collect()
}

/// A curve a part of the work, those that AMP brings in colour.
fn drawing(record: &Record, position: usize) -> Option<Drawing> {
    let mut names: Vec<(&str, bool)> = Vec::new();
    for part in record.rows.iter().flat_map(|row| &row.parts) {
        if names.iter().all(|(name, _)| *name != part.name) {
            names.push((&part.name, part.is_amp));
        }
    }
    let value = |part: &Part| {
        let microseconds = part.nanoseconds.median / 1e3;
        (microseconds.is_finite() && microseconds > 0.0).then_some(microseconds)
    };
    let curve = |(name, is_amp): &(&str, bool)| Curve {
        name: (*name).to_owned(),
        kind: if *is_amp { Kind::Kernel } else { Kind::Peer },
        points: record
            .rows
            .iter()
            .map(|row| {
                let part = row.parts.iter().find(|part| part.name == *name);
                (f64::from(row.set_size), part.and_then(value))
            })
            .collect(),
    };
    Field {
        position,
        caption: "Microseconds of one HTLC by part of the work, AMP’s in colour, both logarithmic",
        x_title: "n, HTLCs of one payment",
        curves: names.iter().map(curve).collect(),
        is_logarithmic: true,
    }
    .drawing()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        Head, Invocation, Ratio, Spread,
        payment::{Row, SCHEMA, Workload},
    };

    fn record(microseconds: &[f64]) -> Record {
        let part = |(number, median): (usize, &f64)| Part {
            name: format!("part {number}"),
            is_amp: number == 1,
            nanoseconds: Spread { q1: *median, median: 1e3 * median, q3: *median },
        };
        let row = |set_size| Row {
            set_size,
            rounds: 9,
            parts: microseconds.iter().enumerate().map(part).collect(),
            amp: Ratio { median: 0.0123, low: 0.01, high: 0.02 },
            amp_durable: Ratio { median: f64::NAN, low: 0.0, high: 0.0 },
        };
        Record {
            head: Head::example(SCHEMA),
            workload: Workload {
                invocation: Invocation::example("ammeter <compare>"),
                seconds: 60.0,
                interrupted: true,
            },
            rows: [1, 4, 16].map(row).into(),
        }
    }

    #[test]
    fn a_page_has_its_parts_and_what_noise_made_negative_is_missing() {
        let page = page(&record(&[100.0, 0.5, -1.0]));
        assert_eq!((page.matches("<figure").count(), page.matches("<table").count()), (1, 1));
        assert_eq!(page.matches("class=\"line kernel\"").count(), 1);
        assert_eq!(page.matches("class=\"line peer\"").count(), 1);
        assert_eq!(page.matches("part 2 is missing here").count(), 3);
        assert!(page.contains("1.23 % [1.00, 2.00]") && page.contains("ammeter &lt;compare"));
        assert!(page.contains("stopped early") && !page.contains("NaN"));
    }

    #[test]
    fn nothing_measured_is_a_page_too() {
        let mut empty = record(&[]);
        assert!(drawn(&empty).is_empty() && page(&empty).contains("<table"));
        empty.rows.clear();
        assert!(page(&empty).contains("<table"));
    }
}
