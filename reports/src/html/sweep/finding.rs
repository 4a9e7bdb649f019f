//! The finding for one hash: how ours compare with the best peer, and which of ours is when the fastest.

use super::{
    Over, Section, Text, n, place,
    text::{NONE, Shown},
};
use crate::record::{
    Ratio,
    sweep::{Lead, Point},
};

/// Both as paragraphs.
pub(super) fn finding(section: &Section<'_>) -> String {
    let found = match section.over {
        Over::N => over_children(section),
        Over::Threads => over_threads(section),
    };
    let kernels = match section.over {
        Over::N => kernels(section),
        Over::Threads => String::new(),
    };
    let noise = noise(section);
    format!("<p class=\"finding\">{found}</p>\n<p class=\"sure\">{kernels}{noise}</p>\n")
}

/// What a user of ours gets, over the best peer: the engine's own choice where it took part.
fn ours(lead: &Lead) -> (&str, Option<Ratio>) {
    match lead.auto_over_peer {
        Some(ratio) => (ammeter_bench::backend::AUTO, Some(ratio)),
        None => (&lead.kernel, lead.kernel_over_peer),
    }
}

/// `1.90 × tape-sha256 at n = 64`.
fn against(at: &Point, over: Over, lead: &Lead, ratio: Ratio) -> String {
    format!(
        "<strong>{}</strong> {} at {}",
        Shown::of(&ratio).times(),
        Text(lead.peer.as_deref().unwrap_or(NONE)),
        place(over, at)
    )
}

fn over_children(section: &Section<'_>) -> String {
    let leads: Vec<(&Point, &Lead, Ratio)> = section
        .of
        .points
        .iter()
        .filter_map(|at| Some((at, at.lead.as_ref()?, ours(at.lead.as_ref()?).1?)))
        .collect();
    let Some((first, last)) = leads.first().zip(leads.last()) else {
        return "Nothing of ours ran beside a peer.".into();
    };
    let has_auto = leads.iter().all(|(_, lead, _)| lead.auto_over_peer.is_some());
    let who = if has_auto { "<b>ammeter/auto</b>" } else { "<b>The best of our kernels</b>" };
    let is_ahead = |ratio: &Ratio| ratio.low > 1.0;
    let behind = leads.iter().rposition(|(_, _, ratio)| !is_ahead(ratio));
    let worst = leads.iter().min_by(|a, b| a.2.median.total_cmp(&b.2.median)).unwrap_or(first);
    let shown =
        |(at, lead, ratio): &(&Point, &Lead, Ratio)| against(at, section.over, lead, *ratio);
    match behind {
        _ if leads.len() == 1 => format!("{who} is {}.", shown(first)),
        None => format!(
            "{who} is ahead of the best peer at every n: at least {}, and {}.",
            shown(worst),
            shown(last)
        ),
        Some(behind) if behind + 1 == leads.len() => {
            format!("{who} is not ahead of the best peer at the largest n: {}.", shown(last))
        }
        Some(behind) => format!(
            "{who} is ahead of the best peer from {} on: {}. At worst it is {}.",
            n(leads[behind + 1].0.children),
            shown(last),
            shown(worst),
        ),
    }
}

fn over_threads(section: &Section<'_>) -> String {
    let Some(at) = section.of.points.last() else { return "No point was measured.".into() };
    let name = at.lead.as_ref().map(|lead| ours(lead).0).unwrap_or(&section.of.baseline);
    let row = at.rows.iter().find(|row| row.backend == name);
    let speed_up = row.and_then(|row| row.ratio_to_one_thread);
    let Some(speed_up) = speed_up else {
        return format!("No speed-up of {} was measured.", Text(name));
    };
    let peer = at
        .lead
        .as_ref()
        .and_then(|lead| Some(against(at, section.over, lead, ours(lead).1?)))
        .map_or_else(String::new, |against| format!(", and {against}"));
    format!(
        "With {} <b>{}</b> is <strong>{}</strong> as fast as with one{peer}.",
        place(section.over, at),
        Text(name),
        Shown::of(&speed_up).times()
    )
}

/// From where on which of ours is the fastest, and where the engine chooses another.
fn kernels(section: &Section<'_>) -> String {
    let points = &section.of.points;
    let Some((at, lead)) = points.iter().find_map(|at| Some((at, at.lead.as_ref()?))) else {
        return String::new();
    };
    let mut kernels =
        format!("Of our kernels {} is the fastest from {}", Text(&lead.kernel), n(at.children));
    for crossover in &section.of.crossovers {
        kernels += &format!(", {} from {}", Text(&crossover.after), n(crossover.children));
    }
    let behind: Vec<String> = points
        .iter()
        .filter_map(|at| {
            let ratio = at.auto_behind()?;
            Some(format!("{} ({})", n(at.children), Shown::of(&ratio).times()))
        })
        .collect();
    let has_auto = points.iter().filter_map(|at| at.lead.as_ref()?.auto_over_kernel).next();
    let choice = match (has_auto, behind.is_empty()) {
        (None, _) => String::new(),
        (Some(_), true) => {
            " The engine’s own choice is nowhere behind the fastest of them beyond noise.".into()
        }
        (Some(_), false) => format!(
            " The engine’s own choice is behind the fastest of them at {}.",
            behind.join(", ")
        ),
    };
    format!("{kernels}.{choice} ")
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
