//! A record of any kind, told apart by its schema.

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Build, Record, against,
    attack::Attack,
    census::{self, Census},
    payment, receive,
    specimens::Specimens,
    split,
    sweep::{self, Sweep},
};
use crate::host::Host;

/// A record that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Any {
    /// Of `ammeter compare`.
    Compare(Record),
    /// Of `ammeter compare --sweep`.
    Sweep(Sweep),
    /// Of `ammeter compare --workload receive`.
    Receive(receive::Record),
    /// Of `ammeter compare --workload payment`.
    Payment(payment::Record),
    /// Of `ammeter compare --against`.
    Against(against::Record),
    /// Of `ammeter compare --workload split`.
    Split(split::Record),
    /// Of `ammeter attack`.
    Attack(Box<Attack>),
    /// Of `ammeter census`.
    Census(Census),
    /// Of `ammeter attack --specimens`.
    Specimens(Specimens),
}

/// What every record says of its making; records of attacks did not always.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The name of its layout.
    pub schema: &'a str,
    /// The machine.
    pub host: Option<&'a Host>,
    /// The program.
    pub build: Option<&'a Build>,
    /// The command line.
    pub command: Option<&'a str>,
    /// When it began, RFC 3339 in UTC.
    pub started: Option<&'a str>,
    /// Whether it was stopped early.
    pub interrupted: bool,
}

/// Why a text is no record.
#[derive(Debug)]
pub enum ReadError {
    /// It is not the JSON of that layout; the error has line and column.
    Json(serde_json::Error),
    /// Its layout is not known here.
    UnknownSchema(String),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => write!(f, "not a record: {error}"),
            Self::UnknownSchema(name) => {
                write!(f, "schema `{name}` is not known; known are {}", SCHEMAS.join(", "))
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Every layout that can be read.
pub const SCHEMAS: [&str; 10] = [
    super::SCHEMA,
    sweep::SCHEMA,
    receive::SCHEMA_1,
    receive::SCHEMA,
    payment::SCHEMA,
    against::SCHEMA,
    split::SCHEMA,
    super::attack::SCHEMA,
    census::SCHEMA,
    super::specimens::SCHEMA,
];

impl Any {
    /// Reads a record.
    ///
    /// # Errors
    /// [`ReadError`] if it is none.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        #[derive(Deserialize)]
        struct Named {
            schema: String,
        }
        fn of<T: DeserializeOwned>(text: &str, any: fn(T) -> Any) -> Result<Any, ReadError> {
            serde_json::from_str(text).map(any).map_err(ReadError::Json)
        }
        let Named { schema } = serde_json::from_str(text).map_err(ReadError::Json)?;
        match schema.as_str() {
            super::SCHEMA => of(text, Self::Compare),
            sweep::SCHEMA => of(text, Self::Sweep),
            receive::SCHEMA_1 | receive::SCHEMA => of(text, Self::Receive),
            payment::SCHEMA => of(text, Self::Payment),
            against::SCHEMA => of(text, Self::Against),
            split::SCHEMA => of(text, Self::Split),
            super::attack::SCHEMA => of(text, Self::Attack),
            census::SCHEMA => of(text, Self::Census),
            super::specimens::SCHEMA => of(text, Self::Specimens),
            _ => Err(ReadError::UnknownSchema(schema)),
        }
    }

    /// What it says of its making.
    #[must_use]
    pub fn envelope(&self) -> Envelope<'_> {
        macro_rules! of {
            ($record:ident) => {
                Envelope {
                    schema: &$record.head.schema,
                    host: Some(&$record.head.host),
                    build: Some(&$record.head.build),
                    command: Some(&$record.workload.invocation.command),
                    started: Some(&$record.workload.invocation.started),
                    interrupted: $record.workload.interrupted,
                }
            };
        }
        match self {
            Self::Compare(record) => of!(record),
            Self::Sweep(record) => of!(record),
            Self::Receive(record) => of!(record),
            Self::Payment(record) => of!(record),
            Self::Split(record) => of!(record),
            Self::Against(record) => of!(record),
            Self::Attack(record) => Envelope {
                schema: &record.schema,
                host: record.host.as_ref(),
                build: record.build.as_ref(),
                command: record.command.as_deref(),
                started: record.started.as_deref(),
                interrupted: false,
            },
            Self::Census(record) => Envelope {
                schema: &record.head.schema,
                host: Some(&record.head.host),
                build: Some(&record.head.build),
                command: Some(&record.command),
                started: Some(&record.started),
                interrupted: record.interrupted,
            },
            Self::Specimens(Specimens { head, command, started, .. }) => Envelope {
                schema: &head.schema,
                host: Some(&head.host),
                build: Some(&head.build),
                command: command.as_deref(),
                started: Some(started),
                interrupted: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_record_is_said_to_be_none() {
        let said = |text| Any::read(text).unwrap_err().to_string();
        assert!(said("{").contains("line 1 column"));
        assert!(said("{}").contains("missing field `schema`"));
        assert!(said(r#"{"schema":"ammeter/compare/9"}"#).contains("`ammeter/compare/9`"));
        assert!(said(r#"{"schema":"ammeter/sweep/1","host":3}"#).contains("line 1 column"));
    }
}
