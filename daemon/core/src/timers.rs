//! At most one timer for each registration, the earliest first.

use std::collections::{BTreeMap, BTreeSet};

use crate::{key::RegistrationId, time::Timestamp};

/// The timers of all registrations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Timestamp, RegistrationId)>,
    by_id: BTreeMap<RegistrationId, Timestamp>,
}

impl Timers {
    /// Sets, moves or clears the timer of a registration.
    pub(crate) fn set(&mut self, id: RegistrationId, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.by_id.insert(id, at),
            None => self.by_id.remove(&id),
        };
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

    /// Takes the earliest timer that is due.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<RegistrationId> {
        let (at, id) = self.first()?;
        if at > now {
            return None;
        }
        self.set(id, None);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_moves_and_goes() {
        let (mut timers, id, other) =
            (Timers::default(), RegistrationId::new(1), RegistrationId::new(2));
        let at = Timestamp::from_millis;
        timers.set(id, Some(at(5)));
        timers.set(other, Some(at(7)));
        timers.set(id, Some(at(9)));
        assert_eq!(timers.pop_due(at(6)), None);
        assert_eq!(timers.pop_due(at(9)), Some(other));
        timers.set(id, None);
        assert_eq!(timers.first(), None);
    }
}
