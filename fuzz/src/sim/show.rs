//! A failure as text: a timeline, and a test to paste.

mod onion;

use core::fmt::Write as _;
use std::collections::BTreeSet;

use ammeter_amp::receiver::Effect;
use ammeter_core::HtlcKey;

use crate::{
    sim::subject::{Around, Outcome, UnderTest},
    sim::{
        attack,
        history::{Fault, History},
        input::Input,
        invariants::{self, Violation, Watch},
    },
};

/// Each input and its effects, one input a line, up to the violation.
pub fn timeline(history: &History, subject: &mut dyn UnderTest, watch: Watch) -> String {
    let mut recorder =
        Recorder { history, subject, text: String::new(), lines: 0, shown: BTreeSet::new() };
    let result = attack::replay(history, &mut recorder, watch);
    let mut text = recorder.text;
    if let Err(Violation { invariant, expected, seen, .. }) = result {
        let _ = write!(
            text,
            "      {invariant} is broken\n      expected: {expected}\n      seen: {seen}\n"
        );
    }
    text
}

/// A test that fails as long as the receiver does, watched as closely as when it failed.
#[must_use]
pub fn test(history: &History, violation: &Violation, receiver: &str, watch: Watch) -> String {
    let name = violation.invariant.name().replace('-', "_");
    format!(
        "#[test]\nfn {name}_holds() {{\n    let history: History = \"\\\n{history}\"\n        \
         .parse()\n        .expect(\"a history\");\n    let result = attack::replay(&history, &mut \
         {receiver}, Watch::{watch:?});\n    assert_eq!(result, Ok(()));\n}}\n"
    )
}

/// Passes inputs and effects on, and writes them down.
struct Recorder<'a> {
    history: &'a History,
    subject: &'a mut dyn UnderTest,
    text: String,
    lines: u32,
    /// HTLCs whose fields have been written.
    shown: BTreeSet<HtlcKey>,
}

impl Recorder<'_> {
    fn line(&mut self, what: &str, said: &str) {
        self.lines += 1;
        let line = format!("{:>4}  {what:<34}{said}", self.lines);
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    /// What an HTLC says, when it comes for the first time, and what an invoice asks.
    fn details(&mut self, input: &Input<'_>) {
        let mut details = Vec::new();
        match input {
            Input::Htlc { incoming, onion } if self.shown.insert(incoming.key) => {
                details.push(onion::said(incoming, *onion));
                details.extend(onion::changes(self.history, incoming.key));
            }
            Input::InvoiceAdded(invoice) => details.push(format!(
                "{} msat{}, name {}",
                invoice.amount_msat.0,
                if invoice.reusable { ", reusable" } else { "" },
                onion::short(&invoice.name),
            )),
            Input::InvoiceCancelled { name } => {
                details.push(format!("name {}", onion::short(name)));
            }
            _ => {}
        }
        for detail in details {
            let _ = writeln!(self.text, "          {detail}");
        }
    }
}

impl<'a> Around for Recorder<'a> {
    type Inner = dyn UnderTest + 'a;

    fn inner(&self) -> &Self::Inner {
        self.subject
    }

    fn inner_mut(&mut self) -> &mut Self::Inner {
        self.subject
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let before = effects.len();
        let outcome = self.subject.take(input, fault, effects);
        let said = effects[before..].iter();
        let said = said.map(|said| invariants::effect(said, self.subject.reason(said.key())));
        let mut said: Vec<String> = said.collect();
        if let Some(fault) = fault {
            said.insert(0, format!("({fault})"));
        }
        self.line(&invariants::said(input), &said.join(", "));
        self.details(input);
        outcome
    }

    fn crash(&mut self) {
        self.line("crash", "");
        self.subject.crash();
    }
}
