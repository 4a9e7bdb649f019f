//! The receiver's record as one page, in the dress of the others.

use maud::{Markup, html};

use super::{
    bars::{Bar, Bars},
    drawn::Drawn,
    frame::{Header, RecordPage, notice_list},
    table::part,
};
use crate::{
    number::grouped,
    record::{Ratio, receive::Record},
    table::receive::{noise, tables},
};

/// The whole document.
pub fn page(record: &Record) -> String {
    RecordPage {
        title: &format!("Ammeter: the receiver on {}", record.head.host.cpu),
        style: "",
        head: &record.head,
        invocation: &record.workload.invocation,
        facts: &[("Noise", html! { (noise(record)) })],
        notes: &[],
    }
    .render(&header(record), &sections(record, 0))
}

fn header(record: &Record) -> Markup {
    let mut notices = record.head.host.warnings.clone();
    if record.workload.interrupted {
        notices.push("the run was stopped early: rows are missing".into());
    }
    if record.workload.quick {
        notices.push("a quick run: fewer rounds, and none of the largest sizes".into());
    }
    if record.noise.in_memory.is_none() {
        notices.push("rates are means of single passes, and their noise is unknown".into());
    }
    Header {
        title: "The receiver of Atomic Multi-Path payments",
        cpu: &record.head.host.cpu,
        words: Vec::new(),
        started: Some(&record.workload.invocation.started),
        notices: notice_list(&notices),
    }
    .render()
}

/// Its three parts, each drawn and as numbers; ids count from `position`.
pub(super) fn sections(record: &Record, position: usize) -> Markup {
    let figures = figures(record, position);
    html! {
        @for (table, figure) in tables(record).iter().zip(figures) {
            (part(&format!("part-{}", figure.position), table, &figure.render()))
        }
    }
}

/// Its drawings as files.
pub(super) fn drawn(record: &Record) -> Vec<Drawn> {
    let names = ["in-memory", "durable", "held"];
    let figures = figures(record, 0);
    names.iter().zip(figures).filter_map(|(name, figure)| figure.drawn(name)).collect()
}

/// What is drawn of each part: ratios to what was measured beside it.
fn figures(record: &Record, position: usize) -> [Bars; 3] {
    let in_memory = record.in_memory.iter();
    let in_memory = in_memory
        .filter_map(|row| Some(Bar::of(format!("sets of {}", row.set_size), row.of_sixteen?)))
        .collect();
    let durable = record.durable.iter();
    let durable = durable
        .map(|row| {
            Bar::of(format!("sets of {}, batches of {}", row.set_size, row.batch), row.of_redb)
        })
        .collect();
    let held = record.held.iter();
    let held = held
        .filter_map(|row| Some(Bar::of(format!("{} held", grouped(row.held)), row.of_empty?)))
        .collect();
    let noise = record.noise;
    let parts: [(&str, Option<Ratio>, Vec<Bar>); 3] = [
        ("that of sets of 16, in memory", noise.in_memory, in_memory),
        ("that of redb alone, which puts the same records", noise.durable, durable),
        ("that of a receiver that holds nothing", noise.held, held),
    ];
    let mut position = position..;
    parts.map(|(over, noise, bars)| Bars {
        position: position.next().unwrap_or_default(),
        caption: format!("Speed over {over}"),
        kinds: ["Ammeter’s receiver", ""],
        noise,
        bars,
        others: html! {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Any;

    fn committed(name: &str) -> Record {
        let path = format!("{}/records/{name}", env!("CARGO_MANIFEST_DIR"));
        match Any::read(&std::fs::read_to_string(path).unwrap()).unwrap() {
            Any::Receive(record) => record,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_record_of_the_first_layout_says_that_its_rates_are_means() {
        let record = committed("2026-11-22-receive-epyc-zen5.json");
        let page = page(&record);
        assert!(page.contains("rates are means of single passes"));
        // Of the three parts only the one beside redb had anything beside it.
        assert_eq!(page.matches("<figure").count(), 1);
        assert_eq!(page.matches("class=\"plot\"").count(), record.durable.len());
    }

    #[test]
    fn every_part_is_drawn_with_its_noise() {
        let mut record = committed("2026-11-22-receive-epyc-zen5.json");
        let ratio = |median: f64| Some(Ratio { median, low: 0.9 * median, high: 1.1 * median });
        record.noise = crate::record::receive::Noise {
            in_memory: ratio(1.0),
            durable: ratio(1.0),
            held: ratio(1.0),
        };
        record.in_memory.iter_mut().for_each(|row| row.of_sixteen = ratio(0.5));
        record.held.iter_mut().for_each(|row| row.of_empty = ratio(0.9));
        let page = page(&record);
        assert_eq!(page.matches("<figure").count(), 3);
        assert_eq!(page.matches("noise (A/A), ").count(), 3);
        assert!(!page.contains("means of single passes"));
    }
}
