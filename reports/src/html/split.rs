//! How strategies split, as one page.
//!
//! ```text
//! a table each   strategies and acknowledgements as bars; slots and times as curves
//! ```

use maud::{Markup, html};

use super::{
    bars::{Bar, Bars},
    drawing::{Curve, Drawing, Kind},
    drawn::Drawn,
    field::{Field, figure},
    frame::{Header, RecordPage, notice_list},
    sweep,
    table::part,
};
use crate::{
    record::split::{Record, Row, Solve},
    table::split::{slot_counts, summary, tables},
};

/// The whole document.
pub fn page(record: &Record) -> String {
    RecordPage {
        title: "Ammeter: how to split a payment",
        style: sweep::STYLE,
        head: &record.head,
        invocation: &record.workload.invocation,
        facts: &[("Paid", html! { (summary(record)) })],
        notes: &NOTES,
    }
    .render(&header(record), &sections(record, 0))
}

const NOTES: [(&str, &str); 4] = [
    ("median", "Over seeds: a seed has a network, a load and payments, which all rows share."),
    ("interval", "95 %, by a bootstrap over seeds. One that holds 1 shows no difference."),
    (
        "oracle",
        "Maximum flow over true balances at the time of each attempt. It ignores slots, fees and \
         length, so that it may fail too.",
    ),
    (
        "synthetic",
        "Generated networks have no geography, no habits and no liquidity management; what follows \
         from those cannot be seen here.",
    ),
];

fn header(record: &Record) -> Markup {
    let work = &record.workload;
    let mut notices = record.head.host.warnings.clone();
    if work.interrupted {
        notices.push("the run was stopped early: seeds are missing".into());
    }
    if work.quick {
        notices.push("a quick run: few seeds, and wide intervals".into());
    }
    if work.network == "generated" {
        notices.push("the networks are synthetic: see below what cannot be concluded".into());
    }
    Header {
        title: "How to split a payment",
        cpu: &record.head.host.cpu,
        words: vec![summary(record)],
        started: Some(&work.invocation.started),
        notices: notice_list(&notices),
    }
    .render()
}

/// Five tables, four of them drawn; ids count from `position`.
pub(super) fn sections(record: &Record, position: usize) -> Markup {
    let [strategies, acknowledged] = bars(record, position).map(|bars| bars.render());
    let [slots, solves] = [slots(record, position + 3), solves(record, position + 4)].map(figure);
    let drawings = [strategies, acknowledged, html! {}, slots, solves];
    html! {
        @for (number, (table, drawing)) in tables(record).iter().zip(&drawings).enumerate() {
            (part(&format!("split-{}", position + number), table, drawing))
        }
    }
}

/// Its drawings as files.
pub(super) fn drawn(record: &Record) -> Vec<Drawn> {
    let [strategies, acknowledged] = bars(record, 0);
    let alone = |name: &str, drawing: Option<Drawing>| {
        drawing.map(|drawing| drawing.drawn(name, &drawing.title, &[]))
    };
    let drawn = [
        strategies.drawn("strategies"),
        acknowledged.drawn("acknowledgement"),
        alone("slots", slots(record, 0)),
        alone("solve", solves(record, 0)),
    ];
    drawn.into_iter().flatten().collect()
}

fn bars(record: &Record, position: usize) -> [Bars; 2] {
    let questions = [
        ("strategies", "success", "Paid, over what halving paid"),
        ("acknowledged", "htlc_seconds", "HTLC-seconds with acknowledgements, over those without"),
    ];
    [0, 1].map(|number| {
        let (group, figure, caption) = questions[number];
        let bar = |row: &Row| {
            let bar = Bar::of(row.strategy.clone(), row.quotient(figure)?);
            Some(Bar { is_ours: has_flow(row), ..bar })
        };
        Bars {
            position: position + number,
            caption: caption.into(),
            kinds: ["solves a flow", "sends and sees"],
            noise: None,
            bars: record.of_group(group).filter_map(bar).collect(),
            others: html! {},
        }
    })
}

fn has_flow(row: &Row) -> bool {
    ["min-cost", "push-relabel", "oracle"].iter().any(|name| row.strategy.starts_with(name))
}

/// What is paid over the parts into which everybody splits, a curve a slot count.
fn slots(record: &Record, position: usize) -> Option<Drawing> {
    let curve = |slots: u16, figure: &str, kind| {
        let rows = record.of_group("slots").filter(move |row| row.slots_max == slots);
        let value = |row: &Row| row.value(figure).map(|ratio| ratio.median);
        let points = rows.map(|row| (f64::from(row.others_parts), value(row)));
        let name = match kind {
            Kind::Peer => format!("no slot, {slots}"),
            _ => format!("paid, {slots}"),
        };
        Curve { name, kind, points: points.collect() }
    };
    let counts = slot_counts(record);
    let paid = counts.iter().map(|slots| curve(*slots, "success", Kind::Kernel));
    let short = counts.iter().map(|slots| curve(*slots, "short_of_slots", Kind::Peer));
    Field {
        position,
        caption: "What is paid, and what finds no slot, over the parts into which everybody splits",
        x_title: "parts",
        curves: paid.chain(short).collect(),
        is_logarithmic: false,
    }
    .drawing()
}

fn solves(record: &Record, position: usize) -> Option<Drawing> {
    let mut names: Vec<&str> = record.solves.iter().map(|solve| solve.solver.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let point = |solve: &Solve| {
        let milliseconds = solve.nanoseconds.median / 1e6;
        (solve.channels as f64, (milliseconds > 0.0).then_some(milliseconds))
    };
    let curve = |name: &&str| Curve {
        name: (*name).to_owned(),
        kind: if *name == "push-relabel" { Kind::Kernel } else { Kind::Peer },
        points: record.solves.iter().filter(|solve| solve.solver == *name).map(point).collect(),
    };
    Field {
        position,
        caption: "Milliseconds of one solve over channels, both logarithmic",
        x_title: "channels",
        curves: names.iter().map(curve).collect(),
        is_logarithmic: true,
    }
    .drawing()
}

#[cfg(test)]
mod tests {
    use ammeter_bench::split::{
        experiment::{Settings, run},
        solve::times,
    };

    use super::*;
    use crate::record::{
        Head, Invocation,
        split::{SCHEMA, Workload, rows, solves},
    };

    fn record(seeds: usize) -> Record {
        let settings = Settings { channels: 100, snapshot: None, seeds, payments: 2, seed: 1 };
        let found = run(settings, &|| true, &|_| ());
        Record {
            head: Head::example(SCHEMA),
            workload: Workload {
                invocation: Invocation::example("ammeter <compare>"),
                quick: false,
                interrupted: false,
                network: "generated".into(),
                channels: 100,
                seeds: found.seeds as u64,
                drawn: found.drawn as u64,
                payable: found.payable as u64,
                amount_min_msat: 1,
                amount_max_msat: 2,
                baseline: "halving".into(),
            },
            rows: rows(&found),
            solves: solves(&[times(50, 2, 1), times(100, 2, 1)].concat()),
        }
    }

    #[test]
    fn a_page_has_its_five_tables_and_four_drawings() {
        let record = record(2);
        let page = page(&record);
        assert_eq!(page.matches("<figure").count(), 4);
        assert_eq!(page.matches("<table").count(), 5);
        assert!(
            page.contains("the networks are synthetic") && page.contains("ammeter &lt;compare")
        );
        for word in ["http://", "https://", "src=", "url(", "@import", "<link", "<script", "NaN"] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn a_record_without_seeds_is_a_page_too() {
        let mut record = record(0);
        record.solves.clear();
        let page = page(&record);
        assert_eq!(page.matches("<figure").count(), 0);
        assert_eq!(page.matches("<table").count(), 5);
    }
}
