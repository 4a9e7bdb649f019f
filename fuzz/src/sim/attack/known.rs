//! Failures that somebody has reported already, so that an attack can go on past them.
//!
//! A failure is known if it breaks the same invariant and, once it is shrunk, has the same
//! [`Shape`]. The shrinker leaves no operation that is not needed, and no value that could be
//! plainer, so that most failures with one cause have few shapes.

use core::fmt;

use crate::sim::{
    attack::failure::{Failure, keep_first},
    history::{Arrival, Form, History, Make, Name, Operation, Payment},
    invariants::Invariant,
};

/// What happens in a history, without its numbers: the operations in their order, for each HTLC its
/// payment and what was changed in it, and for each payment its form and what it is paid for.
///
/// ```text
/// invoice; htlc a amp invoice; htlc b amp invoice share-flipped; htlc a
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape(String);

impl Shape {
    /// The shape of a history.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let mut met = Met { history, payments: Vec::new(), htlcs: Vec::new() };
        let steps: Vec<String> =
            history.operations.iter().map(|operation| met.step(operation)).collect();
        Self(steps.join("; "))
    }

    fn steps(&self) -> Vec<Vec<&str>> {
        steps(&self.0)
    }
}

/// Shapes that are alike: a shape in which `*` stands for any words of one operation, or for none.
///
/// ```text
/// invoice; htlc a amp invoice; htlc b amp invoice *; htlc a
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Reads one. Any text is a pattern, if only of shapes that no history has.
    pub fn read(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern of this shape alone.
    #[must_use]
    pub fn only(shape: &Shape) -> Self {
        Self(shape.0.clone())
    }

    /// Whether a shape is one of these.
    #[must_use]
    pub fn is(&self, shape: &Shape) -> bool {
        let (ours, theirs) = (steps(&self.0), shape.steps());
        ours.len() == theirs.len()
            && ours.iter().zip(&theirs).all(|(ours, theirs)| are_alike(ours, theirs))
    }
}

fn steps(text: &str) -> Vec<Vec<&str>> {
    text.split(';').map(|step| step.split_whitespace().collect()).collect()
}

/// Whether words fit a pattern. As in any glob, a star that fits can be left for the next one.
fn are_alike(pattern: &[&str], words: &[&str]) -> bool {
    let (mut at, mut word) = (0, 0);
    // Where to go on if the words after the last star do not fit.
    let mut retry = None;
    while word < words.len() {
        if pattern.get(at) == Some(&"*") {
            at += 1;
            retry = Some((at, word));
        } else if pattern.get(at) == Some(&words[word]) {
            (at, word) = (at + 1, word + 1);
        } else if let Some((after, from)) = retry {
            retry = Some((after, from + 1));
            (at, word) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|rest| *rest == "*")
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A failure that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it breaks.
    pub invariant: Invariant,
    /// What its shrunk histories look like.
    pub shapes: Vec<Pattern>,
}

impl Known {
    /// Whether a failure, shrunk, is this one.
    #[must_use]
    pub fn is(&self, failure: &Failure) -> bool {
        let shape = Shape::of(&failure.history);
        self.invariant == failure.violation.invariant
            && self.shapes.iter().any(|pattern| pattern.is(&shape))
    }
}

/// How often a known failure was seen.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    /// In how many histories.
    pub count: u64,
    /// The one with the lowest seed, shrunk.
    pub first: Option<Box<Failure>>,
}

impl Sightings {
    /// Adds those of another thread.
    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        if let Some(failure) = other.first {
            keep_first(&mut self.first, failure);
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, failure: Box<Failure>) {
        self.count += 1;
        keep_first(&mut self.first, failure);
    }
}

/// What of a history has been written already.
struct Met<'a> {
    history: &'a History,
    /// Positions of payments, in the order in which their HTLCs came.
    payments: Vec<u8>,
    htlcs: Vec<ammeter_core::HtlcKey>,
}

impl Met<'_> {
    fn step(&mut self, operation: &Operation) -> String {
        match operation {
            Operation::Htlc(arrival) if !self.htlcs.contains(&arrival.key) => self.htlc(arrival),
            // A key that comes twice is the same HTLC, shown again.
            Operation::Htlc(_) | Operation::Again(_) => "again".into(),
            Operation::AcknowledgeOne(_) => "acknowledge-one".into(),
            Operation::Fault(fault) => format!("fault {}", word(fault)),
            other => other.to_string().split(' ').next().unwrap_or_default().into(),
        }
    }

    fn htlc(&mut self, arrival: &Arrival) -> String {
        self.htlcs.push(arrival.key);
        let is_new = !self.payments.contains(&arrival.payment);
        let mut step = format!("htlc {}", self.letter(arrival.payment));
        if is_new && let Some(payment) = self.history.payments.get(usize::from(arrival.payment)) {
            step += &self.payment(payment);
        }
        for twist in &arrival.twists {
            step += " ";
            step += &word(twist);
        }
        step
    }

    fn payment(&mut self, payment: &Payment) -> String {
        let mut words = format!(" {}", payment.form.name());
        if !matches!(payment.make, Make::Honest | Make::Planned) {
            words = format!("{words} {}", payment.make.name());
        }
        if payment.form == Form::Basic && payment.fold > 0 {
            words += " folded";
        }
        match payment.name {
            Name::Own => words,
            Name::Zero => words + " zero",
            Name::Invoice(_) => words + " invoice",
            Name::Payment(position) => format!("{words} as {}", self.letter(position)),
        }
    }

    /// `a` for the payment whose HTLC came first, `b` for the next.
    fn letter(&mut self, payment: u8) -> String {
        let met = self.payments.iter().position(|other| *other == payment);
        let number = met.unwrap_or_else(|| {
            self.payments.push(payment);
            self.payments.len() - 1
        });
        // A shrunk history has a few payments; any other has numbers behind the letters.
        let letter = char::from(b'a' + (number % 26) as u8);
        if number < 26 { letter.into() } else { format!("{letter}{}", number / 26) }
    }
}

/// A value's name in traces without its number.
fn word(value: &impl fmt::Display) -> String {
    let text = value.to_string();
    text.split('=').next().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operations: &str) -> Shape {
        let history = format!(
            "ammeter history 1\npolicy hash=sha256 deviation=fail-set realms=any\n{operations}"
        );
        Shape::of(&history.parse().expect(&history))
    }

    fn shape(operations: &str) -> String {
        of(operations).to_string()
    }

    #[test]
    fn numbers_are_no_part_of_a_shape() {
        let one = "payment amp honest parts=2 fold=0 amount=1000 name=invoice:0 root=0\n\
                   payment amp one-hash parts=1 fold=0 amount=7 name=own root=1\n\
                   invoice 0 amount=1000 reusable=yes\nhtlc 1/0 payment=1 part=0\nclock 5\n\
                   htlc 1/0 payment=1 part=0\nhtlc 2/0 payment=0 part=1 wire=3 share-flipped\n\
                   fault torn=3\nacknowledge\nacknowledge 1/0\ncrash\nhtlc 2/1 payment=1 part=0\n";
        let other = "payment amp planned parts=9 fold=0 amount=1 name=own root=4\n\
                     payment amp planned parts=3 fold=0 amount=5 name=invoice:3 root=2\n\
                     payment amp one-hash parts=1 fold=0 amount=7 name=own root=1\n\
                     invoice 3 amount=9 reusable=no\nhtlc 3/4 payment=2 part=0\nclock 9\n\
                     again 3/4\nhtlc 9/9 payment=1 part=2 wire=8 share-flipped\nfault torn=1\n\
                     acknowledge\nacknowledge 9/9\ncrash\nhtlc 4/4 payment=2 part=0\n";
        let expected = "invoice; htlc a amp one-hash; clock; again; \
                        htlc b amp invoice wire share-flipped; fault torn; acknowledge; \
                        acknowledge-one; crash; htlc a";
        assert_eq!(shape(one), expected);
        assert_eq!(shape(other), expected);
        assert!(Pattern::read(expected.replace("; ", " ;\n    ")).is(&of(one)));
        assert!(Pattern::only(&of(one)).is(&of(other)));
    }

    #[test]
    fn a_star_stands_for_words_of_one_operation() {
        let shape = Shape("crash; htlc a basic wire amount; htlc a".into());
        for (pattern, is_it) in [
            ("crash; htlc a basic wire amount; htlc a", true),
            ("crash *; htlc a *; htlc a *", true),
            ("*; *; *", true),
            ("crash; htlc a * amount; htlc *", true),
            ("crash; htlc * wire *; htlc * a", true),
            ("crash; htlc a * wire; htlc a", false),
            ("crash; htlc a basic * wire amount wire; htlc a", false),
            ("crash; *", false),
            ("*; *; *; *", false),
            ("crash; htlc b *; htlc b", false),
            ("crash; htlc a basic wire amount; htlc a;", false),
            ("", false),
        ] {
            assert_eq!(Pattern::read(pattern).is(&shape), is_it, "{pattern}");
        }
        assert!(Pattern::read("").is(&Shape(String::new())));
    }

    #[test]
    fn names_and_folds_are_part_of_it() {
        let text = "payment basic honest parts=2 fold=1 amount=1000 name=zero root=0\n\
                    payment tree honest parts=1 fold=0 amount=7 name=payment:0 root=1\n\
                    htlc 1/0 payment=1 part=0\nhtlc 1/1 payment=0 part=0\n";
        // The name of a payment whose own HTLCs come later gets its letter where it is met.
        assert_eq!(shape(text), "htlc a tree as b; htlc b");
    }
}
