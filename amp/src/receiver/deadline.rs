//! When a set has waited long enough, and when it may be forgotten.
//!
//! Nothing is scanned: sets collect in the order of their opening and are remembered in the order of
//! their end, so the front of a list is the next that is due; and the earliest expiry of each set is
//! in an ordered map of lists.

use crate::receiver::{effect::Reason, list::Kind, record::Clocks, state::State};

impl State {
    /// Moves the clocks on; whether they moved. A clock that jumps back stands still, and a reorganised
    /// chain may become as high again at any moment: deadlines that were reached stay reached.
    pub(super) fn advance(&mut self, seen: Clocks) -> bool {
        let before = self.clocks;
        self.clocks.height = before.height.max(seen.height);
        self.clocks.now_ms = before.now_ms.max(seen.now_ms);
        self.clocks != before
    }

    /// Whether an HTLC with this expiry has to be failed now, to be gone before it expires.
    pub(super) fn expires_soon(&self, expiry: u32) -> bool {
        u64::from(self.clocks.height) + u64::from(self.policy.expiry_margin_blocks)
            >= u64::from(expiry)
    }

    /// The sets that are due, each with the reason, by their ids: no output depends on the order in
    /// which a list was made.
    pub(super) fn due(&self, sets: &mut Vec<(u32, Reason)>) {
        sets.clear();
        let hold_ms = self.policy.hold_ms;
        let too_long = self.collecting.iter(&self.sets, Kind::Phase).take_while(|slot| {
            self.sets[*slot].opened_ms.saturating_add(hold_ms) <= self.clocks.now_ms
        });
        sets.extend(too_long.map(|slot| (slot, Reason::HeldTooLong)));
        for (_, list) in self.expiries.iter().take_while(|(expiry, _)| self.expires_soon(**expiry))
        {
            let soon = list.iter(&self.sets, Kind::Expiry);
            sets.extend(soon.map(|slot| (slot, Reason::ExpiresSoon)));
        }
        sets.sort_unstable_by_key(|(slot, reason)| (self.sets[*slot].id, *reason));
        sets.dedup_by_key(|(slot, _)| *slot);
    }

    /// The remembered sets whose time is over, by their ids.
    pub(super) fn forgotten(&self, sets: &mut Vec<u32>) {
        sets.clear();
        let until = |slot: &u32| {
            let since_ms = self.sets[*slot].phase.since_ms().unwrap_or(u64::MAX);
            since_ms.saturating_add(self.policy.retention_ms)
        };
        let over = self
            .remembered
            .iter(&self.sets, Kind::Phase)
            .take_while(|slot| until(slot) <= self.clocks.now_ms);
        sets.extend(over);
        sets.sort_unstable_by_key(|slot| self.sets[*slot].id);
    }
}
