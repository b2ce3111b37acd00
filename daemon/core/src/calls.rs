//! How often each origin may call: a bucket of calls for each that has called of late.
//!
//! A bucket that is full again is as good as none, and is forgotten.

use std::{collections::BTreeMap, time::Duration};

use crate::{key::OwnerId, time::Timestamp};

/// A call in the unit of buckets: at a call a minute it comes back in a minute's milliseconds.
const CALL: u64 = 60_000;

/// Buckets that may stand before those that are full again are looked for.
const FEW: usize = 64;

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Times a minute, in the long run.
    pub(crate) a_minute: u32,
    /// Times at once.
    pub(crate) burst: u32,
}

/// What is gone from a bucket.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In the unit of [`CALL`].
    gone: u64,
    at: Timestamp,
}

impl Bucket {
    fn gone(self, now: Timestamp, rate: Rate) -> u64 {
        let millis = u64::try_from(now.saturating_since(self.at).as_millis()).unwrap_or(u64::MAX);
        self.gone.saturating_sub(millis.saturating_mul(u64::from(rate.a_minute)))
    }
}

/// The buckets of all origins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    of_owner: BTreeMap<OwnerId, BTreeMap<Box<str>, Bucket>>,
    count: usize,
    /// So many may stand before the next search for full ones.
    room: usize,
}

impl Calls {
    /// Takes one call.
    ///
    /// # Errors
    /// After what time there will be one, when there is none.
    pub(crate) fn take(
        &mut self,
        now: Timestamp,
        owner: OwnerId,
        origin: &str,
        rate: Rate,
    ) -> Result<(), Duration> {
        let own = self.of_owner.entry(owner).or_default();
        let Some(bucket) = own.get_mut(origin) else {
            own.insert(origin.into(), Bucket { gone: CALL, at: now });
            self.count += 1;
            self.forget_full(now, rate);
            return Ok(());
        };
        let gone = bucket.gone(now, rate);
        let wanted = (gone + CALL).saturating_sub(CALL.saturating_mul(u64::from(rate.burst)));
        if wanted > 0 {
            return Err(Duration::from_millis(wanted.div_ceil(u64::from(rate.a_minute.max(1)))));
        }
        *bucket = Bucket { gone: gone + CALL, at: now };
        Ok(())
    }

    /// Looks through them once for as many as have come, so that a call costs little in the mean.
    fn forget_full(&mut self, now: Timestamp, rate: Rate) {
        if self.count <= self.room.max(FEW) {
            return;
        }
        self.of_owner.retain(|_, own| {
            own.retain(|_, bucket| bucket.gone(now, rate) > 0);
            !own.is_empty()
        });
        self.count = self.of_owner.values().map(BTreeMap::len).sum();
        self.room = 2 * self.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { a_minute: 250, burst: 250 };

    fn owner(uid: u32) -> OwnerId {
        OwnerId::from_uid(uid).unwrap()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_millis(millis)
    }

    /// Calls that are allowed one after the other at one instant.
    fn allowed(calls: &mut Calls, now: u64, uid: u32, origin: &str, rate: Rate) -> usize {
        std::iter::from_fn(|| calls.take(at(now), owner(uid), origin, rate).ok()).count()
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut calls = Calls::default();
        assert_eq!(allowed(&mut calls, 0, 1, "a", RATE), 250);
        let wait = calls.take(at(0), owner(1), "a", RATE).unwrap_err();
        assert_eq!(wait, Duration::from_millis(240));
        assert!(calls.take(at(239), owner(1), "a", RATE).is_err());
        assert_eq!(allowed(&mut calls, 240, 1, "a", RATE), 1);
        assert_eq!(allowed(&mut calls, 60_240, 1, "a", RATE), 250);
        assert_eq!(allowed(&mut calls, 600_000_000, 1, "a", RATE), 250);
    }

    #[test]
    fn origins_and_owners_do_not_spend_each_other_s() {
        let mut calls = Calls::default();
        allowed(&mut calls, 0, 1, "a", RATE);
        assert_eq!(allowed(&mut calls, 0, 1, "b", RATE), 250);
        assert_eq!(allowed(&mut calls, 0, 2, "a", RATE), 250);
    }

    #[test]
    fn what_is_full_again_is_forgotten() {
        let mut calls = Calls::default();
        for number in 0..100_000_u64 {
            // A call comes back in 240 ms: about 240 buckets are not full at any time.
            let origin = format!("https://{number}.example");
            assert!(calls.take(at(number), owner(1), &origin, RATE).is_ok());
            assert!(calls.count <= 2 * 241 + 2, "{}", calls.count);
        }
        let own = calls.of_owner.values().map(BTreeMap::len).sum::<usize>();
        assert_eq!(calls.count, own);
    }

    #[test]
    fn a_lower_rate_counts_from_the_next_call_on() {
        let mut calls = Calls::default();
        allowed(&mut calls, 0, 1, "a", RATE);
        let slow = Rate { a_minute: 1, burst: 1 };
        let wait = calls.take(at(0), owner(1), "a", slow).unwrap_err();
        assert_eq!(wait, Duration::from_secs(250 * 60));
    }
}
