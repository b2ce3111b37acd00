//! The part of the policy that may differ for a site: an origin or an app.

use std::time::Duration;

use crate::key::SyncKind;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// What holds for the registrations of one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What one-off registrations need.
    pub one_off: KindRules,
    /// What periodic registrations need.
    pub periodic: KindRules,
    /// Charged attempts until a one-off is given up, or a periodic waits for its next period
    /// (K-02).
    pub max_attempts: u16,
    /// Delay after the first charged failure (K-04).
    pub initial_retry_delay: Duration,
    /// Each further delay is so many times the one before (K-05).
    pub retry_factor: u32,
    /// Longest delay between two attempts.
    pub max_retry_delay: Duration,
    /// An event may run so long, counted from Started (K-07).
    pub run_limit: Duration,
    /// A one-off without an expiry of its own is given up after this time (P-12).
    pub expiry: Duration,
    /// A shorter minimum interval is raised to this (K-08, P-11).
    pub min_interval_floor: Duration,
    /// One run is allowed in spite of a metered network once a periodic is so many intervals
    /// stale; 0: never.
    pub stale_intervals: u32,
    /// Whether periodic events move to the hours in which the user uses the app (P-18).
    pub learned_hours: LearnedHours,
    /// Wakes of one app on one day (P-19); `None`: as many as there are.
    pub wakes_a_day: Option<u32>,
    /// Time that the events of one app may run on one day (P-19); `None`: any.
    pub run_time_a_day: Option<Duration>,
}

/// What registrations of one kind need of the host and the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindRules {
    /// The administrator's word.
    pub permission: Permission,
    /// On metered networks.
    pub metered: Condition,
    /// While roaming.
    pub roaming: Condition,
    /// While the power saver is on.
    pub power_saver: Condition,
    /// Held at this charge in percent or less, discharging.
    pub battery: u8,
    /// Which networks will do.
    pub networks: Networks,
}

/// Whether something is allowed by policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It is, unless the browser says otherwise.
    Allowed,
    /// It is not.
    Denied,
}

/// What a condition of the host means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Allowed,
    /// Registrations are held.
    Held,
}

/// Which networks will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Networks {
    /// Any.
    Any,
    /// Those on which the app was used.
    Known,
    /// The one on which the registration was made.
    Registered,
}

/// Whether learned hours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnedHours {
    /// They are, where engagement is reported.
    On,
    /// They are not.
    Off,
}

impl Rules {
    /// What registrations of one kind need.
    pub fn of(&self, kind: SyncKind) -> KindRules {
        match kind {
            SyncKind::OneOff => self.one_off,
            SyncKind::Periodic => self.periodic,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        let one_off = KindRules {
            permission: Permission::Allowed,
            metered: Condition::Allowed,
            roaming: Condition::Allowed,
            power_saver: Condition::Allowed,
            battery: 5,
            networks: Networks::Any,
        };
        let periodic = KindRules {
            metered: Condition::Held,
            roaming: Condition::Held,
            power_saver: Condition::Held,
            battery: 20,
            ..one_off
        };
        Self {
            one_off,
            periodic,
            max_attempts: 3,
            initial_retry_delay: 5 * MINUTE,
            retry_factor: 3,
            max_retry_delay: 24 * HOUR,
            run_limit: 180 * SECOND,
            expiry: 30 * 24 * HOUR,
            min_interval_floor: 12 * HOUR,
            stale_intervals: 3,
            learned_hours: LearnedHours::On,
            wakes_a_day: None,
            run_time_a_day: None,
        }
    }
}
