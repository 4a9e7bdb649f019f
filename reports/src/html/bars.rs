//! Ratios as a drawing: a bar from 1 to each ratio, the interval as a whisker.
//!
//! Names and numbers are text of the page, so that they wrap, copy and keep their size; only the
//! plots are drawings. All plots share one [`Scale`] and measure x in per cent of their width,
//! which lets one document fit a phone and a desk without script.

use maud::{Markup, html};

use super::scale::Scale;
use crate::{number::Shown, record::Ratio};

/// One ratio.
pub(super) struct Bar<'a> {
    /// Before its name: a rank.
    pub(super) place: String,
    pub(super) name: &'a str,
    pub(super) tags: Vec<&'static str>,
    pub(super) is_ours: bool,
    pub(super) ratio: Option<Ratio>,
    /// The end of a sentence that describes it.
    pub(super) description: String,
}

/// The whole figure.
pub(super) struct Bars<'a> {
    /// Position on the page, for ids.
    pub(super) position: usize,
    /// What is drawn.
    pub(super) caption: String,
    /// What the two kinds of bars are.
    pub(super) kinds: [&'static str; 2],
    pub(super) noise: Option<Ratio>,
    pub(super) bars: Vec<Bar<'a>>,
    /// What has no bar, under them.
    pub(super) others: Markup,
}

/// Whether a ratio has a place on a scale.
fn is_drawable(ratio: &Ratio) -> bool {
    [ratio.low, ratio.median, ratio.high].iter().all(|end| end.is_finite() && *end > 0.0)
}

impl Bars<'_> {
    /// The figure; only `others` if there is no bar.
    pub(super) fn render(&self) -> Markup {
        if self.bars.is_empty() {
            return self.others.clone();
        }
        let noise = self.noise.filter(is_drawable);
        let ratios = self.bars.iter().filter_map(|bar| bar.ratio).filter(is_drawable);
        let ends = ratios.chain(noise).flat_map(|ratio| [ratio.low, ratio.median, ratio.high]);
        let scale = Scale::over(ends);
        let plot = Plot { position: self.position, noise, scale: &scale };
        html! {
            figure class="ranking" {
                (self.caption(&plot))
                ol role="list" class=[self.is_unplaced().then_some("unplaced")] {
                    @for (number, bar) in self.bars.iter().enumerate() { (plot.item(number, bar)) }
                }
                (plot.axis())
                (self.others)
            }
        }
    }

    fn is_unplaced(&self) -> bool {
        self.bars.iter().all(|bar| bar.place.is_empty())
    }

    /// What is drawn, and the key to it.
    fn caption(&self, plot: &Plot<'_>) -> Markup {
        let has = |ours: bool| self.bars.iter().any(|bar| bar.is_ours == ours);
        let bar = |class: &str, text: &str| {
            html! {
                li {
                    svg class="key" aria-hidden="true" {
                        rect class={ "bar " (class) } y="3" width="100%" height="8" rx="1" {}
                    }
                    (text)
                }
            }
        };
        html! {
            figcaption {
                (self.caption) @if plot.scale.is_logarithmic { ", logarithmic scale" } "\n"
                ul class="keys" role="list" {
                    @if has(true) { (bar("ours", self.kinds[0])) }
                    @if has(false) { (bar("", self.kinds[1])) }
                    li {
                        svg class="key" aria-hidden="true" {
                            path class="whisker" d="M1 3v8M1 7h20M21 3v8" {}
                        }
                        "95 % interval"
                    }
                    @if let Some(noise) = &plot.noise {
                        li {
                            svg class="key" aria-hidden="true" {
                                rect class="noise" width="100%" height="100%" {}
                            }
                            "noise (A/A), " (Shown::closely(noise).interval)
                        }
                    }
                }
            }
        }
    }
}

/// What all plots of a figure share.
struct Plot<'a> {
    position: usize,
    noise: Option<Ratio>,
    scale: &'a Scale,
}

impl Plot<'_> {
    /// Place, name, numbers, plot.
    fn item(&self, number: usize, bar: &Bar<'_>) -> Markup {
        let shown = bar.ratio.as_ref().map(Shown::of);
        let (times, interval) = match &shown {
            Some(shown) => (shown.times(), shown.interval.as_str()),
            None => ("no ratio".into(), ""),
        };
        html! {
            li class=[bar.is_ours.then_some("ours")] {
                span class="place" { (bar.place) }
                span class="who" { (bar.name) (tags(&bar.tags)) }
                span class="ratio" { (times) }
                span class="interval" { (interval) }
                (self.svg(number, bar, &times))
            }
        }
    }

    fn svg(&self, number: usize, bar: &Bar<'_>, times: &str) -> Markup {
        let id = format!("plot-{}-{number}", self.position);
        html! {
            svg class="plot" role="img" aria-labelledby={ (id) "-t " (id) "-d" } {
                title id={ (id) "-t" } { (bar.name) ": " (times) }
                desc id={ (id) "-d" } { (bar.description) }
                (self.ground())
                @if let Some(ratio) = bar.ratio.filter(is_drawable) { (self.bar(&ratio, bar.is_ours)) }
            }
        }
    }

    /// Behind every bar: lines at the ticks, the noise, the baseline.
    fn ground(&self) -> Markup {
        let line = |class: &str, ratio: f64| {
            let x = format!("{:.2}%", self.scale.percent(ratio));
            html! { line class=(class) x1=(x) x2=(x) y2="100%" {} }
        };
        html! {
            @for tick in self.scale.ticks().into_iter().filter(|tick| *tick != 1.0) {
                (line("tick", tick))
            }
            @if let Some(noise) = self.noise {
                @let (x, end) = (self.scale.percent(noise.low), self.scale.percent(noise.high));
                rect class="noise" x=(format_args!("{x:.2}%"))
                    width=(format_args!("{:.2}%", (end - x).max(0.0))) height="100%" {}
            }
            (line("one", 1.0))
        }
    }

    /// From the baseline to the median, and the whisker over it.
    fn bar(&self, ratio: &Ratio, is_ours: bool) -> Markup {
        let (one, median) = (self.scale.percent(1.0), self.scale.percent(ratio.median));
        let (low, high) = (self.scale.percent(ratio.low), self.scale.percent(ratio.high));
        let lines = html! {
            @for (x1, x2, y1, y2) in [(low, low, 11, 21), (low, high, 16, 16), (high, high, 11, 21)] {
                line x1=(format_args!("{x1:.2}%")) x2=(format_args!("{x2:.2}%")) y1=(y1) y2=(y2) {}
            }
        };
        html! {
            rect class=(if is_ours { "bar ours" } else { "bar" })
                x=(format_args!("{:.2}%", one.min(median)))
                width=(format_args!("{:.2}%", (one - median).abs())) y="10" height="12" rx="1" {}
            @if ratio.high <= ratio.low {
                circle class="point" cx=(format_args!("{median:.2}%")) cy="16" r="4" {}
            } @else {
                // A halo first, so that the whisker is seen on its own bar too.
                g class="halo" { (lines) }
                g class="whisker" { (lines) }
            }
        }
    }

    fn axis(&self) -> Markup {
        html! {
            svg class="axis" aria-hidden="true" {
                @for tick in self.scale.ticks() {
                    text class=[(tick == 1.0).then_some("one")]
                        x=(format_args!("{:.2}%", self.scale.percent(tick))) y="14"
                        { (self.scale.label(tick)) }
                }
            }
        }
    }
}

/// Marks after a name.
pub(super) fn tags(tags: &[&str]) -> Markup {
    html! { @for tag in tags { " " span class="tag" { (tag) } } }
}
