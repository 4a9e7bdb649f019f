//! A receiver under test, as the world sees it.
//!
//! The trait is small enough for a process or a C library to implement: inputs go in one at a time,
//! effects come out, and the receiver can be killed and opened again.

use core::{fmt, ops::DerefMut};

use ammeter_amp::receiver::{Effect, Policy};
use ammeter_core::HtlcKey;

use crate::sim::{history::Fault, input::Input, profile::Profile};

/// A receiver under test, with its store.
pub trait UnderTest {
    /// Begins anew: an empty store, this policy.
    fn begin(&mut self, policy: &Policy);

    /// What becomes of a fault here: itself, the nearest that can be acted out, or nothing. Only that
    /// is given to it, and counted.
    fn acts_out(&self, fault: Fault) -> Option<Fault> {
        Some(fault)
    }

    /// Gives it one input and collects the effects that left, in their order. A fault strikes while
    /// it takes this input.
    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome;

    /// Kills it while it rests.
    fn crash(&mut self);

    /// Opens it again from its store. [`Input::Restarted`] follows.
    fn restart(&mut self);

    /// How much it keeps, if it can tell.
    fn kept(&self) -> Option<Kept>;

    /// Whether it may say something behind its last answer, which comes out with the next input only.
    fn may_speak_late(&self) -> bool {
        false
    }

    /// Why it went down, other than by a fault; asked once after each [`Outcome::Down`].
    fn complaint(&mut self) -> Option<Complaint> {
        None
    }

    /// Why it failed an HTLC, in its own words, if they are none of our reasons.
    fn reason(&self, _key: HtlcKey) -> Option<&str> {
        None
    }

    /// What it is made for.
    fn profile(&self) -> Profile {
        Profile::default()
    }
}

/// What a receiver under test did wrong when it went down, where that can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Whether it died, or says nothing; else it lives and talks nonsense.
    pub is_dead: bool,
    /// What it did, in words that follow "it".
    pub what: String,
    /// The end of its standard error, a few lines.
    pub last_words: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it {}", self.what)?;
        if self.last_words.is_empty() {
            return Ok(());
        }
        f.write_str("; the end of its standard error:")?;
        self.last_words.lines().try_for_each(|line| write!(f, "\n      | {line}"))
    }
}

/// How an input ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Done,
    /// The receiver is dead, or may not go on; some effects may have left.
    Down,
}

/// What a receiver keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Sets, remembered ones included.
    pub sets: u64,
    /// HTLCs of sets.
    pub htlcs: u64,
    /// HTLCs that were refused, each remembered until it is resolved.
    pub refused: u64,
    /// Bytes, if it counts them; the most at any time.
    pub bytes: u64,
}

/// A receiver around another one: what it does not say otherwise is the inner one's.
pub trait Around {
    /// The receiver inside.
    type Inner: UnderTest + ?Sized;

    /// The receiver inside.
    fn inner(&self) -> &Self::Inner;

    /// The same, to be given inputs.
    fn inner_mut(&mut self) -> &mut Self::Inner;

    /// As [`UnderTest::begin`].
    fn begin(&mut self, policy: &Policy) {
        self.inner_mut().begin(policy);
    }

    /// As [`UnderTest::take`].
    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        self.inner_mut().take(input, fault, effects)
    }

    /// As [`UnderTest::crash`].
    fn crash(&mut self) {
        self.inner_mut().crash();
    }

    /// As [`UnderTest::acts_out`].
    fn acts_out(&self, fault: Fault) -> Option<Fault> {
        self.inner().acts_out(fault)
    }

    /// As [`UnderTest::profile`].
    fn profile(&self) -> Profile {
        self.inner().profile()
    }
}

impl<T: Around> UnderTest for T {
    fn begin(&mut self, policy: &Policy) {
        Around::begin(self, policy);
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        Around::take(self, input, fault, effects)
    }

    fn crash(&mut self) {
        Around::crash(self);
    }

    fn restart(&mut self) {
        self.inner_mut().restart();
    }

    fn kept(&self) -> Option<Kept> {
        self.inner().kept()
    }

    fn complaint(&mut self) -> Option<Complaint> {
        self.inner_mut().complaint()
    }

    fn reason(&self, key: HtlcKey) -> Option<&str> {
        self.inner().reason(key)
    }

    fn acts_out(&self, fault: Fault) -> Option<Fault> {
        Around::acts_out(self, fault)
    }

    fn may_speak_late(&self) -> bool {
        self.inner().may_speak_late()
    }

    fn profile(&self) -> Profile {
        Around::profile(self)
    }
}

/// A receiver whose profile somebody else has written; it is owned, or borrowed.
pub struct Treated<S = Box<dyn UnderTest>> {
    /// The receiver.
    pub subject: S,
    /// What it is made for, whatever it says of itself.
    pub profile: Profile,
}

impl Treated {
    /// A receiver, and its profile as JSON.
    ///
    /// # Panics
    /// If the profile is none.
    #[must_use]
    pub fn new(subject: impl UnderTest + 'static, profile: &str) -> Self {
        let profile = profile.parse().unwrap_or_else(|error| panic!("{error}"));
        Self { subject: Box::new(subject), profile }
    }
}

impl<S: DerefMut<Target: UnderTest>> Around for Treated<S> {
    type Inner = S::Target;

    fn inner(&self) -> &S::Target {
        &self.subject
    }

    fn inner_mut(&mut self) -> &mut S::Target {
        &mut self.subject
    }

    fn profile(&self) -> Profile {
        self.profile
    }
}
