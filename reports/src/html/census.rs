//! The record of a census as one page.

use maud::{Markup, html};

use super::{
    frame::{Header, document, machine, made, notice_list, section, time},
    table::part,
};
use crate::{
    record::census::{Census, Finding, Verdict},
    table::census::{classes, findings, flaws},
};

/// The whole document.
pub fn page(census: &Census) -> String {
    let body = html! {
        (header(census))
        (sections(census, 0))
        (made(&census.command, &[
            ("Began", time(&census.started)),
            ("Record", html! { code { (census.head.schema) } }),
        ]))
        (machine(&census.head))
    };
    document(&format!("Ammeter: census of {}", who(census)), "", &body)
}

/// What it says that it is, or how it is started.
fn who(census: &Census) -> String {
    match (&census.name, &census.version) {
        (Some(name), Some(version)) => format!("{name} {version}").trim_end().into(),
        (Some(name), None) => name.clone(),
        (None, _) => census.receiver.clone(),
    }
}

fn header(census: &Census) -> Markup {
    let mut keep_in_mind = census.head.host.warnings.clone();
    if census.interrupted {
        keep_in_mind.push("the census was stopped early: flaws are missing".into());
    }
    match census.left_over().count() {
        0 => {}
        count => keep_in_mind
            .push(format!("{count} failed in a way that no known flaw explains: see below")),
    }
    Header {
        title: &format!("Census of {}", who(census)),
        cpu: &census.head.host.cpu,
        words: vec![format!(
            "{} of {} known flaws shown",
            census.count(Verdict::Shown),
            census.flaws.len()
        )],
        started: Some(&census.started),
        notices: notice_list(&keep_in_mind),
    }
    .render()
}

/// Its parts; ids count from `position`.
pub(super) fn sections(census: &Census, position: usize) -> Markup {
    let id = |name: &str| format!("{name}-{position}");
    html! {
        (part(&id("flaws"), &flaws(census), &html! {}))
        (part(&id("findings"), &findings(census), &proposed(census)))
        @for (number, finding) in census.left_over().enumerate() {
            (left_over(&id(&format!("left-over-{number}")), finding))
        }
        (part(&id("classes"), &classes(census), &html! {}))
    }
}

/// The profile that would excuse what a rule excuses.
fn proposed(census: &Census) -> Markup {
    let rules = serde_json::json!({ "rules": census.proposed_rules });
    html! {
        @if !census.proposed_rules.is_empty() {
            p { "Proposed profile, if the receiver means them: " code { (rules) } }
        }
    }
}

fn left_over(id: &str, finding: &Finding) -> Markup {
    let content = html! {
        p { (finding.seen) }
        pre { code { (finding.trace) } }
    };
    section(id, &format!("Left over: seed {} breaks {}", finding.seed, finding.invariant), &content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Head, census};

    fn census() -> Census {
        let flaw = |name: &str, verdict, seen: Option<&str>| census::Flaw {
            name: name.into(),
            breaks: "no-overstay".into(),
            class: "time".into(),
            story: "it never times out".into(),
            verdict,
            seen: seen.map(Into::into),
        };
        let finding = |seed, explained_by: &[&str]| Finding {
            seed,
            invariant: "paid-in-full".into(),
            seen: "<script>its preimage leaves".into(),
            trace: "ammeter history 1\n".into(),
            explained_by: explained_by.iter().map(|name| (*name).into()).collect(),
            excused_by: Vec::new(),
        };
        Census {
            head: Head::example(census::SCHEMA),
            command: "ammeter census".into(),
            started: "2026-11-25T00:00:00Z".into(),
            interrupted: false,
            receiver: "process:x".into(),
            name: Some("<b>".into()),
            version: None,
            flaws: vec![
                flaw("never-times-out", Verdict::Shown, Some("it is held")),
                flaw("sum-wraps", Verdict::Absent, None),
            ],
            histories: 1,
            proposed_rules: vec!["expiry".into()],
            findings: vec![finding(7, &["never-times-out"]), finding(9, &[])],
        }
    }

    #[test]
    fn what_is_shown_and_what_is_left_over_is_on_the_page() {
        let page = page(&census());
        for words in [
            "Census of &lt;b&gt;",
            "1 of 2 known flaws shown",
            "<td class=\"words\">never-times-out</td>",
            "Left over: seed 9 breaks paid-in-full",
            "1 failed in a way that no known flaw explains",
            "1 random histories, 2 failed, 1 of those left over",
            "{&quot;rules&quot;:[&quot;expiry&quot;]}",
            "&lt;script&gt;its preimage leaves",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        for words in ["Left over: seed 7", "<script", "http://", "https://"] {
            assert!(!page.contains(words), "{words}");
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let census = census();
        let text = serde_json::to_string(&census).unwrap();
        assert_eq!(serde_json::from_str::<Census>(&text).unwrap(), census);
        assert!(text.contains(r#""verdict":"absent""#), "{text}");
    }
}
