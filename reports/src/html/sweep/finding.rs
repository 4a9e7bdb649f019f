//! The finding for one hash: how ours compare with the best peer, and which of ours is when the
//! fastest.

use maud::{Markup, html};

use super::{Over, Section, n, place};
use crate::{
    number::{NONE, Shown},
    record::{
        Ratio,
        sweep::{Lead, Point},
    },
};

/// Both as paragraphs.
pub(super) fn finding(section: &Section<'_>) -> Markup {
    html! {
        p class="finding" {
            @match section.over {
                Over::N => (over_children(section)),
                Over::Threads => (over_threads(section)),
            }
        }
        p class="sure" {
            @if section.over == Over::N { (kernels(section)) }
            (noise(section))
        }
    }
}

/// What a user of ours gets, over the best peer: the engine's own choice where it took part.
fn ours(lead: &Lead) -> (&str, Option<Ratio>) {
    match lead.auto_over_peer {
        Some(ratio) => (ammeter_bench::backend::AUTO, Some(ratio)),
        None => (&lead.kernel, lead.kernel_over_peer),
    }
}

/// `1.90 × tape-sha256 at n = 64`.
fn against(at: &Point, over: Over, lead: &Lead, ratio: Ratio) -> Markup {
    html! {
        strong { (Shown::of(&ratio).times()) } " "
        (lead.peer.as_deref().unwrap_or(NONE)) " at " (place(over, at))
    }
}

fn over_children(section: &Section<'_>) -> Markup {
    let leads: Vec<(&Point, &Lead, Ratio)> = section
        .of
        .points
        .iter()
        .filter_map(|at| Some((at, at.lead.as_ref()?, ours(at.lead.as_ref()?).1?)))
        .collect();
    let Some((first, last)) = leads.first().zip(leads.last()) else {
        return html! { "Nothing of ours ran beside a peer." };
    };
    let has_auto = leads.iter().all(|(_, lead, _)| lead.auto_over_peer.is_some());
    let who = if has_auto { ammeter_bench::backend::AUTO } else { "The best of our kernels" };
    let is_ahead = |ratio: &Ratio| ratio.low > 1.0;
    let behind = leads.iter().rposition(|(_, _, ratio)| !is_ahead(ratio));
    let worst = leads.iter().min_by(|a, b| a.2.median.total_cmp(&b.2.median)).unwrap_or(first);
    let shown =
        |(at, lead, ratio): &(&Point, &Lead, Ratio)| against(at, section.over, lead, *ratio);
    html! {
        b { (who) }
        @match behind {
            _ if leads.len() == 1 => { " is " (shown(first)) "." },
            None => {
                " is ahead of the best peer at every n: at least " (shown(worst)) ", and " (shown(last)) "."
            },
            Some(behind) if behind + 1 == leads.len() => {
                " is not ahead of the best peer at the largest n: " (shown(last)) "."
            },
            Some(behind) => {
                " is ahead of the best peer from " (n(leads[behind + 1].0.children)) " on: " (shown(last))
                ". At worst it is " (shown(worst)) "."
            },
        }
    }
}

fn over_threads(section: &Section<'_>) -> Markup {
    let Some(at) = section.of.points.last() else {
        return html! { "No point was measured." };
    };
    let name = at.lead.as_ref().map(|lead| ours(lead).0).unwrap_or(&section.of.baseline);
    let row = at.rows.iter().find(|row| row.backend == name);
    let lead = at.lead.as_ref().and_then(|lead| Some((lead, ours(lead).1?)));
    html! {
        @if let Some(speed_up) = row.and_then(|row| row.ratio_to_one_thread) {
            "With " (place(section.over, at)) " " b { (name) } " is "
            strong { (Shown::of(&speed_up).times()) } " as fast as with one"
            @if let Some((lead, ratio)) = lead { ", and " (against(at, section.over, lead, ratio)) }
            "."
        } @else {
            "No speed-up of " (name) " was measured."
        }
    }
}

/// From where on which of ours is the fastest, and where the engine chooses another.
fn kernels(section: &Section<'_>) -> Markup {
    let points = &section.of.points;
    let Some((at, lead)) = points.iter().find_map(|at| Some((at, at.lead.as_ref()?))) else {
        return html! {};
    };
    let behind: Vec<String> = points
        .iter()
        .filter_map(|at| {
            let ratio = at.auto_behind()?;
            Some(format!("{} ({})", n(at.children), Shown::of(&ratio).times()))
        })
        .collect();
    let has_auto = points
        .iter()
        .any(|at| at.lead.as_ref().is_some_and(|lead| lead.auto_over_kernel.is_some()));
    html! {
        "Of our kernels " (lead.kernel) " is the fastest from " (n(at.children))
        @for crossover in &section.of.crossovers {
            ", " (crossover.after) " from " (n(crossover.children))
        }
        "."
        @if has_auto {
            @if behind.is_empty() {
                " The engine’s own choice is nowhere behind the fastest of them beyond noise."
            } @else {
                " The engine’s own choice is behind the fastest of them at " (behind.join(", ")) "."
            }
        }
        " "
    }
}

/// The widest of all points'.
fn noise(section: &Section<'_>) -> String {
    let noise = section.of.points.iter().filter_map(|at| at.noise);
    let ends = noise.fold(None, |ends: Option<Ratio>, noise| {
        let Ratio { median, low, high } = ends.unwrap_or(noise);
        Some(Ratio { median, low: low.min(noise.low), high: high.max(noise.high) })
    });
    match ends {
        None => "This run has no A/A measurement, so its noise is unknown.".into(),
        Some(ends) => format!(
            "The baseline against itself (A/A) stayed within {} at all points.",
            Shown::closely(&ends).interval
        ),
    }
}
