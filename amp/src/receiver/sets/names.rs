//! Names that nobody may pay to without an invoice any more.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::receiver::set_id::SetId;
use ammeter_core::types::BYTES;

/// Length of the short id of version 3.
pub(in crate::receiver) const SHORT_BYTES: usize = crate::eob::committed::SHORT_ID_BYTES;

/// The first bytes of a name.
pub(in crate::receiver) fn short(name: &[u8; BYTES]) -> [u8; SHORT_BYTES] {
    *name.first_chunk().expect("a name is longer than a short id")
}

impl SetId {
    /// The whole name that a set is paid under; version 3 has no room for it.
    pub(super) const fn name(&self) -> Option<[u8; BYTES]> {
        match *self {
            Self::Payment(id) => Some(id.0),
            Self::Amp { payment_secret, .. } | Self::Mpp { payment_secret } => Some(payment_secret),
            Self::Committed(_) => None,
        }
    }

    /// The payment secret of a TLV payload's set.
    pub(super) const fn secret(&self) -> Option<[u8; BYTES]> {
        match *self {
            Self::Amp { payment_secret, .. } | Self::Mpp { payment_secret } => Some(payment_secret),
            Self::Payment(_) | Self::Committed(_) => None,
        }
    }
}

/// How many sets close a name, by the name and by its beginning. Version 3's sets close no name
/// here: they are found by their id.
#[derive(Default, PartialEq, Eq)]
pub(super) struct ClosedNames {
    whole: HashMap<[u8; BYTES], u32, RandomState>,
    short: HashMap<[u8; SHORT_BYTES], u32, RandomState>,
}

impl ClosedNames {
    /// The names that these sets close.
    pub(super) fn of<'a>(sets: impl Iterator<Item = &'a SetId>) -> Self {
        let mut names = Self::default();
        sets.for_each(|id| names.close(id));
        names
    }

    pub(super) fn close(&mut self, id: &SetId) {
        if let Some(name) = id.name() {
            *self.whole.entry(name).or_default() += 1;
            *self.short.entry(short(&name)).or_default() += 1;
        }
    }

    /// Undoes one [`close`](Self::close).
    pub(super) fn reopen(&mut self, id: &SetId) {
        if let Some(name) = id.name() {
            uncount(&mut self.whole, &name);
            uncount(&mut self.short, &short(&name));
        }
    }

    pub(super) fn is_closed(&self, id: &SetId) -> bool {
        match id {
            SetId::Committed(id) => self.short.contains_key(id),
            _ => id.name().is_some_and(|name| self.whole.contains_key(&name)),
        }
    }
}

fn uncount<const N: usize>(counts: &mut HashMap<[u8; N], u32, RandomState>, name: &[u8; N]) {
    let count = counts.get_mut(name).expect("every closed name is counted");
    *count -= 1;
    if *count == 0 {
        counts.remove(name);
    }
}
