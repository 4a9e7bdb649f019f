//! Records to bytes.

use crate::{
    eob::writer::Writer,
    receiver::{
        Change, Clocks, Deviation, HtlcRecord, Invoice, Limits, Part, Policy, Realms, Record,
        SetId, SetRecord, SetState, Standing, Version,
    },
    store::codec::{
        CLOSED_UNTIL_KEY, Key, POLICY_KEY, RECORD_VERSION, Table, Value, checksum, code,
    },
};
use ammeter_core::{scheme::Hash, types::HtlcKey};

/// One change of one table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The table.
    pub table: Table,
    /// The record's key.
    pub key: Key,
    /// The new record; `None` deletes the old one.
    pub value: Option<Value>,
}

/// A change as bytes.
#[must_use]
pub fn entry(change: &Change) -> Entry {
    match change {
        Change::PutHtlc(record) => htlc(record),
        Change::DeleteHtlc(key) => deletion(Table::Htlcs, Key::of(|w| htlc_key(w, *key))),
        Change::PutSet(record) => set(record),
        Change::DeleteSet(id) => deletion(Table::Sets, Key::of(|w| set_id(w, id))),
        Change::PutInvoice(record) => invoice(record),
        Change::DeleteInvoice(name) => deletion(Table::Invoices, Key::of(|w| w.bytes(name))),
        Change::PutClocks(record) => clocks(record),
        Change::PutClosedUntil(height) => closed_until(*height),
        Change::PutPolicy(record) => policy(record),
    }
}

/// The entry that puts a record.
#[must_use]
pub fn put(record: &Record) -> Entry {
    match record {
        Record::Htlc(record) => htlc(record),
        Record::Set(record) => set(record),
        Record::Invoice(record) => invoice(record),
        Record::Clocks(record) => clocks(record),
        Record::ClosedUntil(height) => closed_until(*height),
        Record::Policy(record) => policy(record),
    }
}

const fn deletion(table: Table, key: Key) -> Entry {
    Entry { table, key, value: None }
}

/// A record: version, body, checksum.
fn sealed(table: Table, key: Key, body: impl FnOnce(&mut Writer<'_>)) -> Entry {
    let mut value = Value::of(|w| {
        w.u8(RECORD_VERSION);
        body(w);
    });
    value.push_u32(checksum(table, &key, &value));
    Entry { table, key, value: Some(value) }
}

fn htlc(record: &HtlcRecord) -> Entry {
    let HtlcRecord { incoming, standing } = record;
    sealed(Table::Htlcs, Key::of(|w| htlc_key(w, incoming.key)), |w| {
        w.bytes(incoming.payment_hash.as_bytes());
        w.u64(incoming.amount_msat.0);
        w.u32(incoming.cltv_expiry);
        match standing {
            Standing::Member(member) => {
                w.u8(code::STANDING_MEMBER);
                part(w, member);
            }
            Standing::Refused(reason) => {
                w.u8(code::STANDING_REFUSED);
                w.u8(reason.code());
            }
        }
    })
}

fn part(w: &mut Writer<'_>, part: &Part) {
    set_id(w, &part.set_id);
    w.u8(part.realm);
    w.u64(part.amount_msat.0);
    w.u32(part.cltv_expiry);
    w.bytes(part.share.as_bytes());
    version(w, &part.version);
}

fn set(record: &SetRecord) -> Entry {
    sealed(Table::Sets, Key::of(|w| set_id(w, &record.id)), |w| {
        version(w, &record.version);
        w.u8(record.realm);
        w.u64(record.opened_ms);
        state(w, &record.state);
    })
}

fn invoice(record: &Invoice) -> Entry {
    sealed(Table::Invoices, Key::of(|w| w.bytes(&record.name)), |w| {
        w.u64(record.amount_msat.0);
        w.u8(u8::from(record.reusable));
        if let Some(preimage) = &record.preimage {
            w.bytes(preimage.as_bytes());
        }
    })
}

fn clocks(record: &Clocks) -> Entry {
    sealed(Table::Clocks, Key::of(|_| ()), |w| {
        w.u32(record.height);
        w.u64(record.now_ms);
    })
}

fn closed_until(height: u32) -> Entry {
    sealed(Table::Clocks, Key::of(|w| w.bytes(CLOSED_UNTIL_KEY)), |w| w.u32(height))
}

fn policy(policy: &Policy) -> Entry {
    sealed(Table::Clocks, Key::of(|w| w.bytes(POLICY_KEY)), |w| {
        w.u8(match policy.hash {
            Hash::Sha256 => code::HASH_SHA256,
            Hash::Blake3 => code::HASH_BLAKE3,
        });
        w.u8(match policy.deviation {
            Deviation::FailSet => code::DEVIATION_FAIL_SET,
            Deviation::RejectNewcomer => code::DEVIATION_REJECT_NEWCOMER,
        });
        w.u8(match policy.realms {
            Realms::Any => code::REALMS_ANY,
            Realms::One => code::REALMS_ONE,
        });
        w.u8(u8::from(policy.spontaneous));
        w.u32(policy.overpayment_factor_max);
        w.u64(policy.hold_ms);
        w.u32(policy.expiry_margin_blocks);
        w.u64(policy.retention_ms);
        limits(w, &policy.limits);
    })
}

fn limits(w: &mut Writer<'_>, limits: &Limits) {
    w.u32(limits.sets_max);
    w.u32(limits.set_htlcs_max);
    w.u32(limits.channel_htlcs_max);
    w.u32(limits.htlcs_max);
    w.u64(limits.bytes_max);
    w.u32(limits.part_count_max);
    w.u32(limits.refusals_max);
}

fn htlc_key(w: &mut Writer<'_>, key: HtlcKey) {
    w.u64(key.channel_id);
    w.u64(key.htlc_id);
}

fn set_id(w: &mut Writer<'_>, id: &SetId) {
    match id {
        SetId::Payment(id) => {
            w.u8(code::SET_PAYMENT);
            w.bytes(id.as_bytes());
        }
        SetId::Committed(id) => {
            w.u8(code::SET_COMMITTED);
            w.bytes(id);
        }
        SetId::Amp { payment_secret, set_id } => {
            w.u8(code::SET_AMP);
            w.bytes(payment_secret);
            w.bytes(set_id.as_bytes());
        }
        SetId::Mpp { payment_secret } => {
            w.u8(code::SET_MPP);
            w.bytes(payment_secret);
        }
    }
}

fn version(w: &mut Writer<'_>, version: &Version) {
    w.u8(version.eob().number());
    match version {
        Version::Basic { part_count, weight } => {
            w.u32(*part_count);
            w.u32(*weight);
        }
        Version::Adaptive { part_count } => w.u32(*part_count),
        Version::Committed { commitment } => w.bytes(commitment.as_bytes()),
        Version::Tree { index } => w.u8(*index),
        Version::Amp { child_index, total_msat } => {
            w.u32(*child_index);
            w.u64(total_msat.0);
        }
        Version::Mpp { total_msat } => w.u64(total_msat.0),
    }
}

fn state(w: &mut Writer<'_>, state: &SetState) {
    match state {
        SetState::Collecting => w.u8(code::STATE_COLLECTING),
        SetState::Settling { root } => {
            w.u8(code::STATE_SETTLING);
            w.bytes(root.as_bytes());
        }
        SetState::Failing(reason) => {
            w.u8(code::STATE_FAILING);
            w.u8(reason.code());
        }
        SetState::Settled { since_ms } => {
            w.u8(code::STATE_SETTLED);
            w.u64(*since_ms);
        }
        SetState::Failed { reason, since_ms } => {
            w.u8(code::STATE_FAILED);
            w.u8(reason.code());
            w.u64(*since_ms);
        }
    }
}
