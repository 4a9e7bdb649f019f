//! Onions written by hand. Any field can have any value; the writer of `ammeter_amp` refuses
//! invalid ones.

use ammeter_amp::receiver::Onion;

use crate::sim::history::{Form, Twist};

/// The fields of a part's onion.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) form: Form,
    pub(super) name: [u8; 32],
    pub(super) set: [u8; 32],
    pub(super) realm: u8,
    pub(super) amount_msat: u64,
    pub(super) cltv_expiry: u32,
    pub(super) share: [u8; 32],
    pub(super) index: u32,
    pub(super) weight: u32,
    pub(super) part_count: u32,
    pub(super) commitment: [u8; 32],
    pub(super) total_msat: u64,
}

/// The kind of an onion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Legacy frames of 65 bytes.
    Frames,
    /// A TLV payload with its length and hmac.
    Payload,
}

impl Encoding {
    /// The onion that a receiver gets.
    #[must_use]
    pub const fn onion(self, bytes: &[u8]) -> Onion<'_> {
        match self {
            Self::Frames => Onion::Frames(bytes),
            Self::Payload => Onion::Payload(bytes),
        }
    }

    /// Applies a twist of bytes; does nothing for other twists.
    pub(super) fn spoil(self, twist: &Twist, bytes: &mut Vec<u8>) {
        match twist {
            Twist::Byte { offset, value } => {
                let length = bytes.len().max(1);
                if let Some(byte) = bytes.get_mut(usize::from(*offset) % length) {
                    *byte = *value;
                }
            }
            Twist::Cut(length) => bytes.truncate((*length).into()),
            Twist::Bytes(other) => bytes.clone_from(other),
            _ => {}
        }
    }
}

impl Said {
    /// Applies a twist of one field; does nothing for other twists.
    pub(super) fn twist(&mut self, twist: &Twist) {
        match *twist {
            Twist::Amount(amount) => self.amount_msat = amount,
            Twist::Cltv(height) => self.cltv_expiry = height,
            Twist::PartCount(count) => self.part_count = count,
            Twist::Weight(weight) => self.weight = weight,
            Twist::Total(total) => self.total_msat = total,
            Twist::Realm(realm) => self.realm = realm,
            Twist::Index(index) => self.index = index,
            Twist::ShareFlipped => self.share[0] ^= 1,
            Twist::CommitmentFlipped => self.commitment[0] ^= 1,
            _ => {}
        }
    }

    /// Replaces `bytes` with the onion.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) -> Encoding {
        bytes.clear();
        match self.form {
            Form::Amp | Form::Mpp => {
                self.payload(bytes);
                Encoding::Payload
            }
            _ => {
                self.frames(bytes);
                Encoding::Frames
            }
        }
    }

    fn frames(&self, bytes: &mut Vec<u8>) {
        bytes.resize(130, 0);
        bytes[0] = self.realm;
        bytes[9..17].copy_from_slice(&self.amount_msat.to_be_bytes());
        bytes[17..21].copy_from_slice(&self.cltv_expiry.to_be_bytes());
        let mut name = &self.name;
        match self.form {
            Form::Basic => {
                bytes[21] = 1;
                bytes[22..26].copy_from_slice(&self.part_count.to_be_bytes());
                bytes[26..30].copy_from_slice(&self.weight.to_be_bytes());
            }
            Form::Adaptive => {
                bytes[21] = 2;
                bytes[22..26].copy_from_slice(&self.part_count.to_be_bytes());
            }
            Form::Committed => {
                bytes[21] = 3;
                bytes[22..33].copy_from_slice(&self.name[..11]);
                name = &self.commitment;
            }
            Form::Tree | Form::Amp | Form::Mpp => {
                bytes[21] = 4;
                bytes[22] = self.index as u8;
            }
        }
        bytes[65..97].copy_from_slice(name);
        bytes[97..129].copy_from_slice(&self.share);
    }

    fn payload(&self, bytes: &mut Vec<u8>) {
        let (amount, total) = (self.amount_msat.to_be_bytes(), self.total_msat.to_be_bytes());
        let (cltv, index) = (self.cltv_expiry.to_be_bytes(), self.index.to_be_bytes());
        // The length; a payload of these records is shorter than 253 bytes.
        bytes.push(0);
        let records = [
            (2, &[truncated(&amount)][..]),
            (4, &[truncated(&cltv)]),
            (8, &[&self.name, truncated(&total)]),
            (14, &[&self.share, &self.set, truncated(&index)]),
        ];
        let count = if self.form == Form::Mpp { 3 } else { 4 };
        for (kind, pieces) in &records[..count] {
            bytes.push(*kind);
            bytes.push(pieces.iter().map(|piece| piece.len()).sum::<usize>() as u8);
            pieces.iter().for_each(|piece| bytes.extend_from_slice(piece));
        }
        bytes[0] = bytes.len() as u8 - 1;
        bytes.extend_from_slice(&[0; 32]);
    }
}

/// An integer without its leading zeros.
fn truncated(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}
