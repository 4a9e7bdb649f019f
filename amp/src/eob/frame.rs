//! The frames of a legacy onion: what the final hop is told, in one frame or two.

use crate::eob::{
    adaptive::Adaptive,
    basic::Basic,
    committed::Committed,
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, NoVisitor, Visitor},
    message::Message,
    size::{FRAME_BYTES, HMAC_BYTES, SHORT_CHANNEL_ID_BYTES},
    tree::Tree,
    version::EobVersion,
    writer::Writer,
};
use ammeter_core::types::{BYTES, Msat, Share};

/// Length in bytes of the padding behind its first byte, the version.
const PADDING_BYTES: usize = 11;

/// What the final hop of a legacy onion is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalHop<'a> {
    /// Which chain: 0 is Bitcoin. The parts of one payment may travel on several.
    pub realm: u8,
    /// What the part is worth.
    pub amount_msat: Msat,
    /// When its HTLC expires.
    pub cltv_expiry: u32,
    /// What makes it a part of an atomic payment.
    pub eob: Eob<'a>,
}

/// The extra onion blob: one room a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eob<'a> {
    /// Version 0: a plain payment, and so no second frame.
    None,
    /// Version 1.
    Basic(Basic<'a>),
    /// Version 2.
    Adaptive(Adaptive<'a>),
    /// Version 3.
    Committed(Committed<'a>),
    /// Version 4.
    Tree(Tree<'a>),
}

impl<'a> Eob<'a> {
    /// Which version it is; `None` for a plain payment's.
    #[must_use]
    pub const fn kind(&self) -> Option<EobVersion> {
        match self {
            Self::None => None,
            Self::Basic(_) => Some(EobVersion::Basic),
            Self::Adaptive(_) => Some(EobVersion::Adaptive),
            Self::Committed(_) => Some(EobVersion::Committed),
            Self::Tree(_) => Some(EobVersion::Tree),
        }
    }

    /// The version byte.
    #[must_use]
    pub const fn version(&self) -> u8 {
        match self.kind() {
            None => 0,
            Some(version) => version.number(),
        }
    }

    /// The version's name on the command line and in records.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.kind() {
            None => "none",
            Some(version) => version.name(),
        }
    }

    /// The share that it carries.
    #[must_use]
    pub const fn share(&self) -> Option<&'a Share> {
        match self {
            Self::None => None,
            Self::Basic(basic) => Some(basic.share()),
            Self::Adaptive(adaptive) => Some(adaptive.share),
            Self::Committed(committed) => Some(committed.share),
            Self::Tree(tree) => Some(tree.share),
        }
    }

    /// From behind the version byte to the end of the last frame.
    #[inline]
    fn read<W: Visitor>(version: u8, cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        match version {
            0 => {
                cursor.zeros::<PADDING_BYTES>(Field::Padding)?;
                cursor.zeros::<HMAC_BYTES>(Field::Hmac)?;
                Ok(Self::None)
            }
            1 => Basic::read(cursor).map(Self::Basic),
            2 => Adaptive::read(cursor).map(Self::Adaptive),
            3 => Committed::read(cursor).map(Self::Committed),
            4 => Tree::read(cursor).map(Self::Tree),
            _ => {
                let fault = Fault::UnknownVersion { version };
                Err(Error { offset: cursor.offset() - 1, size: 1, fault })
            }
        }
    }

    #[inline]
    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Self::None => writer.zeros(PADDING_BYTES + HMAC_BYTES),
            Self::Basic(basic) => basic.write(writer),
            Self::Adaptive(adaptive) => adaptive.write(writer),
            Self::Committed(committed) => committed.write(writer),
            Self::Tree(tree) => tree.write(writer),
        }
    }
}

impl<'a> Message<'a> for FinalHop<'a> {
    fn decode(input: &'a [u8]) -> Result<Self, Error> {
        Self::decode_with(input, NoVisitor)
    }

    #[inline]
    fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let realm = cursor.u8(Field::Realm)?;
        cursor.zeros::<SHORT_CHANNEL_ID_BYTES>(Field::ShortChannelId)?;
        let amount_msat = cursor.msat(Field::Amount)?;
        let cltv_expiry = cursor.u32(Field::Cltv)?;
        let version = cursor.u8(Field::Version)?;
        let eob = Eob::read(version, cursor)?;
        Ok(Self { realm, amount_msat, cltv_expiry, eob })
    }

    #[inline]
    fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.realm);
        writer.zeros(SHORT_CHANNEL_ID_BYTES);
        writer.u64(self.amount_msat.0);
        writer.u32(self.cltv_expiry);
        writer.u8(self.eob.version());
        self.eob.write(writer);
    }
}

const _: () = assert!(
    1 + SHORT_CHANNEL_ID_BYTES + 8 + 4 + 1 + PADDING_BYTES + HMAC_BYTES == FRAME_BYTES
        && BYTES + BYTES + 1 == FRAME_BYTES
);
