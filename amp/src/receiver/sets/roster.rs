//! Who is in a set: slots of HTLCs, and a few bits of each payment hash.
//!
//! ```text
//! set ─► [ next │ count │ tag × 20 │ slot × 20 ] ─► [ … ]      128 bytes, two lines of cache, a block
//! ```
//!
//! Whether a set holds a payment hash is asked for every HTLC. The tags answer without a look at
//! the HTLCs themselves, each of which would be a miss of the cache; and they are all in a block's
//! first line.

use core::num::NonZero;

use crate::receiver::table::{NONE, Slab, linked};

/// Members a block.
pub(super) const BLOCK_MEMBERS: usize = 20;

/// Two lines of cache, next to each other.
#[repr(C, align(64))]
pub(super) struct Block {
    next: u32,
    /// An empty block is freed.
    count: NonZero<u32>,
    tags: [u16; BLOCK_MEMBERS],
    slots: [u32; BLOCK_MEMBERS],
}

const _: () = assert!(size_of::<Option<Block>>() == 128);

impl Block {
    const fn count(&self) -> usize {
        self.count.get() as usize
    }
}

/// The members of one set. All blocks but the first are full.
#[derive(Clone, Copy)]
pub(super) struct Roster {
    head: u32,
    count: u32,
}

impl Roster {
    pub(super) const EMPTY: Self = Self { head: NONE, count: 0 };

    /// How many members.
    pub(super) const fn count(self) -> u32 {
        self.count
    }

    /// Bits that mean nothing.
    pub(super) const fn some_bits(self) -> u64 {
        self.head as u64
    }
}

/// The blocks of all sets.
pub(super) struct Rosters(Slab<Block>);

impl Rosters {
    pub(super) const fn new() -> Self {
        Self(Slab::new())
    }

    /// How many blocks there are.
    pub(super) const fn count(&self) -> usize {
        self.0.count()
    }

    /// Brings the first block into the cache; the value means nothing.
    pub(super) fn touch(&self, roster: Roster) -> u64 {
        linked(roster.head).map_or(0, |head| {
            let block = &self.0[head];
            u64::from(block.next ^ block.slots[BLOCK_MEMBERS - 1])
        })
    }

    /// Adds a member that is not there yet.
    pub(super) fn add(&mut self, roster: &mut Roster, slot: u32, tag: u16) {
        roster.count += 1;
        if roster.head == NONE || self.0[roster.head].count() == BLOCK_MEMBERS {
            let (tags, slots) = ([tag; BLOCK_MEMBERS], [slot; BLOCK_MEMBERS]);
            let block = Block { tags, slots, next: roster.head, count: NonZero::<u32>::MIN };
            roster.head = self.0.insert(block);
            return;
        }
        let block = &mut self.0[roster.head];
        let position = block.count();
        (block.tags[position], block.slots[position]) = (tag, slot);
        block.count = block.count.saturating_add(1);
    }

    /// Removes the member in `slot`, which must be there: the first block's last one takes its
    /// place.
    pub(super) fn remove(&mut self, roster: &mut Roster, slot: u32) {
        let (block, position) = self.find(*roster, slot).expect("a member of the set");
        roster.count -= 1;
        let first = &self.0[roster.head];
        let last = first.count() - 1;
        let (tag, slot) = (first.tags[last], first.slots[last]);
        let target = &mut self.0[block];
        (target.tags[position], target.slots[position]) = (tag, slot);
        match NonZero::new(last as u32) {
            Some(count) => self.0[roster.head].count = count,
            None => roster.head = self.0.remove(roster.head).next,
        }
    }

    fn find(&self, roster: Roster, slot: u32) -> Option<(u32, usize)> {
        self.blocks(roster).find_map(|(number, block)| {
            let members = &block.slots[..block.count()];
            Some((number, members.iter().position(|member| *member == slot)?))
        })
    }

    fn blocks(&self, roster: Roster) -> impl Iterator<Item = (u32, &Block)> {
        core::iter::successors(linked(roster.head), |number| linked(self.0[*number].next))
            .map(|number| (number, &self.0[number]))
    }

    /// The slots of the members, in no order that means anything.
    pub(super) fn slots(&self, roster: Roster) -> impl Iterator<Item = u32> {
        self.blocks(roster).flat_map(|(_, block)| block.slots[..block.count()].iter().copied())
    }

    /// The slots of the members with this tag.
    pub(super) fn tagged(&self, roster: Roster, tag: u16) -> impl Iterator<Item = u32> {
        self.blocks(roster).flat_map(move |(_, block)| {
            let members = block.tags.iter().zip(&block.slots).take(block.count());
            members.filter(move |(theirs, _)| **theirs == tag).map(|(_, slot)| *slot)
        })
    }
}
