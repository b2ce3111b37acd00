//! How users use web apps, and what browsers tell of it.

use std::time::SystemTime;

use crate::ProfileId;

/// What a browser tells about an origin.
#[derive(Clone, Debug, PartialEq)]
pub enum EngagementReport {
    /// What the user did, in any order.
    Events(Vec<EngagementEvent>),
    /// The browser's own score, 0 to 100.
    Score(f64),
    /// The browser's own level; [`EngagementLevel::Unknown`] is refused.
    Level(EngagementLevel),
}

/// Something that the user did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngagementEvent {
    /// What.
    pub kind: EngagementEventKind,
    /// When; none: now.
    pub at: Option<SystemTime>,
}

/// What a user can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngagementEventKind {
    /// Go to a page of the origin.
    Navigation,
    /// Use keys or pointer in a page of it.
    UserInput,
    /// Have media play in a visible page.
    MediaVisible,
    /// Have media play in a hidden page.
    MediaHidden,
    /// Act on a notification.
    Notification,
    /// Start the installed app.
    ShortcutLaunch,
}

/// How much an origin is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngagementLevel {
    /// Nothing is reported: nothing is slowed down or suspended for it.
    Unknown,
    /// Not at all.
    None,
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// As much as can be.
    Max,
}

impl EngagementLevel {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Max => "max",
        }
    }
}

/// How an origin stands after a report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EngagementScore {
    /// 0 to 100.
    pub score: f64,
    /// How much that is.
    pub level: EngagementLevel,
}

/// Which origins to tell of; an absent part lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngagementFilter {
    /// Of this profile.
    pub profile: Option<ProfileId>,
    /// Of this origin: scheme, host and port.
    pub origin: Option<String>,
    /// Of this user; for administrators.
    pub owner_uid: Option<u32>,
}

/// How a user uses an origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Engagement {
    /// Who.
    pub owner_uid: u32,
    /// In which profile.
    pub profile: ProfileId,
    /// Scheme, host and port.
    pub origin: String,
    /// 0 to 100, as of now.
    pub score: f64,
    /// How much that is.
    pub level: EngagementLevel,
    /// Points of the local day, of which policy caps the sum.
    pub points_today: f64,
    /// The last event.
    pub last_at: Option<SystemTime>,
    /// Weights of the local hours in which it is used, from 0 h on; empty: none is known.
    pub hours: Vec<f64>,
    /// The score or level is the browser's own.
    pub reported: bool,
}

/// A score to set by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct NewScore {
    /// In which profile.
    pub profile: ProfileId,
    /// Scheme, host and port.
    pub origin: String,
    /// 0 to 100.
    pub score: f64,
    /// Of this user; for administrators. None: the caller.
    pub owner_uid: Option<u32>,
}
