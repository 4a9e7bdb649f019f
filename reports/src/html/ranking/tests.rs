use super::*;
use crate::html::frame::check;
use crate::record::{Head, Invocation, Ratio, SCHEMA, Spread, Workload};

fn row(backend: &str, rank: Option<u64>, ratio: Option<f64>) -> Row {
    Row {
        backend: backend.into(),
        version: "1.2.3".into(),
        call: "hash(message)".into(),
        hash: "sha256".into(),
        scheme: "og".into(),
        isa: "shani".into(),
        rank,
        tie: false,
        pairs_per_second: ratio.map(|ratio| spread(1e7 * ratio)),
        reference_cycles_per_pair: ratio.map(|ratio| 250.0 / ratio),
        of_limit: ratio.map(|ratio| ratio / 4.0),
        limit: ratio.map(|_| "sha256rnds2".into()),
        ratio_to_baseline: ratio.map(around),
        baseline: false,
        verified: true,
        clock_refused: false,
        fault: None,
    }
}

fn around(median: f64) -> Ratio {
    Ratio { median, low: 0.99 * median, high: 1.01 * median }
}

fn spread(median: f64) -> Spread {
    Spread { q1: 0.9 * median, median, q3: 1.1 * median }
}

fn wrong(backend: &str) -> Row {
    // A record that lies about a row that was not verified must not make it ranked.
    let fault = Some("an output was wrong".into());
    Row { verified: false, fault, ..row(backend, Some(1), Some(99.0)) }
}

fn baseline(backend: &str, rank: u64) -> Row {
    let ratio_to_baseline = Some(Ratio { median: 1.0, low: 1.0, high: 1.0 });
    Row { baseline: true, ratio_to_baseline, ..row(backend, Some(rank), Some(1.0)) }
}

fn record(rows: Vec<Row>) -> Record {
    Record {
        head: Head::example(SCHEMA),
        workload: Workload {
            invocation: Invocation::example("ammeter compare --quick"),
            scheme: "og".into(),
            pairs: 4096,
            threads: 1,
            seconds: 10.0,
            interrupted: false,
            pairs_checked: 123_456_789,
        },
        noise: vec![Noise {
            hash: "sha256".into(),
            backend: "peer".into(),
            ratio: Ratio { median: 1.0003, low: 0.9985, high: 1.0012 },
            rounds: 210,
            digest: "aa".into(),
        }],
        limits: vec![Limit {
            name: "sha256rnds2".into(),
            unit: "instructions/s".into(),
            rate: spread(2e9),
            upper: Some(2.3e9),
        }],
        instrument: vec![],
        rows,
    }
}

fn ordinary() -> Record {
    record(vec![
        row("ammeter/shani", Some(1), Some(2.31)),
        baseline("peer", 2),
        row("slow-peer", Some(3), Some(0.11)),
        wrong("broken"),
    ])
}

/// Nothing known: every option empty.
fn bare(backend: &str) -> Row {
    row(backend, None, None)
}

/// Records that a careless page would trip over.
fn edges() -> Vec<Record> {
    let with_ratio = |ratio: Ratio| {
        let odd = Row { ratio_to_baseline: Some(ratio), ..row("odd", Some(1), Some(2.0)) };
        record(vec![odd, baseline("peer", 2)])
    };
    let ratio = |low, median, high| with_ratio(Ratio { low, median, high });
    let mut edges = vec![
        record(vec![]),
        record(vec![baseline("peer", 1)]),
        record(vec![bare("bare")]),
        record(vec![wrong("broken"), wrong("broken-too")]),
        ratio(1e12, 2e12, 3e12),
        ratio(1e-12, 2e-12, 3e-12),
        ratio(1e-300, 1.0, 1e300),
        ratio(f64::MIN_POSITIVE, f64::MAX, f64::MAX),
        ratio(f64::NAN, f64::NAN, f64::NAN),
        ratio(0.0, 0.0, 0.0),
        ratio(-1.0, 2.0, f64::INFINITY),
        ratio(3.0, 2.0, 1.0),
        ratio(1.0 - 1e-12, 1.0, 1.0 + 1e-12),
    ];
    let mut nothing = record(vec![bare("bare")]);
    nothing.noise.clear();
    nothing.limits.clear();
    nothing.head.host.reference_clock_hz = None;
    nothing.workload.seconds = f64::INFINITY;
    edges.push(nothing.clone());
    nothing.rows.clear();
    edges.push(nothing);
    let mut odd = ordinary();
    odd.rows[0].pairs_per_second = Some(Spread { q1: f64::NAN, median: f64::INFINITY, q3: -1.0 });
    odd.rows[0].of_limit = Some(f64::NAN);
    odd.rows[0].reference_cycles_per_pair = Some(f64::NEG_INFINITY);
    odd.noise[0].ratio = Ratio { median: f64::NAN, low: f64::NAN, high: f64::NAN };
    odd.limits[0].rate = spread(f64::NAN);
    edges.push(odd);
    edges
}

/// The element of `page` that starts with `open`, has `name` in it and ends with `close`.
fn element<'a>(page: &'a str, open: &str, name: &str, close: &str) -> &'a str {
    let starts = page.match_indices(open).map(|(start, _)| start);
    let elements = starts.map(|start| page[start..].split_once(close).expect("is closed").0);
    elements.into_iter().find(|element| element.contains(name)).expect("is on the page")
}

#[test]
fn what_a_record_says_is_never_markup() {
    const EVIL: &str = "\"'><script>alert(1)</script>&";
    let mut record = ordinary();
    for row in &mut record.rows {
        for field in [&mut row.backend, &mut row.version, &mut row.call, &mut row.isa] {
            field.push_str(EVIL);
        }
        row.hash = EVIL.into();
        row.limit = Some(EVIL.into());
        row.fault = Some(EVIL.into());
    }
    record.noise[0].hash = EVIL.into();
    let (host, build, work) = (&mut record.head.host, &mut record.head.build, &mut record.workload);
    let (limit, noise) = (&mut record.limits[0], &mut record.noise[0]);
    for field in [
        &mut record.head.schema,
        &mut noise.backend,
        &mut noise.digest,
        &mut limit.name,
        &mut limit.unit,
        &mut host.cpu,
        &mut host.architecture,
        &mut host.os,
        &mut host.features[0],
        &mut host.warnings[0],
        &mut build.version,
        &mut build.commit,
        &mut build.rustc,
        &mut build.target,
        &mut build.profile,
        &mut work.invocation.command,
        &mut work.invocation.started,
        &mut work.scheme,
    ] {
        *field = EVIL.into();
    }
    let page = page(&record);
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;"));
    assert!(!page.contains("\"'>"), "a quote leaves its attribute");
}

#[test]
fn nothing_is_fetched() {
    for record in [ordinary()].iter().chain(&edges()) {
        let page = page(record);
        for word in ["http://", "https://", "//", "src=", "url(", "@import", "<link", "<script"] {
            assert!(!page.contains(word), "{word}");
        }
        for (start, _) in page.match_indices("href=") {
            assert!(page[start..].starts_with("href=\"#"));
        }
    }
}

#[test]
fn every_row_is_drawn_and_listed() {
    let record = ordinary();
    let page = page(&record);
    for row in &record.rows {
        element(&page, "<li", &row.backend, "</li>");
        element(&page, "<tr", &row.backend, "</tr>");
    }
    assert!(page.contains("ammeter compare --quick"));
    assert!(page.contains("the load average is 9"));
    assert!(page.contains("abc-dirty"));
    assert!(page.contains("22 November 2026, 09:20 UTC"));
    assert!(page.contains(SCHEMA));
}

#[test]
fn a_wrong_row_has_no_rank_no_bar_and_no_times() {
    let page = page(&ordinary());
    let drawn = element(&page, "<li", "broken", "</li>");
    assert!(drawn.contains("not ranked") && drawn.contains("an output was wrong"));
    assert!(!drawn.contains("<svg") && !drawn.contains("class=\"place\""));
    let listed = element(&page, "<tr", "broken", "</tr>");
    assert!(listed.contains("class=\"place\">–<"), "{listed}");
    assert!(listed.contains("✗ no") && !listed.contains("99") && !listed.contains("990"));
    assert!(page.contains("one row was wrong or failed"));
    // Its rank of 1 and its ratio of 99 would have made it the finding.
    assert!(!element(&page, "<p class=\"finding\"", "is fastest", "</p>").contains("broken"));
}

#[test]
fn the_finding_names_the_fastest_its_ratio_its_limit_and_the_noise() {
    let page = page(&ordinary());
    let found = element(&page, "<p class=\"finding\"", "", "</p>");
    assert!(found.contains("<b>ammeter/shani</b> is fastest at 23.1\u{202f}M pairs/s"));
    assert!(found.contains("2.31\u{202f}×</strong> the baseline, peer."));
    let sure = element(&page, "<p class=\"sure\"", "", "</p>");
    assert!(sure.contains("2.29–2.33") && sure.contains("1.0003 (0.9985–1.0012)"));
    assert!(
        sure.contains("58\u{202f}% of what the silicon allows") && sure.contains("sha256rnds2")
    );
}

#[test]
fn a_hash_without_a_a_is_named_where_rounds_and_digests_are() {
    let mut record = ordinary();
    record.noise.clear();
    let page = page(&record);
    assert_eq!(page.matches("<span class=\"of\">SHA-256: –</span>").count(), 2, "{page}");
}

#[test]
fn a_tie_is_called_one() {
    let mut record = ordinary();
    (record.rows[0].tie, record.rows[1].tie, record.rows[1].rank) = (true, true, Some(1));
    let page = page(&record);
    let found = element(&page, "<p class=\"finding\"", "", "</p>");
    assert!(found.contains("<b>ammeter/shani</b> and <b>peer</b> tie for fastest"), "{found}");
    assert!(
        element(&page, "<li class=\"ours\"><span class=\"place\"", "", "</li>").contains("tie")
    );
    assert!(element(&page, "<tr role=\"row\" class=\"ours\"", "", "</tr>").contains("tie"));
}

#[test]
fn numbers_that_are_none_are_dashes() {
    for record in [ordinary()].iter().chain(&edges()) {
        let page = page(record);
        for word in ["NaN", "inf", "None", "Some("] {
            assert!(!page.contains(word), "{word} in {page}");
        }
        assert!(!page.contains("=\"-"), "a negative length in {page}");
    }
}

#[test]
fn every_page_is_well_formed() {
    for record in [ordinary()].iter().chain(&edges()) {
        check(&page(record));
    }
}
