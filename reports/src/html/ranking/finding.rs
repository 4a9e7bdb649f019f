//! The finding for one hash: one sentence that says what was found, and one that says how sure it
//! is.

use maud::{Markup, html};

use super::{OfHash, rank};
use crate::{
    number::{NONE, Shown, percent, rate},
    record::{Noise, Ratio, Row},
};

/// Both sentences as paragraphs.
pub(super) fn finding(of: &OfHash<'_>) -> Markup {
    let ranked = of.ranked();
    let best = ranked.first().and_then(|row| rank(row));
    let leaders: Vec<&Row> = ranked.iter().copied().filter(|row| rank(row) == best).collect();
    html! {
        p class="finding" {
            @match leaders.as_slice() {
                [] if of.rows.is_empty() => "No backend was measured.",
                [] => "No backend could be ranked.",
                [only] if of.rows.len() == 1 => { b { (only.backend) } " ran alone" (speed(only)) "." },
                [leader] => (fastest(leader, of.baseline())),
                _ => (tied(&leaders, of.baseline())),
            }
        }
        @if let Some(leader) = leaders.first() { (sure(leader, of.noise)) }
    }
}

/// ` at 48.0 M pairs/s`, or nothing.
fn speed(row: &Row) -> String {
    row.pairs_per_second
        .filter(|speed| speed.median.is_finite())
        .map(|speed| format!(" at {} pairs/s", rate(speed.median, "")))
        .unwrap_or_default()
}

fn fastest(leader: &Row, baseline: Option<&str>) -> Markup {
    html! {
        b { (leader.backend) }
        @if leader.baseline {
            ", the baseline, is fastest" (speed(leader)) "."
        } @else if let (Some(ratio), Some(baseline)) = (&leader.ratio_to_baseline, baseline) {
            " is fastest" (speed(leader)) ": "
            strong { (Shown::of(ratio).times()) } " the baseline, " (baseline) "."
        } @else {
            " is fastest" (speed(leader)) "."
        }
    }
}

/// Leaders whose difference is inside the noise.
fn tied(leaders: &[&Row], baseline: Option<&str>) -> Markup {
    let leader = leaders[0];
    let last = leaders.len() - 1;
    html! {
        @for (position, row) in leaders.iter().enumerate() {
            @match position {
                0 => {},
                position if position == last => " and ",
                _ => ", ",
            }
            b { (row.backend) }
        }
        " tie for fastest" (speed(leader))
        @if leaders.iter().any(|row| row.baseline) {
            ": none is faster than the baseline beyond noise."
        } @else if let (Some(ratio), Some(baseline)) = (&leader.ratio_to_baseline, baseline) {
            ", " strong { (Shown::of(ratio).times()) } " the baseline, " (baseline) "."
        } @else {
            "."
        }
    }
}

/// Interval, noise, and how far from the limit.
fn sure(leader: &Row, noise: Option<&Noise>) -> Markup {
    let interval = leader.ratio_to_baseline.map(|ratio| Shown::of(&ratio).interval);
    html! {
        p class="sure" {
            @if let Some(interval) = interval.filter(|interval| interval != NONE) {
                "The 95 % interval is " (interval) ". "
            }
            @if let Some(noise) = noise {
                (about_noise(&noise.ratio))
            } @else {
                "This run has no A/A measurement, so its noise is unknown."
            }
            @if let (Some(part), Some(limit)) = (leader.of_limit, &leader.limit) {
                @if part.is_finite() {
                    " It reaches " (percent(part)) " of what the silicon allows; the limit is " (limit) "."
                }
            }
        }
    }
}

fn about_noise(ratio: &Ratio) -> String {
    let shown = Shown::closely(ratio);
    let doubt = if ratio.low > 1.0 || ratio.high < 1.0 {
        ": this run saw a difference where there is none, so trust no small one"
    } else {
        ""
    };
    format!(
        "The baseline against itself (A/A) came out as {} ({}){doubt}.",
        shown.median, shown.interval
    )
}
