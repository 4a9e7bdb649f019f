//! One or many records as one page.
//!
//! ```text
//! records     where each was made, when, by which commit, and what to keep in mind
//! changes     against a baseline, where one was given
//! a case      the same rows over machines and over time: drawn over time, and as a table
//! a record    what its own page shows: rankings, sweeps, the receiver
//! ```

use maud::{Markup, html};

use super::{
    against, census,
    drawing::{Curve, Drawing, Kind, Tick},
    frame::{Header, document, section},
    payment, ranking, receive,
    scale::Scale,
    split, sweep, table,
};
use crate::{
    gate::{Change, lines},
    number::plural,
    record::{Any, Record, is_ours},
    table::report::{Case, Named, backends, cases, ranking as table_of, records},
};

/// Ids of a record's own sections count from here times its number.
const IDS: usize = 100;

/// The whole document; `changes` with the part by which a figure may become slower.
pub fn page(named: &[Named], changes: Option<(&[Change], f64)>) -> String {
    let body = html! {
        (header(named))
        (table::part("records", &records(named), &html! {}))
        @if let Some((changes, allowed)) = changes {
            (table::part("changes", &lines(changes, allowed), &html! {}))
        }
        @for (number, (case, of)) in cases(named).iter().enumerate() {
            (table::part(&format!("case-{number}"), &table_of(case, of), &over_time(number, case, of)))
        }
        @for (number, each) in named.iter().enumerate() { (of_record(number, each)) }
    };
    document("Ammeter: many records", sweep::STYLE, &body)
}

fn header(named: &[Named]) -> Markup {
    let mut machines: Vec<&str> = Vec::new();
    for host in named.iter().filter_map(|named| named.record.envelope().host) {
        if !machines.contains(&host.cpu.as_str()) {
            machines.push(&host.cpu);
        }
    }
    Header {
        title: "Ammeter over machines and over time",
        cpu: &machines.join(", "),
        words: vec![plural(named.len() as u64, "record"), plural(machines.len() as u64, "machine")],
        started: None,
        notices: html! {},
    }
    .render()
}

/// Where a machine has several comparisons of a case: its rows over time.
fn over_time(number: usize, case: &Case, of: &[&Record]) -> Markup {
    let mut machines: Vec<&str> = of.iter().map(|record| record.head.host.cpu.as_str()).collect();
    machines.sort_unstable();
    machines.dedup();
    let runs =
        |cpu: &str| of.iter().copied().filter(|r| r.head.host.cpu == cpu).collect::<Vec<_>>();
    html! {
        @for (position, cpu) in machines.iter().enumerate() {
            @let runs = runs(cpu);
            @if let Some(drawing) = drawing(IDS * IDS * (1 + number) + position, case, cpu, &runs) {
                figure {
                    figcaption { "Speed over " (case.baseline) "’s over time, " (cpu) }
                    (drawing.render())
                }
            }
        }
    }
}

fn drawing(position: usize, case: &Case, cpu: &str, runs: &[&Record]) -> Option<Drawing> {
    let value = |record: &Record, backend: &str| {
        let of = |row: &&crate::record::Row| row.hash == case.hash && row.backend == backend;
        let row = record.rows.iter().find(of).filter(|row| row.verified)?;
        let median = row.ratio_to_baseline?.median;
        (median.is_finite() && median > 0.0).then_some(median)
    };
    let curve = |backend: &str| Curve {
        name: backend.into(),
        kind: if is_ours(backend) { Kind::Kernel } else { Kind::Peer },
        points: (1..).zip(runs).map(|(run, of)| (f64::from(run), value(of, backend))).collect(),
    };
    let curves: Vec<Curve> = backends(case, runs).into_iter().map(curve).collect();
    let values = || curves.iter().flat_map(|curve| &curve.points).filter_map(|(_, y)| *y);
    if runs.len() < 2 || values().next().is_none() {
        return None;
    }
    let tick = |(run, record): (u32, &&Record)| Tick {
        at: f64::from(run),
        label: record.workload.invocation.started.get(..10).unwrap_or("").to_owned(),
        is_minor: false,
    };
    Some(Drawing {
        position,
        height_min: 260.0,
        title: format!("{} over time", case.title()),
        description: format!("A line a backend over {} runs on {cpu}.", runs.len()),
        x: Scale::linear((1..=runs.len()).map(|run| run as f64)),
        y: Scale::over(values()),
        ticks: (1..).zip(runs).map(tick).collect(),
        x_title: "runs, oldest first",
        curves,
        marks: Vec::new(),
    })
}

/// What a record's own page shows, under its file's name.
fn of_record(number: usize, Named { file, record }: &Named) -> Markup {
    let position = IDS * (1 + number);
    let shown = match record {
        Any::Compare(record) => ranking::sections(record, position),
        Any::Sweep(sweep) => sweep::sections(sweep, position),
        Any::Receive(record) => receive::sections(record, position),
        Any::Census(record) => census::sections(record, position),
        Any::Against(record) => against::sections(record, position),
        Any::Payment(record) => payment::sections(record, position),
        Any::Split(record) => split::sections(record, position),
        // Their row among the records says what there is to say.
        Any::Attack(_) | Any::Specimens(_) => return html! {},
    };
    let envelope = record.envelope();
    let made = html! {
        @if let Some(command) = envelope.command { pre { code { (command) } } }
    };
    html! {
        (section(&format!("record-{number}"), file, &made))
        (shown)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::frame::check, *};
    use crate::gate::{changes, figures};

    fn committed() -> Vec<Named> {
        let folder = format!("{}/records", env!("CARGO_MANIFEST_DIR"));
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: &std::path::PathBuf| Named {
            file: path.file_name().unwrap().to_str().unwrap().into(),
            record: Any::read(&std::fs::read_to_string(path).unwrap()).unwrap(),
        };
        paths.iter().map(read).collect()
    }

    #[test]
    fn every_record_is_on_the_page_once() {
        let named = committed();
        let page = page(&named, None);
        for Named { file, .. } in &named {
            assert!(page.contains(file.as_str()), "{file}");
        }
        check(&page);
    }

    #[test]
    fn the_same_machine_twice_is_drawn_over_time() {
        let named = committed();
        let comparisons: Vec<Named> = named
            .into_iter()
            .filter(|named| matches!(named.record, Any::Compare(_)))
            .take(1)
            .collect();
        assert!(!page(&comparisons, None).contains("over time, "));
        let mut twice = [comparisons.clone(), comparisons].concat();
        if let Any::Compare(record) = &mut twice[1].record {
            record.workload.invocation.started = "2026-12-01T00:00:00Z".into();
        }
        let old = figures(&twice[0].record);
        let changes = changes(&old, &figures(&twice[1].record), 0.03);
        assert!(!changes.is_empty() && changes.iter().all(|change| change.change.is_some()));
        let page = page(&twice, Some((&changes, 0.03)));
        assert!(page.contains("’s over time, ") && page.contains("2026-12-01"));
        assert!(page.contains("0 regressed by more than 3.0 %"));
    }
}
