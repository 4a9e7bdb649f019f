//! Writes a history as text.

use core::fmt::{self, Display, Formatter};

use ammeter_amp::receiver::SettingValue;
use ammeter_core::HtlcKey;

use crate::sim::{
    history::{Arrival, Fault, History, Name, Operation, Payment, Twist},
    trace::{FAULTS, FLIPS, HEADER, settings},
};

impl Display for History {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        write!(f, "policy")?;
        for (word, setting) in settings() {
            match setting.get(self.policy) {
                SettingValue::Flag(flag) => write!(f, " {word}={}", yes(flag))?,
                value => write!(f, " {word}={value}")?,
            }
        }
        writeln!(f)?;
        if self.rules {
            writeln!(f, "rules")?;
        }
        self.payments.iter().try_for_each(|payment| writeln!(f, "{payment}"))?;
        self.operations.iter().try_for_each(|operation| writeln!(f, "{operation}"))
    }
}

impl Display for Payment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { form, make, parts, fold, amount_msat, name, root } = self;
        write!(
            f,
            "payment {} {} parts={parts} fold={fold} amount={amount_msat} name=",
            form.name(),
            make.name()
        )?;
        match name {
            Name::Own => f.write_str("own"),
            Name::Zero => f.write_str("zero"),
            Name::Invoice(number) => write!(f, "invoice:{number}"),
            Name::Payment(position) => write!(f, "payment:{position}"),
        }?;
        write!(f, " root={root}")
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Htlc(arrival) => write!(f, "{arrival}"),
            Self::Again(key) => write!(f, "again {}", Key(*key)),
            Self::Invoice { number, amount_msat, reusable } => {
                write!(f, "invoice {number} amount={amount_msat} reusable={}", yes(*reusable))
            }
            Self::Cancel { number } => write!(f, "cancel {number}"),
            Self::Block { height } => write!(f, "block {height}"),
            Self::Clock { now_ms } => write!(f, "clock {now_ms}"),
            Self::Acknowledge => f.write_str("acknowledge"),
            Self::AcknowledgeOne(key) => write!(f, "acknowledge {}", Key(*key)),
            Self::Gone(key) => write!(f, "gone {}", Key(*key)),
            Self::Crash => f.write_str("crash"),
            Self::Downtime { duration_ms } => write!(f, "downtime {duration_ms}"),
            Self::Fault(fault) => write!(f, "fault {fault}"),
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = core::mem::discriminant(self);
        let name = FAULTS.iter().find(|(_, fault)| core::mem::discriminant(fault) == kind);
        f.write_str(name.map_or("", |(name, _)| name))?;
        match self {
            Self::Torn { writes: count } | Self::AfterEffects { sent: count } => {
                write!(f, "={count}")
            }
            _ => Ok(()),
        }
    }
}

impl Display for Arrival {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { key, payment, part, twists } = self;
        write!(f, "htlc {} payment={payment} part={part}", Key(*key))?;
        twists.iter().try_for_each(|twist| write!(f, " {twist}"))
    }
}

impl Display for Twist {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(amount) => write!(f, "wire={amount}"),
            Self::Amount(amount) => write!(f, "amount={amount}"),
            Self::Expiry(height) => write!(f, "expiry={height}"),
            Self::Cltv(height) => write!(f, "cltv={height}"),
            Self::PartCount(count) => write!(f, "n={count}"),
            Self::Weight(weight) => write!(f, "weight={weight}"),
            Self::Total(total) => write!(f, "total={total}"),
            Self::Realm(realm) => write!(f, "realm={realm}"),
            Self::Index(index) => write!(f, "index={index}"),
            Self::ShareOf(part) => write!(f, "share={part}"),
            Self::HashOf { payment, part } => write!(f, "hash={payment}:{part}"),
            Self::Form(form) => write!(f, "form={}", form.name()),
            Self::Byte { offset, value } => write!(f, "byte={offset}:{value}"),
            Self::Cut(length) => write!(f, "cut={length}"),
            Self::Bytes(bytes) => {
                f.write_str("bytes=")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::ShareFlipped | Self::HashFlipped | Self::CommitmentFlipped => {
                f.write_str(named(&FLIPS, self))
            }
        }
    }
}

struct Key(HtlcKey);

impl Display for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.channel_id, self.0.htlc_id)
    }
}

const fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn named<T: PartialEq>(all: &[(&'static str, T)], one: &T) -> &'static str {
    all.iter().find(|(_, it)| it == one).map_or("", |(name, _)| name)
}
