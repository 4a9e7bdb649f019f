//! From a key's hash to the slot of its value: one line of cache a look-up, eight bytes an entry.
//!
//! ```text
//! [ tag 32 │ slot + 1 32 ] [ … ]        0: empty        an entry lies at its tag's place, or behind it
//! ```
//!
//! Open addressing with linear probing. Half of the hash is kept as a tag, so that neither a key
//! that is not there, nor growth, nor a removal has to look at the values: each of those would be a miss
//! of the cache. The hasher is seeded; nobody outside can choose keys that fall into one place.

/// Entries of a table that holds something, at least.
const CAPACITY_MIN: usize = 16;

/// Slots by hash.
pub(super) struct Index {
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
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), count: 0 }
    }

    /// How many slots it holds.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    const fn mask(&self) -> usize {
        self.entries.len().wrapping_sub(1)
    }

    /// Brings the place of `hash` into the cache; the value means nothing.
    pub(super) fn touch(&self, hash: u64) -> u64 {
        self.entries.get(tag(hash) as usize & self.mask()).copied().unwrap_or(0)
    }

    /// A slot that is probably the one under `hash`: no value has been looked at.
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// The first slot under `hash` that `is_it`.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
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
    pub(super) fn insert(&mut self, hash: u64, slot: u32) {
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
    pub(super) fn remove(&mut self, hash: u64, slot: u32) {
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

    /// Against a map of the standard library, with hashes that fall into few places, all around the end.
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
            assert_eq!(index.count(), model.len());
        }
        assert!(model.len() > 50);
        for (slot, hash) in model {
            assert_eq!(index.find(hash, |other| other == slot), Some(slot));
        }
    }
}
