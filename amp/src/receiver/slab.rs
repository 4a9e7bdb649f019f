//! Values in slots that are numbered with four bytes, in chunks that never move.
//!
//! A vector that doubles would hold half of its memory empty, and copy all of it in one event.

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
