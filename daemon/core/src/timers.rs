//! At most one timer for each registration, the earliest first.

use std::collections::BTreeSet;

use crate::{key::RegistrationId, time::Timestamp};

/// The timers of all registrations. Each is also kept with its registration, see
/// [`crate::entries::Filed`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Timestamp, RegistrationId)>,
}

impl Timers {
    /// Sets, moves or clears the timer of a registration; `kept` is what it was.
    pub(crate) fn set(
        &mut self,
        id: RegistrationId,
        kept: &mut Option<Timestamp>,
        at: Option<Timestamp>,
    ) {
        let before = std::mem::replace(kept, at);
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, id));
        }
        if let Some(at) = at {
            self.order.insert((at, id));
        }
    }

    /// The earliest timer.
    pub(crate) fn first(&self) -> Option<(Timestamp, RegistrationId)> {
        self.order.first().copied()
    }

    /// All timers, the earliest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, RegistrationId)> {
        self.order.iter().copied()
    }

    /// The earliest timer, if it is due.
    pub(crate) fn first_due(&self, now: Timestamp) -> Option<RegistrationId> {
        self.first().filter(|(at, _)| *at <= now).map(|(_, id)| id)
    }
}

impl FromIterator<(Timestamp, RegistrationId)> for Timers {
    fn from_iter<T: IntoIterator<Item = (Timestamp, RegistrationId)>>(timers: T) -> Self {
        Self { order: timers.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_moves_and_goes() {
        let (mut timers, id, other) =
            (Timers::default(), RegistrationId::new(1), RegistrationId::new(2));
        let (mut kept, mut others) = (None, None);
        let at = Timestamp::from_millis;
        timers.set(id, &mut kept, Some(at(5)));
        timers.set(other, &mut others, Some(at(7)));
        timers.set(id, &mut kept, Some(at(9)));
        assert_eq!(timers.first_due(at(6)), None);
        assert_eq!(timers.first_due(at(9)), Some(other));
        timers.set(other, &mut others, None);
        assert_eq!(timers.first_due(at(9)), Some(id));
        timers.set(id, &mut kept, None);
        assert_eq!((timers.first(), kept, others), (None, None, None));
    }
}
