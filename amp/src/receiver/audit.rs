//! Everything that is kept twice, counted again from scratch.

use std::collections::BTreeMap;

use crate::receiver::{
    accounts::SetCounts,
    list::{Kind, List},
    phase::{full_name, short},
    record::SetId,
    roster::BLOCK_MEMBERS,
    set::{Fate, Phase, Set},
    slab::NONE,
    state::State,
    step::Receiver,
};
use ammeter_core::types::BasePreimage;

impl Receiver {
    /// Counts every list, table and counter again and compares. For tests and for doubts: it looks at
    /// all that the receiver holds. Sums are counted again by [`restore`](Self::restore), and compared by
    /// [`assert_same`](Self::assert_same).
    ///
    /// # Panics
    /// If anything differs; the message says what.
    pub fn audit(&self) {
        let state = &self.state;
        audit_htlcs(state);
        let (mut counts, mut blocks) = (SetCounts::default(), 0);
        for (slot, set) in state.sets.iter() {
            assert_eq!(state.find_set(&set.id), Some(slot), "{:?} is found", set.id);
            *counts.of(set.phase) += 1;
            audit_members(state, slot, set);
            blocks += (set.roster.count as usize).div_ceil(BLOCK_MEMBERS);
        }
        assert_eq!(state.counts, counts, "sets by state");
        assert_eq!(state.set_slots.count(), state.sets.count(), "the table of sets");
        assert_eq!(state.rosters.count(), blocks, "blocks of rosters");
        audit_lists(state);
        audit_names(state);
    }

    /// Compares two receivers set by set, with all sums: one that has lived, and one that was restored
    /// from its records.
    ///
    /// # Panics
    /// If they hold different sets.
    pub fn assert_same(&self, other: &Self) {
        assert_eq!(self.metrics(), other.metrics());
        assert_eq!(self.clocks(), other.clocks());
        for (_, set) in self.state.sets.iter() {
            let twin = other.state.find_set(&set.id).expect("the same sets");
            let twin = &other.state.sets[twin];
            assert_eq!((set.phase, set.opened_ms), (twin.phase, twin.opened_ms), "{:?}", set.id);
            assert_eq!(set.roster.count, twin.roster.count, "members of {:?}", set.id);
            assert!(set.root == twin.root, "the XOR of {:?}", set.id);
            assert_eq!(set.expiry_min, twin.expiry_min, "the earliest expiry of {:?}", set.id);
            if set.phase == Phase::Collecting {
                assert_eq!((set.amount, set.weight), (twin.amount, twin.weight), "{:?}", set.id);
            }
        }
    }
}

fn audit_htlcs(state: &State) {
    let mut channels = BTreeMap::<u64, u32>::new();
    let mut refused = 0;
    for (slot, held) in state.htlcs.iter() {
        assert_eq!(state.find_htlc(held.key), Some(slot), "{:?} is found", held.key);
        match held.fate {
            Fate::Refused(_) => refused += 1,
            Fate::Member(set) => {
                *channels.entry(held.key.channel_id).or_default() += 1;
                let roster = state.sets[set].roster;
                let listed = state.rosters.slots(roster).filter(|member| *member == slot).count();
                assert_eq!(listed, 1, "{:?} is listed once by its set", held.key);
            }
        }
    }
    let shares = state.htlcs.iter().filter(|(_, held)| held.share != NONE).count();
    assert_eq!(state.shares.count(), shares, "shares that are hashed");
    assert_eq!(state.refused, refused, "HTLCs that failed by themselves");
    assert_eq!(state.htlc_slots.count(), state.htlcs.count(), "the table of HTLCs");
    let counted: BTreeMap<_, _> = state.channels.iter().map(|(id, count)| (*id, *count)).collect();
    assert_eq!(counted, channels, "HTLCs of each channel");
}

/// The members of a set name it, and its sums are theirs.
fn audit_members(state: &State, set_slot: u32, set: &Set) {
    let members: Vec<_> = state.rosters.slots(set.roster).collect();
    assert_eq!(members.len(), set.roster.count as usize, "members of {:?}", set.id);
    for slot in &members {
        let held = &state.htlcs[*slot];
        assert!(held.fate == Fate::Member(set_slot), "{:?} names its set", held.key);
        assert!(state.holds_hash(set, &held.payment_hash), "its hash is found");
    }
    assert_eq!(members.is_empty(), set.phase.since_ms().is_some(), "{:?} is over", set.id);
    if set.phase == Phase::Collecting {
        assert!(!set.is_overfull(), "the weights of {:?}", set.id);
    } else {
        assert!(set.phase == Phase::Settling || set.root == BasePreimage::ZERO, "wiped");
        assert_eq!(set.expiry_min, None, "{:?} is not filed", set.id);
    }
}

/// Each set is in the lists that belong to its phase, and in no other.
fn audit_lists(state: &State) {
    let lengths = [state.collecting, state.leaving, state.remembered]
        .map(|list| length(state, list, Kind::Phase));
    let SetCounts { collecting, settling, failing, settled, failed } = state.counts;
    assert_eq!(lengths, [collecting, settling + failing, settled + failed], "lists of phases");
    let times = |list: List, time: fn(&Set) -> u64| {
        let times: Vec<_> =
            list.iter(&state.sets, Kind::Phase).map(|slot| time(&state.sets[slot])).collect();
        assert!(times.is_sorted(), "deadlines in order");
    };
    times(state.collecting, |set| set.opened_ms);
    times(state.remembered, |set| set.phase.since_ms().expect("over"));
    let mut filed = 0;
    for (expiry, list) in &state.expiries {
        assert!(!list.is_empty());
        for slot in list.iter(&state.sets, Kind::Expiry) {
            assert_eq!(state.sets[slot].expiry_min, Some(*expiry));
            filed += 1;
        }
    }
    assert_eq!(filed, collecting, "every collecting set is filed under its expiry");
}

fn audit_names(state: &State) {
    let mut secrets = 0;
    for (secret, list) in &state.secrets {
        assert!(!list.is_empty());
        for slot in list.iter(&state.sets, Kind::Secret) {
            let set = &state.sets[slot];
            assert!(matches!(set.id, SetId::Amp { invoice, .. } if invoice == *secret));
            assert_eq!(set.phase, Phase::Collecting);
            secrets += 1;
        }
    }
    let (mut closed, mut closed_short) = (BTreeMap::new(), BTreeMap::new());
    let mut collecting = 0;
    for (_, set) in state.sets.iter() {
        let of_secret = matches!(set.id, SetId::Amp { .. });
        collecting += u64::from(of_secret && set.phase == Phase::Collecting);
        if let Some(name) = full_name(&set.id).filter(|_| set.closes_its_name()) {
            *closed.entry(name).or_insert(0) += 1;
            *closed_short.entry(short(&name)).or_insert(0) += 1;
        }
    }
    assert_eq!(secrets, collecting, "sets by their payment secret");
    assert_eq!(
        state.closed.iter().map(|(name, count)| (*name, *count)).collect::<BTreeMap<_, _>>(),
        closed
    );
    let short_names = state.closed_short.iter().map(|(name, count)| (*name, *count));
    assert_eq!(short_names.collect::<BTreeMap<_, _>>(), closed_short);
    assert_eq!(state.short_names.len(), state.invoices.len(), "open invoices by their beginnings");
    for (beginning, name) in &state.short_names {
        assert_eq!(*beginning, short(name));
        assert!(state.invoices.contains_key(name));
    }
}

fn length(state: &State, list: List, kind: Kind) -> u64 {
    list.iter(&state.sets, kind).count() as u64
}
