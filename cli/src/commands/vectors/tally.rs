//! The count of a check.

/// How many vectors were right, and what is wrong with the others.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Vectors that were right.
    pub(super) right: usize,
    /// The file and place of each that was not, and why.
    pub(super) wrong: Vec<String>,
}

impl Tally {
    /// What a file says it is about must be what its name says.
    pub(super) fn title(&mut self, name: &str, said: &str, expected: &str) {
        if said != expected {
            self.wrong.push(format!("{name}: is about {said} and not {expected}"));
        }
    }

    /// A file without vectors of some kind is not right: it was cut short.
    pub(super) fn section<T>(&mut self, name: &str, section: &str, vectors: &[T]) {
        if vectors.is_empty() {
            self.wrong.push(format!("{name}: {section} is empty"));
        }
    }

    /// Counts one vector; `place` names it.
    pub(super) fn count(&mut self, place: impl FnOnce() -> String, verdict: Result<(), String>) {
        match verdict {
            Ok(()) => self.right += 1,
            Err(why) => self.wrong.push(format!("{}: {why}", place())),
        }
    }
}
