//! What a receiver under test is made for.
//!
//! A receiver that speaks some versions only, or whose hold time is fixed, is not broken. Histories
//! are made to fit its profile, and the model judges by it. Whatever a profile says, the invariants
//! about money stay: nothing in it makes a wrong preimage right.

mod rule;

use core::str::FromStr;

use ammeter_amp::{
    protocol,
    receiver::{Part, Policy, Setting, Version},
};
use ammeter_core::Hash;
use serde_json::{Map, Value};

pub use self::rule::{Rule, Rules};
use crate::sim::history::{EXPIRY, Form, HEIGHT};

/// What a receiver speaks that says nothing of it: `mpp` came when others had been written.
const UNDECLARED: [Form; 5] = [Form::Basic, Form::Adaptive, Form::Committed, Form::Tree, Form::Amp];

/// The largest margin that leaves a history room: honest parts expire this many blocks ahead, and
/// blocks pass.
const MARGIN_MAX: u32 = EXPIRY - HEIGHT - 50;

/// The longest time that passes in a history: clocks count on from there, and many languages' numbers
/// do no longer.
const TIME_MAX_MS: u64 = 1 << 53;

/// What a receiver is made for. The default is strict: everything, by the table of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    forms: [bool; Form::ALL.len()],
    hashes: [bool; Hash::ALL.len()],
    /// The fields of a policy that have one value, and which they are: a bit for each of
    /// [`Policy::SETTINGS`].
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
        Self { hashes, fixed: policy, fixes: u32::MAX, ..Self::undeclared() }
    }

    /// A receiver that speaks these versions only.
    #[must_use]
    pub fn speaking(forms: &[Form]) -> Self {
        Self { forms: Form::ALL.map(|form| forms.contains(&form)), ..Self::default() }
    }

    /// What a receiver is taken for that says nothing of itself: strict, without `mpp`.
    #[must_use]
    pub fn undeclared() -> Self {
        Self::speaking(&UNDECLARED)
    }

    /// Reads what a program says of itself.
    ///
    /// # Errors
    /// Which field is wrong, and why.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or("profile: an object is needed")?;
        let mut profile = Self::undeclared();
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
        if self.forms() != UNDECLARED {
            let versions: Vec<&str> = self.forms().into_iter().map(version).collect();
            object.insert("versions".into(), versions.into());
        }
        if self.hashes.contains(&false) {
            let hashes = Hash::ALL.into_iter().filter(|hash| self.knows(*hash));
            let hashes: Vec<&str> = hashes.map(Hash::name).collect();
            object.insert("hashes".into(), hashes.into());
        }
        let fixed: Map<String, Value> = self
            .fixed_settings()
            .map(|setting| (setting.name.to_owned(), protocol::value(setting.get(self.fixed))))
            .collect();
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

    /// The policy fields that are fixed.
    fn fixed_settings(&self) -> impl Iterator<Item = Setting> {
        let fixes = self.fixes;
        settings().filter(move |(bit, _)| fixes & 1 << bit != 0).map(|(_, setting)| setting)
    }

    fn fix_all(&mut self, value: &Value) -> Result<(), String> {
        let given = value.as_object().ok_or("profile.policy: an object is needed")?;
        for (name, value) in given {
            let (bit, setting) =
                settings().find(|(_, setting)| setting.name == name).ok_or_else(|| {
                    format!("profile.policy.{name}: no field of a policy that can be fixed")
                })?;
            protocol::set(setting, &mut self.fixed, value)
                .map_err(|error| format!("profile.policy.{name}: {error}"))?;
            let Policy { expiry_margin_blocks, hold_ms, retention_ms, .. } = self.fixed;
            for (value, most) in [
                (expiry_margin_blocks.into(), MARGIN_MAX.into()),
                (hold_ms.max(retention_ms), TIME_MAX_MS),
            ] {
                if value > most {
                    return Err(format!(
                        "profile.policy.{name}: a whole number up to {most} is needed"
                    ));
                }
            }
            self.fixes |= 1 << bit;
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
        for setting in self.fixed_settings() {
            setting.copy(self.fixed, policy);
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
            Version::Mpp { .. } => Form::Mpp,
        };
        self.speaks(form)
    }

    /// Whether honest payments may have this version.
    #[must_use]
    pub fn speaks(&self, form: Form) -> bool {
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
        let fixed: Vec<String> = self
            .fixed_settings()
            .map(|setting| format!("{} {}", setting.name, setting.get(self.fixed)))
            .collect();
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

/// The fields of a policy that can be fixed, each with its bit: all but the hash, of which a receiver
/// may know several.
fn settings() -> impl Iterator<Item = (usize, Setting)> {
    Policy::SETTINGS.into_iter().enumerate().skip(1)
}

fn of_word<T: Copy>(all: &[(&str, T)], word: &str) -> Option<T> {
    all.iter().find(|(known, _)| *known == word).map(|(_, it)| *it)
}
