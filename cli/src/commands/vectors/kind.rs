//! What a file of messages is about.

use crate::wire::Format;

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Version 0.
    Plain,
    /// Version 1.
    Basic,
    /// Version 2.
    Adaptive,
    /// Version 3.
    Committed,
    /// Version 4.
    Tree,
    /// 20 frames.
    Run,
    /// TLV payloads.
    Tlv,
    /// The blob of lightning-onion pull request 31.
    Pr31,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Plain,
        Self::Basic,
        Self::Adaptive,
        Self::Committed,
        Self::Tree,
        Self::Run,
        Self::Tlv,
        Self::Pr31,
    ];

    /// The file's name.
    pub(super) fn file(self) -> String {
        let name = match self {
            Self::Plain => "frame-plain",
            Self::Basic => "frame-basic",
            Self::Adaptive => "frame-adaptive",
            Self::Committed => "frame-committed",
            Self::Tree => "frame-tree",
            Self::Run => "run",
            Self::Tlv => "payload-tlv",
            Self::Pr31 => "blob-pr31",
        };
        format!("{name}.json")
    }

    /// The format of its messages.
    pub(super) const fn format(self) -> Format {
        match self {
            Self::Plain | Self::Basic | Self::Adaptive | Self::Committed | Self::Tree => {
                Format::Frame
            }
            Self::Run => Format::Run,
            Self::Tlv => Format::Tlv,
            Self::Pr31 => Format::Pr31,
        }
    }
}
