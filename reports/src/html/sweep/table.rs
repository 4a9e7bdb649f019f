//! The tables of a sweep: points down; across, ours against the best peer, and every backend.

use maud::{Markup, html};

use super::{Over, Section, axis, fault, is_ours};
use crate::{
    number::{NONE, Shown, digits, grouped, hash_name, rate},
    record::{
        Ratio,
        sweep::{Point, Row},
    },
};

/// A table that scrolls sideways where it is too wide; its caption does not.
fn scrolling(id: &str, class: &str, caption: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        p class="caption" id=(id) { (caption) }
        div class="scroll" role="region" tabindex="0" aria-labelledby=(id) {
            table class={ "points " (class) } aria-labelledby=(id) {
                thead { tr { (head) } }
                tbody { (body) }
            }
        }
    }
}

/// A ratio over its interval.
fn cell(ratio: Option<Ratio>) -> Markup {
    html! {
        td {
            @match ratio.as_ref().map(Shown::of) {
                None => (NONE),
                Some(shown) => { span class="main" { (shown.times()) } " " small { (shown.interval) } },
            }
        }
    }
}

fn place(section: &Section<'_>, at: &Point) -> Markup {
    html! { th scope="row" { (grouped(at.at(section.over))) } }
}

/// Ours against the best peer at each point.
pub(super) fn leads(section: &Section<'_>) -> Markup {
    let points = section.of.points.iter();
    let leads: Vec<_> = points.filter_map(|at| Some((at, at.lead.as_ref()?))).collect();
    if leads.is_empty() {
        return html! {};
    }
    let head = html! {
        th scope="col" { (axis(section.over)) }
        th scope="col" class="words" { "Fastest of" br; "our kernels" }
        th scope="col" { "over the" br; "best peer" }
        th scope="col" { "auto over the" br; "best peer" }
        th scope="col" { "auto over" br; "our fastest" }
        th scope="col" class="words" { "Best peer" }
    };
    let body = html! {
        @for (at, lead) in leads {
            tr {
                (place(section, at))
                td class="words" { (lead.kernel) }
                (cell(lead.kernel_over_peer))
                (cell(lead.auto_over_peer))
                (cell(lead.auto_over_kernel))
                td class="words" { (lead.peer.as_deref().unwrap_or(NONE)) }
            }
        }
    };
    let caption = format!("Ours against the best peer, {}", hash_name(&section.of.hash));
    scrolling(&format!("leads-{}", section.position), "leads", &caption, &head, &body)
}

/// Every backend at every point.
pub(super) fn points(section: &Section<'_>) -> Markup {
    let of = section.of;
    if of.points.is_empty() {
        return html! {};
    }
    let head = html! {
        th scope="col" { (axis(section.over)) }
        @if section.over == Over::N { th scope="col" { "payments" } }
        th scope="col" { "rounds" }
        th scope="col" { "A/A" }
        @for backend in &of.backends {
            th scope="col" class=[is_ours(&backend.name).then_some("ours")]
                title={ (backend.version) ", " (backend.isa) ", " (backend.call) }
            {
                b {
                    // A name may go on in the next line.
                    @for (position, piece) in backend.name.split('/').enumerate() {
                        @if position > 0 { "/" br; }
                        (piece)
                    }
                }
            }
        }
    };
    let body = html! { @for at in &of.points { (point(section, at)) } };
    let cells = match section.over {
        Over::N => "",
        Over::Threads => "speed over its own with one thread, ",
    };
    let caption = format!(
        "All numbers, {}, scheme {}. In a cell: {cells}speed over {}’s at the same {} with its 95 % interval, \
         pairs a second of all threads, reference cycles a pair",
        hash_name(&of.hash),
        section.scheme,
        of.baseline,
        axis(section.over),
    );
    scrolling(&format!("points-{}", section.position), "", &caption, &head, &body)
}

fn point(section: &Section<'_>, at: &Point) -> Markup {
    html! {
        tr {
            (place(section, at))
            @if section.over == Over::N { td { (grouped(at.payments)) } }
            td { (grouped(at.rounds)) }
            td {
                @match at.noise.as_ref().map(Shown::closely) {
                    Some(shown) => { (shown.median) small { (shown.interval) } },
                    None => (NONE),
                }
            }
            @for row in &at.rows { (numbers(section.over, row)) }
        }
    }
}

/// One backend at one point.
fn numbers(over: Over, row: &Row) -> Markup {
    if !row.verified {
        return html! { td class="fault" title=(fault(row)) { "✗" } };
    }
    let (median, interval) = match row.ratio_to_baseline.as_ref().map(Shown::of) {
        Some(shown) => (shown.times(), shown.interval),
        None => (NONE.into(), NONE.into()),
    };
    let speed = row.pairs_per_second.map_or_else(|| NONE.into(), |speed| rate(speed.median, ""));
    let cycles =
        row.reference_cycles_per_pair.map_or_else(|| NONE.into(), |cycles| digits(cycles, 3));
    html! {
        td {
            @match (over, row.ratio_to_one_thread.as_ref().map(Shown::of)) {
                (Over::N, _) => {},
                (Over::Threads, None) => { (NONE) br; },
                (Over::Threads, Some(shown)) => {
                    span class="main" { (shown.times()) } small { (shown.interval) }
                },
            }
            span class="main" { (median) }
            small { (interval) }
            small { (speed) }
            small { (cycles) }
        }
    }
}
