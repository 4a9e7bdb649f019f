//! Numbers that look random and are the same in every run: SplitMix64.

pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    #[allow(dead_code)] // not every promise is about odds
    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }

    #[allow(dead_code)] // not every promise is about bytes
    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.next() as u8)
    }

    /// `0..=most`, often near its ends or near a power of two.
    #[allow(dead_code)] // not every promise is about edges
    pub(crate) fn edgy(&mut self, most: u64) -> u64 {
        let number = match self.next() % 4 {
            0 => self.next() % 3,
            1 => most.saturating_sub(self.next() % 3),
            2 => (1u64 << (self.next() % 64)).wrapping_sub(self.next() % 2),
            _ => self.next(),
        };
        if most == u64::MAX { number } else { number % (most + 1) }
    }
}
