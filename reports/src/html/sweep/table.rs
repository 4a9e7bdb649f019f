//! The tables of a sweep: points down; across, ours against the best peer, and every backend.

use super::{
    Over, Section, Text, axis, is_ours,
    text::{NONE, Shown, digits, grouped, hash_name, rate},
};
use crate::record::{
    Ratio,
    sweep::{Point, Row},
};

/// A table that scrolls sideways where it is too wide; its caption does not.
fn scrolling(id: &str, class: &str, caption: &str, head: &str, body: &str) -> String {
    format!(
        "<p class=\"caption\" id=\"{id}\">{caption}</p>\n\
         <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{id}\">\n\
         <table class=\"points {class}\" aria-labelledby=\"{id}\">\n\
         <thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}</tbody>\n</table>\n</div>\n"
    )
}

fn head(text: &str) -> String {
    format!("<th scope=\"col\">{text}</th>")
}

/// A ratio over its interval.
fn cell(ratio: Option<Ratio>) -> String {
    match ratio.as_ref().map(Shown::of) {
        None => format!("<td>{NONE}</td>"),
        Some(shown) => format!(
            "<td><span class=\"main\">{}</span> <small>{}</small></td>",
            shown.times(),
            shown.interval
        ),
    }
}

fn place(section: &Section<'_>, at: &Point) -> String {
    format!("<th scope=\"row\">{}</th>", grouped(at.at(section.over)))
}

/// Ours against the best peer at each point.
pub(super) fn leads(section: &Section<'_>) -> String {
    let points = &section.of.points;
    let body: String = points
        .iter()
        .filter_map(|at| {
            let lead = at.lead.as_ref()?;
            let peer = Text(lead.peer.as_deref().unwrap_or(NONE));
            Some(format!(
                "<tr>{}<td class=\"words\">{}</td>{}{}{}<td class=\"words\">{peer}</td></tr>\n",
                place(section, at),
                Text(&lead.kernel),
                cell(lead.kernel_over_peer),
                cell(lead.auto_over_peer),
                cell(lead.auto_over_kernel),
            ))
        })
        .collect();
    if body.is_empty() {
        return body;
    }
    let words = |text: &str| format!("<th scope=\"col\" class=\"words\">{text}</th>");
    let heads = [
        head(axis(section.over)),
        words("Fastest of<br>our kernels"),
        head("over the<br>best peer"),
        head("auto over the<br>best peer"),
        head("auto over<br>our fastest"),
        words("Best peer"),
    ];
    let caption = format!("Ours against the best peer, {}", Text(hash_name(&section.of.hash)));
    scrolling(&format!("leads-{}", section.position), "leads", &caption, &heads.concat(), &body)
}

/// Every backend at every point.
pub(super) fn points(section: &Section<'_>) -> String {
    let of = section.of;
    if of.points.is_empty() {
        return String::new();
    }
    let payments = if section.over == Over::N { head("payments") } else { String::new() };
    let mut heads = head(axis(section.over)) + &payments + &head("rounds") + &head("A/A");
    for backend in &of.backends {
        let class = if is_ours(&backend.name) { " class=\"ours\"" } else { "" };
        heads += &format!(
            "<th scope=\"col\"{class} title=\"{}, {}, {}\"><b>{}</b></th>",
            Text(&backend.version),
            Text(&backend.isa),
            Text(&backend.call),
            // A name may go on in the next line.
            Text(&backend.name).to_string().replace('/', "/<br>"),
        );
    }
    let body: String = of.points.iter().map(|at| point(section, at)).collect();
    let cells = match section.over {
        Over::N => "",
        Over::Threads => "speed over its own with one thread, ",
    };
    let caption = format!(
        "All numbers, {hash}, scheme {scheme}. In a cell: {cells}speed over {baseline}’s at the same \
         {axis} with its 95 % interval, pairs a second of all threads, reference cycles a pair",
        hash = Text(hash_name(&of.hash)),
        scheme = Text(section.scheme),
        baseline = Text(&of.baseline),
        axis = axis(section.over),
    );
    scrolling(&format!("points-{}", section.position), "", &caption, &heads, &body)
}

fn point(section: &Section<'_>, at: &Point) -> String {
    let noise = match at.noise.as_ref().map(Shown::closely) {
        Some(shown) => format!("{}<small>{}</small>", shown.median, shown.interval),
        None => NONE.into(),
    };
    let payments = match section.over {
        Over::N => format!("<td>{}</td>", grouped(at.payments)),
        Over::Threads => String::new(),
    };
    let rows: String = at.rows.iter().map(|row| numbers(section.over, row)).collect();
    format!(
        "<tr>{}{payments}<td>{}</td><td>{noise}</td>{rows}</tr>\n",
        place(section, at),
        grouped(at.rounds)
    )
}

/// One backend at one point.
fn numbers(over: Over, row: &Row) -> String {
    if !row.verified {
        return format!("<td class=\"fault\" title=\"{}\">✗</td>", Text(super::fault(row)));
    }
    let (median, interval) = match row.ratio_to_baseline.as_ref().map(Shown::of) {
        Some(shown) => (shown.times(), shown.interval),
        None => (NONE.into(), NONE.into()),
    };
    let speed_up = match (over, row.ratio_to_one_thread.as_ref().map(Shown::of)) {
        (Over::N, _) => String::new(),
        (Over::Threads, None) => format!("{NONE}<br>"),
        (Over::Threads, Some(shown)) => {
            format!(
                "<span class=\"main\">{}</span><small>{}</small>",
                shown.times(),
                shown.interval
            )
        }
    };
    let speed = row.pairs_per_second.map_or_else(|| NONE.into(), |speed| rate(speed.median, ""));
    let cycles =
        row.reference_cycles_per_pair.map_or_else(|| NONE.into(), |cycles| digits(cycles, 3));
    format!(
        "<td>{speed_up}<span class=\"main\">{median}</span><small>{interval}</small>\
         <small>{speed}</small><small>{cycles}</small></td>"
    )
}
