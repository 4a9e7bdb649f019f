//! Drawings as files of their own: SVG that needs no page, no script, no fonts and no network.
//!
//! What is in them is the page's. There it fits any width; here each piece has a [`place`] of fixed
//! size.

use maud::{Markup, PreEscaped, html};

use super::{
    against,
    drawn::{Drawn, INNER, LINE, place},
    frame::printable,
    payment, ranking, receive, split, sweep,
};
use crate::{number::date, record::Any};

const MARGIN: f64 = 16.0;
/// Pixels of a file.
const WIDTH: f64 = INNER + 2.0 * MARGIN;
/// Pixels from the top to the drawing.
const TOP: f64 = 44.0;

const STYLE: &str =
    concat!(include_str!("colours.css"), include_str!("drawing.css"), include_str!("picture.css"));

/// A drawing as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What it shows, in lower-case letters, digits and hyphens: the stem of its file's name.
    pub name: String,
    /// The file.
    pub svg: String,
}

/// All drawings of a record's page, in its order; none if it has none.
#[must_use]
pub fn pictures(record: &Any) -> Vec<Picture> {
    let drawn = match record {
        Any::Compare(record) => ranking::drawn(record),
        Any::Sweep(sweep) => sweep::drawn(sweep),
        Any::Receive(record) => receive::drawn(record),
        Any::Against(record) => against::drawn(record),
        Any::Payment(record) => payment::drawn(record),
        Any::Split(record) => split::drawn(record),
        Any::Attack(_) | Any::Census(_) | Any::Specimens(_) => Vec::new(),
    };
    let source = source(record);
    let mut pictures: Vec<Picture> = Vec::new();
    for mut drawn in drawn {
        drawn.name = file_name(&drawn.name);
        // A record may say one thing twice; no file replaces another.
        if pictures.iter().any(|picture| picture.name == drawn.name) {
            drawn.name += &format!("-{}", pictures.len() + 1);
        }
        let svg = printable(&framed(&drawn, &source).into_string());
        pictures.push(Picture { name: drawn.name, svg });
    }
    pictures
}

/// A record's own words are no place to write to.
fn file_name(words: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = words.chars().take(60).map(plain).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "drawing".into() } else { name.into() }
}

/// Where and when it was measured.
fn source(record: &Any) -> String {
    let of = record.envelope();
    let commit = of.build.filter(|build| !build.commit.is_empty());
    let words = [
        of.host.map(|host| host.cpu.clone()),
        of.started.map(date),
        commit.map(|build| format!("Ammeter {}", build.commit)),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn framed(drawn: &Drawn, source: &str) -> Markup {
    let height = TOP + drawn.height + 2.0 * LINE;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(height)
            viewBox=(format_args!("0 0 {WIDTH} {height}")) role="img" aria-labelledby="title about"
        {
            title id="title" { (drawn.title) }
            desc id="about" { (drawn.description) }
            style { (PreEscaped(STYLE)) }
            rect class="ground" width="100%" height="100%" {}
            text class="caption" x=(MARGIN) y="28" { (drawn.title) }
            "\n"
            (place([MARGIN, TOP], [INNER, drawn.height], &drawn.content))
            "\n"
            text class="source" x=(MARGIN) y=(height - 14.0) { (source) }
        }
        "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path() {
        assert_eq!(file_name("SHA-256 over n"), "sha-256-over-n");
        assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(file_name("/"), "drawing");
        assert_eq!(file_name(&"x".repeat(999)).len(), 60);
    }

    fn committed(name: &str) -> Any {
        let path = format!("{}/records/{name}", env!("CARGO_MANIFEST_DIR"));
        Any::read(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn whatever_a_record_says_stays_text_and_a_name_of_its_own() {
        let Any::Compare(mut record) = committed("2026-11-25-xeon.json") else { panic!() };
        record.head.host.cpu = "<script>&\0".into();
        for row in &mut record.rows {
            row.backend += "\"><a href='https://example.org'>";
        }
        let mut twice = record.clone();
        twice.rows.iter_mut().for_each(|row| row.hash = "../x".into());
        twice.noise.clear();
        record.rows.extend(twice.rows.clone());
        twice.rows.iter_mut().for_each(|row| row.hash = "..\\x".into());
        record.rows.extend(twice.rows);
        let pictures = pictures(&Any::Compare(record));
        let mut names: Vec<&str> = pictures.iter().map(|picture| picture.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(names.contains(&"x") || names.iter().any(|name| name.starts_with("x-")));
        for Picture { svg, .. } in &pictures {
            assert!(!svg.contains("<script") && !svg.contains("<a") && !svg.contains('\0'));
            assert!(svg.contains("&lt;script&gt;&amp;\u{fffd}"));
        }
    }
}
