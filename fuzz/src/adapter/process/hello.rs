//! The first line of a program that speaks protocol 2.

use serde_json::Value;

use crate::sim::profile::Profile;

/// Who a program is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// Its name; empty if it says none.
    pub name: String,
    /// Its version; empty if it says none.
    pub version: String,
    /// What it is made for.
    pub profile: Profile,
}

/// Reads a greeting; `None` if the line is something else.
///
/// # Errors
/// Why a greeting is not understood.
pub(super) fn read(line: &[u8]) -> Option<Result<Hello, String>> {
    let line: Value = serde_json::from_slice(line).ok()?;
    let hello = line.get("hello")?;
    Some(greeting(hello))
}

fn greeting(hello: &Value) -> Result<Hello, String> {
    match hello["protocol"].as_u64() {
        Some(2) => {}
        Some(other) => return Err(format!("protocol {other} is not spoken here, 2 is")),
        None => return Err("protocol: a number is needed".to_owned()),
    }
    let text = |field: &str| hello[field].as_str().unwrap_or_default().chars().take(80).collect();
    let profile = match hello.get("profile") {
        Some(profile) => Profile::from_json(profile)?,
        None => Profile::undeclared(),
    };
    Ok(Hello { name: text("name"), version: text("version"), profile })
}
