//! The finding for one hash: one sentence that says what was found, and one that says how sure it is.

use super::{
    OfHash, rank,
    text::{NONE, Shown, Text, percent, rate},
};
use crate::record::{Noise, Ratio, Row};

/// Both sentences as paragraphs.
pub(super) fn finding(of: &OfHash<'_>) -> String {
    let ranked = of.ranked();
    let best = ranked.first().and_then(|row| rank(row));
    let leaders: Vec<&Row> = ranked.iter().copied().filter(|row| rank(row) == best).collect();
    let found = match leaders.as_slice() {
        [] if of.rows.is_empty() => "No backend was measured.".into(),
        [] => "No backend could be ranked.".into(),
        [only] if of.rows.len() == 1 => alone(only),
        [leader] => fastest(leader, of.baseline()),
        [leader, others @ ..] => tied(leader, others, of.baseline()),
    };
    let sure = leaders.first().map(|leader| sure(leader, of.noise)).unwrap_or_default();
    format!("<p class=\"finding\">{found}</p>\n{sure}")
}

fn name(backend: &str) -> String {
    format!("<b>{}</b>", Text(backend))
}

/// ` at 48.0 M pairs/s`, or nothing.
fn speed(row: &Row) -> String {
    row.pairs_per_second
        .filter(|speed| speed.median.is_finite())
        .map(|speed| format!(" at {} pairs/s", rate(speed.median, "")))
        .unwrap_or_default()
}

fn alone(row: &Row) -> String {
    format!("{} ran alone{}.", name(&row.backend), speed(row))
}

fn fastest(leader: &Row, baseline: Option<&str>) -> String {
    let (who, speed) = (name(&leader.backend), speed(leader));
    if leader.baseline {
        return format!("{who}, the baseline, is fastest{speed}.");
    }
    match (&leader.ratio_to_baseline, baseline) {
        (Some(ratio), Some(baseline)) => format!(
            "{who} is fastest{speed}: <strong>{}</strong> the baseline, {}.",
            Shown::of(ratio).times(),
            Text(baseline)
        ),
        _ => format!("{who} is fastest{speed}."),
    }
}

/// Leaders whose difference is inside the noise.
fn tied(leader: &Row, others: &[&Row], baseline: Option<&str>) -> String {
    let mut names: Vec<String> =
        [leader].iter().chain(others).map(|row| name(&row.backend)).collect();
    let last = names.pop().unwrap_or_default();
    let who = format!("{} and {last} tie for fastest{}", names.join(", "), speed(leader));
    if leader.baseline || others.iter().any(|row| row.baseline) {
        return format!("{who}: none is faster than the baseline beyond noise.");
    }
    match (&leader.ratio_to_baseline, baseline) {
        (Some(ratio), Some(baseline)) => format!(
            "{who}, <strong>{}</strong> the baseline, {}.",
            Shown::of(ratio).times(),
            Text(baseline)
        ),
        _ => format!("{who}."),
    }
}

/// Interval, noise, and how far from the limit.
fn sure(leader: &Row, noise: Option<&Noise>) -> String {
    let interval = leader
        .ratio_to_baseline
        .map(|ratio| Shown::of(&ratio).interval)
        .filter(|interval| interval != NONE)
        .map(|interval| format!("The 95 % interval is {interval}. "));
    let noise = noise.map_or_else(
        || "This run has no A/A measurement, so its noise is unknown.".into(),
        |noise| about_noise(&noise.ratio),
    );
    let limit = match (leader.of_limit, &leader.limit) {
        (Some(part), Some(limit)) if part.is_finite() => format!(
            " It reaches {} of what the silicon allows; the limit is {}.",
            percent(part),
            Text(limit)
        ),
        _ => String::new(),
    };
    format!("<p class=\"sure\">{}{noise}{limit}</p>\n", interval.unwrap_or_default())
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
