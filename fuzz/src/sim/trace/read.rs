//! Reads a history from text.

use core::str::FromStr;

use ammeter_amp::receiver::{Policy, SettingValue};
use ammeter_core::{Hash, HtlcKey};

use crate::sim::{
    history::{Arrival, Fault, Form, History, Make, Name, Operation, Payment, Twist},
    trace::{FAULTS, FLIPS, HEADER, TraceError, settings},
};

type Read<T> = Result<T, String>;

impl FromStr for History {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, TraceError> {
        let fail = |line: usize, reason: String| TraceError { line, reason };
        let mut lines = text.lines().map(str::trim).zip(1..);
        match lines.next() {
            Some((HEADER, _)) => {}
            _ => return Err(fail(1, format!("the first line of a history is: {HEADER}"))),
        }
        let mut history = Self::new(Policy::new(Hash::Sha256));
        for (line, number) in lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            let words: Vec<&str> = rest.split_whitespace().collect();
            match verb {
                "policy" => read_policy(&mut history.policy, &words),
                "rules" if words.is_empty() => {
                    history.rules = true;
                    Ok(())
                }
                "payment" => payment(&words).map(|payment| history.payments.push(payment)),
                _ => operation(verb, &words).map(|one| history.operations.push(one)),
            }
            .map_err(|reason| fail(number, reason))?;
        }
        Ok(history)
    }
}

fn read_policy(policy: &mut Policy, words: &[&str]) -> Read<()> {
    for word in words {
        let (name, value) = pair(word)?;
        let found = settings().find(|(known, _)| *known == name);
        let (_, setting) = found.ok_or_else(|| unknown(word))?;
        let value = match setting.get(*policy) {
            SettingValue::Flag(_) if yes(value)? => "true",
            SettingValue::Flag(_) => "false",
            _ => value,
        };
        setting.set(policy, value).map_err(|error| format!("{word}: {error}"))?;
    }
    Ok(())
}

fn payment(words: &[&str]) -> Read<Payment> {
    let [form, make, rest @ ..] = words else { return Err("form and maker are missing".into()) };
    let form =
        Form::ALL.into_iter().find(|one| one.name() == *form).ok_or_else(|| unknown(form))?;
    let make =
        Make::ALL.into_iter().find(|one| one.name() == *make).ok_or_else(|| unknown(make))?;
    let name = Name::Own;
    let mut payment = Payment { form, make, parts: 1, fold: 0, amount_msat: 1_000, name, root: 0 };
    for word in rest {
        let (name, value) = pair(word)?;
        match name {
            "parts" => payment.parts = parse(value)?,
            "fold" => payment.fold = parse(value)?,
            "amount" => payment.amount_msat = parse(value)?,
            "root" => payment.root = parse(value)?,
            "name" => payment.name = name_of(value)?,
            _ => return Err(unknown(word)),
        }
    }
    if payment.parts == 0 {
        return Err("a payment has 1 to 255 parts".into());
    }
    Ok(payment)
}

fn name_of(value: &str) -> Read<Name> {
    match value.split_once(':') {
        None if value == "own" => Ok(Name::Own),
        None if value == "zero" => Ok(Name::Zero),
        Some(("invoice", number)) => parse(number).map(Name::Invoice),
        Some(("payment", position)) => parse(position).map(Name::Payment),
        _ => Err(unknown(value)),
    }
}

fn operation(verb: &str, words: &[&str]) -> Read<Operation> {
    Ok(match (verb, words) {
        ("htlc", [key, payment, part, twists @ ..]) => Operation::Htlc(Arrival {
            key: key_of(key)?,
            payment: value(payment, "payment")?,
            part: value(part, "part")?,
            twists: twists.iter().map(|word| twist(word)).collect::<Read<_>>()?,
        }),
        ("again", [key]) => Operation::Again(key_of(key)?),
        ("invoice", [number, amount, reusable]) => Operation::Invoice {
            number: parse(number)?,
            amount_msat: value(amount, "amount")?,
            reusable: yes(pair(reusable)?.1)?,
        },
        ("cancel", [number]) => Operation::Cancel { number: parse(number)? },
        ("block", [height]) => Operation::Block { height: parse(height)? },
        ("clock", [now_ms]) => Operation::Clock { now_ms: parse(now_ms)? },
        ("acknowledge", []) => Operation::Acknowledge,
        ("acknowledge", [key]) => Operation::AcknowledgeOne(key_of(key)?),
        ("gone", [key]) => Operation::Gone(key_of(key)?),
        ("crash", []) => Operation::Crash,
        ("downtime", [duration]) => Operation::Downtime { duration_ms: parse(duration)? },
        ("fault", [word]) => Operation::Fault(fault(word)?),
        _ => return Err(format!("not an operation: {verb} {}", words.join(" "))),
    })
}

fn fault(word: &str) -> Read<Fault> {
    let (name, count) = word.split_once('=').unwrap_or((word, "0"));
    let count = parse(count)?;
    Ok(match named(&FAULTS, name)? {
        Fault::Torn { .. } => Fault::Torn { writes: count },
        Fault::AfterEffects { .. } => Fault::AfterEffects { sent: count },
        fault => fault,
    })
}

fn twist(word: &str) -> Read<Twist> {
    if let Some((_, flip)) = FLIPS.iter().find(|(name, _)| *name == word) {
        return Ok(flip.clone());
    }
    let (name, value) = pair(word)?;
    Ok(match name {
        "wire" => Twist::Wire(parse(value)?),
        "amount" => Twist::Amount(parse(value)?),
        "expiry" => Twist::Expiry(parse(value)?),
        "cltv" => Twist::Cltv(parse(value)?),
        "n" => Twist::PartCount(parse(value)?),
        "weight" => Twist::Weight(parse(value)?),
        "total" => Twist::Total(parse(value)?),
        "realm" => Twist::Realm(parse(value)?),
        "index" => Twist::Index(parse(value)?),
        "share" => Twist::ShareOf(parse(value)?),
        "hash" => {
            let (payment, part) = colon(value)?;
            Twist::HashOf { payment: parse(payment)?, part: parse(part)? }
        }
        "form" => {
            let form = Form::ALL.into_iter().find(|form| form.name() == value);
            Twist::Form(form.ok_or_else(|| unknown(word))?)
        }
        "byte" => {
            let (offset, byte) = colon(value)?;
            Twist::Byte { offset: parse(offset)?, value: parse(byte)? }
        }
        "cut" => Twist::Cut(parse(value)?),
        "bytes" => Twist::Bytes(hex(value)?),
        _ => return Err(unknown(word)),
    })
}

fn hex(digits: &str) -> Read<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let digits = core::str::from_utf8(pair).map_err(|_| unknown(digits))?;
        u8::from_str_radix(digits, 16).map_err(|_| unknown(digits))
    };
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { Err(unknown(digits)) }
}

fn key_of(word: &str) -> Read<HtlcKey> {
    let (channel, htlc) =
        word.split_once('/').ok_or_else(|| format!("not channel/number: {word}"))?;
    Ok(HtlcKey { channel_id: parse(channel)?, htlc_id: parse(htlc)? })
}

fn value<T: FromStr>(word: &str, wanted: &str) -> Read<T> {
    match pair(word)? {
        (name, value) if name == wanted => parse(value),
        _ => Err(format!("{wanted}=… is missing before {word}")),
    }
}

fn pair(word: &str) -> Read<(&str, &str)> {
    word.split_once('=').ok_or_else(|| unknown(word))
}

fn colon(value: &str) -> Read<(&str, &str)> {
    value.split_once(':').ok_or_else(|| unknown(value))
}

fn named<T: Copy>(all: &[(&str, T)], name: &str) -> Read<T> {
    all.iter().find(|(known, _)| *known == name).map(|(_, it)| *it).ok_or_else(|| unknown(name))
}

fn parse<T: FromStr>(digits: &str) -> Read<T> {
    digits.parse().map_err(|_| format!("not a number that fits: {digits}"))
}

fn yes(value: &str) -> Read<bool> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("not yes or no: {value}")),
    }
}

fn unknown(word: &str) -> String {
    format!("nobody knows what this means: {word}")
}
