//! The name of every field, for errors and for whoever wants to see where each one lies.

use core::{fmt, ops::Range};

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident => $name:literal),+ $(,)?) => {
        /// A field of some format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field {
            $($(#[$doc])* $field),+
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$field),+];

            /// What the docs and the records call it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name),+
                }
            }
        }
    };
}

fields! {
    /// Which chain.
    Realm => "realm",
    /// The channel to forward over; zero at the final hop.
    ShortChannelId => "short channel id",
    /// In millisatoshi.
    Amount => "amount",
    /// The expiry of the outgoing HTLC.
    Cltv => "cltv",
    /// The first byte of the padding.
    Version => "version",
    /// n, the number of parts.
    PartCount => "n",
    /// How many shares are folded into this one.
    Weight => "weight",
    /// Bytes that nothing uses yet.
    Padding => "padding",
    /// Of the hop behind this one; zero at the final hop.
    Hmac => "hmac",
    /// What all parts of a payment share.
    PaymentId => "payment id",
    /// H(BP).
    Commitment => "commitment",
    /// The share, or the seed's share.
    Share => "share",
    /// The last byte of the second frame.
    UnusedByte => "unused byte",
    /// The child's index, or its place in the tree.
    ChildIndex => "child index",
    /// A frame on the way to the final one.
    ForwardFrame => "forwarding frame",
    /// What follows the final hop's frames in a run.
    Filler => "filler",
    /// How many bytes of records follow.
    PayloadLength => "payload length",
    /// A record's type.
    RecordType => "record type",
    /// How many bytes of value follow.
    RecordLength => "record length",
    /// The value of a record that is not ours.
    RecordValue => "record value",
    /// The secret of payment_data, which the invoice told the sender.
    PaymentSecret => "payment secret",
    /// The amount of all parts together, in millisatoshi.
    TotalAmount => "total amount",
    /// lnd's name for the payment id.
    SetId => "set id",
    /// How the bytes of the extra onion blob are to be understood.
    BlobType => "blob type",
    /// The more bit and how many bytes of this frame are data.
    FragmentLength => "fragment length",
    /// Bytes of the blob.
    BlobData => "blob data",
    /// Room for bytes of the blob that the last frame does not need.
    UnusedData => "unused data",
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Is told of every field as it is read, also of those in front of a fault.
pub trait Visitor {
    /// `span` are the offsets of the field's bytes in the whole input.
    fn saw(&mut self, field: Field, span: Range<usize>);
}

/// Nobody watches, and nothing is spent on telling.
#[derive(Clone, Copy, Debug)]
pub struct NoVisitor;

impl Visitor for NoVisitor {
    #[inline(always)]
    fn saw(&mut self, _: Field, _: Range<usize>) {}
}

impl<F: FnMut(Field, Range<usize>)> Visitor for F {
    fn saw(&mut self, field: Field, span: Range<usize>) {
        self(field, span);
    }
}
