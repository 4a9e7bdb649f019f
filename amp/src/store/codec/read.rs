//! Bytes to records: any bytes give a record or say what is wrong with them.

use crate::{
    receiver::{
        Clocks, HtlcRecord, IncomingHtlc, Invoice, Part, Reason, Record, SetId, SetRecord,
        SetState, Standing, Version,
    },
    store::codec::{CLOSED_UNTIL_KEY, Damage, RECORD_VERSION, Table, checksum, code},
};
use ammeter_core::types::{BasePreimage, Commitment, HtlcKey, Msat, PaymentHash, PaymentId, Share};

/// The record under `key` of `table`.
///
/// # Errors
/// [`Damage`]; what is accepted is written as the same bytes again.
pub fn decode(table: Table, key: &[u8], value: &[u8]) -> Result<Record, Damage> {
    let (body, stored) = value.split_last_chunk().ok_or(Damage::Short { bytes: value.len() })?;
    let (stored, computed) = (u32::from_be_bytes(*stored), checksum(table, key, body));
    if stored != computed {
        return Err(Damage::Checksum { stored, computed });
    }
    let mut fields = Fields(body);
    match fields.u8("version")? {
        RECORD_VERSION => {}
        version => return Err(Damage::Version(version)),
    }
    let record = match table {
        Table::Htlcs => Record::Htlc(htlc(htlc_key(key)?, &mut fields)?),
        Table::Sets => Record::Set(set(set_key(key)?, &mut fields)?),
        Table::Invoices => Record::Invoice(invoice(key, &mut fields)?),
        Table::Clocks if key.is_empty() => Record::Clocks(clocks(&mut fields)?),
        Table::Clocks if key == CLOSED_UNTIL_KEY => {
            Record::ClosedUntil(fields.u32("height until which new HTLCs fail")?)
        }
        Table::Clocks => return Err(Damage::Key),
    };
    fields.finish()?;
    Ok(record)
}

pub(crate) fn htlc_key(key: &[u8]) -> Result<HtlcKey, Damage> {
    let mut fields = Fields(key);
    let mut read = || {
        let (channel_id, htlc_id) = (fields.u64("channel id")?, fields.u64("htlc id")?);
        fields.finish().map(|()| HtlcKey { channel_id, htlc_id })
    };
    read().map_err(|_| Damage::Key)
}

pub(crate) fn set_key(key: &[u8]) -> Result<SetId, Damage> {
    let mut fields = Fields(key);
    let mut read = || set_id(&mut fields).and_then(|id| fields.finish().map(|()| id));
    read().map_err(|_| Damage::Key)
}

fn htlc(key: HtlcKey, fields: &mut Fields<'_>) -> Result<HtlcRecord, Damage> {
    let incoming = IncomingHtlc {
        key,
        payment_hash: PaymentHash(fields.array("payment hash")?),
        amount: Msat(fields.u64("amount")?),
        expiry: fields.u32("expiry")?,
    };
    let standing = match fields.u8("standing")? {
        code::STANDING_MEMBER => Standing::Member(part(fields)?),
        code::STANDING_REFUSED => Standing::Refused(reason(fields)?),
        code => return Err(Damage::Unknown { field: "standing", code }),
    };
    Ok(HtlcRecord { incoming, standing })
}

fn part(fields: &mut Fields<'_>) -> Result<Part, Damage> {
    Ok(Part {
        set: set_id(fields)?,
        realm: fields.u8("realm")?,
        amount: Msat(fields.u64("amount of the onion")?),
        cltv: fields.u32("expiry of the onion")?,
        share: Share(fields.array("share")?),
        version: version(fields)?,
    })
}

fn set(id: SetId, fields: &mut Fields<'_>) -> Result<SetRecord, Damage> {
    Ok(SetRecord {
        id,
        version: version(fields)?,
        realm: fields.u8("realm")?,
        opened_ms: fields.u64("opening time")?,
        state: state(fields)?,
    })
}

fn invoice(key: &[u8], fields: &mut Fields<'_>) -> Result<Invoice, Damage> {
    Ok(Invoice {
        name: key.try_into().map_err(|_| Damage::Key)?,
        amount: Msat(fields.u64("amount")?),
        reusable: match fields.u8("reusable")? {
            0 => false,
            1 => true,
            code => return Err(Damage::Unknown { field: "reusable", code }),
        },
    })
}

fn clocks(fields: &mut Fields<'_>) -> Result<Clocks, Damage> {
    Ok(Clocks { height: fields.u32("height")?, now_ms: fields.u64("time")? })
}

fn set_id(fields: &mut Fields<'_>) -> Result<SetId, Damage> {
    match fields.u8("set's kind")? {
        code::SET_PAYMENT => Ok(SetId::Payment(PaymentId(fields.array("payment id")?))),
        code::SET_COMMITTED => Ok(SetId::Committed(fields.array("payment id")?)),
        code::SET_AMP => Ok(SetId::Amp {
            invoice: fields.array("payment secret")?,
            set: PaymentId(fields.array("set id")?),
        }),
        code => Err(Damage::Unknown { field: "set's kind", code }),
    }
}

fn version(fields: &mut Fields<'_>) -> Result<Version, Damage> {
    match fields.u8("part's version")? {
        code::VERSION_BASIC => {
            Ok(Version::Basic { part_count: fields.u32("n")?, weight: fields.u32("weight")? })
        }
        code::VERSION_ADAPTIVE => Ok(Version::Adaptive { part_count: fields.u32("n")? }),
        code::VERSION_COMMITTED => {
            Ok(Version::Committed { commitment: Commitment(fields.array("commitment")?) })
        }
        code::VERSION_TREE => Ok(Version::Tree { index: fields.u8("index")? }),
        code::VERSION_AMP => Ok(Version::Amp {
            child_index: fields.u32("child index")?,
            total: Msat(fields.u64("total")?),
        }),
        code => Err(Damage::Unknown { field: "part's version", code }),
    }
}

fn state(fields: &mut Fields<'_>) -> Result<SetState, Damage> {
    match fields.u8("state")? {
        code::STATE_COLLECTING => Ok(SetState::Collecting),
        code::STATE_SETTLING => {
            Ok(SetState::Settling { root: BasePreimage(fields.array("root")?) })
        }
        code::STATE_FAILING => Ok(SetState::Failing(reason(fields)?)),
        code::STATE_SETTLED => Ok(SetState::Settled { since_ms: fields.u64("end time")? }),
        code::STATE_FAILED => {
            Ok(SetState::Failed { reason: reason(fields)?, since_ms: fields.u64("end time")? })
        }
        code => Err(Damage::Unknown { field: "state", code }),
    }
}

fn reason(fields: &mut Fields<'_>) -> Result<Reason, Damage> {
    let code = fields.u8("reason")?;
    Reason::from_code(code).ok_or(Damage::Unknown { field: "reason", code })
}

/// What is left to be read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Damage> {
        let (bytes, left) = self.0.split_first_chunk().ok_or(Damage::Cut(field))?;
        self.0 = left;
        Ok(*bytes)
    }

    fn u8(&mut self, field: &'static str) -> Result<u8, Damage> {
        self.array(field).map(|[byte]| byte)
    }

    fn u32(&mut self, field: &'static str) -> Result<u32, Damage> {
        self.array(field).map(u32::from_be_bytes)
    }

    fn u64(&mut self, field: &'static str) -> Result<u64, Damage> {
        self.array(field).map(u64::from_be_bytes)
    }

    fn finish(&self) -> Result<(), Damage> {
        match self.0.len() {
            0 => Ok(()),
            bytes => Err(Damage::Trailing { bytes }),
        }
    }
}
