//! Pauses and overrides: what people ask of the scheduler for a while. Each ends by itself.

use std::sync::Arc;

use crate::{
    constraints::Transport,
    facts::Reach,
    key::{AppId, OwnerId, RegistrationKey},
    place::Place,
    time::Timestamp,
};

/// The number of a lease; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(u64);

impl LeaseId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A pause or an override, until it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its number.
    pub id: LeaseId,
    /// Whose registrations it is about.
    pub subject: Subject,
    /// What it does.
    pub what: Leased,
    /// Only while the host is there; `None`: wherever it is.
    pub place: Option<Place>,
    /// Since when.
    pub since: Timestamp,
    /// It ends at this instant.
    pub until: Timestamp,
    /// Why, in the words of who asked; at most [`REASON_BYTES`].
    pub reason: Arc<str>,
}

/// Longest reason of a lease, in bytes.
pub const REASON_BYTES: usize = 256;

/// Whose registrations something is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Everybody's.
    All,
    /// Of one owner.
    Owner(OwnerId),
    /// Of one origin of an owner, in each of its profiles.
    Origin(OwnerId, Arc<str>),
    /// Of one app of an owner, in each of its profiles.
    App(OwnerId, AppId),
}

impl Subject {
    /// Whether a registration is meant.
    pub fn covers(&self, key: &RegistrationKey, app: Option<&AppId>) -> bool {
        match self {
            Self::All => true,
            Self::Owner(owner) => *owner == key.owner(),
            Self::Origin(owner, origin) => {
                *owner == key.owner() && **origin == *key.worker.scope.origin()
            }
            Self::App(owner, own) => *owner == key.owner() && Some(own) == app,
        }
    }

    /// Whose; `None`: everybody's.
    pub fn owner(&self) -> Option<OwnerId> {
        match self {
            Self::All => None,
            Self::Owner(owner) | Self::Origin(owner, _) | Self::App(owner, _) => Some(*owner),
        }
    }
}

/// What a lease does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leased {
    /// Nothing runs.
    Pause,
    /// This is taken to be so, whatever the sources say.
    Override(FactValue),
}

/// A fact that may be overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// How far the network reaches.
    Network,
    /// Metered or not.
    Metered,
    /// Roaming or not.
    Roaming,
    /// The kind of the primary link.
    Transport,
    /// Charger plugged in or not.
    Charging,
    /// Charge of the battery.
    Battery,
    /// Power saver on or off.
    PowerSaver,
}

/// A fact with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// See [`Fact::Network`].
    Network(Reach),
    /// See [`Fact::Metered`].
    Metered(bool),
    /// See [`Fact::Roaming`].
    Roaming(bool),
    /// See [`Fact::Transport`].
    Transport(Transport),
    /// In percent, 0 to 100.
    Battery(u8),
    /// See [`Fact::Charging`].
    Charging(bool),
    /// See [`Fact::PowerSaver`].
    PowerSaver(bool),
}

impl FactValue {
    /// Which fact it is about.
    pub fn fact(self) -> Fact {
        match self {
            Self::Network(_) => Fact::Network,
            Self::Metered(_) => Fact::Metered,
            Self::Roaming(_) => Fact::Roaming,
            Self::Transport(_) => Fact::Transport,
            Self::Battery(_) => Fact::Battery,
            Self::Charging(_) => Fact::Charging,
            Self::PowerSaver(_) => Fact::PowerSaver,
        }
    }
}
