//! The ranking as a drawing: a bar a backend from the baseline to its ratio, the interval as a whisker.
//!
//! Names and numbers are text of the page, so that they wrap, copy and keep their size; only the plots are
//! drawings. All plots share one [`Scale`] and measure x in per cent of their width, which lets one document
//! fit a phone and a desk without script.

use super::{
    OfHash, fault, is_ours, rank,
    scale::Scale,
    tags,
    text::{Shown, Text, rate},
};
use crate::record::{Ratio, Row};

/// The figure for one hash; nothing if there is nothing to draw or list.
pub(super) fn chart(of: &OfHash<'_>) -> String {
    let ranked = of.ranked();
    let noise = of.noise.map(|noise| noise.ratio).filter(is_drawable);
    let ratios = ranked.iter().filter_map(|row| row.ratio_to_baseline).filter(is_drawable);
    let ends = ratios.chain(noise).flat_map(|ratio| [ratio.low, ratio.median, ratio.high]);
    let scale = Scale::over(ends);
    let plot = Plot { of, noise, scale: &scale };
    let bars: String =
        ranked.iter().enumerate().map(|(position, row)| plot.item(position, row)).collect();
    let others: String =
        of.rows.iter().filter(|row| rank(row).is_none()).map(|row| unranked(row)).collect();
    let others = match others.is_empty() {
        true => others,
        false => format!("<ul class=\"unranked\" role=\"list\">\n{others}</ul>\n"),
    };
    if bars.is_empty() {
        return others;
    }
    format!(
        "<figure class=\"ranking\">\n{caption}<ol role=\"list\">\n{bars}</ol>\n{axis}{others}</figure>\n",
        caption = plot.caption(),
        axis = plot.axis(),
    )
}

/// Whether a ratio has a place on a scale.
fn is_drawable(ratio: &Ratio) -> bool {
    [ratio.low, ratio.median, ratio.high].iter().all(|end| end.is_finite() && *end > 0.0)
}

/// What all plots of a figure share.
struct Plot<'a> {
    of: &'a OfHash<'a>,
    noise: Option<Ratio>,
    scale: &'a Scale,
}

impl Plot<'_> {
    /// What is drawn, and the key to it.
    fn caption(&self) -> String {
        let scale = if self.scale.is_logarithmic { ", logarithmic scale" } else { "" };
        let baseline = self.of.baseline().unwrap_or("the baseline");
        let noise = match &self.noise {
            Some(noise) => format!(
                "<li><svg class=\"key\" aria-hidden=\"true\"><rect class=\"noise\" width=\"100%\" \
                 height=\"100%\"/></svg>noise (A/A), {}</li>",
                Shown::closely(noise).interval
            ),
            None => String::new(),
        };
        let bar = |class: &str, text: &str| {
            format!(
                "<li><svg class=\"key\" aria-hidden=\"true\"><rect class=\"bar {class}\" y=\"3\" \
                 width=\"100%\" height=\"8\" rx=\"1\"/></svg>{text}</li>"
            )
        };
        let rows = || self.of.rows.iter().filter(|row| rank(row).is_some());
        let ours =
            if rows().any(|row| is_ours(row)) { bar("ours", "Ammeter’s") } else { "".into() };
        let peers = if rows().any(|row| !is_ours(row)) { bar("", "others") } else { "".into() };
        format!(
            "<figcaption>Speed over {}’s{scale}\n<ul class=\"keys\" role=\"list\">{ours}{peers}\
             <li><svg class=\"key\" aria-hidden=\"true\"><path class=\"whisker\" \
             d=\"M1 3v8M1 7h20M21 3v8\"/></svg>95 % interval</li>{noise}</ul></figcaption>\n",
            Text(baseline),
        )
    }

    /// One backend: rank, name, numbers, plot.
    fn item(&self, position: usize, row: &Row) -> String {
        let shown = row.ratio_to_baseline.as_ref().map(Shown::of);
        let (times, interval) = match &shown {
            Some(shown) => (shown.times(), shown.interval.as_str()),
            None => ("no ratio".into(), ""),
        };
        format!(
            "<li{class}><span class=\"place\">{place}</span>\
             <span class=\"who\">{name}{tags}</span>\
             <span class=\"ratio\">{times}</span><span class=\"interval\">{interval}</span>\n\
             {svg}</li>\n",
            class = if is_ours(row) { " class=\"ours\"" } else { "" },
            place = rank(row).unwrap_or_default(),
            name = Text(&row.backend),
            tags = tags(row),
            svg = self.svg(position, row, &times, interval),
        )
    }

    fn svg(&self, position: usize, row: &Row, times: &str, interval: &str) -> String {
        let id = format!("plot-{}-{position}", self.of.position);
        let interval = match row.baseline {
            true => "this is the baseline".into(),
            false => format!("95 % interval {interval}"),
        };
        let bar = row
            .ratio_to_baseline
            .filter(is_drawable)
            .map(|ratio| self.bar(&ratio, row))
            .unwrap_or_default();
        format!(
            "<svg class=\"plot\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{name}: {times}</title>\
             <desc id=\"{id}-d\">Rank {rank}; {interval}</desc>{ground}{bar}</svg>",
            name = Text(&row.backend),
            rank = rank(row).unwrap_or_default(),
            ground = self.ground(),
        )
    }

    /// Behind every bar: lines at the ticks, the noise, the baseline.
    fn ground(&self) -> String {
        let line = |class: &str, ratio: f64| {
            let x = self.scale.percent(ratio);
            format!("<line class=\"{class}\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y2=\"100%\"/>")
        };
        let ticks = self.scale.ticks().into_iter().filter(|tick| *tick != 1.0);
        let mut ground: String = ticks.map(|tick| line("tick", tick)).collect();
        if let Some(noise) = self.noise {
            let (x, end) = (self.scale.percent(noise.low), self.scale.percent(noise.high));
            ground += &format!(
                "<rect class=\"noise\" x=\"{x:.2}%\" width=\"{:.2}%\" height=\"100%\"/>",
                (end - x).max(0.0)
            );
        }
        ground + &line("one", 1.0)
    }

    /// From the baseline to the median, and the whisker over it.
    fn bar(&self, ratio: &Ratio, row: &Row) -> String {
        let (one, median) = (self.scale.percent(1.0), self.scale.percent(ratio.median));
        let class = if is_ours(row) { "bar ours" } else { "bar" };
        let bar = format!(
            "<rect class=\"{class}\" x=\"{:.2}%\" width=\"{:.2}%\" y=\"10\" height=\"12\" rx=\"1\"/>",
            one.min(median),
            (one - median).abs(),
        );
        if ratio.high <= ratio.low {
            return bar
                + &format!("<circle class=\"point\" cx=\"{median:.2}%\" cy=\"16\" r=\"4\"/>");
        }
        let (low, high) = (self.scale.percent(ratio.low), self.scale.percent(ratio.high));
        let lines: String = [(low, low, 11, 21), (low, high, 16, 16), (high, high, 11, 21)]
            .iter()
            .map(|(x1, x2, y1, y2)| {
                format!("<line x1=\"{x1:.2}%\" x2=\"{x2:.2}%\" y1=\"{y1}\" y2=\"{y2}\"/>")
            })
            .collect();
        // A halo first, so that the whisker is seen on its own bar too.
        format!("{bar}<g class=\"halo\">{lines}</g><g class=\"whisker\">{lines}</g>")
    }

    fn axis(&self) -> String {
        let labels: String = self
            .scale
            .ticks()
            .into_iter()
            .map(|tick| {
                let x = self.scale.percent(tick);
                let class = if tick == 1.0 { " class=\"one\"" } else { "" };
                let text = self.scale.label(tick);
                format!("<text{class} x=\"{x:.2}%\" y=\"14\">{text}</text>")
            })
            .collect();
        format!("<svg class=\"axis\" aria-hidden=\"true\">{labels}</svg>\n")
    }
}

/// A row without a place: why, or its speed alone if there was no baseline to compare it with.
fn unranked(row: &Row) -> String {
    let name = Text(&row.backend);
    if !row.verified {
        return format!(
            "<li class=\"wrong\"><span class=\"who\">✗ {name}:</span> <span>{}; not ranked</span></li>\n",
            Text(fault(row))
        );
    }
    let speed = row
        .pairs_per_second
        .filter(|speed| speed.median.is_finite())
        .map(|speed| format!("{} pairs/s, ", rate(speed.median, "")))
        .unwrap_or_default();
    format!(
        "<li><span class=\"who\">{name}:</span> <span>{speed}verified; not ranked</span></li>\n"
    )
}
