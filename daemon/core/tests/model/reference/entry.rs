//! One registration of the reference.

use std::time::Duration;

use pwasync_core::time::Timestamp;

use super::{HOUR, SECOND};
use crate::{
    model::transition::{Key, name},
    support::names::clock,
};

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) key: Key,
    pub(super) state: State,
    /// Charged attempts.
    pub(super) attempts: u32,
    /// An ending that is free, and how often it came in a row.
    pub(super) row: Option<(&'static str, u32)>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) min_interval: Duration,
    pub(super) anchor: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    Due,
    Period(Timestamp),
    BackOff(Timestamp),
    Firing(Firing),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Firing {
    /// Tells attempts apart.
    pub(super) serial: u64,
    pub(super) sent_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) deadline: Timestamp,
    pub(super) last_chance: bool,
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
            State::Due | State::Period(_) | State::BackOff(_) => None,
        }
    }

    pub(super) fn interval(&self) -> Duration {
        self.min_interval.max(12 * HOUR)
    }

    /// When something happens to it by itself.
    pub(super) fn instant(&self) -> Option<Timestamp> {
        match &self.state {
            State::Due => self.expires_at,
            State::Period(until) | State::BackOff(until) => {
                Some(self.expires_at.map_or(*until, |at| at.min(*until)))
            }
            State::Firing(firing) => Some(firing.deadline),
        }
    }

    /// P-15, P-17.
    pub(super) fn regular_interval(&mut self, firing: &Firing, now: Timestamp, asked: Duration) {
        let started = firing.started_at.unwrap_or(firing.sent_at);
        let slot = self.anchor + self.interval();
        self.anchor = if slot <= started && started <= slot + SECOND { slot } else { started };
        let until = self.anchor + self.interval();
        self.state = if now + asked > until.max(now) {
            State::BackOff(now + asked)
        } else if until > now {
            State::Period(until)
        } else {
            State::Due
        };
    }

    pub(super) fn words(&self, blockers: &[&str]) -> String {
        let state = match &self.state {
            State::Due => "due".to_owned(),
            State::Period(until) => format!("period until {}", clock(*until)),
            State::BackOff(until) => format!("back-off until {}", clock(*until)),
            State::Firing(firing) => {
                let Firing { sent_at, deadline, last_chance, reregistered, .. } = *firing;
                let (sent, until) = (clock(sent_at), clock(deadline));
                let started = firing.started_at.map_or("not".to_owned(), clock);
                format!(
                    "firing {} sent {sent} started {started} until {until} last {last_chance} \
                     again {reregistered}",
                    self.attempts + 1
                )
            }
        };
        let row = self.row.map_or("none".to_owned(), |(of, times)| format!("{times} {of}"));
        let life = match self.expires_at {
            Some(at) => format!("expires {}", clock(at)),
            None => format!("every {:?} from {}", self.min_interval, clock(self.anchor)),
        };
        format!(
            "{} {}: {state}; {} charged; row {row}; {life}; {}",
            self.id,
            name(&self.key.real()),
            self.attempts,
            blockers.join(" ")
        )
    }
}
