//! The ranking as a drawing: a bar a backend from the baseline to its ratio, the interval as a whisker.
//!
//! Names and numbers are text of the page, so that they wrap, copy and keep their size; only the plots are
//! drawings. All plots share one [`Scale`] and measure x in per cent of their width, which lets one document
//! fit a phone and a desk without script.

use super::{
    OfHash, fault, is_ours, rank, tags,
    text::{Shown, Text, rate},
};
use crate::record::{Ratio, Row};

/// From here on the largest ratio over the smallest takes a logarithmic scale.
const LOGARITHMIC_FROM: f64 = 8.0;
/// More ticks than this collide on a phone; those of a linear scale have longer labels.
const TICKS_MAX: usize = 7;
const INTERVALS_MAX: f64 = 5.0;
/// Empty space at either end of the scale, in per cent.
const MARGIN: f64 = 3.0;

/// The figure for one hash; nothing if there is nothing to draw or list.
pub(super) fn chart(of: &OfHash<'_>) -> String {
    let ranked = of.ranked();
    let noise = of.noise.map(|noise| noise.ratio).filter(is_drawable);
    let ratios = ranked.iter().filter_map(|row| row.ratio_to_baseline).filter(is_drawable);
    let scale = Scale::over(ratios.chain(noise));
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

/// From ratios to per cent of a plot's width.
struct Scale {
    is_logarithmic: bool,
    /// Ends, as [`Scale::place`] of their ratios.
    low: f64,
    high: f64,
}

impl Scale {
    /// A scale that shows 1 and all of `ratios`.
    fn over(ratios: impl Iterator<Item = Ratio>) -> Self {
        let (mut low, mut high) = (1.0_f64, 1.0_f64);
        for ratio in ratios {
            low = low.min(ratio.low).min(ratio.median);
            high = high.max(ratio.high).max(ratio.median);
        }
        let mut scale = Self { is_logarithmic: high / low > LOGARITHMIC_FROM, low, high };
        (scale.low, scale.high) = (scale.place(low), scale.place(high));
        // A lone baseline still needs a scale to stand on.
        let least = 0.01;
        if scale.high - scale.low < least {
            scale.low -= least;
            scale.high += least;
        }
        scale
    }

    fn place(&self, ratio: f64) -> f64 {
        if self.is_logarithmic { ratio.log10() } else { ratio }
    }

    /// Where a ratio is, in per cent of the width.
    fn percent(&self, ratio: f64) -> f64 {
        let part = (self.place(ratio) - self.low) / (self.high - self.low);
        MARGIN + (100.0 - 2.0 * MARGIN) * part.clamp(0.0, 1.0)
    }

    /// Ratios worth a line: always 1, and round steps from there.
    fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic { self.logarithmic_ticks() } else { self.linear_ticks() }
    }

    /// Between two ticks of a linear scale.
    fn step(&self) -> f64 {
        let span = self.high - self.low;
        let power = 10_f64.powf((span / INTERVALS_MAX).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
        steps.into_iter().find(|step| span / step < INTERVALS_MAX).unwrap_or(span)
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let step = self.step();
        let first = ((self.low - 1.0) / step).ceil() as i64;
        let last = ((self.high - 1.0) / step).floor() as i64;
        (first..=last).map(|number| 1.0 + number as f64 * step).collect()
    }

    /// The text at a tick.
    fn label(&self, tick: f64) -> String {
        if !self.is_logarithmic {
            let decimals = (-self.step().log10()).ceil().max(0.0) as usize;
            return format!("{tick:.decimals$}");
        }
        match tick {
            tick if (0.001..100_000.0).contains(&tick) => tick.to_string(),
            tick => format!("{tick:.0e}"),
        }
    }

    /// 1, 2 and 5 times powers of ten; where that is too many, every so many powers.
    fn logarithmic_ticks(&self) -> Vec<f64> {
        let shown = |tick: &f64| (self.low..=self.high).contains(&tick.log10());
        let powers = |every: i32| {
            let (first, last) = (self.low / f64::from(every), self.high / f64::from(every));
            (first.floor() as i32..=last.ceil() as i32).map(move |n| 10_f64.powi(n * every))
        };
        let fine: Vec<f64> = powers(1)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * power))
            .filter(shown)
            .collect();
        if fine.len() <= TICKS_MAX {
            return fine;
        }
        let every = ((self.high - self.low) / (TICKS_MAX - 1) as f64).ceil().max(1.0) as i32;
        powers(every).filter(shown).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn over(low: f64, high: f64) -> Scale {
        let ratio = |median| Ratio { median, low: median, high: median };
        Scale::over([ratio(low), ratio(high)].into_iter())
    }

    fn labels(scale: &Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| scale.label(tick)).collect()
    }

    #[test]
    fn a_wide_range_is_logarithmic() {
        assert!(!over(0.5, 4.0).is_logarithmic);
        assert!(over(0.5, 4.1).is_logarithmic);
        assert!(over(1.0, 20.1).is_logarithmic);
    }

    #[test]
    fn ticks_are_few_and_round_and_always_hold_the_baseline() {
        assert_eq!(labels(&over(0.32, 2.4)), ["0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(labels(&over(0.985, 1.008)), ["0.985", "0.990", "0.995", "1.000", "1.005"]);
        assert_eq!(labels(&over(0.1, 4.6)), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(&over(1.0, 1e12)), ["1", "100", "10000", "1e6", "1e8", "1e10", "1e12"]);
        for (low, high) in [(1.0, 1.0), (1e-9, 1.0), (1e-300, 1e300), (2.0, 7.9), (0.2, 0.9)] {
            let scale = over(low, high);
            let ticks = scale.ticks();
            assert!(ticks.contains(&1.0) && ticks.len() <= 2 * TICKS_MAX, "{ticks:?}");
            for place in ticks.iter().chain(&[low, high]).map(|ratio| scale.percent(*ratio)) {
                assert!((MARGIN..=100.0 - MARGIN).contains(&place), "{low} {high}: {place}");
            }
        }
    }
}
