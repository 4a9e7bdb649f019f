//! The program's side, for any row of this process: how our own kernel is measured through the
//! pipe.

use std::{
    io::{self, BufRead, Write},
    time::Duration,
};

use ammeter_core::{BasePreimage, Scheme, Share, hex};
use sha2::{Digest as _, Sha256};

use super::messages::PROTOCOL;
use crate::{
    backend::{Backend, Entry, Failure},
    stack::at_depth,
    workload::{Output, Payment, Words, Workload},
};

/// Answers requests until `input` ends.
///
/// # Errors
/// If input or output fails. A request that cannot be served is answered with `error REASON`, and
/// ends it too.
pub fn serve(entry: &Entry, input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let Entry { name, hash, version, isa, call, .. } = entry;
    writeln!(output, "{PROTOCOL}\nname {name}\nversion {version}\nhash {hash}")?;
    writeln!(output, "isa {isa}\ncall {call}\nready")?;
    output.flush()?;
    let mut served = Served { backend: entry.make(), work: None };
    let mut lines = input.lines();
    while let Some(line) = lines.next().transpose()? {
        match served.answer(&line, &mut lines, &mut output) {
            Err(Failure(reason)) => {
                writeln!(output, "error {reason}")?;
                return output.flush();
            }
            Ok(()) => output.flush()?,
        }
    }
    Ok(())
}

struct Served {
    backend: Box<dyn Backend>,
    work: Option<(Workload, Output)>,
}

impl Served {
    fn answer(
        &mut self,
        line: &str,
        lines: &mut impl Iterator<Item = io::Result<String>>,
        to: &mut impl Write,
    ) -> Result<(), Failure> {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| -> Result<u32, Failure> {
            let word: Option<&&str> = words.get(place);
            word.and_then(|word| word.parse().ok())
                .ok_or_else(|| Failure(format!("word {place} of `{line}` is no number")))
        };
        if words[0] == "load" {
            let workload =
                load([number(1)?, number(2)?, number(3)?, number(4)?, number(5)?], lines)?;
            let output = Output::new(workload.pairs());
            self.work = Some((workload, output));
            return said(writeln!(to, "loaded"));
        }
        let Self { backend, work: Some((workload, output)) } = self else {
            return Err(Failure("nothing is loaded".into()));
        };
        match words[0] {
            "run" => said(run(&mut **backend, workload, output, number(1)?, number(2)?, to)?),
            "digest" => {
                let mut digest = Sha256::new();
                (0..number(1)?).for_each(|_| digest_outputs(&mut digest, output));
                said(writeln!(to, "digested {}", Hex(digest.finalize().into())))
            }
            "show" => {
                let (first, count) = (number(1)? as usize, number(2)? as usize);
                (first..first + count).try_for_each(|place| {
                    let (preimage, payment_hash) =
                        output.pair(place).ok_or_else(|| Failure(format!("no place {place}")))?;
                    let (r, h) = (Hex(preimage.0), Hex(payment_hash.0));
                    said(writeln!(to, "pair {place} {r} {h}"))
                })
            }
            _ => Err(Failure(format!("unknown request `{line}`"))),
        }
    }
}

fn said(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| Failure(error.to_string()))
}

struct Hex([u8; 32]);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        hex::write(f, &self.0)
    }
}

fn load(
    [payments, children, first, index_size, has_shares]: [u32; 5],
    lines: &mut impl Iterator<Item = io::Result<String>>,
) -> Result<Workload, Failure> {
    let scheme = match (index_size, has_shares, first) {
        (4, 1, _) => Scheme::Lnd,
        (2, 0, _) => Scheme::Bolts658,
        (4, 0, 0) => Scheme::Tree,
        (4, 0, _) => Scheme::Og,
        _ => return Err(Failure("no scheme has such messages".into())),
    };
    let last = u64::from(first) + u64::from(children);
    if last > u64::from(*scheme.indices().end()) + 1 {
        return Err(Failure(format!("{scheme} has no index {}", last - 1)));
    }
    let mut value = |name: &str| {
        let line = lines.next().transpose().ok().flatten().unwrap_or_default();
        let digits = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
        let digits = digits.ok_or_else(|| Failure(format!("{name} expected")))?;
        hex::decode32(digits.as_bytes()).map_err(|error| Failure(format!("{name}: {error}")))
    };
    let mut workload = Workload { scheme, payments: Vec::new(), children: children as usize };
    for _ in 0..payments {
        let root = BasePreimage(value("root")?);
        let shares = (0..children * has_shares).map(|_| value("share").map(Share));
        let shares = shares.collect::<Result<_, _>>()?;
        workload.payments.push(Payment { root, first_index: first, shares });
    }
    Ok(workload)
}

/// Only the deriving is timed, by the row itself as in any process; its outputs go into the digest.
fn run(
    backend: &mut dyn Backend,
    workload: &mut Workload,
    output: &mut Output,
    calls: u32,
    counter: u32,
    to: &mut impl Write,
) -> Result<io::Result<()>, Failure> {
    let mut digest = Sha256::new();
    let on_core = at_depth(Words::new(counter.into()).next(), || {
        (0..calls).try_fold(Duration::ZERO, |on_core, call| {
            workload.stamp(counter.wrapping_add(call));
            let elapsed = backend.derive(workload, output.wiped())?;
            digest_outputs(&mut digest, output);
            Ok::<_, Failure>(on_core + elapsed.time)
        })
    })?;
    let (nanoseconds, digest) = (on_core.as_nanos(), Hex(digest.finalize().into()));
    Ok(writeln!(to, "ran {nanoseconds} {nanoseconds} {digest}"))
}

/// What a program digests after each call: all preimages, then all payment hashes.
pub(super) fn digest_outputs(digest: &mut Sha256, output: &Output) {
    let (preimages, payment_hashes) = output.bytes();
    digest.update(preimages);
    digest.update(payment_hashes);
}
