//! A policy as the object of an `open` event, and of a profile.

use core::fmt;

use serde_json::{Map, Value};

use crate::receiver::{Policy, Setting, SettingError, SettingValue};

/// What a field of a policy says, as JSON.
#[must_use]
pub fn value(value: SettingValue) -> Value {
    match value {
        SettingValue::Word(word) => word.into(),
        SettingValue::Flag(flag) => flag.into(),
        SettingValue::Number(number) => number.into(),
    }
}

/// Gives a policy what JSON says: a string, true or false, or a number, which may be a string of
/// one.
///
/// # Errors
/// What is needed instead. The policy has not changed.
pub fn set(setting: Setting, policy: &mut Policy, value: &Value) -> Result<(), SettingError> {
    let text = match (value, setting.get(*policy)) {
        (Value::String(text), SettingValue::Word(_) | SettingValue::Number(_)) => text.clone(),
        (Value::Number(number), SettingValue::Number(_)) => number.to_string(),
        (Value::Bool(flag), SettingValue::Flag(_)) => flag.to_string(),
        // No field is empty, so this is refused.
        _ => String::new(),
    };
    setting.set(policy, &text)
}

/// Every field of a policy.
#[must_use]
pub fn object(policy: &Policy) -> Map<String, Value> {
    let fields = Policy::SETTINGS.into_iter();
    fields.map(|setting| (setting.name.to_owned(), value(setting.get(*policy)))).collect()
}

/// Gives a policy the fields that are there.
///
/// # Errors
/// The first field that is none of a policy, or cannot have its value. Fields before it have
/// changed.
pub fn apply(fields: &Map<String, Value>, policy: &mut Policy) -> Result<(), FieldError> {
    for (name, value) in fields {
        let wrong = |wrong| FieldError { name: name.clone(), wrong };
        let setting = Setting::named(name).ok_or_else(|| wrong(None))?;
        set(setting, policy, value).map_err(|error| wrong(Some(error)))?;
    }
    Ok(())
}

/// A field that no policy has, or a value that it cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    name: String,
    wrong: Option<SettingError>,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wrong {
            Some(wrong) => write!(f, "{}: {wrong}", self.name),
            None => write!(f, "{}: a policy has no such field", self.name),
        }
    }
}

impl core::error::Error for FieldError {}
