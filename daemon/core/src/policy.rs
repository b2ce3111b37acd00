//! Every number of the scheduler, with Chromium's value as the default (K).

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// What the scheduler decides by.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Charged attempts until a one-off is given up, or a periodic waits for its next period
    /// (K-02).
    pub max_attempts: u32,
    /// Delay after the first charged failure (K-04).
    pub initial_retry_delay: Duration,
    /// Each further delay is so many times the one before (K-05).
    pub retry_factor: u32,
    /// Longest delay between two attempts.
    pub max_retry_delay: Duration,
    /// An event may run so long, counted from Started (K-07).
    pub run_limit: Duration,
    /// Started must come so soon after the wake.
    pub start_limit: Duration,
    /// First delay after a worker could not start; doubles up to [`Self::max_unavailable_delay`]
    /// (P-09).
    pub unavailable_delay: Duration,
    /// See [`Self::unavailable_delay`].
    pub max_unavailable_delay: Duration,
    /// Delay after an attempt that found the network gone while the host has one.
    pub offline_delay: Duration,
    /// Free attempts in a row that ended offline, before they are charged.
    pub free_offline: u32,
    /// Free attempts in a row whose worker did not start, before they are charged.
    pub free_unavailable: u32,
    /// Free attempts in a row that were lost before they started, before they are charged.
    pub free_lost_unstarted: u32,
    /// Free attempts in a row that were lost after they started, before they are charged.
    pub free_lost_started: u32,
    /// Longest delay that a browser may ask for with `retry_after` (P-04).
    pub max_retry_after: Duration,
    /// A one-off without an expiry of its own is given up after this time (P-12).
    pub expiry: Duration,
    /// Longest expiry that a registration may ask for.
    pub max_expiry: Duration,
    /// A shorter minimum interval is raised to this (K-08, P-11).
    pub min_interval_floor: Duration,
    /// Online for so long on the same network before syncs run.
    pub settle: Duration,
    /// The same after a resume.
    pub resume_settle: Duration,
    /// At start, wait so long for each source to speak.
    pub starting_limit: Duration,
    /// Periodic events wait at this charge in percent or less, discharging.
    pub battery_low: u8,
    /// One-off events wait too at this charge or less.
    pub battery_critical: u8,
    /// Events at once, in all (P-08).
    pub slots: u32,
    /// Of them for one owner while another waits (P-08).
    pub owner_slots: u32,
    /// Registrations of one owner.
    pub owner_registrations: usize,
    /// Registrations of one origin of one owner.
    pub origin_registrations: usize,
    /// Registrations in all.
    pub registrations: usize,
    /// Events at once of a session that does not say what it can take (P-08).
    pub default_capacity: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            initial_retry_delay: 5 * MINUTE,
            retry_factor: 3,
            max_retry_delay: 24 * HOUR,
            run_limit: 3 * MINUTE,
            start_limit: 30 * SECOND,
            unavailable_delay: 30 * SECOND,
            max_unavailable_delay: HOUR,
            offline_delay: SECOND,
            free_offline: 3,
            free_unavailable: 10,
            free_lost_unstarted: 10,
            free_lost_started: 1,
            max_retry_after: 24 * HOUR,
            expiry: 30 * 24 * HOUR,
            max_expiry: 366 * 24 * HOUR,
            min_interval_floor: 12 * HOUR,
            settle: SECOND,
            resume_settle: 5 * SECOND,
            starting_limit: 3 * SECOND,
            battery_low: 20,
            battery_critical: 5,
            slots: 16,
            owner_slots: 8,
            owner_registrations: 10_000,
            origin_registrations: 256,
            registrations: 200_000,
            default_capacity: 4,
        }
    }
}
