//! Curves as a drawing that fits a phone and a desk without script.
//!
//! Text keeps its size: only the plot stretches. It is as wide as there is room, measures x in per cent and y in
//! pixels, and the lines are in a picture of 100 × 100 that is stretched with it while their strokes are not.

use super::{Scale, Text, labels::apart};

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
pub(super) struct Drawing<'a> {
    /// For ids.
    pub(super) position: usize,
    /// Pixels that the plot is high at least.
    pub(super) height_min: f64,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) ticks: Vec<Tick>,
    pub(super) x_title: &'a str,
    pub(super) curves: Vec<Curve>,
    pub(super) marks: Vec<Mark>,
}

impl Drawing<'_> {
    /// The plot with its marks above, its axes beside and below, and a name at each line's end.
    pub(super) fn render(&self) -> String {
        format!(
            "<div class=\"curves\">\n{marks}{values}{plot}{names}{ticks}\
             <p class=\"x-title\">{x_title}</p>\n</div>\n",
            marks = self.marks(),
            values = self.values(),
            plot = self.plot(),
            names = self.names(),
            ticks = self.ticks(),
            x_title = Text(self.x_title),
        )
    }

    /// Pixels.
    fn height(&self) -> f64 {
        self.height_min.max(LABEL_GAP * self.curves.len() as f64)
    }

    /// Where a value is, in per cent from the top.
    fn y(&self, value: f64) -> f64 {
        100.0 - self.y.percent(value)
    }

    fn plot(&self) -> String {
        let (position, height) = (self.position, self.height());
        let ground: String = self
            .y
            .ticks()
            .into_iter()
            .map(|tick| {
                let y = self.y(tick);
                format!("<line class=\"tick\" x2=\"100%\" y1=\"{y:.2}%\" y2=\"{y:.2}%\"/>")
            })
            .collect();
        let marks: String = self
            .marks
            .iter()
            .map(|mark| {
                let x = self.x.percent(mark.at);
                format!("<line class=\"mark\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y2=\"100%\"/>")
            })
            .collect();
        let mut curves: Vec<&Curve> = self.curves.iter().collect();
        curves.sort_by_key(|curve| curve.kind);
        let lines: String = curves.iter().map(|curve| self.line(curve)).collect();
        let dots: String = curves.iter().map(|curve| self.dots(curve)).collect();
        format!(
            "<svg class=\"field\" role=\"img\" aria-labelledby=\"curves-{position}-t \
             curves-{position}-d\" height=\"{height}\"><title id=\"curves-{position}-t\">{}</title>\
             <desc id=\"curves-{position}-d\">{}</desc>{ground}{marks}\n\
             <svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\">\
             {lines}</svg>\n{dots}</svg>\n",
            Text(&self.title),
            Text(&self.description),
        )
    }

    /// The pieces between the gaps.
    fn line(&self, curve: &Curve) -> String {
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
        if path.is_empty() {
            return path;
        }
        format!(
            "<path class=\"line {}\" d=\"{path}\"><title>{}</title></path>\n",
            curve.kind.class(),
            Text(&curve.name)
        )
    }

    /// Where it was measured, for those of ours; where it is missing, for all.
    fn dots(&self, curve: &Curve) -> String {
        let dot = |(x, y): &(f64, Option<f64>)| {
            let x = self.x.percent(*x);
            match y {
                Some(y) if curve.kind == Kind::Kernel => {
                    format!(
                        "<circle class=\"dot\" cx=\"{x:.2}%\" cy=\"{:.2}%\" r=\"2\"/>",
                        self.y(*y)
                    )
                }
                Some(_) => String::new(),
                None => format!(
                    "<text class=\"gone\" x=\"{x:.2}%\" y=\"100%\" dy=\"-4\"><title>{} is missing \
                     here</title>✗</text>",
                    Text(&curve.name)
                ),
            }
        };
        curve.points.iter().map(dot).collect()
    }

    /// The y axis.
    fn values(&self) -> String {
        let labels: String = self
            .y
            .ticks()
            .into_iter()
            .map(|tick| {
                let (y, label) = (self.y(tick), self.y.label(tick));
                format!("<text x=\"100%\" dx=\"-8\" y=\"{y:.2}%\" dy=\"4\">{label}</text>")
            })
            .collect();
        format!(
            "<svg class=\"values\" aria-hidden=\"true\" height=\"{}\">{labels}</svg>\n",
            self.height()
        )
    }

    /// The x axis.
    fn ticks(&self) -> String {
        let labels: String = self
            .ticks
            .iter()
            .map(|tick| {
                let class = if tick.is_minor { " class=\"minor\"" } else { "" };
                let x = self.x.percent(tick.at);
                format!("<text{class} x=\"{x:.2}%\" y=\"15\">{}</text>", Text(&tick.label))
            })
            .collect();
        format!("<svg class=\"ticks\" aria-hidden=\"true\" height=\"20\">{labels}</svg>\n")
    }

    /// Each line's name beside its end, with a stroke from there to it.
    fn names(&self) -> String {
        let height = self.height();
        let ends: Vec<(&Curve, f64)> = self
            .curves
            .iter()
            .filter_map(|curve| Some((curve, self.y(curve.last()?) * height / 100.0)))
            .collect();
        let wanted: Vec<f64> = ends.iter().map(|(_, y)| *y).collect();
        let places = apart(&wanted, LABEL_GAP, LABEL_GAP / 2.0, height - LABEL_GAP / 2.0);
        let labels: String = ends
            .iter()
            .zip(places)
            .map(|((curve, end), place)| {
                let class = curve.kind.class();
                let name = curve.name.strip_prefix("ammeter/").unwrap_or(&curve.name);
                format!(
                    "<path class=\"{class}\" d=\"M1 {end:.1}L14 {place:.1}\"/>\
                     <text class=\"{class}\" x=\"18\" y=\"{place:.1}\" dy=\"4\">{}</text>\n",
                    Text(name)
                )
            })
            .collect();
        format!("<svg class=\"names\" aria-hidden=\"true\" height=\"{height}\">{labels}</svg>\n")
    }

    /// The numbers of the marks, in as many lines as it takes.
    fn marks(&self) -> String {
        let places: Vec<f64> = self.marks.iter().map(|mark| self.x.percent(mark.at)).collect();
        let lines = in_lines(&places);
        let count = lines.iter().max().map_or(0, |last| last + 1);
        let labels: String = self
            .marks
            .iter()
            .zip(places.iter().zip(&lines))
            .map(|(mark, (x, line))| {
                let y = MARK_HEIGHT * (*line as f64 + 0.5);
                let number = mark.number;
                format!(
                    "<circle cx=\"{x:.2}%\" cy=\"{y}\" r=\"8\"/>\
                     <text x=\"{x:.2}%\" y=\"{y}\" dy=\"4\">{number}</text>"
                )
            })
            .collect();
        let height = MARK_HEIGHT * count as f64;
        format!("<svg class=\"marks\" aria-hidden=\"true\" height=\"{height}\">{labels}</svg>\n")
    }
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
