//! The fields of a policy as a table, from which flags, events, traces and profiles take names and
//! bounds.

use core::fmt;

use crate::receiver::Policy;

/// One field of a [`Policy`].
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name: the field's.
    pub name: &'static str,
    /// What it counts, for a number.
    pub unit: &'static str,
    /// What it decides, in a line.
    pub about: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Hash,
    Deviation,
    Realms,
    Flag(fn(&mut Policy) -> &mut bool),
    U32(fn(&mut Policy) -> &mut u32),
    U64(fn(&mut Policy) -> &mut u64),
}

/// What a field of a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// One of a few names.
    Word(&'static str),
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(u64),
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.pad(word),
            Self::Flag(flag) => fmt::Display::fmt(flag, f),
            Self::Number(number) => fmt::Display::fmt(number, f),
        }
    }
}

/// A value that a field of a policy cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// What it can have, as it would be read aloud.
    pub needed: &'static str,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is needed", self.needed)
    }
}

impl core::error::Error for SettingError {}

impl Policy {
    /// Every field.
    pub const SETTINGS: [Setting; 15] = [
        word("hash", "Hash function: sha256 or blake3", Kind::Hash),
        word(
            "deviation",
            "What fails when a part contradicts the first part of its set: fail-set or \
             reject-newcomer",
            Kind::Deviation,
        ),
        word(
            "realms",
            "How many chains (realms) the parts of one set may come from: any or one",
            Kind::Realms,
        ),
        word(
            "spontaneous",
            "Accept payments that nobody asked for",
            Kind::Flag(|policy| &mut policy.spontaneous),
        ),
        short(
            "overpayment_factor_max",
            "FACTOR",
            "Accept at most this many times the amount of the invoice",
            |policy| &mut policy.overpayment_factor_max,
        ),
        long(
            "hold_ms",
            "MS",
            "Fail a set that is incomplete this long after its first HTLC",
            |policy| &mut policy.hold_ms,
        ),
        short(
            "expiry_margin_blocks",
            "BLOCKS",
            "Fail a set this many blocks before its earliest HTLC expires",
            |policy| &mut policy.expiry_margin_blocks,
        ),
        long("retention_ms", "MS", "Remember a settled or failed set for this long", |policy| {
            &mut policy.retention_ms
        }),
        short("part_count_max", "COUNT", "Largest n that a part may say", |policy| {
            &mut policy.limits.part_count_max
        }),
        short("sets_max", "COUNT", "Most sets at once", |policy| &mut policy.limits.sets_max),
        short("set_htlcs_max", "COUNT", "Most HTLCs of one set", |policy| {
            &mut policy.limits.set_htlcs_max
        }),
        short("channel_htlcs_max", "COUNT", "Most HTLCs of one channel", |policy| {
            &mut policy.limits.channel_htlcs_max
        }),
        short("htlcs_max", "COUNT", "Most HTLCs at once", |policy| &mut policy.limits.htlcs_max),
        long("bytes_max", "BYTES", "Most bytes of memory for sets and HTLCs", |policy| {
            &mut policy.limits.bytes_max
        }),
        short("refusals_max", "COUNT", "HTLCs that were refused and are not gone yet", |policy| {
            &mut policy.limits.refusals_max
        }),
    ];
}

const fn word(name: &'static str, about: &'static str, kind: Kind) -> Setting {
    Setting { name, unit: "", about, kind }
}

const fn short(
    name: &'static str,
    unit: &'static str,
    about: &'static str,
    field: fn(&mut Policy) -> &mut u32,
) -> Setting {
    Setting { name, unit, about, kind: Kind::U32(field) }
}

const fn long(
    name: &'static str,
    unit: &'static str,
    about: &'static str,
    field: fn(&mut Policy) -> &mut u64,
) -> Setting {
    Setting { name, unit, about, kind: Kind::U64(field) }
}

impl Setting {
    /// The field of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Policy::SETTINGS.into_iter().find(|setting| setting.name == name)
    }

    /// What a policy says.
    #[must_use]
    pub fn get(self, mut policy: Policy) -> SettingValue {
        match self.kind {
            Kind::Hash => SettingValue::Word(policy.hash.name()),
            Kind::Deviation => SettingValue::Word(policy.deviation.name()),
            Kind::Realms => SettingValue::Word(policy.realms.name()),
            Kind::Flag(field) => SettingValue::Flag(*field(&mut policy)),
            Kind::U32(field) => SettingValue::Number((*field(&mut policy)).into()),
            Kind::U64(field) => SettingValue::Number(*field(&mut policy)),
        }
    }

    /// Gives a policy another value: a name, `true` or `false`, or digits.
    ///
    /// # Errors
    /// What is needed instead. The policy has not changed.
    pub fn set(self, policy: &mut Policy, value: &str) -> Result<(), SettingError> {
        let known = match self.kind {
            Kind::Hash => value.parse().is_ok_and(|hash| put(&mut policy.hash, hash)),
            Kind::Deviation => value.parse().is_ok_and(|rule| put(&mut policy.deviation, rule)),
            Kind::Realms => value.parse().is_ok_and(|rule| put(&mut policy.realms, rule)),
            Kind::Flag(field) => value.parse().is_ok_and(|flag| put(field(policy), flag)),
            // `parse` takes a sign as well.
            Kind::U32(_) | Kind::U64(_) if value.starts_with('+') => false,
            Kind::U32(field) => value.parse().is_ok_and(|number| put(field(policy), number)),
            Kind::U64(field) => value.parse().is_ok_and(|number| put(field(policy), number)),
        };
        if known { Ok(()) } else { Err(SettingError { needed: self.needed() }) }
    }

    /// Gives `to` what `from` says.
    pub fn copy(self, from: Policy, to: &mut Policy) {
        let mut from = from;
        match self.kind {
            Kind::Hash => to.hash = from.hash,
            Kind::Deviation => to.deviation = from.deviation,
            Kind::Realms => to.realms = from.realms,
            Kind::Flag(field) => *field(to) = *field(&mut from),
            Kind::U32(field) => *field(to) = *field(&mut from),
            Kind::U64(field) => *field(to) = *field(&mut from),
        }
    }

    const fn needed(self) -> &'static str {
        match self.kind {
            Kind::Hash => "sha256 or blake3",
            Kind::Deviation => "fail-set or reject-newcomer",
            Kind::Realms => "any or one",
            Kind::Flag(_) => "true or false",
            Kind::U32(_) => "a whole number below 2^32",
            Kind::U64(_) => "a whole number below 2^64",
        }
    }
}

/// Always true: a value that could be read is a value that fits.
fn put<T>(field: &mut T, value: T) -> bool {
    *field = value;
    true
}

#[cfg(test)]
mod tests {
    use ammeter_core::scheme::Hash;

    use super::*;
    use crate::receiver::{Deviation, Limits, Realms};

    /// A policy none of whose fields has its default.
    const OTHER: Policy = Policy {
        hash: Hash::Blake3,
        deviation: Deviation::RejectNewcomer,
        realms: Realms::One,
        spontaneous: false,
        overpayment_factor_max: 1,
        hold_ms: 2,
        expiry_margin_blocks: 3,
        retention_ms: 4,
        limits: Limits {
            sets_max: 5,
            set_htlcs_max: 6,
            channel_htlcs_max: 7,
            htlcs_max: 8,
            bytes_max: 9,
            part_count_max: 10,
            refusals_max: 11,
        },
    };

    #[test]
    fn the_table_has_every_field_once() {
        let (mut written, mut copied) = (Policy::new(Hash::Sha256), Policy::new(Hash::Sha256));
        for setting in Policy::SETTINGS {
            assert_ne!(setting.get(written), setting.get(OTHER), "{}", setting.name);
            setting.set(&mut written, &setting.get(OTHER).to_string()).expect(setting.name);
            setting.copy(OTHER, &mut copied);
            assert_eq!(setting.get(written), setting.get(OTHER), "{}", setting.name);
            assert_eq!(Setting::named(setting.name).map(|found| found.name), Some(setting.name));
        }
        assert_eq!((written, copied), (OTHER, OTHER));
    }

    #[test]
    fn a_value_that_does_not_fit_changes_nothing() {
        for setting in Policy::SETTINGS {
            for value in ["", "x", "-1", "+1", "1.0", "18446744073709551616", " 1"] {
                let mut policy = OTHER;
                let error = setting.set(&mut policy, value).expect_err(setting.name);
                assert!(error.to_string().ends_with(" is needed"));
                assert_eq!(policy, OTHER);
            }
        }
        let margin = Setting::named("expiry_margin_blocks").expect("a field");
        assert!(margin.set(&mut OTHER.clone(), "4294967296").is_err());
    }
}
