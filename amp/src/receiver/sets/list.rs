//! Lists of sets that are threaded through the sets themselves: a set joins and leaves in constant
//! time, and no list allocates.

use crate::receiver::table::{NONE, Table, linked};

/// Which list. A set is in one of each kind at most.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Those in the same phase, in the order in which they entered it. Time never goes back, so
    /// this is also the order of their deadlines.
    Phase,
    /// Collecting sets with the same earliest expiry.
    Expiry,
    /// Collecting sets of the TLV format with the same payment secret.
    Secret,
}

/// The neighbours of a set in its lists, by [`Kind`].
pub(super) type Links = [Link; 3];

/// The neighbours of a set in one list.
#[derive(Clone, Copy)]
pub(super) struct Link {
    previous: u32,
    next: u32,
}

impl Link {
    pub(super) const ALONE: Self = Self { previous: NONE, next: NONE };

    pub(super) const fn next(&self) -> u32 {
        self.next
    }
}

/// What has neighbours.
pub(super) trait Linked {
    /// Its neighbours.
    fn links(&mut self) -> &mut Links;

    /// The one behind it in a list, or [`NONE`].
    fn next(&self, kind: Kind) -> u32;
}

/// The ends of a list.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// The set that entered first, or [`NONE`].
    first: u32,
    last: u32,
}

impl List {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE };

    pub(super) const fn is_empty(self) -> bool {
        self.first == NONE
    }

    /// Adds a set at the end.
    pub(super) fn push(&mut self, sets: &mut Table<impl Linked>, kind: Kind, slot: u32) {
        let link = Link { previous: self.last, next: NONE };
        sets[slot].links()[kind as usize] = link;
        match self.last {
            NONE => self.first = slot,
            last => sets[last].links()[kind as usize].next = slot,
        }
        self.last = slot;
    }

    /// Takes a set out.
    pub(super) fn remove(&mut self, sets: &mut Table<impl Linked>, kind: Kind, slot: u32) {
        let kind_index = kind as usize;
        let Link { previous, next } =
            core::mem::replace(&mut sets[slot].links()[kind_index], Link::ALONE);
        match previous {
            NONE => self.first = next,
            previous => sets[previous].links()[kind_index].next = next,
        }
        match next {
            NONE => self.last = previous,
            next => sets[next].links()[kind_index].previous = previous,
        }
    }

    /// The sets, first to last.
    pub(super) fn iter(self, sets: &Table<impl Linked>, kind: Kind) -> impl Iterator<Item = u32> {
        let next = move |slot: &u32| linked(sets[*slot].next(kind));
        core::iter::successors(linked(self.first), next)
    }
}
