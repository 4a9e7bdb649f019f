//! Which features a history may use.

use crate::sim::{history::Form, profile::Profile, random::Random};

/// The forms that seeds draw from. A form that came later is not among them, so that a seed gives
/// the history that it always gave: `later.rs` adds it.
pub(super) const FORMS: [Form; 5] =
    [Form::Basic, Form::Adaptive, Form::Committed, Form::Tree, Form::Amp];

/// Which parts of the harness are switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether there is an adversary.
    pub adversary: bool,
    /// Whether the receiver crashes and its disk fails.
    pub crashes: bool,
    /// Whether each history uses some features only.
    pub swarm: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { adversary: true, crashes: true, swarm: true }
    }
}

/// A kind of event or value that a history may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Feature {
    // Senders.
    Invoices,
    Reusable,
    Interactive,
    Folding,
    Planned,
    ManyPayments,
    OtherHash,
    // Network.
    Reorder,
    Drop,
    Retry,
    Again,
    OneChannel,
    Gone,
    Late,
    Legs,
    // Time.
    Blocks,
    Clocks,
    ClocksBack,
    Retention,
    // Policy.
    RejectNewcomer,
    OneRealm,
    SmallLimits,
    // Invoices that change.
    Cancel,
    WrongDue,
    // The adversary.
    Amounts,
    Counts,
    Shares,
    Hashes,
    Expiries,
    Realms,
    Forms,
    Bytes,
    OddMakes,
    Names,
    Probes,
    // Faults.
    Crashes,
    Faults,
    LyingSync,
}

impl Feature {
    const COUNT: u32 = Self::LyingSync as u32 + 1;

    /// The kinds of twists of an HTLC.
    pub(super) const TWISTS: [Self; 8] = [
        Self::Amounts,
        Self::Counts,
        Self::Shares,
        Self::Hashes,
        Self::Expiries,
        Self::Realms,
        Self::Forms,
        Self::Bytes,
    ];

    const fn bit(self) -> u64 {
        1 << self as u8
    }
}

const fn bits(features: &[Feature]) -> u64 {
    let (mut bits, mut k) = (0, 0);
    while k < features.len() {
        bits |= features[k].bit();
        k += 1;
    }
    bits
}

const ADVERSARY: u64 =
    bits(&Feature::TWISTS) | bits(&[Feature::OddMakes, Feature::Names, Feature::Probes]);
const CRASHES: u64 = bits(&[Feature::Crashes, Feature::Faults, Feature::LyingSync]);

/// The features of one history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Swarm {
    features: u64,
    forms: [Form; 2],
}

impl Swarm {
    pub(super) fn draw(settings: Settings, profile: &Profile, random: &mut Random) -> Self {
        let mut forms = profile.forms();
        if forms != [Form::Mpp] {
            forms.retain(|form| FORMS.contains(form));
        }
        let all = (1 << Feature::COUNT) - 1;
        let mut features = if settings.swarm { random.word() & all } else { all };
        if settings.swarm && random.once_in(4) {
            // One history in four has about a quarter of the features.
            features &= random.word();
        }
        if !settings.adversary {
            features &= !ADVERSARY;
        }
        if !settings.crashes {
            features &= !CRASHES;
        }
        // Few checks remain once a disk has lied, so it is rare.
        if !random.once_in(8) {
            features &= !Feature::LyingSync.bit();
        }
        Self { features, forms: [random.pick(&forms), random.pick(&forms)] }
    }

    pub(super) const fn has(&self, feature: Feature) -> bool {
        self.features & feature.bit() != 0
    }

    /// Whether the feature is used here: never if the history lacks it, else with probability 1 /
    /// `times`.
    pub(super) fn does(&self, feature: Feature, random: &mut Random, times: u64) -> bool {
        self.has(feature) && random.once_in(times)
    }

    pub(super) fn form(&self, random: &mut Random) -> Form {
        random.pick(&self.forms)
    }
}
