//! Which invoice a set is paid for, and what happens to the sets of an invoice that closes.

use crate::receiver::{
    effect::Reason,
    event::Invoice,
    list::Kind,
    phase::short,
    record::SetId,
    set::{Phase, Set},
    state::State,
};
use ammeter_core::types::{BYTES, PaymentId};

impl State {
    /// The open invoice that a set of this id is paid for.
    pub(super) fn invoice_of(&self, id: &SetId) -> Option<&Invoice> {
        if self.invoices.is_empty() {
            return None;
        }
        match id {
            SetId::Payment(id) => self.invoices.get(&id.0),
            SetId::Committed(id) => self.invoices.get(self.short_names.get(id)?),
            SetId::Amp { invoice, .. } => self.invoices.get(invoice),
        }
    }

    /// Opens an invoice, or changes one that is open; or does not: its short name is taken.
    ///
    /// Two open invoices whose names begin alike could not be told apart by version 3, and which of
    /// them came first is not stored. Among honest names this is a matter of 2^-88.
    pub(super) fn open_invoice(&mut self, invoice: Invoice) -> bool {
        let owner = self.short_names.entry(short(&invoice.name)).or_insert(invoice.name);
        if *owner != invoice.name {
            return false;
        }
        self.invoices.insert(invoice.name, invoice);
        true
    }

    /// Whether there was such an invoice.
    pub(super) fn close_invoice(&mut self, name: &[u8; BYTES]) -> bool {
        let known = self.invoices.remove(name).is_some();
        if known {
            self.short_names.remove(&short(name));
        }
        known
    }

    /// The collecting sets that are paid for the invoice of this name, found by each of the ways in
    /// which a set can name it.
    pub(super) fn collecting_for(&self, name: &[u8; BYTES], sets: &mut Vec<u32>) {
        sets.clear();
        let ids = [SetId::Payment(PaymentId(*name)), SetId::Committed(short(name))];
        let named = ids.iter().filter_map(|id| self.find_set(id));
        sets.extend(named.filter(|slot| self.sets[*slot].phase == Phase::Collecting));
        if let Some(list) = self.secrets.get(name) {
            sets.extend(list.iter(&self.sets, Kind::Secret));
        }
    }

    /// What is wrong with what a complete set pays. An invoice that closed since the set was opened
    /// has failed the set; if none is open, the set is spontaneous.
    pub(super) fn check_payment(&self, set: &Set) -> Result<Option<&Invoice>, Reason> {
        let Some(invoice) = self.invoice_of(&set.id) else {
            return if self.policy.spontaneous { Ok(None) } else { Err(Reason::NoInvoice) };
        };
        let due = invoice.amount.0;
        let most = due.saturating_mul(self.policy.overpayment_factor_max.max(1).into());
        match set.amount.0 {
            _ if due == 0 => Ok(Some(invoice)),
            paid if paid < due => Err(Reason::Underpaid),
            paid if paid > most => Err(Reason::Overpaid),
            _ => Ok(Some(invoice)),
        }
    }
}
