//! What a failure says: a code, and the fields that belong to it.

use alloc::vec::Vec;

use crate::{
    eob::{Field, cursor::Cursor, field::NoVisitor, writer::Writer},
    receiver::{FailureCode, FailureField},
};

/// What a node knows of the HTLC that it fails. Each failure has some of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details<'a> {
    /// What the HTLC pays, on the wire.
    pub amount_msat: u64,
    /// Block height at which it expires.
    pub cltv_expiry: u32,
    /// Height of the best block.
    pub height: u32,
    /// The type of the record that is wrong, 0 if it is none.
    pub record_type: u64,
    /// Where in the payload it is wrong.
    pub offset: u16,
    /// SHA-256 of the onion.
    pub sha256_of_onion: [u8; 32],
    /// BOLT 7's message of the channel.
    pub channel_update: &'a [u8],
}

impl Details<'_> {
    /// BOLT 4's failuremsg.
    #[must_use]
    pub fn message(&self, failure: FailureCode) -> Vec<u8> {
        let mut message = failure.code().to_be_bytes().to_vec();
        for field in failure.fields() {
            match field {
                FailureField::HtlcMsat | FailureField::IncomingHtlcAmt => {
                    message.extend(self.amount_msat.to_be_bytes());
                }
                FailureField::Height => message.extend(self.height.to_be_bytes()),
                FailureField::CltvExpiry => message.extend(self.cltv_expiry.to_be_bytes()),
                FailureField::DisabledFlags => message.extend([0; 2]),
                FailureField::Type => {
                    let mut bytes = [0; 9];
                    let mut writer = Writer::new(&mut bytes);
                    writer.bigsize(self.record_type);
                    message.extend_from_slice(writer.finish().expect("a BigSize has at most 9"));
                }
                FailureField::Offset => message.extend(self.offset.to_be_bytes()),
                FailureField::Sha256OfOnion => message.extend(self.sha256_of_onion),
                FailureField::ChannelUpdate => {
                    // One that is longer than its length can say is too long for a failure as well.
                    message.extend((self.channel_update.len() as u16).to_be_bytes());
                    message.extend(self.channel_update);
                }
            }
        }
        message
    }
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A number.
    Number(u64),
    /// A hash, or a message without its length.
    Bytes(Vec<u8>),
}

/// A failure's message, as a sender reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureMessage {
    /// The `failure_code`, which BOLT 4 may not have.
    pub code: u16,
    /// The fields that are there. Nodes have left some out: a message may end early.
    pub fields: Vec<(FailureField, FieldValue)>,
    /// What is left behind them: later versions add fields.
    pub rest: Vec<u8>,
}

impl FailureMessage {
    /// Reads a message; `None` if it is too short for a code.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        let (code, data) = message.split_first_chunk()?;
        let code = u16::from_be_bytes(*code);
        let wanted = FailureCode::from_code(code).map_or(&[][..], FailureCode::fields);
        let mut fields = Vec::new();
        let mut rest = data;
        for field in wanted {
            let Some((value, behind)) = value(*field, rest) else { break };
            fields.push((*field, value));
            rest = behind;
        }
        Some(Self { code, fields, rest: rest.to_vec() })
    }

    /// The failure, if BOLT 4 has it.
    #[must_use]
    pub fn failure(&self) -> Option<FailureCode> {
        FailureCode::from_code(self.code)
    }
}

/// A field's value and what is behind it; `None` if it is cut off.
fn value(field: FailureField, bytes: &[u8]) -> Option<(FieldValue, &[u8])> {
    let number = |size| {
        let (digits, rest) = bytes.split_at_checked(size)?;
        let number = digits.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some((FieldValue::Number(number), rest))
    };
    match field {
        FailureField::HtlcMsat | FailureField::IncomingHtlcAmt => number(8),
        FailureField::Height | FailureField::CltvExpiry => number(4),
        FailureField::DisabledFlags | FailureField::Offset => number(2),
        FailureField::Type => {
            let mut cursor = Cursor::new(bytes, NoVisitor);
            let number = cursor.bigsize(Field::RecordType).ok()?;
            Some((FieldValue::Number(number), &bytes[cursor.offset()..]))
        }
        FailureField::Sha256OfOnion => {
            let (hash, rest) = bytes.split_at_checked(32)?;
            Some((FieldValue::Bytes(hash.to_vec()), rest))
        }
        FailureField::ChannelUpdate => {
            let (length, rest) = bytes.split_first_chunk()?;
            let (update, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
            Some((FieldValue::Bytes(update.to_vec()), rest))
        }
    }
}
