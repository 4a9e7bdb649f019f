use ammeter_bench::backend::AUTO;

use super::*;
use crate::html::frame::check;
use crate::record::{
    Head, Invocation, Ratio, Spread,
    sweep::{Backend, Crossover, Lead, SCHEMA, Workload},
};

const NAMES: [&str; 5] = ["ammeter/wide", "ammeter/narrow", AUTO, "peer", "slow-peer"];

fn around(median: f64) -> Ratio {
    Ratio { median, low: 0.99 * median, high: 1.01 * median }
}

fn row(backend: &str, ratio: f64, threads: u64) -> Row {
    Row {
        backend: backend.into(),
        pairs_per_second: Some(Spread { q1: 9e6 * ratio, median: 1e7 * ratio, q3: 1.1e7 * ratio }),
        reference_cycles_per_pair: Some(250.0 / ratio),
        ratio_to_baseline: Some(around(ratio)),
        ratio_to_one_thread: Some(around(0.98 * threads as f64)),
        verified: true,
        clock_refused: false,
        fault: None,
    }
}

fn point(children: u64, threads: u64) -> Point {
    // The wide kernel needs sixteen children to be as fast as it can be.
    let wide = 5.0 * (children as f64 / 16.0).min(1.0);
    let narrow = 2.0;
    let ratios = [wide, narrow, wide, 1.0, 0.5];
    let fastest = wide.max(narrow);
    Point {
        children,
        payments: (4096 / children).max(1),
        threads,
        passes: 4,
        rounds: 12,
        noise: Some(Ratio { median: 1.0003, low: 0.9985, high: 1.0012 }),
        digest: "aa".into(),
        rows: NAMES.iter().zip(ratios).map(|(name, ratio)| row(name, ratio, threads)).collect(),
        lead: Some(Lead {
            kernel: if wide > narrow { NAMES[0] } else { NAMES[1] }.into(),
            peer: Some("peer".into()),
            kernel_over_peer: Some(around(fastest)),
            auto_over_peer: Some(around(wide)),
            auto_over_kernel: Some(around(wide / fastest)),
        }),
    }
}

fn sweep(over: Over, points: Vec<Point>) -> Sweep {
    let backend = |name: &&str| Backend {
        name: (*name).into(),
        version: "1.2.3".into(),
        call: "hash(message)".into(),
        isa: "shani".into(),
    };
    Sweep {
        head: Head::example(SCHEMA),
        workload: Workload {
            invocation: Invocation::example("ammeter compare --sweep n"),
            scheme: "og".into(),
            over,
            seconds: 60.0,
            interrupted: false,
            pairs_checked: 123_456_789,
        },
        hashes: vec![OfHash {
            hash: "sha256".into(),
            baseline: "peer".into(),
            backends: NAMES.iter().map(backend).collect(),
            points,
            crossovers: vec![Crossover {
                children: 8,
                before: NAMES[1].into(),
                after: NAMES[0].into(),
                ratio: Some(around(1.25)),
            }],
        }],
    }
}

fn ordinary() -> Sweep {
    sweep(Over::N, [1, 2, 4, 8, 16, 64, 4096, 1 << 20].map(|n| point(n, 1)).into())
}

/// As [`ordinary`], with a backend wrong at n = 4.
fn broken() -> Sweep {
    let mut sweep = ordinary();
    let row = &mut sweep.hashes[0].points[2].rows[3];
    // A record that lies about a row that was not verified must not make it drawn.
    (row.verified, row.fault) = (false, Some("an output differed".into()));
    row.pairs_per_second = Some(Spread { q1: 7e77, median: 7e77, q3: 7e77 });
    sweep
}

/// Records that a careless page would trip over.
fn edges() -> Vec<Sweep> {
    let mut nothing = ordinary();
    nothing.hashes.clear();
    let mut odd = ordinary();
    let odd_numbers = [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e300, 1e-300];
    for (at, value) in odd.hashes[0].points.iter_mut().zip(odd_numbers) {
        at.noise = Some(Ratio { median: value, low: value, high: value });
        for row in &mut at.rows[1..] {
            row.pairs_per_second = Some(Spread { q1: value, median: value, q3: value });
            row.reference_cycles_per_pair = Some(value);
            row.ratio_to_baseline = Some(Ratio { median: value, low: value, high: value });
        }
        if let Some(lead) = &mut at.lead {
            lead.auto_over_peer = Some(Ratio { median: value, low: value, high: value });
        }
    }
    let mut bare = ordinary();
    for at in &mut bare.hashes[0].points {
        (at.lead, at.noise) = (None, None);
        for row in &mut at.rows {
            (row.pairs_per_second, row.ratio_to_baseline) = (None, None);
        }
    }
    vec![
        nothing,
        odd,
        bare,
        broken(),
        sweep(Over::N, vec![]),
        sweep(Over::N, vec![point(1, 1)]),
        sweep(Over::N, vec![point(3, 1), point(5, 1)]),
        sweep(Over::Threads, vec![point(4096, 1)]),
        sweep(Over::Threads, [1, 2, 3].map(|threads| point(4096, threads)).into()),
        sweep(Over::Threads, [1, 2, 4, 8, 16, 32, 48].map(|n| point(4096, n)).into()),
    ]
}

fn all() -> Vec<Sweep> {
    edges().into_iter().chain([ordinary()]).collect()
}

/// What stands between `open` and `close`, for the first `open`.
fn between<'a>(page: &'a str, open: &str, close: &str) -> &'a str {
    page.split_once(open).expect("is on the page").1.split_once(close).expect("is closed").0
}

#[test]
fn every_page_is_well_formed() {
    for sweep in all() {
        let page = page(&sweep);
        check(&page);
        for word in ["//", "inf", "Some("] {
            assert!(!page.contains(word), "{word} in {page}");
        }
    }
}

#[test]
fn every_number_of_a_drawing_is_a_place_in_it() {
    for sweep in all() {
        let page = page(&sweep);
        for svg in page.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap()) {
            let per_cent = svg.split('"').filter_map(|value| value.strip_suffix('%'));
            for value in per_cent {
                let value: f64 = value.parse().unwrap();
                assert!((0.0..=100.0).contains(&value), "{value}");
            }
        }
        for path in page.split(" d=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let is_command = |c: char| c.is_ascii_alphabetic() || c == ' ';
            for value in path.split(is_command).filter(|value| !value.is_empty()) {
                let value: f64 = value.parse().unwrap();
                assert!((0.0..=1000.0).contains(&value), "{path}");
            }
        }
    }
}

#[test]
fn names_at_line_ends_do_not_collide() {
    // The last two peers end at the same speed as the narrow kernel.
    let mut sweep = ordinary();
    for row in &mut sweep.hashes[0].points.last_mut().unwrap().rows[1..] {
        row.pairs_per_second = Some(Spread { q1: 2e7, median: 2e7, q3: 2e7 });
    }
    for sweep in [sweep, ordinary(), edges().remove(8)] {
        let page = page(&sweep);
        let names = between(&page, "<svg class=\"names\"", "</svg>");
        let mut places: Vec<f64> = names
            .split("<text")
            .skip(1)
            .map(|text| between(text, " y=\"", "\"").parse().unwrap())
            .collect();
        assert!(places.len() >= NAMES.len(), "{places:?}");
        places.sort_by(f64::total_cmp);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 14.0), "{places:?}");
    }
}

#[test]
fn every_backend_has_a_line_and_a_number_at_every_point() {
    let page = page(&ordinary());
    let field = between(&page, "<svg class=\"field\"", "</figure>");
    for name in NAMES {
        assert!(field.contains(&format!("<title>{name}</title></path>")), "{name}");
    }
    assert!(field.contains("aria-labelledby=\"curves-0-t") && field.contains("<desc"));
    let table = page.split("<table class=\"points \"").nth(1).unwrap();
    let rows: Vec<&str> = table.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), 8);
    for row in &rows {
        assert_eq!(row.matches("<td>").count(), 3 + NAMES.len(), "{row}");
    }
    assert!(rows[3].contains("<span class=\"main\">2.50\u{202f}×"), "{}", rows[3]);
}

#[test]
fn a_wrong_point_is_a_gap_and_said_to_be_one() {
    let (whole, page) = (page(&ordinary()), page(&broken()));
    let pieces = |page: &str| -> Vec<usize> {
        let field = between(page, "<svg class=\"field\"", "</figure>");
        let lines = field.split("<path class=\"line peer\"").skip(1);
        lines.map(|line| between(line, " d=\"", "\"").matches('M').count()).collect()
    };
    assert_eq!(pieces(&whole), [1, 1]);
    assert_eq!(pieces(&page), [2, 1]);
    assert!(!whole.contains("✗"));
    let said = between(&page, "<ul class=\"unranked\"", "</ul>");
    assert!(said.contains("peer at n\u{a0}=\u{a0}4") && said.contains("an output differed"));
    assert!(page.contains("<title>peer is missing here</title>"));
    assert!(page.contains("one point of one row was wrong or failed"));
    assert!(!page.contains("7e77") && !page.contains("7.00e"), "its times are not shown");
}

#[test]
fn the_finding_says_from_where_on_ours_are_ahead_and_which_of_them() {
    let page = page(&ordinary());
    let found = between(&page, "<p class=\"finding\">", "</p>");
    assert!(found.contains("<b>ammeter/auto</b> is ahead of the best peer"), "{found}");
    assert!(found.contains("from n\u{a0}=\u{a0}4 on: <strong>5.00\u{202f}×</strong> peer"));
    assert!(found.contains("At worst it is <strong>0.312\u{202f}×"), "{found}");
    let sure = between(&page, "<p class=\"sure\">", "</p>");
    assert!(sure.contains("ammeter/narrow is the fastest from n\u{a0}=\u{a0}1,"), "{sure}");
    assert!(sure.contains("ammeter/wide from n\u{a0}=\u{a0}8."), "{sure}");
    assert!(sure.contains("is behind the fastest of them at n\u{a0}=\u{a0}1 (0.156"), "{sure}");
    assert!(sure.contains("0.9985–1.0012"), "{sure}");
    let list = between(&page, "<ol class=\"crossovers\"", "</ol>");
    assert!(list.contains("<b>ammeter/wide</b>") && list.contains("1.25"), "{list}");
}

#[test]
fn threads_are_measured_against_the_ideal() {
    let page = page(&edges().remove(8));
    assert!(page.contains("With 3 threads <b>ammeter/auto</b> is <strong>2.94"));
    let field = between(&page, "<svg class=\"field\"", "</figure>");
    let ideal = field.split("<path class=\"line ideal\" d=\"M").nth(1).unwrap();
    let places: Vec<f64> =
        ideal.split('"').next().unwrap().split(['L', ' ']).map(|x| x.parse().unwrap()).collect();
    // From the left to the upper right corner, and straight.
    let [x1, y1, x2, y2, x3, y3] = places[..] else { panic!("{places:?}") };
    assert_eq!((x1, x2, x3, y3), (3.0, 50.0, 97.0, 3.0));
    assert!(y1 > 90.0 && (y2 - (y1 + y3) / 2.0).abs() < 0.01, "{places:?}");
}

#[test]
fn what_a_record_says_is_never_markup() {
    const EVIL: &str = "\"'><script>alert(1)</script>&";
    let mut sweep = broken();
    let of = &mut sweep.hashes[0];
    for backend in &mut of.backends {
        for field in [&mut backend.name, &mut backend.version, &mut backend.call, &mut backend.isa]
        {
            field.push_str(EVIL);
        }
    }
    for at in &mut of.points {
        at.digest = EVIL.into();
        let lead = at.lead.as_mut().unwrap();
        (lead.kernel, lead.peer) = (EVIL.into(), Some(EVIL.into()));
        for row in &mut at.rows {
            (row.backend, row.fault) = (EVIL.into(), Some(EVIL.into()));
        }
    }
    for crossover in &mut of.crossovers {
        (crossover.before, crossover.after) = (EVIL.into(), EVIL.into());
    }
    (of.hash, of.baseline) = (EVIL.into(), EVIL.into());
    let (host, build, work) = (&mut sweep.head.host, &mut sweep.head.build, &mut sweep.workload);
    for field in [
        &mut sweep.head.schema,
        &mut host.cpu,
        &mut host.warnings[0],
        &mut build.commit,
        &mut work.invocation.command,
        &mut work.invocation.started,
        &mut work.scheme,
    ] {
        *field = EVIL.into();
    }
    let page = page(&sweep);
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(!page.contains("\"'>"), "a quote leaves its attribute");
}
