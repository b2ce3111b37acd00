//! Why a registration does not run, and when registrations will.

use std::time::{Duration, SystemTime};

use crate::{BlockerCode, FactValue, HistoryEntry, Registration, RegistrationId, RegistrationKey};

/// Why a registration does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// With all that holds it.
    pub registration: Registration,
    /// One for each of its blockers, in their order: what holds it.
    pub sentences: Vec<String>,
    /// When it will run.
    pub outlook: Outlook,
    /// What was decided about it last, newest first.
    pub trail: Vec<HistoryEntry>,
}

/// When a registration will run if nothing else changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// None: no time can be named, or it runs now.
    pub at: Option<SystemTime>,
    /// Whether the time comes true by itself.
    pub certainty: Certainty,
    /// A sentence.
    pub text: String,
}

/// Whether a time comes true by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certainty {
    /// Unless a fact, a call or an attempt changes things before.
    Certain,
    /// It hangs on what nobody can foretell.
    #[default]
    Uncertain,
}

/// What to foretell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForecastQuestion {
    /// How the host is to be, in place of how it is.
    pub conditions: Vec<FactValue>,
    /// So much time passes first.
    pub advance: Option<Duration>,
    /// How far to look after that; none: 24 h.
    pub horizon: Option<Duration>,
    /// Only this registration.
    pub id: Option<RegistrationId>,
}

/// What would happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The beginning of the span looked at.
    pub from: Option<SystemTime>,
    /// Its end.
    pub until: Option<SystemTime>,
    /// By time, then those without one by id.
    pub items: Vec<ForecastItem>,
    /// There were more.
    pub truncated: bool,
    /// Instants at which a browser is woken.
    pub wakes: u32,
}

/// One event, or a registration that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForecastItem {
    /// Which registration.
    pub registration_id: RegistrationId,
    /// Whose it is.
    pub owner_uid: u32,
    /// Its name.
    pub key: RegistrationKey,
    /// When its event goes; none: not inside the span.
    pub at: Option<SystemTime>,
    /// It would be the last attempt.
    pub last_chance: bool,
    /// What holds it meanwhile.
    pub held: Vec<BlockerCode>,
    /// A sentence.
    pub text: String,
}
