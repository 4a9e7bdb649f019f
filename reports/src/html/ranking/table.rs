//! The tables. On a phone each row of the ranking folds into a card of three columns.
//!
//! Folding changes `display`, which makes browsers forget what is a row and what is a cell; the roles say it
//! again.

use super::{
    OfHash, fault, is_ours, rank, tags,
    text::{NONE, Shown, Text, digits, hash_name, percent, rate},
};
use crate::record::{Limit, Row};

/// Groups of columns over their columns.
const HEAD: &str = "\
<thead role=\"rowgroup\">
<tr role=\"row\"><td colspan=\"3\"></td>\
<th role=\"columnheader\" scope=\"colgroup\" colspan=\"2\">Ratio to baseline</th>\
<th role=\"columnheader\" scope=\"colgroup\" colspan=\"3\">Pairs a second</th>\
<td colspan=\"3\"></td></tr>
<tr role=\"row\">\
<th role=\"columnheader\" scope=\"col\" class=\"words\"><abbr title=\"Rank\">#</abbr></th>\
<th role=\"columnheader\" scope=\"col\" class=\"words\">Backend</th>\
<th role=\"columnheader\" scope=\"col\" class=\"words\">ISA</th>\
<th role=\"columnheader\" scope=\"col\">median</th>\
<th role=\"columnheader\" scope=\"col\">95 %</th>\
<th role=\"columnheader\" scope=\"col\"><abbr title=\"first quartile\">q1</abbr></th>\
<th role=\"columnheader\" scope=\"col\">median</th>\
<th role=\"columnheader\" scope=\"col\"><abbr title=\"third quartile\">q3</abbr></th>\
<th role=\"columnheader\" scope=\"col\">Ref. cycles<br>a pair</th>\
<th role=\"columnheader\" scope=\"col\">Of limit</th>\
<th role=\"columnheader\" scope=\"col\" class=\"words\">Verified</th></tr>
</thead>
";

/// Every row of one hash, ranked ones first.
pub(super) fn rows(of: &OfHash<'_>) -> String {
    if of.rows.is_empty() {
        return String::new();
    }
    let ranked = of.ranked();
    let others = of.rows.iter().copied().filter(|row| rank(row).is_none());
    let body: String = ranked.iter().copied().chain(others).map(row).collect();
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-{position}\">\n\
         <table role=\"table\" class=\"rows\">\n\
         <caption id=\"table-{position}\">All {hash} rows, scheme {scheme}</caption>\n\
         {HEAD}<tbody role=\"rowgroup\">\n{body}</tbody>\n</table>\n</div>\n",
        position = of.position,
        hash = Text(hash_name(of.hash)),
        scheme = Text(of.scheme),
    )
}

/// A cell that carries its column's name for when it is a card's.
fn cell(label: &str, class: &str, content: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<td role=\"cell\" data-label=\"{label}\"{class}>{content}</td>")
}

fn row(row: &Row) -> String {
    let class = if !row.verified {
        " class=\"wrong\""
    } else if is_ours(row) {
        " class=\"ours\""
    } else {
        ""
    };
    let place = rank(row).map_or_else(|| NONE.into(), |rank| rank.to_string());
    let numbers = if row.verified {
        numbers(row)
    } else {
        format!(
            "<td role=\"cell\" colspan=\"7\" class=\"words fault\">✗ {}; not ranked</td>",
            Text(fault(row))
        )
    };
    format!(
        "<tr role=\"row\"{class}>{place}{backend}{isa}{numbers}{verified}</tr>\n",
        place = cell("Rank", "place", &place),
        backend = backend(row),
        isa = cell("ISA", "words", &Text(&row.isa).to_string()),
        verified = cell("Verified", "words", if row.verified { "✓ yes" } else { "✗ no" }),
    )
}

/// Name, version and how it was called.
fn backend(row: &Row) -> String {
    format!(
        "<th role=\"rowheader\" scope=\"row\" class=\"words\"><b>{}</b> \
         <span class=\"version\">{}</span>{}<code>{}</code></th>",
        Text(&row.backend),
        Text(&row.version),
        tags(row),
        // A path may go on in the next line after its colons.
        Text(&row.call).to_string().replace("::", "::<wbr>"),
    )
}

/// What only a verified row shows.
fn numbers(row: &Row) -> String {
    let ratio = row.ratio_to_baseline.as_ref().map(Shown::of);
    let (median, interval) = match &ratio {
        Some(shown) => (shown.times(), shown.interval.as_str()),
        None => (NONE.into(), NONE),
    };
    let speed = |pick: fn(crate::record::Spread) -> f64| {
        row.pairs_per_second.map_or_else(|| NONE.into(), |spread| rate(pick(spread), ""))
    };
    let cycles =
        row.reference_cycles_per_pair.map_or_else(|| NONE.into(), |cycles| digits(cycles, 3));
    let part = row.of_limit.map_or_else(|| NONE.into(), percent);
    let limit = match (&row.limit, row.of_limit) {
        (Some(limit), Some(_)) => format!("{part}<small>{}</small>", Text(limit)),
        _ => part,
    };
    [
        cell("Ratio", "main", &median),
        cell("95 %", "", interval),
        cell("Pairs/s, q1", "", &speed(|spread| spread.q1)),
        cell("median", "main", &speed(|spread| spread.median)),
        cell("q3", "", &speed(|spread| spread.q3)),
        cell("Ref. cycles", "", &cycles),
        cell("Of limit", "", &limit),
    ]
    .concat()
}

/// What the silicon allows.
pub(super) fn limits(limits: &[Limit]) -> String {
    let body: String = limits.iter().map(limit).collect();
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"limits\">\n\
         <table class=\"limits\">\n<thead>\n<tr><th scope=\"col\" class=\"words\">Limit</th>\
         <th scope=\"col\"><abbr title=\"first quartile\">q1</abbr></th>\
         <th scope=\"col\">median</th><th scope=\"col\"><abbr title=\"third quartile\">q3</abbr></th>\
         <th scope=\"col\" class=\"words\">Unit</th></tr>\n</thead>\n\
         <tbody>\n{body}</tbody>\n</table>\n</div>\n"
    )
}

fn limit(limit: &Limit) -> String {
    let show = |value| rate(value, "");
    format!(
        "<tr><th scope=\"row\" class=\"words\">{}</th><td>{}</td><td class=\"main\">{}</td><td>{}</td>\
         <td class=\"words\">{}</td></tr>\n",
        Text(&limit.name),
        show(limit.rate.q1),
        show(limit.rate.median),
        show(limit.rate.q3),
        Text(&limit.unit),
    )
}
