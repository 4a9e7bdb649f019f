//! Promise: where a page names the record of a comparison, its rows are those of the record.

use std::{fs, path::Path};

use serde_json::Value;

fn read(place: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    fs::read_to_string(root.join(place)).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// The rows of the first record that a section names; none if it names none of this layout.
fn rows(section: &str) -> Vec<Value> {
    let Some((_, named)) = section.split_once("reports/records/") else { return Vec::new() };
    let name = named.split(')').next().expect("a link ends");
    let record: Value =
        serde_json::from_str(&read(&format!("reports/records/{name}"))).expect(name);
    let is_ranking =
        record["schema"].as_str().is_some_and(|kind| kind.starts_with("ammeter/compare/"));
    let rows = is_ranking.then(|| record["rows"].as_array().cloned());
    rows.flatten().unwrap_or_default()
}

/// What a page may show of a row: pairs a second, and if it has them, its limit and its ratio.
fn shown(row: &Value) -> [Option<String>; 3] {
    let number = |path: &str| row.pointer(path).and_then(Value::as_f64);
    let rate = number("/pairs_per_second/median").map(|rate| format!("{:.2}", rate / 1e6));
    let limit = number("/of_limit").map(|part| format!("{:.1} %", 100.0 * part));
    let [median, low, high] = ["median", "low", "high"]
        .map(|which| number(&format!("/ratio_to_baseline/{which}")).unwrap_or_default());
    let is_baseline = row["baseline"] == true;
    let ratio = (!is_baseline).then(|| format!("{median:.3} [{low:.3}, {high:.3}]"));
    [rate, limit, ratio]
}

/// Whether a line of a page shows this row; what it does not show is not missed.
fn is_of(line: &str, row: &Value) -> bool {
    let [rate, limit, ratio] = shown(row);
    let has = |figure: Option<String>, sign: &str| {
        !line.contains(sign) || figure.is_none_or(|figure| line.contains(&figure))
    };
    has(rate, "") && has(limit, "%") && has(ratio, "[")
}

#[test]
fn rows_of_a_page_are_those_of_its_record() {
    let performance = read("docs/performance.md");
    let mut sections: Vec<(String, Vec<Value>)> =
        performance.split("\n## ").map(|section| (section.to_owned(), rows(section))).collect();
    // The README shows the first lines of a whole comparison, with peers called fairly.
    let whole = sections.iter().find(|(section, _)| section.starts_with("Backends on another CPU"));
    let whole = whole.expect("a section").1.clone();
    sections.push((read("README.md"), whole));

    let (mut count, mut faults) = (0, Vec::new());
    for (section, rows) in &sections {
        for line in section.lines() {
            let words = || line.split([' ', '|', ',']).filter(|word| !word.is_empty());
            let name = words().find(|word| rows.iter().any(|row| row["backend"] == **word));
            let starts = words().take(2).any(|word| Some(word) == name);
            let Some(name) = name.filter(|_| starts && line.starts_with(['|', ' '])) else {
                continue;
            };
            count += 1;
            let mut named = rows.iter().filter(|row| row["backend"] == name);
            if !named.any(|row| is_of(line, row)) {
                faults.push(line);
            }
        }
    }
    assert!(faults.is_empty(), "not in the record:\n{}", faults.join("\n"));
    assert!(count > 30, "only {count} rows");
}
