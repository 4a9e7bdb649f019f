//! The tables of specimens as one page, with the survival curves.

use std::fmt::Write as _;

use ammeter_fuzz::sim::detect::Part;

use crate::{
    html::{self, Text},
    record::specimens::{ABLATION_HISTORIES, ABLATION_SEEDS, Row, percentile},
};

/// The drawing, in pixels; a decade of histories each.
const WIDTH: f64 = 660.0;
const HEIGHT: f64 = 280.0;
const DECADES: f64 = 5.0;

/// Words are read from the left; numbers are not.
const LEFT: &str = "style=\"text-align:left;white-space:normal\"";

/// The whole page.
pub fn page(rows: &[Row], seeds: u64) -> String {
    let body = format!(
        "<header><p class=\"brand\">Ammeter</p><h1>{} known-bad receivers, each looked for with {seeds} \
         seeds</h1></header>\n<section><h2>Not found yet, by histories</h2>\n{}<p>All seeds of all \
         specimens. With a part of the harness switched off: {} seeds, {} histories at \
         most.</p></section>\n<section><h2>Specimens</h2>\n{}</section>\n",
        rows.len(),
        curves(rows, seeds),
        seeds.min(ABLATION_SEEDS),
        html::grouped(ABLATION_HISTORIES),
        table(rows, seeds),
    );
    html::document("Ammeter: how soon specimens are found", "", &body)
}

/// How many of all tries have not found their specimen after so many histories.
fn curves(rows: &[Row], seeds: u64) -> String {
    let ablation_seeds = seeds.min(ABLATION_SEEDS);
    let whole: Vec<u64> = rows.iter().flat_map(Row::histories).collect();
    let mut all = vec![("whole".to_owned(), whole, rows.len() as u64 * seeds)];
    for (position, part) in Part::ALL.iter().enumerate() {
        let found = rows.iter().flat_map(|row| row.without[position].iter().copied()).collect();
        all.push((format!("without {}", part.name()), found, rows.len() as u64 * ablation_seeds));
    }
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"survival curves\" \
         style=\"width:100%;height:auto\" fill=\"none\" font-size=\"12\">\n",
        WIDTH + 210.0,
        HEIGHT + 30.0
    );
    for decade in 0..=DECADES as u32 {
        let x = f64::from(decade) / DECADES * WIDTH;
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} 0V{HEIGHT}\" stroke=\"var(--rule)\"/><text x=\"{x:.1}\" y=\"{}\" \
             fill=\"var(--quiet)\">{}</text>",
            HEIGHT + 18.0,
            html::grouped(10u64.pow(decade))
        );
    }
    for (position, (name, found, tries)) in all.into_iter().enumerate() {
        curve(&mut svg, position, &name, found, tries);
    }
    svg + "</svg>\n"
}

/// One curve, a step down for each specimen that is found.
fn curve(svg: &mut String, position: usize, name: &str, mut found: Vec<u64>, tries: u64) {
    found.sort_unstable();
    let tries = tries.max(1) as f64;
    let mut path = "M0 0".to_owned();
    let mut left = tries;
    for histories in found {
        let x = (histories as f64).log10() / DECADES * WIDTH;
        left -= 1.0;
        let _ = write!(path, "H{:.1}V{:.1}", x.min(WIDTH), (1.0 - left / tries) * HEIGHT);
    }
    let end = (1.0 - left / tries) * HEIGHT;
    let colour = if position == 0 { "var(--ours)" } else { "var(--peer)" };
    let dashes = position * 2;
    let _ = writeln!(
        svg,
        "<path d=\"{path}H{WIDTH}\" stroke=\"{colour}\" stroke-width=\"2\" \
         stroke-dasharray=\"{dashes} {dashes}\"/><text x=\"{}\" y=\"{:.1}\" fill=\"var(--ink)\">{} \
         ({left:.0} left)</text>",
        WIDTH + 6.0,
        end.clamp(10.0, HEIGHT) - 2.0,
        Text(name)
    );
}

fn table(rows: &[Row], seeds: u64) -> String {
    let mut table =
        "<table><thead><tr><th>specimen<th>breaks<th>found<th>median histories<th>90 % \
                     <th>median s<th>needs<th>story</tr></thead><tbody>\n"
            .to_owned();
    for row in rows {
        let (histories, times) = (row.histories(), row.seconds());
        let _ = writeln!(
            table,
            "<tr><td {LEFT}>{}<td {LEFT}>{}<td>{} of {seeds}<td>{}<td>{}<td>{:.3}<td {LEFT}>{}\
             <td {LEFT}>{}</tr>",
            Text(row.flaw.name()),
            row.flaw.breaks(),
            histories.len(),
            html::grouped(percentile(&histories, 50)),
            html::grouped(percentile(&histories, 90)),
            percentile(&times, 50),
            Text(&row.needs(seeds).join(", ")),
            Text(row.flaw.story()),
        );
    }
    table + "</tbody></table>\n"
}
