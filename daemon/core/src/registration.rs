//! A registration: what was asked for, and how far it has come. This is also what is stored.

use crate::{
    attempt::{Attempt, Ended},
    constraints::Constraints,
    facts::NetworkId,
    key::{AppId, RegistrationId, RegistrationKey, SyncKind},
    period::Plan,
    time::{Span, Timestamp},
};

/// One registration with its whole state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its number.
    pub id: RegistrationId,
    /// What names it.
    pub key: RegistrationKey,
    /// The web app it belongs to, where the browser knows it.
    pub app: Option<AppId>,
    /// What it asks of the host.
    pub constraints: Constraints,
    /// The network on which it was registered, where that was known.
    pub network: Option<NetworkId>,
    /// When it runs.
    pub schedule: Schedule,
    /// When it was first registered.
    pub registered_at: Timestamp,
    /// How far it has come.
    pub state: State,
    /// Charged attempts so far.
    pub attempts: u16,
    /// Attempts until it is given up (one-off) or waits for its next period (periodic).
    pub max_attempts: u16,
    /// Free attempts of the same ending in a row.
    pub streak: Option<Streak>,
    /// Attempts that the network's return has brought forward (P-03).
    pub brought_forward: u16,
    /// The last attempt that ended.
    pub last_attempt: Option<Box<Ended>>,
}

/// When a registration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Once.
    OneOff {
        /// Given up at this instant.
        expires_at: Timestamp,
    },
    /// Again and again.
    Periodic {
        /// As asked for; the effective interval may be longer.
        min_interval: Span,
        /// The slot in which the last event started, or the registration's own time (P-17).
        anchor: Timestamp,
        /// When its next event comes.
        plan: Plan,
    },
}

/// How far a registration has come (S-O-03, S-P-03).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Due: it runs as soon as nothing holds it.
    Pending,
    /// Not before this instant.
    Waiting {
        /// The instant.
        until: Timestamp,
        /// What is waited for.
        wait: Wait,
    },
    /// Periodic only: the user does not use the site.
    Suspended {
        /// Since when.
        since: Timestamp,
    },
    /// An attempt is out.
    Firing {
        /// The attempt; few are out at once.
        attempt: Box<Attempt>,
        /// Registered again meanwhile.
        reregistered: Reregistered,
    },
}

/// The states as people know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateName {
    /// Due, or a periodic that waits for its period.
    Pending,
    /// In back-off.
    Waiting,
    /// An attempt is out.
    Firing,
    /// An attempt is out, and it was registered again.
    ReregisteredWhileFiring,
    /// The user does not use the site.
    Suspended,
}

impl State {
    /// Its name.
    pub fn name(&self) -> StateName {
        match self {
            Self::Pending | Self::Waiting { wait: Wait::Period, .. } => StateName::Pending,
            Self::Waiting { wait: Wait::BackOff { .. }, .. } => StateName::Waiting,
            Self::Suspended { .. } => StateName::Suspended,
            Self::Firing { reregistered: Reregistered::No, .. } => StateName::Firing,
            Self::Firing { reregistered: Reregistered::WhileFiring, .. } => {
                StateName::ReregisteredWhileFiring
            }
        }
    }
}

/// What a waiting registration waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The next period.
    Period,
    /// The delay after a failed attempt.
    BackOff {
        /// From this instant on the network's return ends it (P-03).
        earliest: Timestamp,
    },
}

/// Whether a firing registration was registered again (S-O-13, S-P-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reregistered {
    /// It was not.
    No,
    /// It was.
    WhileFiring,
}

/// Endings that are free a few times in a row, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// Of which ending.
    pub of: FreeEnding,
    /// How often in a row, charged ones included.
    pub length: u16,
}

/// The endings that are not the worker's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeEnding {
    /// The network was gone.
    Offline,
    /// The worker did not start.
    Unavailable,
    /// The session went before Started.
    LostUnstarted,
    /// The session went after Started.
    LostStarted,
}

impl Registration {
    /// Periodic only: when its next event comes.
    pub fn plan(&self) -> Option<Plan> {
        match self.schedule {
            Schedule::OneOff { .. } => None,
            Schedule::Periodic { plan, .. } => Some(plan),
        }
    }

    /// Periodic only: from when on its period counts.
    pub fn anchor(&self) -> Option<Timestamp> {
        match self.schedule {
            Schedule::OneOff { .. } => None,
            Schedule::Periodic { anchor, .. } => Some(anchor),
        }
    }

    /// One-off or periodic.
    pub fn kind(&self) -> SyncKind {
        self.key.kind
    }

    /// The attempt that is out.
    pub fn running(&self) -> Option<&Attempt> {
        match &self.state {
            State::Firing { attempt, .. } => Some(attempt),
            State::Pending | State::Waiting { .. } | State::Suspended { .. } => None,
        }
    }
}
