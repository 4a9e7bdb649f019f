//! Promise: `ammeter report --drawings` writes the drawings of a record's page as files that need
//! nothing else, and those of the pages here are what it writes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/records")
}

/// The record of a payment's cost.
const PAYMENT: &str = "2026-11-30-payment-xeon.json";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn draw(record: &Path, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ammeter"));
    command.arg("report").arg(record).arg("--drawings").arg(folder).output().unwrap()
}

fn svgs(folder: &Path) -> BTreeMap<String, String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let svgs = paths.filter(|path| path.extension().is_some_and(|kind| kind == "svg"));
    let named = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    svgs.map(|path| (named(path.clone()), fs::read_to_string(path).unwrap())).collect()
}

/// What is wrong with it as XML: elements nest, attributes are quoted and come once, and nothing
/// else has `<` or a bare `&`. For what [`maud`](https://maud.lambda.xyz) writes, not for all XML.
fn fault_of_xml(text: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut pieces = text.split('<');
    let mut roots = 0;
    let before = pieces.next()?;
    if !before.trim().is_empty() {
        return Some("words before the root".into());
    }
    for piece in pieces {
        let Some((tag, words)) = piece.split_once('>') else { return Some(format!("<{piece}")) };
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Some(format!("</{name}> closes another element"));
            }
        } else {
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let mut names = Vec::new();
            let mut quoted = attributes.split('"');
            while let (Some(attribute), Some(_)) = (quoted.next(), quoted.next()) {
                let attribute = attribute.trim_start().strip_suffix('=')?;
                if names.contains(&attribute) {
                    return Some(format!("{attribute} comes twice in <{tag}>"));
                }
                names.push(attribute);
            }
            if attributes.matches('"').count() != 2 * names.len() {
                return Some(format!("a quote is missing in <{tag}>"));
            }
            roots += usize::from(open.is_empty());
            open.push(name);
        }
        if open.is_empty() && !words.trim().is_empty() {
            return Some(format!("words outside the root: {words}"));
        }
        for entity in [tag, words].iter().flat_map(|text| text.split('&').skip(1)) {
            if !["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)) {
                return Some(format!("&{entity} is no entity of XML"));
            }
        }
    }
    (roots != 1 || !open.is_empty()).then(|| format!("{roots} roots, {open:?} not closed"))
}

#[test]
fn what_is_no_xml_is_found() {
    assert_eq!(fault_of_xml("<svg a=\"1\"><g></g>x &lt; y</svg>\n"), None);
    for wrong in [
        "<svg><g></svg></g>",
        "<svg>",
        "<svg></svg><svg></svg>",
        "<svg a=\"1\" a=\"2\"></svg>",
        "<svg a=\"1></svg>",
        "<svg>&nbsp;</svg>",
        "<svg>x < y</svg>",
        "<svg></svg>x",
    ] {
        assert!(fault_of_xml(wrong).is_some(), "{wrong}");
    }
}

/// Each of a record's drawings, whatever kind of record it is.
#[test]
fn drawings_are_files_that_need_nothing_else() {
    let mut with_drawings = 0;
    for entry in fs::read_dir(committed()).unwrap() {
        let (record, out) = (entry.unwrap().path(), folder());
        let output = draw(&record, &out.path().join("new/folder"));
        if record.to_str().unwrap().contains("attack") {
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains("no drawings") && said.lines().count() == 1, "{said}");
            assert!(fs::read_dir(out.path()).unwrap().next().is_none(), "nothing was written");
            continue;
        }
        assert!(output.status.success(), "{output:?}");
        let svgs = svgs(&out.path().join("new/folder"));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.lines().count() == svgs.len() && !svgs.is_empty(), "{said}");
        with_drawings += 1;
        for (name, svg) in &svgs {
            assert!(said.contains(name.as_str()), "{said}");
            assert_eq!(fault_of_xml(svg), None, "{name}");
            let has = |text: &str| svg.contains(text);
            assert!(has("<title id=\"title\">") && has("<desc id=\"about\">"), "{name}");
            assert!(has("aria-labelledby=\"title about\""), "{name}");
            assert!(has("prefers-color-scheme: dark"), "{name}");
            let svg = svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
            for word in ["href", "src", "url(", "@import", "http:", "https:", "<script", "NaN"] {
                assert!(!svg.contains(word), "{name} has {word}");
            }
        }
    }
    assert!(with_drawings >= 5, "{with_drawings}");
}

/// The pictures of the pages are what the command writes from the committed records, and no other
/// pictures are there.
#[test]
fn committed_drawings_are_those_of_their_records() {
    let out = folder();
    for record in ["2026-12-01-split-epyc-zen3.json", PAYMENT] {
        let output = draw(&committed().join(record), out.path());
        assert!(output.status.success(), "{output:?}");
    }
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
    let (made, kept) = (svgs(out.path()), svgs(&images));
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (name, svg) in &kept {
        assert!(
            made[name] == *svg,
            "docs/images/{name} is stale: report RECORD --drawings docs/images"
        );
    }
}

/// A line of the table in docs/performance.md.
fn line(row: &Value) -> String {
    let number = |value: &Value| value.as_f64().unwrap();
    let mut cells = vec![row["set_size"].to_string()];
    for part in row["parts"].as_array().unwrap() {
        let microseconds = number(&part["nanoseconds"]["median"]) / 1e3;
        let decimals = (2.0 - microseconds.log10().floor()).clamp(0.0, 3.0) as usize;
        cells.push(format!("{microseconds:.decimals$}"));
    }
    for of in [&row["amp"], &row["amp_durable"]] {
        let [median, low, high] = ["median", "low", "high"].map(|end| 100.0 * number(&of[end]));
        cells.push(format!("{median:.2} % [{low:.2}, {high:.2}]"));
    }
    format!("| {} |", cells.join(" | "))
}

#[test]
fn the_table_of_a_payment_is_that_of_its_record() {
    let record = fs::read_to_string(committed().join(PAYMENT)).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let lines: Vec<String> = record["rows"].as_array().unwrap().iter().map(line).collect();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let (page, lines) = (fs::read_to_string(page).unwrap(), lines.join("\n"));
    assert!(page.contains(&lines), "docs/performance.md needs these lines:\n{lines}");
}

#[test]
fn drawings_replace_files_whole_and_refuse_what_does_not_fit() {
    let (out, record) = (folder(), committed().join("2026-11-22-epyc-zen5.json"));
    let stale = out.path().join("sha256-ranking.svg");
    fs::write(&stale, "stale").unwrap();
    assert!(draw(&record, out.path()).status.success());
    assert!(fs::read_to_string(&stale).unwrap().starts_with("<svg"));
    let names: Vec<String> = svgs(out.path()).into_keys().collect();
    assert_eq!(names, ["blake3-ranking.svg", "sha256-ranking.svg"]);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 2, "no partial file stays");

    let (record, drawings) = (record.to_str().unwrap(), out.path().to_str().unwrap());
    let refused = |arguments: &[&str], word: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
            .args(["report", record, "--drawings"])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(word) && said.lines().count() == 1, "{said}");
    };
    refused(&[drawings, record], "one record at a time");
    refused(&[drawings, "--baseline", record], "--baseline");
    refused(&[stale.to_str().unwrap()], "--drawings");
}
