//! Names and ids: what points at a profile, a registration or an attempt.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// A browser profile, as the browser names it; unique inside one owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId {
    /// 1 to 64 bytes of `[a-z0-9._-]`, such as `chromium`.
    pub browser: String,
    /// 1 to 256 bytes; the browser's own stable name of the profile.
    pub profile: String,
}

impl fmt::Display for ProfileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.browser, self.profile)
    }
}

/// One-off and periodic registrations are separate namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SyncKind {
    /// `sync`: runs once, as soon as it may.
    OneOff,
    /// `periodicsync`: runs again and again.
    Periodic,
}

impl SyncKind {
    /// `one-off` or `periodic`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneOff => "one-off",
            Self::Periodic => "periodic",
        }
    }
}

/// What names a registration, together with the owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationKey {
    /// Whose browser.
    pub profile: ProfileId,
    /// The service worker's scope, a URL.
    pub scope: String,
    /// Which namespace.
    pub kind: SyncKind,
    /// As the web app gave it: any text, control characters included.
    pub tag: String,
}

/// The id of a registration: given by the daemon, never reused, what people type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(u64);

impl RegistrationId {
    /// An id as the daemon or a person gave it.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for RegistrationId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The id of an attempt: never reused, not even by a daemon that started again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(String);

impl AttemptId {
    /// An id as the daemon gave it.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
