//! Promise: a sweep leaves a table, a record and a page of every point that it was asked for.

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;

/// Runs a sweep as short as there can be; what it printed, its record and its page.
fn sweep(name: &str, flags: &[&str]) -> (String, Value, String) {
    let folder = std::env::temp_dir().join(format!("ammeter-{name}-{}", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_ammeter"))
        .args(["compare", "--seconds", "0", "--out", folder.to_str().unwrap()])
        .args(flags)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let of_kind = |kind: &str| {
        let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let found: Vec<PathBuf> = paths.filter(|path| path.extension().unwrap() == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        fs::read_to_string(&found[0]).unwrap()
    };
    let (record, page) = (serde_json::from_str(&of_kind("json")).unwrap(), of_kind("html"));
    fs::remove_dir_all(&folder).unwrap();
    (String::from_utf8(output.stdout).unwrap(), record, page)
}

/// The points of a hash, as numbers of `field`.
fn points(of: &Value, field: &str) -> Vec<u64> {
    of["points"].as_array().unwrap().iter().map(|at| at[field].as_u64().unwrap()).collect()
}

fn check_rows(of: &Value) {
    for at in of["points"].as_array().unwrap() {
        let rows = at["rows"].as_array().unwrap();
        assert_eq!(rows.len(), of["backends"].as_array().unwrap().len());
        for row in rows {
            assert_eq!(row["verified"], true, "{row}");
            let ratio = ["low", "median", "high"]
                .map(|end| row["ratio_to_baseline"][end].as_f64().unwrap());
            assert!(ratio.is_sorted() && ratio[0] > 0.0, "{row}");
        }
    }
}

#[test]
fn a_sweep_over_n_leaves_every_point() {
    let flags = ["--sweep", "n", "--sweep-max", "6", "--hash", "sha256", "--backend"];
    let rows = "ring,ammeter/portable,ammeter/auto";
    let (table, record, page) = sweep("sweep-n", &[&flags[..], &[rows]].concat());
    assert_eq!(record["schema"], "ammeter/sweep/1");
    let hashes = record["hashes"].as_array().unwrap();
    assert_eq!((hashes.len(), &hashes[0]["baseline"]), (1, &"sha2-0.11".into()));
    assert_eq!(points(&hashes[0], "children"), [1, 2, 3, 4, 6]);
    assert_eq!(points(&hashes[0], "payments"), [4096, 2048, 1365, 1024, 682]);
    assert!(points(&hashes[0], "rounds").iter().all(|rounds| *rounds >= 9), "enough each");
    check_rows(&hashes[0]);
    for at in hashes[0]["points"].as_array().unwrap() {
        assert_eq!(at["lead"]["kernel"], "ammeter/portable");
        assert!(at["lead"]["auto_over_peer"]["median"].as_f64().unwrap() > 0.0);
    }
    assert!(table.contains("auto × best peer") && table.contains("fastest of our kernels"));
    assert!(!table.contains('\x1b'), "no colour off a terminal");
    assert!(page.contains("ammeter/<br>auto") && page.contains("class=\"line auto\""));
}

#[test]
fn a_scheme_with_few_indices_ends_at_its_last() {
    let flags = ["--sweep", "n", "--scheme", "tree", "--hash", "blake3", "--backend", "blake3"];
    let (_, record, _) = sweep("sweep-tree", &flags);
    assert_eq!(points(&record["hashes"][0], "children").last(), Some(&256));
}

#[test]
fn a_sweep_over_threads_starts_at_one() {
    let flags = ["--sweep", "threads", "--pairs", "64", "--hash", "sha256", "--backend", "ring"];
    let (table, record, page) = sweep("sweep-threads", &flags);
    let of = &record["hashes"][0];
    let threads = points(of, "threads");
    let all = std::thread::available_parallelism().unwrap().get() as u64;
    assert_eq!((threads.first(), threads.last()), (Some(&1), Some(&all)));
    assert!(points(of, "children").iter().all(|children| *children == 64));
    check_rows(of);
    for at in of["points"].as_array().unwrap() {
        for row in at["rows"].as_array().unwrap() {
            let ratio = row["ratio_to_one_thread"]["median"].as_f64().unwrap();
            assert!(if at["threads"] == 1 { ratio == 1.0 } else { ratio > 0.0 }, "{at}");
        }
    }
    assert!(table.contains("speed over its own with one thread"));
    assert!(page.contains("class=\"line ideal\""));
}

/// The engine's own choice would tie with a kernel: it takes part where sizes differ, or where it
/// is named.
#[test]
fn the_engine_that_chooses_is_no_row_of_a_plain_comparison_unless_named() {
    let names = |flags: &[&str]| -> Vec<String> {
        let flags = [&["--pairs", "64", "--hash", "sha256"], flags].concat();
        let rows = sweep("auto", &flags).1["rows"].clone();
        let names = rows.as_array().unwrap().iter();
        names.map(|row| row["backend"].as_str().unwrap().to_owned()).collect()
    };
    let auto = "ammeter/auto".to_owned();
    assert!(!names(&[]).contains(&auto));
    assert!(names(&["--backend", "ammeter/auto"]).contains(&auto));
}
