//! Every number of the scheduler, with Chromium's value as the default (K, E) unless the design
//! decides otherwise (P).

mod engagement;
pub mod keys;
mod order;
mod rules;
mod said;
mod setting;
mod site;
mod suspend;
mod traffic;
mod value;

use std::{collections::BTreeMap, time::Duration};

pub use engagement::EngagementPolicy;
pub use order::Contradiction;
pub use rules::{Condition, KindRules, LearnedHours, Networks, Permission, Rules};
pub use said::{NetworkRules, Said};
pub use site::{Patch, PatchError, Section};
pub use suspend::{SuspendPolicy, WakeMachine};
pub use traffic::Traffic;
pub use value::{Kind, Raw, Value, ValueError};

use crate::{key::AppId, place::Place};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// What the scheduler decides by.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// What holds for a site that has no section of its own.
    pub rules: Rules,
    /// What origins have for themselves.
    pub origins: BTreeMap<Box<str>, Patch>,
    /// What apps have for themselves.
    pub apps: BTreeMap<AppId, Patch>,
    /// What is said of a network that has no section of its own.
    pub network: NetworkRules,
    /// What is said of networks by their names.
    pub networks: BTreeMap<Place, Patch>,
    /// The engagement model.
    pub engagement: EngagementPolicy,
    /// Started must come so soon after the wake.
    pub start_limit: Duration,
    /// The same after the browser was launched for it.
    pub launched_start_limit: Duration,
    /// A launched browser must attach so soon.
    pub launch_limit: Duration,
    /// First delay after a launch that failed; doubles up to [`Self::max_launch_delay`].
    pub launch_delay: Duration,
    /// See [`Self::launch_delay`].
    pub max_launch_delay: Duration,
    /// First delay after a worker could not start; doubles up to [`Self::max_unavailable_delay`]
    /// (P-09).
    pub unavailable_delay: Duration,
    /// See [`Self::unavailable_delay`].
    pub max_unavailable_delay: Duration,
    /// Delay after an attempt that found the network gone while the host has one.
    pub offline_delay: Duration,
    /// The network's return ends a back-off no sooner than this after the attempt (P-03).
    pub return_delay: Duration,
    /// Attempts of one registration that the network's return may bring forward (P-03).
    pub max_brought_forward: u16,
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
    /// Longest expiry that a registration may ask for.
    pub max_expiry: Duration,
    /// Registrations of an app that is not installed any more are held so long, then removed
    /// (P-10).
    pub uninstalled_hold: Duration,
    /// Online for so long on the same network before syncs run.
    pub settle: Duration,
    /// The same after a resume.
    pub resume_settle: Duration,
    /// A link that leads elsewhere is held so long until its manager has checked it.
    pub check_limit: Duration,
    /// At start, wait so long for each source to speak.
    pub starting_limit: Duration,
    /// A network whose connectivity check has had no answer for so long is tried all the same.
    pub limited_grace: Duration,
    /// In such a network one attempt of a one-off in so long.
    pub limited_gap: Duration,
    /// What is done about the machine's sleep.
    pub suspend: SuspendPolicy,
    /// Slots of the wake grid for intervals under 1 h; zero: no grid.
    pub grid_short: Duration,
    /// Slots for intervals under 12 h.
    pub grid_middle: Duration,
    /// Slots for longer intervals.
    pub grid_long: Duration,
    /// Where the slots of this machine begin: stable, drawn from its id; no key of the file.
    pub grid_offset: Duration,
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
    /// Bytes of the records of one owner.
    pub owner_bytes: usize,
    /// Bytes of records in all.
    pub bytes: usize,
    /// Owners of whom something is kept.
    pub owners: usize,
    /// Of them those without a login name.
    pub unnamed_owners: usize,
    /// How much the socket carries.
    pub traffic: Traffic,
    /// Events at once of a session that does not say what it can take (P-08).
    pub default_capacity: u32,
    /// Entries of the history of one owner.
    pub owner_history: usize,
    /// Entries of the history in all.
    pub history: usize,
    /// Origins of one owner of which something is kept.
    pub owner_sites: usize,
    /// Browser profiles of one owner of which something is kept.
    pub owner_profiles: usize,
    /// Pauses and overrides of one owner.
    pub owner_leases: usize,
    /// Longest pause.
    pub max_pause: Duration,
    /// Longest override.
    pub max_override: Duration,
}

impl Policy {
    /// What holds for the registrations of a site: the app's section over the origin's over the
    /// general one.
    pub fn rules_for(&self, origin: &str, app: Option<&AppId>) -> Rules {
        let mut rules = self.rules;
        let app = app.and_then(|app| self.apps.get(app));
        for patch in self.origins.get(origin).into_iter().chain(app) {
            patch.lay_over(&mut rules);
        }
        rules
    }

    /// What is said of the network that has these names: by its connection over its Wi-Fi over its
    /// interface.
    pub fn network_rules(&self, has: impl Fn(&Place) -> bool) -> NetworkRules {
        let mut rules = self.network;
        for (_, patch) in self.networks.iter().filter(|(place, _)| has(place)) {
            patch.lay_over_network(&mut rules);
        }
        rules
    }

    /// The length of the longest slots of the wake grid.
    pub fn longest_slot(&self) -> Duration {
        self.grid_short.max(self.grid_middle).max(self.grid_long)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            origins: BTreeMap::new(),
            apps: BTreeMap::new(),
            network: NetworkRules::default(),
            networks: BTreeMap::new(),
            engagement: EngagementPolicy::default(),
            start_limit: 30 * SECOND,
            launched_start_limit: 60 * SECOND,
            launch_limit: MINUTE,
            launch_delay: MINUTE,
            max_launch_delay: HOUR,
            unavailable_delay: 30 * SECOND,
            max_unavailable_delay: HOUR,
            offline_delay: SECOND,
            return_delay: 30 * SECOND,
            max_brought_forward: 3,
            free_offline: 3,
            free_unavailable: 10,
            free_lost_unstarted: 10,
            free_lost_started: 1,
            max_retry_after: DAY,
            max_expiry: 366 * DAY,
            uninstalled_hold: 7 * DAY,
            settle: SECOND,
            resume_settle: 5 * SECOND,
            check_limit: 30 * SECOND,
            starting_limit: 3 * SECOND,
            limited_grace: 10 * MINUTE,
            limited_gap: HOUR,
            suspend: SuspendPolicy::default(),
            grid_short: 30 * SECOND,
            grid_middle: 5 * MINUTE,
            grid_long: 15 * MINUTE,
            grid_offset: Duration::ZERO,
            slots: 16,
            owner_slots: 8,
            owner_registrations: 10_000,
            origin_registrations: 256,
            registrations: 200_000,
            owner_bytes: 4 << 20,
            bytes: 256 << 20,
            owners: 1_000,
            unnamed_owners: 16,
            traffic: Traffic::default(),
            default_capacity: 4,
            owner_history: 2_000,
            history: 20_000,
            owner_sites: 10_000,
            owner_profiles: 64,
            owner_leases: 64,
            max_pause: 30 * DAY,
            max_override: 7 * DAY,
        }
    }
}
