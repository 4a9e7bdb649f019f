//! The tables of specimens as one page, with the survival curves.

use std::fmt::Write as _;

use ammeter_fuzz::specimens::detect::Part;
use maud::{Markup, html};

use super::{
    frame::{Header, document, section},
    labels::apart,
    table::rows as table_of,
};
use crate::{
    number::grouped,
    record::specimens::{ABLATION_SEEDS, Row, ablation_histories},
    table::specimens::specimens,
};

/// The drawing, in pixels; a decade of histories each.
const WIDTH: f64 = 660.0;
const HEIGHT: f64 = 280.0;
const DECADES: f64 = 5.0;
/// Between the lines on which labels stand.
const LABEL_GAP: f64 = 17.0;

/// The whole page of a run with so many seeds of each, and so many histories at most.
pub fn page(rows: &[Row], seeds: u64, histories: u64) -> String {
    let title = format!("{} known-bad receivers, each looked for with {seeds} seeds", rows.len());
    let drawn = html! {
        (curves(rows, seeds))
        p {
            "All seeds of all specimens. With a part of the harness switched off: "
            (seeds.min(ABLATION_SEEDS)) " seeds, " (grouped(ablation_histories(histories)))
            " histories at most."
        }
    };
    let body = html! {
        (Header { title: &title, cpu: "", words: vec![], started: None, notices: html! {} }.render())
        (section("curves", "Not found yet, by histories", &drawn))
        (section("specimens", "Specimens", &table_of("specimens", &specimens(rows, seeds))))
    };
    document("Ammeter: how soon specimens are found", "", &body)
}

/// How many of all tries have not found their specimen after so many histories.
fn curves(rows: &[Row], seeds: u64) -> Markup {
    let ablation_seeds = seeds.min(ABLATION_SEEDS);
    let count = rows.len() as u64;
    let whole: Vec<u64> = rows.iter().flat_map(Row::histories).collect();
    let mut all = vec![Curve::new("whole".to_owned(), whole, count * seeds)];
    for (position, part) in Part::ALL.iter().enumerate() {
        let found = rows.iter().flat_map(|row| row.without[position].iter().copied()).collect();
        all.push(Curve::new(format!("without {}", part.name()), found, count * ablation_seeds));
    }
    // Many curves end near the bottom.
    let ends: Vec<f64> = all.iter().map(|curve| curve.end).collect();
    let labels = apart(&ends, LABEL_GAP, 10.0, HEIGHT);
    html! {
        svg viewBox=(format_args!("0 0 {} {}", WIDTH + 210.0, HEIGHT + 30.0)) role="img"
            aria-label="survival curves" style="width:100%;height:auto" fill="none" font-size="12"
        {
            @for decade in 0..=DECADES as u32 {
                @let x = format!("{:.1}", f64::from(decade) / DECADES * WIDTH);
                path d={ "M" (x) " 0V" (format_args!("{HEIGHT}")) } stroke="var(--rule)" {}
                text x=(x) y=(format_args!("{}", HEIGHT + 18.0)) fill="var(--quiet)" {
                    (grouped(10u64.pow(decade)))
                }
            }
            @for (position, (curve, label)) in all.iter().zip(labels).enumerate() {
                (curve.drawn(position, label))
            }
        }
    }
}

/// A step down for each specimen that is found.
struct Curve {
    name: String,
    path: String,
    /// How many are not found.
    left: f64,
    /// Where it ends, from the top.
    end: f64,
}

impl Curve {
    fn new(name: String, mut found: Vec<u64>, tries: u64) -> Self {
        found.sort_unstable();
        let tries = tries.max(1) as f64;
        let mut path = "M0 0".to_owned();
        let mut left = tries;
        for histories in found {
            let x = (histories as f64).log10() / DECADES * WIDTH;
            left -= 1.0;
            let _ = write!(path, "H{:.1}V{:.1}", x.min(WIDTH), (1.0 - left / tries) * HEIGHT);
        }
        Self { name, path, left, end: (1.0 - left / tries) * HEIGHT }
    }

    fn drawn(&self, position: usize, label: f64) -> Markup {
        let Self { name, path, left, .. } = self;
        let dashes = position * 2;
        html! {
            path d={ (path) "H" (format_args!("{WIDTH}")) }
                stroke=(if position == 0 { "var(--ours)" } else { "var(--peer)" }) stroke-width="2"
                stroke-dasharray={ (dashes) " " (dashes) } {}
            text x=(format_args!("{}", WIDTH + 6.0)) y=(format_args!("{:.1}", label - 2.0))
                fill="var(--ink)"
            {
                (name) " (" (format_args!("{left:.0}")) " left)"
            }
        }
    }
}
