//! The tables. On a phone each row of the ranking folds into a card of three columns.
//!
//! Folding changes `display`, which makes browsers forget what is a row and what is a cell; the
//! roles say it again.

use maud::{Markup, html};

use super::{OfHash, fault, is_ours, rank, tags};
use crate::{
    html::bars,
    number::{NONE, Shown, digits, hash_name, percent, rate},
    record::{Limit, Row, Spread},
};

/// Groups of columns over their columns.
fn head() -> Markup {
    let words =
        |text: Markup| html! { th role="columnheader" scope="col" class="words" { (text) } };
    let numbers = |text: Markup| html! { th role="columnheader" scope="col" { (text) } };
    let group = |columns: u8, text: &str| {
        html! { th role="columnheader" scope="colgroup" colspan=(columns) { (text) } }
    };
    html! {
        thead role="rowgroup" {
            tr role="row" {
                td colspan="3" {}
                (group(2, "Ratio to baseline"))
                (group(3, "Pairs a second"))
                td colspan="3" {}
            }
            tr role="row" {
                (words(html! { abbr title="Rank" { "#" } }))
                (words(html! { "Backend" }))
                (words(html! { "ISA" }))
                (numbers(html! { "median" }))
                (numbers(html! { "95 %" }))
                (numbers(html! { abbr title="first quartile" { "q1" } }))
                (numbers(html! { "median" }))
                (numbers(html! { abbr title="third quartile" { "q3" } }))
                (numbers(html! { "Ref. cycles" br; "a pair" }))
                (numbers(html! { "Of limit" }))
                (words(html! { "Verified" }))
            }
        }
    }
}

/// Every row of one hash, ranked ones first.
pub(super) fn rows(of: &OfHash<'_>) -> Markup {
    let others = of.rows.iter().copied().filter(|row| rank(row).is_none());
    let caption = format!("table-{}", of.position);
    html! {
        @if !of.rows.is_empty() {
            div class="scroll" role="region" tabindex="0" aria-labelledby=(caption) {
                table role="table" class="rows" {
                    caption id=(caption) { "All " (hash_name(of.hash)) " rows, scheme " (of.scheme) }
                    (head())
                    tbody role="rowgroup" {
                        @for each in of.ranked().into_iter().chain(others) { (row(each)) }
                    }
                }
            }
        }
    }
}

/// A cell that carries its column's name for when it is a card's.
fn cell(label: &str, class: Option<&str>, content: &Markup) -> Markup {
    html! { td role="cell" data-label=(label) class=[class] { (content) } }
}

fn row(row: &Row) -> Markup {
    let class = match row.verified {
        false => Some("wrong"),
        true => is_ours(&row.backend).then_some("ours"),
    };
    let place = rank(row).map_or_else(|| NONE.into(), |rank| rank.to_string());
    let verified = if row.verified { "✓ yes" } else { "✗ no" };
    html! {
        tr role="row" class=[class] {
            (cell("Rank", Some("place"), &html! { (place) }))
            (backend(row))
            (cell("ISA", Some("words"), &html! { (row.isa) }))
            @if row.verified {
                (numbers(row))
            } @else {
                td role="cell" colspan="7" class="words fault" { "✗ " (fault(row)) "; not ranked" }
            }
            (cell("Verified", Some("words"), &html! { (verified) }))
        }
        "\n"
    }
}

/// Name, version and how it was called.
fn backend(row: &Row) -> Markup {
    html! {
        th role="rowheader" scope="row" class="words" {
            b { (row.backend) } " "
            span class="version" { (row.version) }
            (bars::tags(&tags(row)))
            code {
                // A path may go on in the next line after its colons.
                @for (position, piece) in row.call.split("::").enumerate() {
                    @if position > 0 { "::" wbr; }
                    (piece)
                }
            }
        }
    }
}

/// What only a verified row shows.
fn numbers(row: &Row) -> Markup {
    let ratio = row.ratio_to_baseline.as_ref().map(Shown::of);
    let (median, interval) = match &ratio {
        Some(shown) => (shown.times(), shown.interval.as_str()),
        None => (NONE.into(), NONE),
    };
    let speed = |pick: fn(Spread) -> f64| {
        let speed =
            row.pairs_per_second.map_or_else(|| NONE.into(), |spread| rate(pick(spread), ""));
        html! { (speed) }
    };
    let cycles =
        row.reference_cycles_per_pair.map_or_else(|| NONE.into(), |cycles| digits(cycles, 3));
    let part = row.of_limit.map_or_else(|| NONE.into(), percent);
    let limit = row.limit.as_ref().filter(|_| row.of_limit.is_some());
    html! {
        (cell("Ratio", Some("main"), &html! { (median) }))
        (cell("95 %", None, &html! { (interval) }))
        (cell("Pairs/s, q1", None, &speed(|spread| spread.q1)))
        (cell("median", Some("main"), &speed(|spread| spread.median)))
        (cell("q3", None, &speed(|spread| spread.q3)))
        (cell("Ref. cycles", None, &html! { (cycles) }))
        (cell("Of limit", None, &html! {
            (part)
            @if let Some(limit) = limit { small { (limit) } }
        }))
    }
}

/// What the silicon allows.
pub(super) fn limits(limits: &[Limit]) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-labelledby="limits" {
            table class="limits" {
                thead {
                    tr {
                        th scope="col" class="words" { "Limit" }
                        th scope="col" { abbr title="first quartile" { "q1" } }
                        th scope="col" { "median" }
                        th scope="col" { abbr title="third quartile" { "q3" } }
                        th scope="col" { "upper end" }
                        th scope="col" class="words" { "Unit" }
                    }
                }
                tbody { @for each in limits { (limit(each)) } }
            }
        }
    }
}

fn limit(limit: &Limit) -> Markup {
    html! {
        tr {
            th scope="row" class="words" { (limit.name) }
            td { (rate(limit.rate.q1, "")) }
            td { (rate(limit.rate.median, "")) }
            td { (rate(limit.rate.q3, "")) }
            td class="main" { (limit.upper.map_or_else(|| NONE.into(), |upper| rate(upper, ""))) }
            td class="words" { (limit.unit) }
        }
    }
}
