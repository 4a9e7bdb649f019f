//! Bytes to records: any bytes give a record or say what is wrong with them.

use crate::{
    eob::EobVersion,
    receiver::{
        Clocks, Deviation, HtlcRecord, IncomingHtlc, Invoice, Limits, Part, Policy, Realms, Reason,
        Record, SetId, SetRecord, SetState, Standing, Version,
    },
    store::codec::{
        CLOSED_UNTIL_KEY, POLICY_KEY, RECORD_VERSION, RecordError, Table, checksum, code,
    },
};
use ammeter_core::scheme::Hash;
use ammeter_core::types::{
    BasePreimage, Commitment, HtlcKey, Msat, PaymentHash, PaymentId, Preimage, Share,
};

/// The record under `key` of `table`.
///
/// # Errors
/// [`RecordError`]; what is accepted is written as the same bytes again.
pub fn decode(table: Table, key: &[u8], value: &[u8]) -> Result<Record, RecordError> {
    let (body, stored) =
        value.split_last_chunk().ok_or(RecordError::Short { bytes: value.len() })?;
    let (stored, computed) = (u32::from_be_bytes(*stored), checksum(table, key, body));
    if stored != computed {
        return Err(RecordError::Checksum { stored, computed });
    }
    let mut fields = Fields(body);
    match fields.u8("version")? {
        RECORD_VERSION => {}
        version => return Err(RecordError::Version(version)),
    }
    let record = match table {
        Table::Htlcs => Record::Htlc(htlc(htlc_key(key)?, &mut fields)?),
        Table::Sets => Record::Set(set(set_key(key)?, &mut fields)?),
        Table::Invoices => Record::Invoice(invoice(key, &mut fields)?),
        Table::Clocks if key.is_empty() => Record::Clocks(clocks(&mut fields)?),
        Table::Clocks if key == CLOSED_UNTIL_KEY => {
            Record::ClosedUntil(fields.u32("height until which new HTLCs fail")?)
        }
        Table::Clocks if key == POLICY_KEY => Record::Policy(policy(&mut fields)?),
        Table::Clocks => return Err(RecordError::Key),
    };
    fields.finish()?;
    Ok(record)
}

pub(crate) fn htlc_key(key: &[u8]) -> Result<HtlcKey, RecordError> {
    let mut fields = Fields(key);
    let mut read = || {
        let (channel_id, htlc_id) = (fields.u64("channel id")?, fields.u64("htlc id")?);
        fields.finish().map(|()| HtlcKey { channel_id, htlc_id })
    };
    read().map_err(|_| RecordError::Key)
}

pub(crate) fn set_key(key: &[u8]) -> Result<SetId, RecordError> {
    let mut fields = Fields(key);
    let mut read = || set_id(&mut fields).and_then(|id| fields.finish().map(|()| id));
    read().map_err(|_| RecordError::Key)
}

fn htlc(key: HtlcKey, fields: &mut Fields<'_>) -> Result<HtlcRecord, RecordError> {
    let incoming = IncomingHtlc {
        key,
        payment_hash: PaymentHash(fields.array("payment hash")?),
        amount_msat: Msat(fields.u64("amount")?),
        cltv_expiry: fields.u32("expiry")?,
    };
    let standing = match fields.u8("standing")? {
        code::STANDING_MEMBER => Standing::Member(part(fields)?),
        code::STANDING_REFUSED => Standing::Refused(reason(fields)?),
        code => return Err(RecordError::Unknown { field: "standing", code }),
    };
    Ok(HtlcRecord { incoming, standing })
}

fn part(fields: &mut Fields<'_>) -> Result<Part, RecordError> {
    Ok(Part {
        set_id: set_id(fields)?,
        realm: fields.u8("realm")?,
        amount_msat: Msat(fields.u64("amount of the onion")?),
        cltv_expiry: fields.u32("expiry of the onion")?,
        share: Share(fields.array("share")?),
        version: version(fields)?,
    })
}

fn set(id: SetId, fields: &mut Fields<'_>) -> Result<SetRecord, RecordError> {
    Ok(SetRecord {
        id,
        version: version(fields)?,
        realm: fields.u8("realm")?,
        opened_ms: fields.u64("opening time")?,
        state: state(fields)?,
    })
}

fn invoice(key: &[u8], fields: &mut Fields<'_>) -> Result<Invoice, RecordError> {
    Ok(Invoice {
        name: key.try_into().map_err(|_| RecordError::Key)?,
        amount_msat: Msat(fields.u64("amount")?),
        reusable: fields.bool("reusable")?,
        preimage: fields.last_array("preimage")?.map(Preimage),
    })
}

fn clocks(fields: &mut Fields<'_>) -> Result<Clocks, RecordError> {
    Ok(Clocks { height: fields.u32("height")?, now_ms: fields.u64("time")? })
}

fn policy(fields: &mut Fields<'_>) -> Result<Policy, RecordError> {
    Ok(Policy {
        hash: match fields.u8("hash")? {
            code::HASH_SHA256 => Hash::Sha256,
            code::HASH_BLAKE3 => Hash::Blake3,
            code => return Err(RecordError::Unknown { field: "hash", code }),
        },
        deviation: match fields.u8("deviation")? {
            code::DEVIATION_FAIL_SET => Deviation::FailSet,
            code::DEVIATION_REJECT_NEWCOMER => Deviation::RejectNewcomer,
            code => return Err(RecordError::Unknown { field: "deviation", code }),
        },
        realms: match fields.u8("realms")? {
            code::REALMS_ANY => Realms::Any,
            code::REALMS_ONE => Realms::One,
            code => return Err(RecordError::Unknown { field: "realms", code }),
        },
        spontaneous: fields.bool("spontaneous")?,
        overpayment_factor_max: fields.u32("overpayment factor")?,
        hold_ms: fields.u64("hold time")?,
        expiry_margin_blocks: fields.u32("expiry margin")?,
        retention_ms: fields.u64("retention time")?,
        limits: Limits {
            sets_max: fields.u32("limit of sets")?,
            set_htlcs_max: fields.u32("limit of a set's HTLCs")?,
            channel_htlcs_max: fields.u32("limit of a channel's HTLCs")?,
            htlcs_max: fields.u32("limit of HTLCs")?,
            bytes_max: fields.u64("limit of bytes")?,
            part_count_max: fields.u32("limit of parts")?,
            refusals_max: fields.u32("limit of refusals")?,
        },
    })
}

fn set_id(fields: &mut Fields<'_>) -> Result<SetId, RecordError> {
    match fields.u8("set's kind")? {
        code::SET_PAYMENT => Ok(SetId::Payment(PaymentId(fields.array("payment id")?))),
        code::SET_COMMITTED => Ok(SetId::Committed(fields.array("payment id")?)),
        code::SET_AMP => Ok(SetId::Amp {
            payment_secret: fields.array("payment secret")?,
            set_id: PaymentId(fields.array("set id")?),
        }),
        code::SET_MPP => Ok(SetId::Mpp { payment_secret: fields.array("payment secret")? }),
        code => Err(RecordError::Unknown { field: "set's kind", code }),
    }
}

fn version(fields: &mut Fields<'_>) -> Result<Version, RecordError> {
    let code = fields.u8("part's version")?;
    match EobVersion::from_number(code) {
        Some(EobVersion::Basic) => {
            Ok(Version::Basic { part_count: fields.u32("n")?, weight: fields.u32("weight")? })
        }
        Some(EobVersion::Adaptive) => Ok(Version::Adaptive { part_count: fields.u32("n")? }),
        Some(EobVersion::Committed) => {
            Ok(Version::Committed { commitment: Commitment(fields.array("commitment")?) })
        }
        Some(EobVersion::Tree) => Ok(Version::Tree { index: fields.u8("index")? }),
        Some(EobVersion::Amp) => Ok(Version::Amp {
            child_index: fields.u32("child index")?,
            total_msat: Msat(fields.u64("total")?),
        }),
        Some(EobVersion::Mpp) => Ok(Version::Mpp { total_msat: Msat(fields.u64("total")?) }),
        None => Err(RecordError::Unknown { field: "part's version", code }),
    }
}

fn state(fields: &mut Fields<'_>) -> Result<SetState, RecordError> {
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
        code => Err(RecordError::Unknown { field: "state", code }),
    }
}

fn reason(fields: &mut Fields<'_>) -> Result<Reason, RecordError> {
    let code = fields.u8("reason")?;
    Reason::from_code(code).ok_or(RecordError::Unknown { field: "reason", code })
}

/// What is left to be read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], RecordError> {
        let (bytes, left) = self.0.split_first_chunk().ok_or(RecordError::Cut(field))?;
        self.0 = left;
        Ok(*bytes)
    }

    /// A last field that older records end without.
    fn last_array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<[u8; N]>, RecordError> {
        if self.0.is_empty() { Ok(None) } else { self.array(field).map(Some) }
    }

    fn u8(&mut self, field: &'static str) -> Result<u8, RecordError> {
        self.array(field).map(|[byte]| byte)
    }

    fn bool(&mut self, field: &'static str) -> Result<bool, RecordError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            code => Err(RecordError::Unknown { field, code }),
        }
    }

    fn u32(&mut self, field: &'static str) -> Result<u32, RecordError> {
        self.array(field).map(u32::from_be_bytes)
    }

    fn u64(&mut self, field: &'static str) -> Result<u64, RecordError> {
        self.array(field).map(u64::from_be_bytes)
    }

    fn finish(&self) -> Result<(), RecordError> {
        match self.0.len() {
            0 => Ok(()),
            bytes => Err(RecordError::Trailing { bytes }),
        }
    }
}
