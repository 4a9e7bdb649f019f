//! Ratios as a drawing: a bar from 1 to each ratio, the interval as a whisker.
//!
//! Names and numbers are text of the page, so that they wrap, copy and keep their size; only the
//! plots are drawings. All plots share one [`Scale`] and measure x in per cent of their width,
//! which lets one document fit a phone and a desk without script.

use maud::{Markup, html};

use super::{
    drawn::{Drawn, INNER, LINE, place, width_of},
    scale::Scale,
};
use crate::{number::Shown, record::Ratio};

/// Pixels of a bar with the room around it.
const ROW: f64 = 32.0;

/// One ratio.
pub(super) struct Bar {
    /// Before its name: a rank.
    pub(super) place: String,
    pub(super) name: String,
    pub(super) tags: Vec<&'static str>,
    pub(super) is_ours: bool,
    pub(super) ratio: Option<Ratio>,
    /// The end of a sentence that describes it.
    pub(super) description: String,
}

impl Bar {
    /// One of ours that is no more than its ratio.
    pub(super) fn of(name: String, ratio: Ratio) -> Self {
        Self {
            place: String::new(),
            name,
            tags: Vec::new(),
            is_ours: true,
            ratio: Some(ratio),
            description: format!("95 % interval {}", Shown::of(&ratio).interval),
        }
    }
}

/// The whole figure.
pub(super) struct Bars {
    /// Position on the page, for ids.
    pub(super) position: usize,
    /// What is drawn.
    pub(super) caption: String,
    /// What the two kinds of bars are.
    pub(super) kinds: [&'static str; 2],
    pub(super) noise: Option<Ratio>,
    pub(super) bars: Vec<Bar>,
    /// What has no bar, under them.
    pub(super) others: Markup,
}

/// Whether a ratio has a place on a scale.
fn is_drawable(ratio: &Ratio) -> bool {
    [ratio.low, ratio.median, ratio.high].iter().all(|end| end.is_finite() && *end > 0.0)
}

impl Bars {
    /// The figure; only `others` if there is no bar.
    pub(super) fn render(&self) -> Markup {
        if self.bars.is_empty() {
            return self.others.clone();
        }
        let plot = self.plot();
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

    fn plot(&self) -> Plot {
        let noise = self.noise.filter(is_drawable);
        let ratios = self.bars.iter().filter_map(|bar| bar.ratio).filter(is_drawable);
        let ends = ratios.chain(noise).flat_map(|ratio| [ratio.low, ratio.median, ratio.high]);
        Plot { position: self.position, noise, scale: Scale::over(ends) }
    }

    /// As a file of its own; none if there is no bar.
    pub(super) fn drawn(&self, name: &str) -> Option<Drawn> {
        if self.bars.is_empty() {
            return None;
        }
        let plot = self.plot();
        let x_name = if self.is_unplaced() { 0.0 } else { 24.0 };
        let widest = self.bars.iter().map(|bar| width_of(&bar.label())).fold(0.0, f64::max);
        let x = x_name + widest + 8.0;
        let (x_ratio, x_interval) = (INNER - 112.0, INNER);
        let width = x_ratio - 64.0 - x;
        let height = ROW * self.bars.len() as f64;
        let content = html! {
            (self.keys_in_line(&plot))
            @for (number, bar) in self.bars.iter().enumerate() {
                @let y = ROW * (number as f64 + 1.0);
                @let (times, interval) = bar.numbers();
                @let weight = if bar.is_ours { "strong" } else { "" };
                text class="quiet" y=(y + 20.0) { (bar.place) }
                text class=(weight) x=(x_name) y=(y + 20.0) { (bar.label()) }
                (place([x, y], [width, ROW], &plot.svg(number, bar, &times)))
                text class={ "end " (weight) } x=(x_ratio) y=(y + 20.0) { (times) }
                text class="end quiet" x=(x_interval) y=(y + 20.0) { (interval) }
                "\n"
            }
            (place([x, ROW + height], [width, LINE], &plot.axis()))
        };
        Some(Drawn {
            name: name.into(),
            title: self.title(&plot),
            description: self.description(),
            height: ROW + height + LINE,
            content,
        })
    }

    /// Every number, for those who do not see the bars.
    fn description(&self) -> String {
        let said = |bar: &Bar| {
            let (times, interval) = bar.numbers();
            format!("{} {times} [{interval}]", bar.label())
        };
        let said: Vec<String> = self.bars.iter().map(said).collect();
        format!("Medians with 95 % intervals: {}.", said.join("; "))
    }

    fn title(&self, plot: &Plot) -> String {
        let scale = if plot.scale.is_logarithmic { ", logarithmic scale" } else { "" };
        format!("{}{scale}", self.caption)
    }

    fn is_unplaced(&self) -> bool {
        self.bars.iter().all(|bar| bar.place.is_empty())
    }

    /// What is drawn, and the key to it.
    fn caption(&self, plot: &Plot) -> Markup {
        html! {
            figcaption {
                (self.title(plot)) "\n"
                ul class="keys" role="list" {
                    @for (key, text) in self.keys(plot) { li { (key) (text) } }
                }
            }
        }
    }

    fn keys(&self, plot: &Plot) -> Vec<(Markup, String)> {
        let key = |shape: Markup| html! { svg class="key" aria-hidden="true" { (shape) } };
        let bar = |class: &str| {
            key(html! { rect class={ "bar " (class) } y="3" width="22" height="8" rx="1" {} })
        };
        let has = |ours: bool| self.bars.iter().any(|bar| bar.is_ours == ours);
        let mut keys = Vec::new();
        if has(true) {
            keys.push((bar("ours"), self.kinds[0].to_owned()));
        }
        if has(false) {
            keys.push((bar(""), self.kinds[1].to_owned()));
        }
        let whisker = html! { path class="whisker" d="M1 3v8M1 7h20M21 3v8" {} };
        keys.push((key(whisker), "95 % interval".into()));
        if let Some(noise) = &plot.noise {
            let band = html! { rect class="noise" width="22" height="14" {} };
            keys.push((key(band), format!("noise (A/A), {}", Shown::closely(noise).interval)));
        }
        keys
    }

    fn keys_in_line(&self, plot: &Plot) -> Markup {
        let mut x = 0.0;
        html! {
            @for (key, text) in self.keys(plot) {
                (place([x, 0.0], [22.0, 14.0], &key))
                text class="quiet" x=(x + 30.0) y="12" { (text) }
                @let () = x += 50.0 + width_of(&text);
            }
        }
    }
}

impl Bar {
    /// Its name with its tags.
    fn label(&self) -> String {
        let tags = self.tags.iter().map(|tag| format!(" ({tag})"));
        [self.name.clone()].into_iter().chain(tags).collect()
    }

    /// The ratio and its interval.
    fn numbers(&self) -> (String, String) {
        match self.ratio.as_ref().map(Shown::of) {
            Some(shown) => (shown.times(), shown.interval),
            None => ("no ratio".into(), String::new()),
        }
    }
}

/// What all plots of a figure share.
struct Plot {
    position: usize,
    noise: Option<Ratio>,
    scale: Scale,
}

impl Plot {
    /// Place, name, numbers, plot.
    fn item(&self, number: usize, bar: &Bar) -> Markup {
        let (times, interval) = bar.numbers();
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

    fn svg(&self, number: usize, bar: &Bar, times: &str) -> Markup {
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
