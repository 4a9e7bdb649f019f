//! Values that are found by a key: in slots that never move, and an index from a key's hash to its
//! slot.
//!
//! ```text
//! [ tag 32 │ slot + 1 32 ] [ … ]        0: empty        an entry lies at its tag's place, or behind it
//! ```
//!
//! A look-up is one line of cache in the index, eight bytes an entry, and one of the value. The
//! index has open addressing with linear probing. Half of the hash is kept as a tag, so that
//! neither a key that is not there, nor growth, nor a removal has to look at the values: each of
//! those would be a miss of the cache. The values are in chunks: a vector that doubles would hold
//! half of its memory empty, and copy all of it in one event.

use std::hash::{BuildHasher as _, Hash};

use foldhash::fast::RandomState;

/// A value that knows its key.
pub(super) trait Keyed {
    type Key: Hash + Eq;

    fn key(&self) -> &Self::Key;
}

/// Values in slots, by their keys.
pub(super) struct Table<T> {
    values: Slab<T>,
    index: Index,
    /// The seed differs from process to process; nothing that leaves the receiver depends on it.
    hasher: RandomState,
}

impl<T: Keyed> Table<T> {
    pub(super) fn new() -> Self {
        Self { values: Slab::new(), index: Index::new(), hasher: RandomState::default() }
    }

    pub(super) const fn count(&self) -> usize {
        self.values.count()
    }

    #[inline]
    pub(super) fn hash(&self, value: &impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }

    #[inline]
    pub(super) fn find(&self, key: &T::Key) -> Option<u32> {
        self.index.find(self.hash(key), |slot| self.values[slot].key() == key)
    }

    /// Adds a value whose key is not there yet.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        let hash = self.hash(value.key());
        let slot = self.values.insert(value);
        self.index.insert(hash, slot);
        slot
    }

    /// Takes the value out of `slot`, which must hold one.
    pub(super) fn remove(&mut self, slot: u32) -> T {
        let value = self.values.remove(slot);
        self.index.remove(self.hash(value.key()), slot);
        value
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.values.iter()
    }

    /// Brings the entry of a hash into the cache; the value means nothing.
    pub(super) fn touch(&self, hash: u64) -> u64 {
        self.index.touch(hash)
    }

    /// A slot that is probably the one under `hash`: no value has been looked at.
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        self.index.find(hash, |_| true)
    }

    /// Every value is found, and nothing else is.
    pub(super) fn audit(&self) {
        for (slot, value) in self.iter() {
            assert_eq!(self.find(value.key()), Some(slot), "slot {slot} is found");
        }
        assert_eq!(self.index.count, self.count(), "the index of a table");
    }
}

impl<T> core::ops::Index<u32> for Table<T> {
    type Output = T;

    #[inline]
    fn index(&self, slot: u32) -> &T {
        &self.values[slot]
    }
}

impl<T> core::ops::IndexMut<u32> for Table<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        &mut self.values[slot]
    }
}

/// Values a chunk.
const CHUNK: usize = 1 << 10;

/// No slot: the end of a list.
pub(super) const NONE: u32 = u32::MAX;

/// The slot that a link leads to.
pub(super) fn linked(slot: u32) -> Option<u32> {
    (slot != NONE).then_some(slot)
}

/// Values in numbered slots; a freed slot is the next one to be used.
pub(super) struct Slab<T> {
    chunks: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    count: usize,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), count: 0 }
    }

    /// How many values there are.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Puts `value` into a slot.
    ///
    /// # Panics
    /// Past 2^32 − 1 values.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        self.count += 1;
        if let Some(slot) = self.free.pop() {
            *self.place(slot) = Some(value);
            return slot;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let chunk_number = self.chunks.len() - 1;
        let chunk = &mut self.chunks[chunk_number];
        let slot = chunk_number * CHUNK + chunk.len();
        chunk.push(Some(value));
        let slot = u32::try_from(slot).expect("the limits keep slots within four bytes");
        assert_ne!(slot, NONE, "the limits keep slots within four bytes");
        slot
    }

    /// Takes the value out of `slot`, which must hold one.
    pub(super) fn remove(&mut self, slot: u32) -> T {
        let value = self.place(slot).take().expect("a slot in use");
        self.free.push(slot);
        self.count -= 1;
        value
    }

    fn place(&mut self, slot: u32) -> &mut Option<T> {
        &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK]
    }

    /// The slots in use and their values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let places = self.chunks.iter().flatten();
        (0..).zip(places).filter_map(|(slot, place)| Some((slot, place.as_ref()?)))
    }
}

impl<T> core::ops::Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, slot: u32) -> &T {
        self.chunks[slot as usize / CHUNK][slot as usize % CHUNK].as_ref().expect("a slot in use")
    }
}

impl<T> core::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut T {
        self.place(slot).as_mut().expect("a slot in use")
    }
}

/// Entries of an index that holds something, at least.
const CAPACITY_MIN: usize = 16;

/// Slots by hash.
struct Index {
    /// A power of two of entries, or none; at most three quarters in use.
    entries: Vec<u64>,
    count: usize,
}

/// The half of a hash that is kept.
const fn tag(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

const fn entry(tag: u32, slot: u32) -> u64 {
    (tag as u64) << 32 | (slot as u64 + 1)
}

impl Index {
    const fn new() -> Self {
        Self { entries: Vec::new(), count: 0 }
    }

    const fn mask(&self) -> usize {
        self.entries.len().wrapping_sub(1)
    }

    /// Brings the place of `hash` into the cache; the value means nothing.
    fn touch(&self, hash: u64) -> u64 {
        self.entries.get(tag(hash) as usize & self.mask()).copied().unwrap_or(0)
    }

    /// The first slot under `hash` that `is_it`.
    #[inline]
    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let place = self.place(hash, is_it)?;
        Some(self.entries[place] as u32 - 1)
    }

    #[inline]
    fn place(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let (tag, mask) = (tag(hash), self.mask());
        let mut place = tag as usize & mask;
        loop {
            match *self.entries.get(place)? {
                0 => return None,
                found if (found >> 32) as u32 == tag && is_it(found as u32 - 1) => {
                    return Some(place);
                }
                _ => place = (place + 1) & mask,
            }
        }
    }

    /// Adds a slot that is not there yet.
    fn insert(&mut self, hash: u64, slot: u32) {
        if (self.count + 1) * 4 > self.entries.len() * 3 {
            self.grow();
        }
        self.count += 1;
        self.put(entry(tag(hash), slot));
    }

    fn put(&mut self, entry: u64) {
        let mask = self.mask();
        let mut place = (entry >> 32) as usize & mask;
        while self.entries[place] != 0 {
            place = (place + 1) & mask;
        }
        self.entries[place] = entry;
    }

    fn grow(&mut self) {
        let capacity = (self.entries.len() * 2).max(CAPACITY_MIN);
        let entries = core::mem::replace(&mut self.entries, vec![0; capacity]);
        entries.into_iter().filter(|entry| *entry != 0).for_each(|entry| self.put(entry));
    }

    /// Removes a slot, which must be there. Those behind it move up, so that no gap hides them.
    fn remove(&mut self, hash: u64, slot: u32) {
        let mut gap = self.place(hash, |other| other == slot).expect("an entry of the index");
        self.count -= 1;
        let mask = self.mask();
        let mut place = gap;
        loop {
            place = (place + 1) & mask;
            let entry = self.entries[place];
            if entry == 0 {
                break;
            }
            // An entry stays if its own place is behind the gap.
            let home = (entry >> 32) as usize & mask;
            if place.wrapping_sub(home) & mask >= place.wrapping_sub(gap) & mask {
                self.entries[gap] = entry;
                gap = place;
            }
        }
        self.entries[gap] = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Against a map of the standard library, with hashes that fall into few places, all around the
    /// end.
    #[test]
    fn a_crowded_table() {
        let (mut index, mut model) = (Index::new(), BTreeMap::<u32, u64>::new());
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            state >> 33
        };
        for _ in 0..100_000 {
            let slot = (next() % 300) as u32;
            // Places −2 … 1, with other bits above them.
            let hash = (next() % 4).wrapping_sub(2) & 0xffff_ffff;
            match model.remove(&slot) {
                Some(hash) => {
                    assert_eq!(index.find(hash, |other| other == slot), Some(slot));
                    index.remove(hash, slot);
                    assert_eq!(index.find(hash, |other| other == slot), None);
                }
                None if next().is_multiple_of(2) => {
                    index.insert(hash, slot);
                    model.insert(slot, hash);
                }
                None => assert_eq!(index.find(hash, |other| other == slot), None),
            }
            assert_eq!(index.count, model.len());
        }
        assert!(model.len() > 50);
        for (slot, hash) in model {
            assert_eq!(index.find(hash, |other| other == slot), Some(slot));
        }
    }
}
