//! What all pages share: the document, what stands at its top, the machine and the build.

use super::text::{Text, date, grouped, plural, rate};
use crate::{host::Host, record::Build};

/// Second line of defence after escaping: a browser fetches and runs nothing for this page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Styles that all pages need.
const STYLE: &str = include_str!("page.css");

/// The whole document; `style` is what only this kind of page needs.
pub fn document(title: &str, style: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        title = Text(title),
    )
}

/// What was measured, where and when.
pub(super) struct Header<'a> {
    pub(super) title: &'a str,
    pub(super) cpu: &'a str,
    pub(super) scheme: &'a str,
    /// Where it is the same for the whole page.
    pub(super) threads: Option<u64>,
    pub(super) started: &'a str,
    /// From [`notices`].
    pub(super) notices: String,
}

impl Header<'_> {
    pub(super) fn render(&self) -> String {
        let threads =
            self.threads.map(|threads| format!("<span>{}</span> ", plural(threads, "thread")));
        format!(
            "<header>\n<p class=\"brand\">Ammeter</p>\n\
             <h1>{title}</h1>\n\
             <p class=\"meta\"><span>{cpu}</span> <span>scheme {scheme}</span> \
             {threads}{started}</p>\n{notices}</header>\n",
            title = Text(self.title),
            cpu = Text(self.cpu),
            scheme = Text(self.scheme),
            threads = threads.unwrap_or_default(),
            started = time(self.started),
            notices = self.notices,
        )
    }
}

/// When it began.
pub(super) fn time(started: &str) -> String {
    format!("<time datetime=\"{}\">{}</time>", Text(started), Text(&date(started)))
}

/// What a reader must know before believing a number, at the top where nobody can miss it: what spoils the
/// machine's timings, whether the run was cut short, how it was built, and `faults`, how many rows failed.
pub(super) fn notices(
    host: &Host,
    build: &Build,
    interrupted: bool,
    faults: Option<String>,
) -> String {
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
    notices.extend(faults);
    notice_list(&notices)
}

/// Notices as a list; nothing if there are none.
pub fn notice_list(notices: &[String]) -> String {
    if notices.is_empty() {
        return String::new();
    }
    let items: String =
        notices.iter().map(|notice| format!("<li>{}</li>\n", with_code(notice))).collect();
    format!(
        "<aside class=\"notices\" id=\"notices\" aria-labelledby=\"notices-title\">\n\
         <p id=\"notices-title\"><span aria-hidden=\"true\">⚠</span> Keep in mind</p>\n\
         <ul>\n{items}</ul>\n</aside>\n"
    )
}

/// Escaped text in which words between backticks are code.
fn with_code(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return Text(text).to_string();
    }
    let show = |(position, piece): (usize, &&str)| match position % 2 {
        0 => Text(piece).to_string(),
        _ => format!("<code>{}</code>", Text(piece)),
    };
    pieces.iter().enumerate().map(show).collect()
}

/// The machine and the build, side by side where there is room.
pub fn machine(host: &Host, build: &Build) -> String {
    let clock = host.reference_clock_hz.map_or_else(|| "unknown".into(), |hz| rate(hz, "Hz"));
    let warnings = match host.warnings.len() {
        0 => "none".to_owned(),
        count => format!("<a href=\"#notices\">{count}, at the top of this page</a>"),
    };
    let machine = facts(&[
        ("CPU", Text(&host.cpu).to_string()),
        ("Architecture", Text(&host.architecture).to_string()),
        ("Features", Text(&host.features.join(" ")).to_string()),
        ("Cores", grouped(host.cores)),
        ("Reference clock", clock),
        ("Hypervisor", if host.virtualised { "yes" } else { "none found" }.into()),
        ("System", Text(&host.os).to_string()),
        ("Warnings", warnings),
    ]);
    let build = facts(&[
        ("Ammeter", Text(&build.version).to_string()),
        ("Commit", format!("<code>{}</code>", Text(&build.commit))),
        ("Compiler", Text(&build.rustc).to_string()),
        ("Target", Text(&build.target).to_string()),
        ("Profile", Text(&build.profile).to_string()),
    ]);
    format!(
        "<div class=\"pair\">\n\
         <section aria-labelledby=\"machine\">\n<h2 id=\"machine\">Machine</h2>\n{machine}</section>\n\
         <section aria-labelledby=\"build\">\n<h2 id=\"build\">Build</h2>\n{build}</section>\n\
         </div>\n"
    )
}

/// Names with values that are HTML already; what is empty is left out.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let items: String = facts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"))
        .collect();
    format!("<dl class=\"facts\">\n{items}</dl>\n")
}
