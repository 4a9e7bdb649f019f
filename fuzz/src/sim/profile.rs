//! What a receiver under test is made for.
//!
//! A receiver that speaks some versions only, or whose hold time is fixed, is not broken. Histories
//! are made to fit its profile, and the model judges by it. Whatever a profile says, the invariants
//! about money stay: nothing in it makes a wrong preimage right.

mod rule;

use core::str::FromStr;

use ammeter_amp::receiver::{Deviation, Limits, Part, Policy, Realms, Version};
use ammeter_core::Hash;
use serde_json::{Map, Value};

pub use self::rule::{Rule, Rules};
use crate::sim::history::{EXPIRY, Form, HEIGHT};

/// The largest margin that leaves a history room: honest parts expire this many blocks ahead, and
/// blocks pass.
const MARGIN_MAX: u64 = (EXPIRY - HEIGHT) as u64 - 50;

/// What a receiver is made for. The default is strict: everything, by the table of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    forms: [bool; Form::ALL.len()],
    hashes: [bool; Hash::ALL.len()],
    /// The fields of a policy that have one value, and which they are: a bit for each of
    /// [`WORDS`] and [`NUMBERS`].
    fixed: Policy,
    fixes: u32,
    rules: Rules,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            forms: [true; Form::ALL.len()],
            hashes: [true; Hash::ALL.len()],
            fixed: Policy::new(Hash::Sha256),
            fixes: 0,
            rules: Rules::default(),
        }
    }
}

impl Profile {
    /// A receiver that has this policy and cannot be told another.
    #[must_use]
    pub fn fixed(policy: Policy) -> Self {
        let hashes = Hash::ALL.map(|hash| hash == policy.hash);
        Self { hashes, fixed: policy, fixes: u32::MAX, ..Self::default() }
    }

    /// A receiver that speaks these versions only.
    #[must_use]
    pub fn speaking(forms: &[Form]) -> Self {
        Self { forms: Form::ALL.map(|form| forms.contains(&form)), ..Self::default() }
    }

    /// Reads what a program says of itself.
    ///
    /// # Errors
    /// Which field is wrong, and why.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or("profile: an object is needed")?;
        let mut profile = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "versions" => {
                    let known = Form::ALL.map(|form| (version(form), form));
                    let named = list(name, value, &known)?;
                    profile.forms = Form::ALL.map(|form| named.contains(&form));
                }
                "hashes" => {
                    let known = Hash::ALL.map(|hash| (hash.name(), hash));
                    let named = list(name, value, &known)?;
                    profile.hashes = Hash::ALL.map(|hash| named.contains(&hash));
                }
                "policy" => profile.fix_all(value)?,
                "rules" => profile.replace_all(value)?,
                _ => return Err(format!("profile.{name}: nobody knows what this means")),
            }
        }
        Ok(profile)
    }

    /// What a program with this profile says of itself.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        if self.forms.contains(&false) {
            let versions: Vec<&str> = self.forms().into_iter().map(version).collect();
            object.insert("versions".into(), versions.into());
        }
        if self.hashes.contains(&false) {
            let hashes = Hash::ALL.into_iter().filter(|hash| self.knows(*hash));
            let hashes: Vec<&str> = hashes.map(Hash::name).collect();
            object.insert("hashes".into(), hashes.into());
        }
        let fixed: Map<String, Value> =
            self.values().map(|(name, value)| (name.to_owned(), value)).collect();
        if !fixed.is_empty() {
            object.insert("policy".into(), fixed.into());
        }
        let rules: Map<String, Value> =
            self.rules.iter().map(|rule| (rule.name().into(), rule.value().into())).collect();
        if !rules.is_empty() {
            object.insert("rules".into(), rules.into());
        }
        Value::Object(object)
    }

    /// The policy fields that are fixed, each with its value.
    fn values(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let mut fixed = self.fixed;
        let words: [Value; WORDS.len()] = [
            word(&DEVIATIONS, fixed.deviation).into(),
            word(&REALMS, fixed.realms).into(),
            fixed.spontaneous.into(),
        ];
        let numbers = fields(&mut fixed).map(|field| Value::from(field.value()));
        let names = WORDS.into_iter().chain(NUMBERS);
        let values = words.into_iter().chain(numbers);
        let fixes = self.fixes;
        let is_fixed = move |(bit, _): &(usize, _)| fixes & 1 << bit != 0;
        names.zip(values).enumerate().filter(is_fixed).map(|(_, value)| value)
    }

    fn fix_all(&mut self, value: &Value) -> Result<(), String> {
        let given = value.as_object().ok_or("profile.policy: an object is needed")?;
        for (name, value) in given {
            let wrong = |needed: &str| format!("profile.policy.{name}: {needed} is needed");
            let word = value.as_str().unwrap_or_default();
            match name.as_str() {
                "deviation" => {
                    self.fixed.deviation = of_word(&DEVIATIONS, word)
                        .ok_or_else(|| wrong("fail-set or reject-newcomer"))?;
                }
                "realms" => {
                    self.fixed.realms =
                        of_word(&REALMS, word).ok_or_else(|| wrong("any or one"))?;
                }
                "spontaneous" => {
                    self.fixed.spontaneous =
                        value.as_bool().ok_or_else(|| wrong("true or false"))?;
                }
                _ => {
                    let place = NUMBERS.iter().position(|known| known == name);
                    let place = place.ok_or_else(|| {
                        format!("profile.policy.{name}: no field of a policy that can be fixed")
                    })?;
                    let number = value.as_u64().or_else(|| word.parse().ok());
                    let number = number.ok_or_else(|| wrong("a whole number"))?;
                    if name == "expiry_margin_blocks" && number > MARGIN_MAX {
                        return Err(wrong(&format!("a whole number up to {MARGIN_MAX}")));
                    }
                    let mut all = fields(&mut self.fixed);
                    all[place].set(number).map_err(|()| wrong("a number that fits"))?;
                }
            }
            let bit = WORDS.iter().chain(&NUMBERS).position(|known| known == name);
            self.fixes |= bit.map_or(0, |bit| 1 << bit);
        }
        Ok(())
    }

    fn replace_all(&mut self, value: &Value) -> Result<(), String> {
        let given = value.as_object().ok_or("profile.rules: an object is needed")?;
        for (name, value) in given {
            let mut known = Rule::ALL.iter().filter(|rule| rule.name() == name);
            let rule = known.next().ok_or_else(|| {
                let names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
                format!("profile.rules.{name}: one of {} is needed", names.join(", "))
            })?;
            if value != rule.value() {
                return Err(format!("profile.rules.{name}: {:?} is needed", rule.value()));
            }
            self.rules.add(*rule);
        }
        Ok(())
    }

    /// A receiver that replaces this rule, and no other.
    #[must_use]
    pub fn replacing(rule: Rule) -> Self {
        let mut profile = Self::default();
        profile.rules.add(rule);
        profile
    }

    /// The same, with this rule of the table replaced as well.
    #[must_use]
    pub fn and(mut self, rule: Rule) -> Self {
        self.rules.add(rule);
        self
    }

    /// Whether a rule of the table is replaced.
    #[must_use]
    pub const fn replaces(&self, rule: Rule) -> bool {
        self.rules.has(rule)
    }

    /// The versions that honest payments may have.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        Form::ALL.into_iter().zip(self.forms).filter(|(_, is)| *is).map(|(form, _)| form).collect()
    }

    /// The nearest policy that the receiver can have.
    pub fn fix(&self, policy: &mut Policy) {
        if !self.knows(policy.hash) {
            let other = Hash::ALL.into_iter().find(|hash| self.knows(*hash));
            policy.hash = other.unwrap_or(policy.hash);
        }
        let mut fixed = self.fixed;
        let is_fixed = |bit: usize| self.fixes & 1 << bit != 0;
        if is_fixed(0) {
            policy.deviation = fixed.deviation;
        }
        if is_fixed(1) {
            policy.realms = fixed.realms;
        }
        if is_fixed(2) {
            policy.spontaneous = fixed.spontaneous;
        }
        for (place, (field, value)) in
            fields(policy).into_iter().zip(fields(&mut fixed)).enumerate()
        {
            if is_fixed(WORDS.len() + place) {
                field.copy(&value);
            }
        }
    }

    fn knows(&self, hash: Hash) -> bool {
        Hash::ALL.into_iter().zip(self.hashes).any(|(known, is)| known == hash && is)
    }

    /// Whether the receiver can read a part of this version.
    #[must_use]
    pub fn reads(&self, part: &Part) -> bool {
        let form = match part.version {
            Version::Basic { .. } => Form::Basic,
            Version::Adaptive { .. } => Form::Adaptive,
            Version::Committed { .. } => Form::Committed,
            Version::Tree { .. } => Form::Tree,
            Version::Amp { .. } => Form::Amp,
        };
        Form::ALL.into_iter().zip(self.forms).any(|(known, is)| known == form && is)
    }

    /// What histories leave out or do otherwise, a line each; nothing if the profile is strict.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let without = Form::ALL.into_iter().zip(self.forms).filter(|(_, is)| !is);
        let without: Vec<&str> = without.map(|(form, _)| version(form)).collect();
        if !without.is_empty() {
            lines.push(format!("not spoken: {}", without.join(", ")));
        }
        let without = Hash::ALL.into_iter().filter(|hash| !self.knows(*hash));
        lines.extend(without.map(|hash| format!("without {}", hash.name())));
        let fixed: Vec<String> =
            self.values().map(|(name, value)| format!("{name} {value}")).collect();
        if !fixed.is_empty() {
            lines.push(format!("fixed: {}", fixed.join(", ")));
        }
        lines.extend(self.rules.iter().map(|rule| {
            format!("not the table's rule: {} {}: {}", rule.name(), rule.value(), rule.story())
        }));
        lines
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "strict" {
            return Ok(Self::default());
        }
        let value = serde_json::from_str(text)
            .map_err(|error| format!("strict or a JSON object is needed: {error}"))?;
        Self::from_json(&value)
    }
}

/// A form as the protocol calls its version.
#[must_use]
pub const fn version(form: Form) -> &'static str {
    match form {
        Form::Amp => "lnd",
        _ => form.name(),
    }
}

/// The words in a list, of which there is at least one.
fn list<T: Copy>(name: &str, value: &Value, known: &[(&str, T)]) -> Result<Vec<T>, String> {
    let names = || known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let wrong = || format!("profile.{name}: a list of {} is needed", names());
    let words = value.as_array().filter(|words| !words.is_empty()).ok_or_else(wrong)?;
    words.iter().map(|word| of_word(known, word.as_str()?)).collect::<Option<_>>().ok_or_else(wrong)
}

/// Deviations by their names.
pub(crate) const DEVIATIONS: [(&str, Deviation); 2] =
    [("fail-set", Deviation::FailSet), ("reject-newcomer", Deviation::RejectNewcomer)];
/// Realm rules by their names.
pub(crate) const REALMS: [(&str, Realms); 2] = [("any", Realms::Any), ("one", Realms::One)];

pub(crate) fn word<T: PartialEq>(all: &[(&'static str, T)], one: T) -> &'static str {
    all.iter().find(|(_, known)| *known == one).map_or("", |(name, _)| name)
}

fn of_word<T: Copy>(all: &[(&str, T)], word: &str) -> Option<T> {
    all.iter().find(|(known, _)| *known == word).map(|(_, it)| *it)
}

/// The fields of a policy that are words.
const WORDS: [&str; 3] = ["deviation", "realms", "spontaneous"];

/// The fields of a policy that are numbers, in the order of [`fields`].
pub(crate) const NUMBERS: [&str; 11] = [
    "overpayment_factor_max",
    "hold_ms",
    "expiry_margin_blocks",
    "retention_ms",
    "part_count_max",
    "sets_max",
    "set_htlcs_max",
    "channel_htlcs_max",
    "htlcs_max",
    "bytes_max",
    "refusals_max",
];

/// The numbers of a policy, where they are kept.
pub(crate) fn fields(policy: &mut Policy) -> [Field<'_>; NUMBERS.len()] {
    let Policy {
        overpayment_factor_max, hold_ms, expiry_margin_blocks, retention_ms, limits, ..
    } = policy;
    let Limits {
        sets_max,
        set_htlcs_max,
        channel_htlcs_max,
        htlcs_max,
        bytes_max,
        part_count_max,
        refusals_max,
    } = limits;
    [
        Field::Word(overpayment_factor_max),
        Field::Long(hold_ms),
        Field::Word(expiry_margin_blocks),
        Field::Long(retention_ms),
        Field::Word(part_count_max),
        Field::Word(sets_max),
        Field::Word(set_htlcs_max),
        Field::Word(channel_htlcs_max),
        Field::Word(htlcs_max),
        Field::Long(bytes_max),
        Field::Word(refusals_max),
    ]
}

/// A number of a policy.
pub(crate) enum Field<'a> {
    Word(&'a mut u32),
    Long(&'a mut u64),
}

impl Field<'_> {
    pub(crate) fn value(&self) -> u64 {
        match self {
            Self::Word(word) => u64::from(**word),
            Self::Long(long) => **long,
        }
    }

    fn set(&mut self, value: u64) -> Result<(), ()> {
        match self {
            Self::Word(word) => **word = value.try_into().map_err(drop)?,
            Self::Long(long) => **long = value,
        }
        Ok(())
    }

    fn copy(mut self, from: &Self) {
        // Both are fields of one name.
        let _ = self.set(from.value());
    }
}
