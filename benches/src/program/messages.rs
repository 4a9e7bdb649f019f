//! What is said in `ammeter-backend 1`: requests written, answers read.

use std::{fmt::Write as _, time::Duration};

use ammeter_core::{Hash, PaymentHash, Preimage, hex};

use super::conversation::shown;
use crate::{backend::Failure, workload::Workload};

/// The first line of every program.
pub(super) const PROTOCOL: &str = "ammeter-backend 1";

/// What a program says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) hash: Option<Hash>,
    pub(super) isa: String,
    pub(super) call: String,
}

impl Hello {
    /// Takes in one of the lines after the first.
    pub(super) fn take(&mut self, line: &str) -> Result<(), Failure> {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.trim();
        let place = match key {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "isa" => &mut self.isa,
            "call" => &mut self.call,
            "hash" => {
                self.hash = Hash::ALL.into_iter().find(|hash| hash.name() == value);
                return self.hash.map(|_| ()).ok_or_else(|| {
                    Failure(format!("`hash {}`: sha256 or blake3 is needed", shown(value)))
                });
            }
            // Later versions of a program may say more of themselves.
            _ => return Ok(()),
        };
        if value.is_empty() || value.chars().any(char::is_control) {
            return Err(Failure(format!("`{}` says nothing that can be printed", shown(line))));
        }
        value.clone_into(place);
        Ok(())
    }

    /// Whether everything that a row needs was said.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let missing = [
            ("name", self.name.is_empty()),
            ("version", self.version.is_empty()),
            ("hash", self.hash.is_none()),
        ];
        match missing.iter().find(|(_, is_missing)| *is_missing) {
            Some((key, _)) => Err(Failure(format!("it is ready without a line `{key} …`"))),
            None => Ok(()),
        }
    }
}

/// The request that loads a workload: one line, then its roots, each with its shares.
pub(super) fn load(workload: &Workload) -> String {
    let first = workload.payments.first().map_or(0, |payment| payment.first_index);
    let scheme = workload.scheme;
    let mut text = format!(
        "load {} {} {first} {} {}\n",
        workload.payments.len(),
        workload.children,
        scheme.index_size(),
        u8::from(scheme.hashes_share()),
    );
    let mut line = |name: &str, bytes: &[u8]| {
        let _ = write!(text, "{name} ");
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    };
    for payment in &workload.payments {
        line("root", payment.root.as_bytes());
        for share in &payment.shares {
            line("share", share.as_bytes());
        }
    }
    text
}

/// The answer to `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) wall: Duration,
    pub(super) cpu: Option<Duration>,
    pub(super) digest: [u8; 32],
}

/// `ran WALL CPU DIGEST`.
pub(super) fn ran(line: &str) -> Result<Ran, Failure> {
    let form = "ran WALL CPU DIGEST";
    let [wall, cpu, digest] = words(line, form)?;
    let nanoseconds = |text: &str| {
        let number = text.parse().map_err(|_| strange(line, form, "times are whole nanoseconds"));
        number.map(Duration::from_nanos)
    };
    let wall = nanoseconds(wall)?;
    if wall.is_zero() {
        return Err(strange(line, form, "nothing takes no time"));
    }
    Ok(Ran {
        wall,
        cpu: if cpu == "-" { None } else { Some(nanoseconds(cpu)?) },
        digest: value(digest, line, form)?,
    })
}

/// `digested DIGEST`.
pub(super) fn digested(line: &str) -> Result<[u8; 32], Failure> {
    let form = "digested DIGEST";
    let [digest] = words(line, form)?;
    value(digest, line, form)
}

/// `pair PLACE PREIMAGE HASH`, for the place that was asked for.
pub(super) fn pair(line: &str, place: usize) -> Result<(Preimage, PaymentHash), Failure> {
    let form = "pair PLACE PREIMAGE HASH";
    let [said, preimage, payment_hash] = words(line, form)?;
    if said.parse() != Ok(place) {
        return Err(strange(line, form, &format!("place {place} was asked for")));
    }
    Ok((Preimage(value(preimage, line, form)?), PaymentHash(value(payment_hash, line, form)?)))
}

/// The words after the first, which is that of `form`, as many as `form` has.
fn words<'a, const COUNT: usize>(line: &'a str, form: &str) -> Result<[&'a str; COUNT], Failure> {
    let mut words = line.split(' ');
    if words.next() != form.split(' ').next() {
        return Err(strange(line, form, "another answer is awaited"));
    }
    let words: Vec<&str> = words.collect();
    let count = words.len();
    words.try_into().map_err(|_| strange(line, form, &format!("{count} words after the first")))
}

fn value(digits: &str, line: &str, form: &str) -> Result<[u8; 32], Failure> {
    hex::decode32(digits.as_bytes()).map_err(|error| strange(line, form, &error.to_string()))
}

fn strange(line: &str, form: &str, reason: &str) -> Failure {
    Failure(format!("`{}` is not `{form}`: {reason}", shown(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_or_refused_with_the_reason() {
        let digest = "ab".repeat(32);
        let whole = ran(&format!("ran 1500 - {digest}")).unwrap();
        assert_eq!((whole.wall.as_nanos(), whole.cpu, whole.digest), (1500, None, [0xab; 32]));
        assert!(pair(&format!("pair 7 {digest} {digest}"), 7).is_ok());
        let refused = [
            (ran("run"), "another answer"),
            (ran("ran 1 2"), "2 words"),
            (ran(&format!("ran 0 0 {digest}")), "no time"),
            (ran(&format!("ran 1.5 0 {digest}")), "whole nanoseconds"),
            (ran(&format!("ran -1 0 {digest}")), "whole nanoseconds"),
            (ran(&format!("ran 1 1 {digest}00")), "66"),
            (ran(&format!("ran 1  1 {digest}")), "4 words"),
        ];
        for (answer, reason) in refused {
            let Failure(text) = answer.unwrap_err();
            assert!(text.contains(reason), "{text}");
        }
        assert!(pair(&format!("pair 8 {digest} {digest}"), 7).is_err());
    }

    #[test]
    fn a_hello_needs_name_version_and_hash() {
        let mut hello = Hello::default();
        assert!(hello.check().is_err());
        for line in ["name x", "version 1 of today", "hash sha256", "colour green"] {
            hello.take(line).unwrap();
        }
        hello.check().unwrap();
        assert_eq!(hello.version, "1 of today");
        for line in ["hash md5", "name", "version \u{7}"] {
            assert!(hello.take(line).is_err(), "{line:?}");
        }
    }
}
