//! `ammeter report`: one or many records as one page, or the drawings of one as files; against a
//! baseline, a gate that knows noise.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use ammeter_report::{
    gate::{self, Change, Figure, figures},
    html,
    record::Any,
    table::report::{Named, terminal},
};
use clap::Args;
use serde::Serialize;

use crate::{
    console::{self, Done, Outcome, Refusal, WholeFile},
    output::Output,
};

/// What to report.
#[derive(Debug, Args)]
#[group(id = "report")]
pub struct Arguments {
    /// Records, of any command, machine, date and commit
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// Compare their figures with those of this record; exit code 1 if one regressed
    #[arg(long, value_name = "RECORD")]
    baseline: Option<PathBuf>,
    /// By how much a figure may become slower; default: 3%
    #[arg(long, value_name = "PERCENT", requires = "baseline", value_parser = percent)]
    fail_above: Option<f64>,
    /// The changes as Markdown for a pull request's comment, to PATH, or with - to standard output
    #[arg(long, value_name = "PATH|-", requires = "baseline")]
    markdown: Option<PathBuf>,
    /// The changes as JUnit's XML
    #[arg(long, value_name = "PATH", requires = "baseline")]
    junit: Option<PathBuf>,
    /// Figures and changes as JSON to PATH, or with - to standard output instead of the tables
    #[arg(long, value_name = "PATH|-")]
    json: Option<PathBuf>,
    /// The drawings of one record as SVG files in this folder, instead of a page
    #[arg(long, value_name = "DIR", conflicts_with_all = ["baseline", "json", "out"])]
    drawings: Option<PathBuf>,
    /// Folder for the HTML page
    #[arg(long, value_name = "DIR", default_value = "ammeter-out")]
    out: PathBuf,
}

/// Names this layout.
const SCHEMA: &str = "ammeter/report/1";

/// What `--json` says.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    records: Vec<&'a str>,
    figures: &'a [Figure],
    /// Only with a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<Gate<'a>>,
}

#[derive(Serialize)]
struct Gate<'a> {
    baseline: String,
    fail_above: f64,
    changes: &'a [Change],
}

/// Reads all records, and leaves a page or drawings; with a baseline the gate decides the exit code.
pub fn run(arguments: &Arguments) -> Outcome {
    let named = arguments.records.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    if let Some(folder) = &arguments.drawings {
        return draw(&named, folder);
    }
    let new: Vec<Figure> = named.iter().flat_map(|named| figures(&named.record)).collect();
    let allowed = arguments.fail_above.unwrap_or(0.03);
    let changes = match &arguments.baseline {
        None => None,
        Some(path) => {
            let old = figures(&read(path)?.record);
            if old.is_empty() {
                return Err(Refusal::of(
                    format_args!("--baseline {}", path.display()),
                    "a record without figures to compare with",
                ));
            }
            Some(gate::changes(&old, &new, allowed))
        }
    };
    let is_quiet = arguments.markdown.as_deref() == Some(Path::new("-"));
    let json = arguments.json.as_deref();
    if is_quiet && json == Some(Path::new("-")) {
        return Err(Refusal::of("--markdown -", "--json has standard output already"));
    }
    let output = Output::begin(&arguments.out, json, "report", SystemTime::now())?;
    let shown = changes.as_deref().map(|changes| (changes, allowed));
    if let Some(changes) = &changes {
        if let Some(path) = arguments.markdown.as_ref().filter(|_| !is_quiet) {
            WholeFile::create(path)?.fill(&gate::markdown(changes, allowed))?;
        }
        if let Some(path) = &arguments.junit {
            WholeFile::create(path)?.fill(&gate::junit(changes))?;
        }
    }
    let report = Report {
        schema: SCHEMA,
        records: named.iter().map(|named| named.file.as_str()).collect(),
        figures: &new,
        gate: changes.as_deref().map(|changes| Gate {
            baseline: arguments.baseline.as_ref().map_or_else(String::new, |path| file(path)),
            fail_above: allowed,
            changes,
        }),
    };
    let mut text = terminal(&named);
    if let Some((changes, allowed)) = shown {
        text += &gate::lines(changes, allowed).render();
    }
    let markdown =
        shown.filter(|_| is_quiet).map(|(changes, allowed)| gate::markdown(changes, allowed));
    output.finish_with(&report, &html::report(&named, shown), &text, markdown.as_deref())?;
    // A gate that compares nothing must not pass for one that found nothing.
    if let (Some(path), Some(why)) =
        (&arguments.baseline, changes.as_deref().and_then(gate::incomparable))
    {
        let reason = format_args!("no figure of it could be compared: {why}");
        return Err(Refusal::of(format_args!("--baseline {}", path.display()), reason));
    }
    let regressed = changes.iter().flatten().any(|change| change.verdict.is_regression());
    Ok(if regressed { Done::Found } else { Done::Fine })
}

/// A file a drawing; those that are there already are replaced.
fn draw(named: &[Named], folder: &Path) -> Outcome {
    let [Named { file, record }] = named else {
        return Err(Refusal::of(
            "--drawings",
            "one record at a time, as files have no record’s name",
        ));
    };
    let pictures = html::pictures(record);
    if pictures.is_empty() {
        let schema = record.envelope().schema;
        return Err(Refusal::of(file, format_args!("no drawings, in this record of {schema}")));
    }
    fs::create_dir_all(folder)
        .map_err(|error| Refusal::of(format_args!("--drawings {}", folder.display()), error))?;
    let mut text = String::new();
    for picture in &pictures {
        let path = folder.join(&picture.name).with_extension("svg");
        WholeFile::create(&path)?.fill(&picture.svg)?;
        text += &format!("{}\n", path.display());
    }
    console::print(&text).map(|()| Done::Fine)
}

fn file(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<Named, Refusal> {
    let refused = |error: &dyn std::fmt::Display| Refusal::of(path.display(), error);
    let text = fs::read_to_string(path).map_err(|error| refused(&error))?;
    let record = Any::read(&text).map_err(|error| refused(&error))?;
    Ok(Named { file: file(path), record })
}

/// `3%` and `3` are 0.03.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').trim_end().parse::<f64>() {
        Ok(percent) if (0.0..100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err("a number of per cent from 0 to below 100 is needed, such as 3%".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn per_cent_with_and_without_its_sign() {
        assert_eq!(["3%", "3", "0.5 %"].map(|text| percent(text).unwrap()), [0.03, 0.03, 0.005]);
        assert!(["", "%", "-1", "100", "NaN", "three"].map(percent).iter().all(Result::is_err));
    }
}
