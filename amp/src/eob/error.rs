//! What can be wrong with a message, and where.

use core::{fmt, ops::RangeInclusive};

use crate::eob::{
    field::Field,
    size::{FRAME_BYTES, RUN_BYTES},
    tlv::Known,
};

/// A fault and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Offset of the first wrong byte in the input; where the missing bytes should be.
    pub offset: usize,
    /// How many bytes from there on are wrong; 0 if they are missing.
    pub size: usize,
    /// What is wrong with them.
    pub fault: Fault,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at offset {}: {}", self.offset, self.fault)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.fault)
    }
}

/// What is wrong with a message, or with a value that would become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The input, or the records that a length announced, end inside a field.
    Truncated {
        /// The field.
        field: Field,
        /// How many of its bytes are missing.
        missing: usize,
    },
    /// The message is over, the input is not.
    Trailing {
        /// How many bytes are left.
        count: usize,
    },
    /// A byte that must be zero is not.
    NotZero {
        /// The field that it belongs to.
        field: Field,
        /// What it is.
        byte: u8,
    },
    /// No format has this version.
    UnknownVersion {
        /// The version byte.
        version: u8,
    },
    /// n is zero where the sender must know it.
    NoParts,
    /// A share into which no share is folded.
    NoWeight,
    /// More shares folded into one than there are.
    WeightAboveParts {
        /// The weight.
        weight: u32,
        /// n.
        part_count: u32,
    },
    /// A run of frames has one length only.
    RunLength {
        /// The input's length.
        length: usize,
    },
    /// No frame of a run has a zero hmac.
    NoFinalFrame,
    /// An integer with more bytes than it needs.
    NotMinimal {
        /// The field.
        field: Field,
    },
    /// A length that is longer than what it measures.
    PastEnd {
        /// The field that holds it.
        field: Field,
        /// The length.
        length: u64,
        /// How many bytes there are.
        left: usize,
    },
    /// A known record whose value cannot be of this length.
    RecordLength {
        /// The record.
        record: Known,
        /// Its length.
        length: u64,
        /// The lengths that it can have.
        allowed: RangeInclusive<u64>,
    },
    /// Record types must increase strictly.
    TypeOrder {
        /// The type in front.
        previous: u64,
        /// This one, which is no larger.
        found: u64,
    },
    /// A record of an even type below 65536 that nobody here knows.
    UnknownEven {
        /// Its type.
        kind: u64,
    },
    /// A record that must be there is not.
    Missing {
        /// The record.
        record: Known,
    },
    /// A record that another kind of hop gets.
    WrongHop {
        /// The record.
        record: Known,
    },
    /// AMP only goes with payment_data.
    AmpAlone,
    /// All bytes of a set id are zero.
    ZeroSetId,
    /// No such type of extra onion blob.
    UnknownBlobType {
        /// The type byte.
        blob_type: u8,
    },
    /// A frame cannot hold as much of the blob as it says.
    FragmentTooLong {
        /// What it says.
        length: u8,
        /// What it can hold.
        length_max: u8,
    },
    /// A frame with room left says that more follows.
    FragmentNotFull {
        /// What it holds.
        length: u8,
        /// What it could hold.
        length_max: u8,
    },
    /// A frame behind the pivot that holds nothing.
    FragmentEmpty,
    /// A blob whose type says that it is empty, with data in it.
    DataInEmptyBlob {
        /// How many bytes of it the pivot holds.
        length: u8,
    },
    /// More of the blob follows a frame that must be the last.
    TooManyFrames {
        /// How many frames a blob can have.
        frames_max: usize,
    },
}

impl Fault {
    /// The type of the record of a TLV payload that it is in, where that can be told.
    #[must_use]
    pub const fn record_type(&self) -> Option<u64> {
        let field = match self {
            Self::RecordLength { record, .. }
            | Self::Missing { record }
            | Self::WrongHop { record } => return Some(record.kind()),
            Self::UnknownEven { kind } | Self::TypeOrder { found: kind, .. } => return Some(*kind),
            Self::AmpAlone | Self::ZeroSetId => return Some(Known::Amp.kind()),
            Self::Truncated { field, .. } | Self::NotMinimal { field } => *field,
            _ => return None,
        };
        match field {
            Field::Amount => Some(Known::Amount.kind()),
            Field::Cltv => Some(Known::Cltv.kind()),
            Field::ShortChannelId => Some(Known::ShortChannelId.kind()),
            Field::PaymentSecret | Field::TotalAmount => Some(Known::PaymentData.kind()),
            Field::Share | Field::SetId | Field::ChildIndex => Some(Known::Amp.kind()),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { field, missing } => {
                write!(f, "the {field} is cut off, {} short of its end", Bytes(*missing))
            }
            Self::Trailing { count } => {
                write!(f, "the message ends {} before the input", Bytes(*count))
            }
            Self::NotZero { field, byte } => {
                write!(f, "a byte of the {field} is {byte:#04x} where zero is due")
            }
            Self::UnknownVersion { version } => write!(f, "there is no version {version}"),
            Self::NoParts => f.write_str("n is zero, but a payment has at least one part"),
            Self::NoWeight => f.write_str("the weight is zero, but a share counts at least once"),
            Self::WeightAboveParts { weight, part_count } => {
                write!(f, "the weight, {weight}, is larger than n, {part_count}")
            }
            Self::RunLength { length } => {
                write!(f, "{} cannot be a run of frames, which has {RUN_BYTES}", Bytes(*length))
            }
            Self::NoFinalFrame => {
                let frames = RUN_BYTES / FRAME_BYTES;
                write!(f, "none of the {frames} frames has the zero hmac of a final hop")
            }
            Self::NotMinimal { field } => write!(f, "the {field} has more bytes than it needs"),
            Self::PastEnd { field, length, left } => {
                write!(f, "the {field} says {length}, but what is left is {}", Bytes(*left))
            }
            Self::RecordLength { record, length, allowed } => {
                let (least, most) = (allowed.start(), allowed.end());
                write!(f, "the {record} record has a length of {length}, not {least}..={most}")
            }
            Self::TypeOrder { previous, found } => {
                write!(f, "a record of type {found} follows one of type {previous}")
            }
            Self::UnknownEven { kind } => {
                write!(f, "the record type {kind} is even and so must be known, and is not")
            }
            Self::Missing { record } => write!(f, "the payload ends without its {record} record"),
            Self::WrongHop { record } => {
                write!(f, "the {record} record is not for this kind of hop")
            }
            Self::AmpAlone => f.write_str("the AMP record comes without payment_data"),
            Self::ZeroSetId => f.write_str("the set id is zero"),
            Self::UnknownBlobType { blob_type } => write!(f, "there is no blob type {blob_type}"),
            Self::FragmentTooLong { length, length_max } => {
                write!(f, "a frame claims {length} bytes of data and has room for {length_max}")
            }
            Self::FragmentNotFull { length, length_max } => {
                write!(f, "more data follows a frame that uses {length} of its {length_max} bytes")
            }
            Self::FragmentEmpty => f.write_str("a frame behind the pivot holds no data"),
            Self::DataInEmptyBlob { length } => {
                write!(f, "{} of data in a blob of the type for none", Bytes((*length).into()))
            }
            Self::TooManyFrames { frames_max } => {
                write!(f, "more data follows frame {frames_max}, which must be the last")
            }
        }
    }
}

impl core::error::Error for Fault {}

/// A number of bytes, in words.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 byte"),
            count => write!(f, "{count} bytes"),
        }
    }
}
