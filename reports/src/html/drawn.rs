//! A drawing before it has a frame, and the measures that all drawings share.

use maud::{Markup, html};

/// Pixels of a drawing's width in a file.
pub(super) const INNER: f64 = 728.0;
/// Pixels of a line of text.
pub(super) const LINE: f64 = 20.0;

/// What [`pictures`](super::pictures) frames.
pub(super) struct Drawn {
    /// See [`Picture::name`](super::Picture::name); other characters become hyphens.
    pub(super) name: String,
    pub(super) title: String,
    /// What it shows, for those who do not see it.
    pub(super) description: String,
    /// Pixels.
    pub(super) height: f64,
    /// [`INNER`] wide.
    pub(super) content: Markup,
}

/// What measures x in per cent, with its corner at `[x, y]`.
pub(super) fn place([x, y]: [f64; 2], [width, height]: [f64; 2], content: &Markup) -> Markup {
    html! { svg x=(x) y=(y) width=(width) height=(height) { (content) } }
}

/// Pixels that a text of ordinary size takes at most, nearly.
pub(super) fn width_of(text: &str) -> f64 {
    7.5 * text.chars().count() as f64
}
