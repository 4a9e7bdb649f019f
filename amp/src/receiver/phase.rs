//! How a set moves through its phases, with every list and counter that follows it.

use crate::receiver::{
    event::ClockMs,
    list::{Kind, List},
    record::SetId,
    set::Phase,
    state::{SHORT, State},
};
use ammeter_core::types::{BYTES, BasePreimage};

/// The first bytes of a name.
pub(super) fn short(name: &[u8; BYTES]) -> [u8; SHORT] {
    *name.first_chunk().expect("a name is longer than a short id")
}

impl State {
    /// Files a collecting set under an earlier expiry.
    pub(super) fn move_expiry(&mut self, slot: u32, expiry: u32) {
        self.leave_expiry(slot);
        self.sets[slot].expiry_min = Some(expiry);
        let list = self.expiries.entry(expiry).or_insert(List::EMPTY);
        list.push(&mut self.sets, Kind::Expiry, slot);
    }

    /// A set is filed once it has a member that expires.
    fn leave_expiry(&mut self, slot: u32) {
        let Some(expiry) = self.sets[slot].expiry_min.take() else { return };
        let list = self.expiries.get_mut(&expiry).expect("every collecting set is filed");
        list.remove(&mut self.sets, Kind::Expiry, slot);
        if list.is_empty() {
            self.expiries.remove(&expiry);
        }
    }

    /// A collecting set becomes a settling or a failing one. Only a settling one keeps its root.
    pub(super) fn leave(&mut self, slot: u32, phase: Phase) {
        self.leave_expiry(slot);
        self.collecting.remove(&mut self.sets, Kind::Phase, slot);
        if let SetId::Amp { invoice, .. } = self.sets[slot].id {
            let list = self.secrets.get_mut(&invoice).expect("every collecting set is filed");
            list.remove(&mut self.sets, Kind::Secret, slot);
            if list.is_empty() {
                self.secrets.remove(&invoice);
            }
        }
        self.leaving.push(&mut self.sets, Kind::Phase, slot);
        let set = &mut self.sets[slot];
        *self.counts.of(set.phase) -= 1;
        *self.counts.of(phase) += 1;
        set.phase = phase;
        if phase != Phase::Settling {
            set.root = BasePreimage::ZERO;
        }
        if set.closes_its_name() {
            let id = set.id;
            self.close_name(&id);
        }
    }

    /// The last HTLC of a settling or failing set is gone.
    pub(super) fn conclude(&mut self, slot: u32, since_ms: ClockMs) {
        self.leaving.remove(&mut self.sets, Kind::Phase, slot);
        self.remembered.push(&mut self.sets, Kind::Phase, slot);
        let set = &mut self.sets[slot];
        set.root = BasePreimage::ZERO;
        let phase = match set.phase {
            Phase::Settling => Phase::Settled { since_ms },
            Phase::Failing(reason) => Phase::Failed { reason, since_ms },
            other => unreachable!("{other:?} has not been decided"),
        };
        *self.counts.of(set.phase) -= 1;
        *self.counts.of(phase) += 1;
        set.phase = phase;
    }

    fn close_name(&mut self, id: &SetId) {
        if let Some(name) = full_name(id) {
            *self.closed.entry(name).or_default() += 1;
            *self.closed_short.entry(short(&name)).or_default() += 1;
        }
    }

    /// Undoes one [`close_name`](Self::close_name).
    pub(super) fn reopen_name(&mut self, id: &SetId) {
        if let Some(name) = full_name(id) {
            uncount(&mut self.closed, &name);
            uncount(&mut self.closed_short, &short(&name));
        }
    }

    /// Whether a remembered set closes the name that `id` would be paid under.
    pub(super) fn is_closed(&self, id: &SetId) -> bool {
        match full_name(id) {
            Some(name) => {
                let committed = self.find_set(&SetId::Committed(short(&name)));
                self.closed.contains_key(&name)
                    || committed.is_some_and(|slot| self.sets[slot].closes_its_name())
            }
            None => matches!(id, SetId::Committed(id) if self.closed_short.contains_key(id)),
        }
    }
}

/// The whole name that a set is paid under; version 3 has no room for it.
pub(super) const fn full_name(id: &SetId) -> Option<[u8; BYTES]> {
    match *id {
        SetId::Payment(id) => Some(id.0),
        SetId::Amp { invoice, .. } => Some(invoice),
        SetId::Committed(_) => None,
    }
}

fn uncount<const N: usize>(
    counts: &mut std::collections::HashMap<[u8; N], u32, foldhash::fast::RandomState>,
    name: &[u8; N],
) {
    let count = counts.get_mut(name).expect("every closed name is counted");
    *count -= 1;
    if *count == 0 {
        counts.remove(name);
    }
}
