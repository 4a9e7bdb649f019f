//! The JSON record of a census.

use serde::{Deserialize, Serialize};

use super::Head;

/// The name of this layout.
pub const SCHEMA: &str = "ammeter/census/1";

/// One run of `ammeter census`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Census {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// The command line.
    pub command: String,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Whether it was stopped early.
    pub interrupted: bool,
    /// Whose flaws were looked for.
    pub receiver: String,
    /// What the program calls itself.
    pub name: Option<String>,
    /// The version that it says.
    pub version: Option<String>,
    /// Every known flaw.
    pub flaws: Vec<Flaw>,
    /// Random histories that were run.
    pub histories: u64,
    /// Rules that a profile would have to replace, if the receiver means what it does.
    pub proposed_rules: Vec<String>,
    /// Random histories that failed, shrunk.
    pub findings: Vec<Finding>,
}

/// A known flaw, and whether the receiver shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaw {
    /// Its specimen.
    pub name: String,
    /// The invariant that it breaks.
    pub breaks: String,
    /// Its class.
    pub class: String,
    /// What is wrong.
    pub story: String,
    /// Whether the receiver shows it.
    pub verdict: Verdict,
    /// What the receiver did, if something was wrong.
    pub seen: Option<String>,
}

/// What a flaw's history did to the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It broke what the specimen breaks.
    Shown,
    /// It broke something else.
    Other,
    /// Nothing.
    Absent,
    /// It was not run: the receiver does not speak a version in it.
    NotSpoken,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 4] = [Self::Shown, Self::Other, Self::Absent, Self::NotSpoken];

    /// In a word or two.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Other => "breaks something else",
            Self::Absent => "absent",
            Self::NotSpoken => "not spoken",
        }
    }
}

/// A random history that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its seed.
    pub seed: u64,
    /// The broken invariant.
    pub invariant: String,
    /// What the receiver did.
    pub seen: String,
    /// The shortest history that breaks it.
    pub trace: String,
    /// Known flaws that break the same with it.
    pub explained_by: Vec<String>,
    /// Rules of a profile, each of which alone makes it none.
    pub excused_by: Vec<String>,
}

impl Finding {
    /// Whether no flaw explains it and no rule excuses it.
    #[must_use]
    pub const fn is_left_over(&self) -> bool {
        self.explained_by.is_empty() && self.excused_by.is_empty()
    }
}

impl Census {
    /// How many flaws have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.flaws.iter().filter(|flaw| flaw.verdict == verdict).count()
    }

    /// What no flaw explains and no rule excuses.
    pub fn left_over(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_left_over())
    }
}
