//! What all pages share: the document, what stands at its top, the machine and the build.

use maud::{Markup, PreEscaped, html};

use crate::{
    host::Host,
    number::{date, grouped, is_printable, rate},
    record::{Build, Head, Invocation},
};

/// Second line of defence after escaping: a browser fetches and runs nothing for this page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Styles that all pages need.
const STYLE: &str =
    concat!(include_str!("colours.css"), include_str!("page.css"), include_str!("drawing.css"));

/// The whole document; `style` is what only this kind of page needs.
pub(super) fn document(title: &str, style: &str, body: &Markup) -> String {
    let page = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            "\n"
            body { main { (body) } }
        }
        "\n"
    };
    printable(&page.into_string())
}

/// The page of one record: its header and sections, then how it was made, where, and how to read
/// it.
pub(super) struct RecordPage<'a> {
    pub(super) title: &'a str,
    /// What only this kind of page needs.
    pub(super) style: &'a str,
    pub(super) head: &'a Head,
    pub(super) invocation: &'a Invocation,
    /// What else there is to say of how it was made.
    pub(super) facts: &'a [(&'a str, Markup)],
    pub(super) notes: &'a [(&'a str, &'a str)],
}

impl RecordPage<'_> {
    pub(super) fn render(&self, header: &Markup, sections: &Markup) -> String {
        let Invocation { command, started, seed } = self.invocation;
        let mut of = vec![("Began", time(started))];
        of.extend_from_slice(self.facts);
        of.push(("Seed", html! { (seed) }));
        of.push(("Record", html! { code { (self.head.schema) } }));
        let body = html! {
            (header)
            (sections)
            (made(command, &of))
            (machine(self.head))
            @if !self.notes.is_empty() { (reading(self.notes)) }
        };
        document(self.title, self.style, &body)
    }
}

/// HTML and XML have no way to write other control characters.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_printable(c) { c } else { '\u{fffd}' }).collect()
}

/// What was measured, where and when.
pub(super) struct Header<'a> {
    pub(super) title: &'a str,
    pub(super) cpu: &'a str,
    /// What else there is to say in a few words each.
    pub(super) words: Vec<String>,
    pub(super) started: Option<&'a str>,
    /// From [`notices`].
    pub(super) notices: Markup,
}

impl Header<'_> {
    pub(super) fn render(&self) -> Markup {
        html! {
            header {
                p class="brand" { "Ammeter" }
                h1 { (self.title) }
                p class="meta" {
                    span { (self.cpu) } " "
                    @for word in &self.words { span { (word) } " " }
                    @if let Some(started) = self.started { (time(started)) }
                }
                (self.notices)
            }
            "\n"
        }
    }
}

/// When it began.
pub(super) fn time(started: &str) -> Markup {
    html! { time datetime=(started) { (date(started)) } }
}

/// A part of a page under a heading, which names it.
pub(super) fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            (content)
        }
        "\n"
    }
}

/// What a reader must know before believing a number, at the top where nobody can miss it: what
/// spoils the machine's timings, whether the run was cut short, how it was built, and `others`.
pub(super) fn notices(
    host: &Host,
    build: &Build,
    interrupted: bool,
    others: impl IntoIterator<Item = String>,
) -> Markup {
    let mut notices: Vec<String> = host.warnings.clone();
    if interrupted {
        notices.push("the run was stopped early: intervals are wider than they would be".into());
    }
    if build.profile != "release" {
        notices.push(format!(
            "the program was built with the `{}` profile: its speed says little",
            build.profile
        ));
    }
    notices.extend(others);
    notice_list(&notices)
}

/// Notices as a list; nothing if there are none.
pub(super) fn notice_list(notices: &[String]) -> Markup {
    html! {
        @if !notices.is_empty() {
            aside class="notices" id="notices" aria-labelledby="notices-title" {
                p id="notices-title" { span aria-hidden="true" { "⚠" } " Keep in mind" }
                ul { @for notice in notices { li { (with_code(notice)) } } }
            }
        }
    }
}

/// Text in which words between backticks are code.
fn with_code(text: &str) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    html! {
        @if pieces.len().is_multiple_of(2) {
            (text)
        } @else {
            @for (position, piece) in pieces.iter().enumerate() {
                @if position % 2 == 0 { (piece) } @else { code { (piece) } }
            }
        }
    }
}

/// The machine and the build, side by side where there is room.
pub(super) fn machine(Head { host, build, .. }: &Head) -> Markup {
    let clock = host.reference_clock_hz.map_or_else(|| "unknown".into(), |hz| rate(hz, "Hz"));
    let warnings = html! {
        @match host.warnings.len() {
            0 => "none",
            count => a href="#notices" { (count) ", at the top of this page" },
        }
    };
    let machine = facts(&[
        ("CPU", html! { (host.cpu) }),
        ("Architecture", html! { (host.architecture) }),
        ("Features", html! { (host.features.join(" ")) }),
        ("Cores", html! { (grouped(host.cores)) }),
        ("Reference clock", html! { (clock) }),
        ("Hypervisor", html! { @if host.virtualised { "yes" } @else { "none found" } }),
        ("System", html! { (host.os) }),
        ("Warnings", warnings),
    ]);
    let build = facts(&[
        ("Ammeter", html! { (build.version) }),
        ("Commit", html! { @if !build.commit.is_empty() { code { (build.commit) } } }),
        ("Compiler", html! { (build.rustc) }),
        ("Target", html! { (build.target) }),
        ("Profile", html! { (build.profile) }),
    ]);
    html! {
        div class="pair" {
            (section("machine", "Machine", &machine))
            (section("build", "Build", &build))
        }
        "\n"
    }
}

/// Names with values; what is empty is left out.
pub(super) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl class="facts" {
            @for (name, value) in facts.iter().filter(|(_, value)| !value.0.is_empty()) {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// The command that made it, and what it did.
pub(super) fn made(command: &str, of: &[(&str, Markup)]) -> Markup {
    section("made", "How this was made", &html! { pre { code { (command) } } (facts(of)) })
}

/// Terms with what they mean.
pub(super) fn reading(notes: &[(&str, &str)]) -> Markup {
    let notes = html! {
        dl class="notes" { @for (term, text) in notes { div { dt { (term) } dd { (text) } } } }
    };
    section("reading", "How to read this", &notes)
}

/// What holds for every page: elements are closed, ids are unique, references lead somewhere, and
/// nothing is fetched or run.
#[cfg(test)]
pub(super) fn check(page: &str) {
    const VOID: [&str; 4] = ["meta", "br", "wbr", "!doctype"];
    let mut open: Vec<&str> = Vec::new();
    for rest in page.split('<').skip(1) {
        let tag = rest.split_once('>').expect("a tag ends").0;
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");

    let after = |before: &'static str| {
        page.split(before).skip(1).map(|rest| rest.split('"').next().expect("a part"))
    };
    let mut ids: Vec<&str> = after(" id=\"").collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    let labels = after("aria-labelledby=\"").flat_map(str::split_whitespace);
    for id in labels.chain(after("href=\"#")) {
        assert!(ids.binary_search(&id).is_ok(), "{id}");
    }
    for word in ["http://", "https://", "src=", "url(", "@import", "<link", "<script", "NaN"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element_or_attribute() {
        let text = "<a b='\"'>&\0";
        let page = document(text, "", &html! { p title=(text) { (text) } });
        let escaped = "&lt;a b='&quot;'&gt;&amp;\u{fffd}";
        assert!(page.contains(&format!("<p title=\"{escaped}\">{escaped}</p>")), "{page}");
    }
}
