//! Curves as a drawing that fits a phone and a desk without script.
//!
//! Text keeps its size: only the plot stretches. It is as wide as there is room, measures x in per
//! cent and y in pixels, and the lines are in a picture of 100 × 100 that is stretched with it
//! while their strokes are not.

use maud::{Markup, html};

use super::{
    drawn::{Drawn, INNER, LINE, place},
    labels::apart,
    scale::Scale,
};
use crate::{number::digits, record::is_ours};

/// Pixels from one label to the next.
const LABEL_GAP: f64 = 15.0;
/// Marks closer than this, in per cent of the width, take another line.
const MARK_GAP: f64 = 9.0;
/// Pixels of a line of marks.
const MARK_HEIGHT: f64 = 20.0;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A broad band under the others: it follows one of them most of the way.
    Auto,
    Ideal,
    Peer,
    Kernel,
}

impl Kind {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ideal => "ideal",
            Self::Peer => "peer",
            Self::Kernel => "kernel",
        }
    }
}

/// A line.
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// x, and y where it is known.
    pub(super) points: Vec<(f64, Option<f64>)>,
}

impl Curve {
    fn last(&self) -> Option<f64> {
        self.points.iter().rev().find_map(|(_, y)| *y)
    }
}

/// A tick of the x axis.
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
    /// Left out where there is little room.
    pub(super) is_minor: bool,
}

/// A numbered line across the plot.
pub(super) struct Mark {
    pub(super) at: f64,
    pub(super) number: usize,
}

/// The whole drawing.
pub(super) struct Drawing {
    /// For ids.
    pub(super) position: usize,
    /// Pixels that the plot is high at least.
    pub(super) height_min: f64,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) ticks: Vec<Tick>,
    pub(super) x_title: &'static str,
    pub(super) curves: Vec<Curve>,
    pub(super) marks: Vec<Mark>,
}

impl Drawing {
    /// The plot with its marks above, its axes beside and below, and a name at each line's end.
    pub(super) fn render(&self) -> Markup {
        html! {
            div class="curves" {
                (self.marks())
                (self.values())
                (self.plot())
                (self.names())
                (self.ticks())
                p class="x-title" { (self.x_title) }
            }
        }
    }

    /// As a file of its own, with what else there is to say below it.
    pub(super) fn drawn(&self, name: &str, title: &str, notes: &[String]) -> Drawn {
        let (x, names) = (48.0, 140.0);
        let width = INNER - x - names;
        let (top, height) = (self.marks_height(), self.height());
        let bottom = top + height;
        let below = bottom + 2.0 * LINE;
        let content = html! {
            g class="curves" {
                (place([x, 0.0], [width, top], &self.marks()))
                (place([0.0, top], [x, height], &self.values()))
                (place([x, top], [width, height], &self.plot()))
                line class="base" x1=(x) x2=(x + width) y1=(bottom) y2=(bottom) {}
                (place([x + width, top], [names, height], &self.names()))
                (place([x, bottom], [width, LINE], &self.ticks()))
                text class="middle" x=(x + width / 2.0) y=(bottom + LINE + 16.0) { (self.x_title) }
            }
            @for (number, note) in (1..).zip(notes) {
                text x=(x) y=(below + LINE * f64::from(number)) { (note) }
            }
        };
        Drawn {
            name: name.into(),
            title: title.into(),
            description: self.said(notes),
            height: below + LINE * notes.len() as f64,
            content,
        }
    }

    /// Where each line begins and ends, for those who do not see it.
    fn said(&self, notes: &[String]) -> String {
        let mut said = self.description.clone();
        for curve in &self.curves {
            let mut known = curve.points.iter().filter_map(|(x, y)| Some((*x, (*y)?)));
            let Some((x, y)) = known.next() else { continue };
            said += &format!(" {}: {} at {}", curve.name, digits(y, 3), digits(x, 1));
            if let Some((x, y)) = known.next_back() {
                said += &format!(", {} at {}", digits(y, 3), digits(x, 1));
            }
            said += ".";
        }
        notes.iter().fold(said, |said, note| format!("{said} {note}."))
    }

    /// Pixels.
    fn height(&self) -> f64 {
        self.height_min.max(LABEL_GAP * self.curves.len() as f64)
    }

    /// Where a value is, in per cent from the top.
    fn y(&self, value: f64) -> f64 {
        100.0 - self.y.percent(value)
    }

    fn plot(&self) -> Markup {
        let id = format!("curves-{}", self.position);
        let mut curves: Vec<&Curve> = self.curves.iter().collect();
        curves.sort_by_key(|curve| curve.kind);
        html! {
            svg class="field" role="img" aria-labelledby={ (id) "-t " (id) "-d" }
                height=(format_args!("{}", self.height()))
            {
                title id={ (id) "-t" } { (self.title) }
                desc id={ (id) "-d" } { (self.description) }
                @for tick in self.y.ticks() {
                    @let y = format!("{:.2}%", self.y(tick));
                    line class="tick" x2="100%" y1=(y) y2=(y) {}
                }
                @for mark in &self.marks {
                    @let x = format!("{:.2}%", self.x.percent(mark.at));
                    line class="mark" x1=(x) x2=(x) y2="100%" {}
                }
                "\n"
                svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%" {
                    @for curve in &curves { (self.line(curve)) }
                }
                "\n"
                @for curve in &curves { (self.dots(curve)) }
                (self.gaps(&curves))
            }
            "\n"
        }
    }

    /// The pieces between the gaps.
    fn line(&self, curve: &Curve) -> Markup {
        let mut path = String::new();
        let mut command = 'M';
        for (x, y) in &curve.points {
            let Some(y) = y else {
                command = 'M';
                continue;
            };
            path += &format!("{command}{:.3} {:.3}", self.x.percent(*x), self.y(*y));
            command = 'L';
        }
        html! {
            @if !path.is_empty() {
                path class={ "line " (curve.kind.class()) } d=(path) { title { (curve.name) } }
            }
        }
    }

    /// Where it was measured, for those of ours.
    fn dots(&self, curve: &Curve) -> Markup {
        html! {
            @for (x, y) in &curve.points {
                @let x = format!("{:.2}%", self.x.percent(*x));
                @match y {
                    Some(y) if curve.kind == Kind::Kernel => {
                        circle class="dot" cx=(x) cy=(format_args!("{:.2}%", self.y(*y))) r="2" {}
                    },
                    _ => {},
                }
            }
        }
    }

    /// One mark for all curves that are missing at a place.
    fn gaps(&self, curves: &[&Curve]) -> Markup {
        let missing = curves.iter().flat_map(|curve| {
            let gaps = curve.points.iter().filter(|(_, y)| y.is_none());
            gaps.map(|(x, _)| (*x, curve.name.as_str()))
        });
        let mut places: Vec<(f64, Vec<&str>)> = Vec::new();
        for (x, name) in missing {
            match places.iter_mut().find(|(place, _)| *place == x) {
                Some((_, names)) => names.push(name),
                None => places.push((x, vec![name])),
            }
        }
        html! {
            @for (x, names) in &places {
                text class="gone" x=(format_args!("{:.2}%", self.x.percent(*x))) y="100%" dy="-4" {
                    title {
                        (names.join(", "))
                        @if names.len() == 1 { " is missing here" } @else { " are missing here" }
                    }
                    "✗"
                }
            }
        }
    }

    /// The y axis.
    fn values(&self) -> Markup {
        html! {
            svg class="values" aria-hidden="true" height=(format_args!("{}", self.height())) {
                @for tick in self.y.ticks() {
                    text x="100%" dx="-8" y=(format_args!("{:.2}%", self.y(tick))) dy="4" {
                        (self.y.label(tick))
                    }
                }
            }
        }
    }

    /// The x axis.
    fn ticks(&self) -> Markup {
        html! {
            svg class="ticks" aria-hidden="true" height="20" {
                @for tick in &self.ticks {
                    text class=[tick.is_minor.then_some("minor")]
                        x=(format_args!("{:.2}%", self.x.percent(tick.at))) y="15" { (tick.label) }
                }
            }
        }
    }

    /// Each line's name beside its end, with a stroke from there to it.
    fn names(&self) -> Markup {
        let height = self.height();
        let ends: Vec<(&Curve, f64)> = self
            .curves
            .iter()
            .filter_map(|curve| Some((curve, self.y(curve.last()?) * height / 100.0)))
            .collect();
        let wanted: Vec<f64> = ends.iter().map(|(_, y)| *y).collect();
        let places = apart(&wanted, LABEL_GAP, LABEL_GAP / 2.0, height - LABEL_GAP / 2.0);
        html! {
            svg class="names" aria-hidden="true" height=(format_args!("{height}")) {
                @for ((curve, end), place) in ends.iter().zip(places) {
                    path class=(curve.kind.class()) d=(format_args!("M1 {end:.1}L14 {place:.1}")) {}
                    text class=(curve.kind.class()) x="18" y=(format_args!("{place:.1}")) dy="4" {
                        (short(&curve.name))
                    }
                }
            }
        }
    }

    /// Pixels.
    fn marks_height(&self) -> f64 {
        let places: Vec<f64> = self.marks.iter().map(|mark| self.x.percent(mark.at)).collect();
        let count = in_lines(&places).iter().max().map_or(0, |last| last + 1);
        MARK_HEIGHT * count as f64
    }

    /// The numbers of the marks, in as many lines as it takes.
    fn marks(&self) -> Markup {
        let places: Vec<f64> = self.marks.iter().map(|mark| self.x.percent(mark.at)).collect();
        let lines = in_lines(&places);
        let height = self.marks_height();
        html! {
            svg class="marks" aria-hidden="true" height=(format_args!("{height}")) {
                @for (mark, (x, line)) in self.marks.iter().zip(places.iter().zip(&lines)) {
                    @let (x, y) = (format!("{x:.2}%"), format!("{}", MARK_HEIGHT * (*line as f64 + 0.5)));
                    circle cx=(x) cy=(y) r="8" {}
                    text x=(x) y=(y) dy="4" { (mark.number) }
                }
            }
        }
    }
}

/// A name beside a line: which of ours it is.
fn short(name: &str) -> &str {
    if is_ours(name) { name.split_once('/').map_or(name, |(_, kernel)| kernel) } else { name }
}

/// A line for each of these rising places, so that those of one line are far enough apart.
fn in_lines(places: &[f64]) -> Vec<usize> {
    let mut ends: Vec<f64> = Vec::new();
    let line = |place: &f64| {
        let free = ends.iter().position(|end| place - end >= MARK_GAP);
        match free {
            Some(line) => ends[line] = *place,
            None => ends.push(*place),
        }
        free.unwrap_or(ends.len() - 1)
    };
    places.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_are_near_take_another_line() {
        assert_eq!(in_lines(&[1.0, 5.0, 12.0, 13.0, 50.0]), [0, 1, 0, 2, 0]);
        assert!(in_lines(&[]).is_empty());
    }
}
