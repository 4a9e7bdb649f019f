//! What a part of a payment can be: the versions of the extra onion blob, each with its scheme, and
//! BOLT 4's base multi-path payment.

use core::str::FromStr;

use ammeter_core::scheme::UnknownNameError;

/// A version of the extra onion blob, or what stands for one. [`Eob::None`](crate::eob::Eob::None),
/// version 0, is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EobVersion {
    /// Scheme `og`; every part says n.
    Basic = 1,
    /// Scheme `og`; n is told when the sender knows it.
    Adaptive = 2,
    /// Scheme `og`; every part says H(BP).
    Committed = 3,
    /// Scheme `tree`; every part says which leaf it is.
    Tree = 4,
    /// No scheme: all parts are locked to the hash of one invoice (`basic_mpp` of BOLT 4). Record 8 of
    /// a TLV payload, without record 14.
    Mpp = 8,
    /// Scheme `lnd`; record 14 of a TLV payload.
    Amp = 14,
}

impl EobVersion {
    /// The version byte; for [`Amp`](Self::Amp) and [`Mpp`](Self::Mpp) the type of
    /// their record.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The version with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.number() == number)
    }
}

named! {
    /// Its name in traces, on the command line and on the screen.
    EobVersion {
        Basic = "basic",
        Adaptive = "adaptive",
        Committed = "committed",
        Tree = "tree",
        Amp = "amp",
        Mpp = "mpp",
    }
}

impl FromStr for EobVersion {
    type Err = UnknownNameError;

    /// By its name; `og` is basic, and `lnd` is amp.
    fn from_str(name: &str) -> Result<Self, UnknownNameError> {
        match name {
            "og" => Ok(Self::Basic),
            "lnd" => Ok(Self::Amp),
            _ => Self::ALL.into_iter().find(|one| one.name() == name).ok_or(UnknownNameError {
                kind: "version",
                known: "basic, adaptive, committed, tree, amp and mpp",
            }),
        }
    }
}
