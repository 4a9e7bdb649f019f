//! The ranking as a drawing: a bar a backend.

use maud::{Markup, html};

use super::{OfHash, fault, is_ours, rank, tags};
use crate::{
    html::bars::{Bar, Bars},
    number::{Shown, rate},
    record::Row,
};

/// The figure for one hash; nothing if there is nothing to draw or list.
pub(super) fn chart(of: &OfHash<'_>) -> Markup {
    bars(of).render()
}

pub(super) fn bars(of: &OfHash<'_>) -> Bars {
    let unranked: Vec<&Row> = of.rows.iter().copied().filter(|row| rank(row).is_none()).collect();
    Bars {
        position: of.position,
        caption: format!("Speed over {}’s", of.baseline().unwrap_or("the baseline")),
        kinds: ["Ammeter’s", "others"],
        noise: of.noise.map(|noise| noise.ratio),
        bars: of.ranked().into_iter().map(bar).collect(),
        others: html! {
            @if !unranked.is_empty() {
                ul class="unranked" role="list" { @for row in unranked { (without_place(row)) } }
            }
        },
    }
}

fn bar(row: &Row) -> Bar {
    let rank = rank(row).unwrap_or_default();
    let interval = row.ratio_to_baseline.as_ref().map(|ratio| Shown::of(ratio).interval);
    Bar {
        place: rank.to_string(),
        name: row.backend.clone(),
        tags: tags(row),
        is_ours: is_ours(&row.backend),
        ratio: row.ratio_to_baseline,
        description: match row.baseline {
            true => format!("Rank {rank}; this is the baseline"),
            false => format!("Rank {rank}; 95 % interval {}", interval.unwrap_or_default()),
        },
    }
}

/// A row without a place: why, or its speed alone if there was no baseline to compare it with.
fn without_place(row: &Row) -> Markup {
    let speed = row.pairs_per_second.filter(|speed| speed.median.is_finite());
    html! {
        @if row.verified {
            li {
                span class="who" { (row.backend) ":" } " "
                span {
                    @if let Some(speed) = speed { (rate(speed.median, "")) " pairs/s, " }
                    "verified; not ranked"
                }
            }
        } @else {
            li class="wrong" {
                span class="who" { "✗ " (row.backend) ":" } " "
                span { (fault(row)) "; not ranked" }
            }
        }
    }
}
