//! Numbers that look like chance and are the same on every machine.

/// A linear congruential generator (Knuth's MMIX constants); its upper half is what it gives.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A generator of its own for each thing that is drawn, so that a change of one thing does
    /// not change all others.
    pub(super) fn of(what: &str, number: u64) -> Self {
        let mut random = Self(hash(what) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Neighbours differ in few bits at first.
        random.next();
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        let Self(state) = self;
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 32
    }

    /// From 0 up to, not including, `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Comes true so often out of a hundred.
    pub(super) fn percent(&mut self, often: u64) -> bool {
        self.below(100) < often
    }
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
