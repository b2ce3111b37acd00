//! One registration of the reference.

use std::time::Duration;

use pwasync_core::{
    constraints::Constraints, facts::NetworkId, period::Plan, site::SiteKey, time::Timestamp,
};

use crate::{
    model::transition::{Key, name},
    support::names::clock,
};

#[derive(Clone, Debug)]
pub(in crate::model) struct Entry {
    pub(super) id: u64,
    pub(super) key: Key,
    pub(super) app: Option<usize>,
    pub(super) constraints: Constraints,
    /// The network on which it was registered.
    pub(super) network: Option<NetworkId>,
    pub(super) registered_at: Timestamp,
    pub(super) state: State,
    /// Charged attempts.
    pub(super) attempts: u16,
    pub(super) max_attempts: u16,
    /// An ending that is free, and how often it came in a row.
    pub(super) row: Option<(&'static str, u32)>,
    /// Attempts that the network's return brought forward.
    pub(super) forward: u16,
    /// When the last attempt was sent, and when it ended.
    pub(super) last: Option<(Timestamp, Timestamp)>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) min_interval: Duration,
    pub(super) anchor: Timestamp,
    /// Periodic ones have one.
    pub(super) plan: Option<Plan>,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    Due,
    Period(Timestamp),
    BackOff {
        until: Timestamp,
        /// From here on the network's return ends it.
        earliest: Timestamp,
    },
    Suspended(Timestamp),
    Firing(Firing),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Firing {
    /// Tells attempts apart.
    pub(super) serial: u64,
    pub(super) sent_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) deadline: Timestamp,
    pub(super) run_limit: Duration,
    pub(super) last_chance: bool,
    pub(super) forward: bool,
    pub(super) reregistered: bool,
    /// Its browser is attached and knows of it.
    pub(super) attached: bool,
    /// The wake has reached the browser.
    pub(super) delivered: bool,
}

impl Entry {
    pub(super) fn firing(&self) -> Option<Firing> {
        match self.state {
            State::Firing(firing) => Some(firing),
            State::Due | State::Period(_) | State::BackOff { .. } | State::Suspended(_) => None,
        }
    }

    pub(super) fn site(&self) -> SiteKey {
        self.key.site()
    }

    pub(super) fn back_off_earliest(&self) -> Option<Timestamp> {
        match self.state {
            State::BackOff { earliest, .. } => Some(earliest),
            State::Due | State::Period(_) | State::Suspended(_) | State::Firing(_) => None,
        }
    }

    pub(super) fn words(&self, blockers: &[&str]) -> String {
        let state = match &self.state {
            State::Due => "due".to_owned(),
            State::Period(until) => format!("period until {}", clock(*until)),
            State::BackOff { until, earliest } => {
                format!("back-off until {} from {}", clock(*until), clock(*earliest))
            }
            State::Suspended(since) => format!("suspended since {}", clock(*since)),
            State::Firing(firing) => {
                let Firing { sent_at, deadline, last_chance, forward, .. } = *firing;
                let (sent, until) = (clock(sent_at), clock(deadline));
                let started = firing.started_at.map_or("not".to_owned(), clock);
                format!(
                    "firing {} sent {sent} started {started} until {until} last {last_chance} \
                     forward {forward} again {}",
                    self.attempts + 1,
                    firing.reregistered
                )
            }
        };
        let row = self.row.map_or("none".to_owned(), |(of, times)| format!("{times} {of}"));
        let life = match self.expires_at {
            Some(at) => format!("expires {}", clock(at)),
            None => {
                let anchor = clock(self.anchor);
                format!("every {:?} from {anchor} by {:?}", self.min_interval, self.plan)
            }
        };
        format!(
            "{} {}: {state}; {} of {} charged, {} forward; row {row}; {life}; {}",
            self.id,
            name(&self.key.real()),
            self.attempts,
            self.max_attempts,
            self.forward,
            blockers.join(" ")
        )
    }
}
