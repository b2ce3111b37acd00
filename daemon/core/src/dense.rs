//! A number of which an `Option` takes no more room than itself: a queue has millions of them.

use std::{fmt, num::NonZeroU64};

/// A number up to `u64::MAX - 1`; what is higher is taken as that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Dense(NonZeroU64);

impl Dense {
    pub(crate) const fn new(number: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(number))
    }

    pub(crate) const fn get(self) -> u64 {
        self.0.get() - 1
    }
}

impl fmt::Debug for Dense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_all_numbers_but_the_highest() {
        for number in [0, 1, 1_700_000_000_000, u64::MAX - 1] {
            assert_eq!(Dense::new(number).get(), number);
        }
        assert_eq!(Dense::new(u64::MAX).get(), u64::MAX - 1);
        assert!(Dense::new(1) < Dense::new(2));
        assert_eq!(size_of::<Option<Dense>>(), size_of::<u64>());
    }
}
