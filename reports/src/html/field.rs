//! Curves over a logarithmic x.

use maud::{Markup, html};

use super::{
    drawing::{Curve, Drawing, Tick},
    scale::Scale,
};
use crate::number::grouped;

/// What is drawn.
pub(super) struct Field {
    /// For ids.
    pub(super) position: usize,
    pub(super) caption: &'static str,
    pub(super) x_title: &'static str,
    pub(super) curves: Vec<Curve>,
    /// Whether y is logarithmic too.
    pub(super) is_logarithmic: bool,
}

impl Field {
    /// A tick at each x; nothing if there is no point.
    pub(super) fn drawing(self) -> Option<Drawing> {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let values = || points().filter_map(|(_, y)| *y);
        let mut xs: Vec<f64> = points().map(|(x, _)| *x).filter(|x| *x > 0.0).collect();
        xs.sort_unstable_by(f64::total_cmp);
        xs.dedup();
        if xs.is_empty() || values().next().is_none() {
            return None;
        }
        let tick = |at: &f64| Tick { at: *at, label: grouped(*at as u64), is_minor: false };
        let ticks = xs.iter().map(tick).collect();
        let x = Scale::logarithmic(xs.into_iter());
        let y = match self.is_logarithmic {
            true => Scale::logarithmic(values()),
            false => Scale::linear(values()),
        };
        Some(Drawing {
            position: self.position,
            height_min: 260.0,
            title: self.caption.into(),
            description: format!("{} curves over {}.", self.curves.len(), self.x_title),
            x,
            y,
            ticks,
            x_title: self.x_title,
            curves: self.curves,
            marks: Vec::new(),
        })
    }
}

/// On a page; nothing if there is nothing to draw.
pub(super) fn figure(drawing: Option<Drawing>) -> Markup {
    html! {
        @if let Some(drawing) = drawing {
            figure { figcaption { (drawing.title) } (drawing.render()) }
        }
    }
}
