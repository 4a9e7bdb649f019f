//! Open invoices, found by their names and by the beginnings of those.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::receiver::{
    event::Invoice,
    set_id::SetId,
    sets::{SHORT_BYTES, short},
};
use ammeter_core::{
    scheme::Hash,
    types::{BYTES, PaymentHash},
};

/// An open invoice.
struct Open {
    invoice: Invoice,
    /// H of its preimage, if it has one.
    payment_hash: Option<PaymentHash>,
}

/// Open invoices.
#[derive(Default)]
pub(super) struct Invoices {
    by_name: HashMap<[u8; BYTES], Open, RandomState>,
    /// The names by their beginnings.
    names: HashMap<[u8; SHORT_BYTES], [u8; BYTES], RandomState>,
}

impl Invoices {
    pub(super) fn count(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn contains(&self, name: &[u8; BYTES]) -> bool {
        self.by_name.contains_key(name)
    }

    /// The open invoice that a set of this id is paid for.
    pub(super) fn of(&self, id: &SetId) -> Option<&Invoice> {
        self.open_for(id).map(|open| &open.invoice)
    }

    /// What the parts of an `mpp` set of this id are locked to, if anybody asked for one.
    pub(super) fn payment_hash(&self, id: &SetId) -> Option<&PaymentHash> {
        self.open_for(id)?.payment_hash.as_ref()
    }

    fn open_for(&self, id: &SetId) -> Option<&Open> {
        if self.by_name.is_empty() {
            return None;
        }
        match id {
            SetId::Payment(id) => self.by_name.get(&id.0),
            SetId::Committed(id) => self.by_name.get(self.names.get(id)?),
            SetId::Amp { payment_secret, .. } | SetId::Mpp { payment_secret } => {
                self.by_name.get(payment_secret)
            }
        }
    }

    /// Opens an invoice, or changes one that is open, and returns it as it is now; or does not: its
    /// short name is taken. An open one keeps the preimage that it has, for sets may collect for it.
    ///
    /// Two open invoices whose names begin alike could not be told apart by version 3, and which of
    /// them came first is not stored. Among honest names this is a matter of 2^-88.
    pub(super) fn open(&mut self, mut invoice: Invoice, hash: Hash) -> Option<Invoice> {
        let owner = self.names.entry(short(&invoice.name)).or_insert(invoice.name);
        if *owner != invoice.name {
            return None;
        }
        let known = self.by_name.get(&invoice.name).and_then(|known| known.invoice.preimage);
        invoice.preimage = known.or(invoice.preimage);
        let payment_hash = invoice.preimage.map(|preimage| PaymentHash(hash.digest(&preimage.0)));
        self.by_name.insert(invoice.name, Open { invoice, payment_hash });
        Some(invoice)
    }

    /// Whether there was such an invoice.
    pub(super) fn close(&mut self, name: &[u8; BYTES]) -> bool {
        let known = self.by_name.remove(name).is_some();
        if known {
            self.names.remove(&short(name));
        }
        known
    }

    pub(super) fn audit(&self) {
        assert_eq!(self.names.len(), self.by_name.len(), "open invoices by their beginnings");
        for (beginning, name) in &self.names {
            assert_eq!(*beginning, short(name));
            assert!(self.contains(name));
        }
    }
}
