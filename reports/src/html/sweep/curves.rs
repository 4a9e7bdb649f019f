//! What is drawn of a hash: speeds over n, or speed-ups over threads; and the key to it.

use maud::{Markup, html};

use super::{
    Over, Scale, Section,
    drawing::{Curve, Drawing, Kind, Mark, Tick},
    is_auto, is_ours, n,
};
use crate::{
    html::drawn::Drawn,
    number::Shown,
    record::sweep::{Backend, Crossover, Row},
};

/// The figure for one hash; nothing if there is nothing to draw.
pub(super) fn figure(section: &Section<'_>) -> Markup {
    html! {
        @if let Some(drawing) = drawing(section) {
            figure {
                (caption(section, &drawing))
                (drawing.render())
                (crossovers(section))
            }
        }
    }
}

/// The same as a file of its own.
pub(super) fn drawn(section: &Section<'_>) -> Option<Drawn> {
    let drawing = drawing(section)?;
    let (hash, over) = (&section.of.hash, section.over.name());
    let title = format!("{}: {}", super::hash_name(hash), words(section, &drawing));
    let notes: Vec<String> = (1..)
        .zip(&section.of.crossovers)
        .map(|(number, crossover)| {
            let times = crossover_times(crossover);
            let (at, after) = (n(crossover.children), &crossover.after);
            format!("{number}: from {at} on {after} is the fastest of ours{times}")
        })
        .collect();
    Some(drawing.drawn(&format!("{hash}-over-{over}"), &title, &notes))
}

fn drawing(section: &Section<'_>) -> Option<Drawing> {
    let curves = curves(section);
    let drawn = || curves.iter().flat_map(|curve| &curve.points);
    let values = || drawn().filter_map(|(_, y)| *y);
    values().next()?;
    let xs = || drawn().map(|(x, _)| *x);
    let is_wide = xs().fold(1.0, f64::max) > 8.0;
    let (x, y) = match section.over {
        Over::Threads if !is_wide => (Scale::linear(xs()), Scale::linear(values())),
        _ => (Scale::logarithmic(xs()), Scale::logarithmic(values())),
    };
    let marks: Vec<Mark> = (1..)
        .zip(&section.of.crossovers)
        .map(|(number, crossover)| Mark { at: crossover.children as f64, number })
        .collect();
    let (hash, baseline) = (super::hash_name(&section.of.hash), &section.of.baseline);
    let (title, x_title) = match section.over {
        Over::N => (format!("{hash}: speed over n"), "n, children of a payment"),
        Over::Threads => (format!("{hash}: speed-up over threads"), "threads"),
    };
    Some(Drawing {
        position: section.position,
        height_min: if section.over == Over::N { 400.0 } else { 260.0 },
        title,
        description: format!(
            "A line a backend, {} in all. Baseline {baseline}.",
            section.of.backends.len()
        ),
        ticks: ticks(section),
        x,
        y,
        x_title,
        curves,
        marks,
    })
}

/// A curve a backend, and the ideal.
fn curves(section: &Section<'_>) -> Vec<Curve> {
    let curve = |(position, backend): (usize, &Backend)| Curve {
        name: backend.name.clone(),
        kind: match &backend.name {
            name if is_auto(name) => Kind::Auto,
            name if is_ours(name) => Kind::Kernel,
            _ => Kind::Peer,
        },
        points: section
            .of
            .points
            .iter()
            .map(|at| {
                let row = at.rows.get(position).filter(|row| row.verified);
                (at.at(section.over) as f64, row.and_then(|row| value(section.over, row)))
            })
            .collect(),
    };
    let mut curves: Vec<Curve> = section.of.backends.iter().enumerate().map(curve).collect();
    if section.over == Over::Threads {
        let ideal = |threads: f64| (threads, Some(threads));
        let points = section.of.points.iter().map(|at| ideal(at.threads as f64)).collect();
        curves.push(Curve { name: "ideal".into(), kind: Kind::Ideal, points });
    }
    curves
}

/// Million pairs a second, or the speed-up; `None` if it has no place on a scale.
fn value(over: Over, row: &Row) -> Option<f64> {
    let value = match over {
        Over::N => row.pairs_per_second?.median / 1e6,
        Over::Threads => row.ratio_to_one_thread?.median,
    };
    (value.is_finite() && value > 0.0).then_some(value)
}

/// Powers of two, or the threads that there were.
fn ticks(section: &Section<'_>) -> Vec<Tick> {
    let places = section.of.points.iter().map(|at| at.at(section.over).max(1));
    if section.over == Over::Threads {
        let tick = |at: u64| Tick { at: at as f64, label: at.to_string(), is_minor: false };
        return places.map(tick).collect();
    }
    let last = places.max().unwrap_or(1).ilog2();
    let step = if last > 8 { 2 } else { 1 };
    (0..=last)
        .step_by(step)
        .map(|exponent| Tick {
            at: (1u64 << exponent) as f64,
            label: power_of_two(exponent),
            is_minor: !(exponent as usize).is_multiple_of(2 * step),
        })
        .collect()
}

/// `64`, `2¹⁶`.
fn power_of_two(exponent: u32) -> String {
    if exponent <= 12 {
        return (1u64 << exponent).to_string();
    }
    let raised = exponent.to_string();
    let raised = raised
        .bytes()
        .map(|digit| ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"][usize::from(digit - b'0')]);
    "2".chars().map(String::from).chain(raised.map(String::from)).collect()
}

/// What is drawn.
fn words(section: &Section<'_>, drawing: &Drawing) -> String {
    let words = match section.over {
        Over::N => "Million pairs a second over n",
        Over::Threads => "Speed over the same backend’s with one thread",
    };
    let scales = if drawing.y.is_logarithmic { ", logarithmic scales" } else { "" };
    format!("{words}{scales}")
}

/// What is drawn, and the key to it.
fn caption(section: &Section<'_>, drawing: &Drawing) -> Markup {
    let kinds = [
        (Kind::Kernel, "Ammeter’s kernels"),
        (Kind::Auto, "the engine’s own choice (auto)"),
        (Kind::Peer, "others"),
        (Kind::Ideal, "ideal"),
    ];
    let is_drawn = |kind| drawing.curves.iter().any(|curve| curve.kind == kind);
    let gone = drawing.curves.iter().flat_map(|curve| &curve.points).any(|(_, y)| y.is_none());
    html! {
        figcaption {
            (words(section, drawing)) "\n"
            ul class="keys" role="list" {
                @for (kind, text) in kinds.into_iter().filter(|(kind, _)| is_drawn(*kind)) {
                    (key(&format!("line {}", kind.class()), "M1 7h20", text))
                }
                @if !drawing.marks.is_empty() { (key("mark", "M11 0v14", "crossover of our kernels")) }
                @if gone { li { span class="gone" { "✗" } "missing" } }
            }
        }
    }
}

fn key(class: &str, path: &str, text: &str) -> Markup {
    html! {
        li {
            svg class="key" aria-hidden="true" { path class=(class) d=(path) {} }
            (text)
        }
    }
}

/// What the numbers over the plot mean.
fn crossovers(section: &Section<'_>) -> Markup {
    html! {
        @if !section.of.crossovers.is_empty() {
            ol class="crossovers" role="list" {
                @for (number, crossover) in (1..).zip(&section.of.crossovers) {
                    li {
                        span class="number" { (number) } " "
                        span {
                            "from " (n(crossover.children)) " on "
                            b { (crossover.after) } " is the fastest of ours"
                            (crossover_times(crossover))
                        }
                    }
                }
            }
        }
    }
}

/// By how much, where it is known.
fn crossover_times(crossover: &Crossover) -> String {
    let times = |ratio| format!(": {} {} there", Shown::of(ratio).times(), crossover.before);
    crossover.ratio.as_ref().map(times).unwrap_or_default()
}
