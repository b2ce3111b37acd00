//! The names of things: owners, profiles, scopes, tags and the keys made of them.
//!
//! A value of these types always keeps its rules; whoever has one need not check again.

use std::{cmp::Ordering, fmt, sync::Arc};

use url::{Host, Url};

use crate::field::{FieldError, at_most};

/// Longest tag in bytes (K-11).
pub const TAG_BYTES: usize = 10_240;
/// Longest scope URL in bytes.
pub const SCOPE_BYTES: usize = 2_048;
/// Longest web-app id in bytes.
pub const APP_ID_BYTES: usize = 2_048;
const BROWSER_BYTES: usize = 64;
const PROFILE_BYTES: usize = 256;
/// The uid that stands for nobody (`/proc/sys/kernel/overflowuid`).
const OVERFLOW_UID: u32 = 65_534;

/// The user a registration belongs to: the uid that the kernel gives for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(u32);

impl OwnerId {
    /// The owner with this uid.
    ///
    /// # Errors
    /// The kernel's overflow uid stands for users it cannot name: it owns nothing.
    pub fn from_uid(uid: u32) -> Result<Self, FieldError> {
        if uid == OVERFLOW_UID {
            return Err(FieldError::plain("uid", uid, "is the kernel's overflow uid: no user"));
        }
        Ok(Self(uid))
    }

    /// The uid.
    pub fn uid(self) -> u32 {
        self.0
    }
}

/// A browser profile as the browser names it, such as `chromium` and `Default`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProfileId {
    browser: Arc<str>,
    profile: Arc<str>,
}

/// By the names. Most that are compared share theirs.
impl Ord for ProfileId {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_name = |one: &Arc<str>, other: &Arc<str>| {
            if Arc::ptr_eq(one, other) { Ordering::Equal } else { one.cmp(other) }
        };
        by_name(&self.browser, &other.browser).then_with(|| by_name(&self.profile, &other.profile))
    }
}

impl PartialOrd for ProfileId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ProfileId {
    /// Checks both names.
    ///
    /// # Errors
    /// `browser` must be 1 to 64 bytes of `[a-z0-9._-]`, `profile` 1 to 256 bytes.
    pub fn parse(browser: &str, profile: &str) -> Result<Self, FieldError> {
        at_most("profile.browser", browser, BROWSER_BYTES)?;
        at_most("profile.profile", profile, PROFILE_BYTES)?;
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        if browser.is_empty() || !browser.bytes().all(plain) {
            let rule = "must be 1 to 64 bytes of a-z, 0-9, `.`, `_`, `-`";
            return Err(FieldError::text("profile.browser", browser, rule));
        }
        if profile.is_empty() {
            return Err(FieldError::text("profile.profile", profile, "must be 1 to 256 bytes"));
        }
        Ok(Self { browser: browser.into(), profile: profile.into() })
    }

    /// Before all others in their order, and none itself: where a range begins.
    pub(crate) fn least() -> Self {
        Self { browser: "".into(), profile: "".into() }
    }

    /// The browser's name.
    pub fn browser(&self) -> &str {
        &self.browser
    }

    /// The profile's name.
    pub fn profile(&self) -> &str {
        &self.profile
    }
}

/// A service worker's scope: an https URL, or http on a loopback host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    url: Arc<str>,
    /// The beginning of it, which is asked for many times a call.
    origin: Arc<str>,
}

impl Scope {
    /// Before all others in their order, and none itself: where a range begins.
    pub(crate) fn least() -> Self {
        Self::of_url("")
    }

    /// Where the range of an origin's scopes begins.
    pub(crate) fn least_of(origin: &str) -> Self {
        Self::of_url(&format!("{origin}/"))
    }

    fn of_url(url: &str) -> Self {
        // The third slash ends it.
        let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
        Self { url: url.into(), origin: url[..end].into() }
    }

    /// Checks and normalises a scope URL.
    ///
    /// # Errors
    /// When it is too long, no URL, not https (http on a loopback host excepted), or has a user,
    /// password, query or fragment.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        at_most("scope", text, SCOPE_BYTES)?;
        let wrong = |rule: String| FieldError::text("scope", text, rule);
        let url = Url::parse(text).map_err(|error| wrong(format!("is not a URL: {error}")))?;
        let trustworthy = match url.scheme() {
            "https" => url.host().is_some(),
            "http" => url.host().is_some_and(is_loopback),
            _ => false,
        };
        if !trustworthy {
            return Err(wrong("must be an https URL, or http on a loopback host".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not name a user or password".into()));
        }
        if url.fragment().is_some() {
            return Err(wrong("must not have a fragment".into()));
        }
        // Normalising can lengthen a URL: characters become percent-encoded.
        at_most("scope", url.as_str(), SCOPE_BYTES)?;
        Ok(Self::of_url(url.as_str()))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port, without a trailing slash.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The origin, shared.
    pub(crate) fn shared_origin(&self) -> Arc<str> {
        Arc::clone(&self.origin)
    }
}

fn is_loopback(host: Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// A registration's tag: 0 to 10,240 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Checks the length.
    ///
    /// # Errors
    /// When it is longer than [`TAG_BYTES`] (K-11).
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        at_most("tag", text, TAG_BYTES)?;
        Ok(Self(text.into()))
    }

    /// The text, shared.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of a web-app manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(Arc<str>);

impl AppId {
    /// Checks the length.
    ///
    /// # Errors
    /// When it is empty or longer than [`APP_ID_BYTES`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        at_most("app_id", text, APP_ID_BYTES)?;
        if text.is_empty() {
            return Err(FieldError::text("app_id", text, "must not be empty"));
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One-off or periodic: separate namespaces (S-P-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SyncKind {
    /// Runs once, as soon as it may.
    OneOff,
    /// Runs again and again.
    Periodic,
}

/// A profile of one owner: what a session stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileKey {
    /// Whose profile.
    pub owner: OwnerId,
    /// Which profile.
    pub profile: ProfileId,
}

/// One service worker registration of a browser profile: the owner of a list of sync
/// registrations (S-O-01).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerKey {
    /// Whose profile, and which.
    pub profile: ProfileKey,
    /// Its scope.
    pub scope: Scope,
}

/// What names a registration. Workers are shared, since one has many registrations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationKey {
    /// The service worker registration that it belongs to.
    pub worker: Arc<WorkerKey>,
    /// One-off or periodic.
    pub kind: SyncKind,
    /// Its tag.
    pub tag: Tag,
}

impl RegistrationKey {
    /// Whose registration.
    pub fn owner(&self) -> OwnerId {
        self.worker.profile.owner
    }
}

/// The number people and the store use for a registration; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(u64);

impl RegistrationId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RegistrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of an attached session; counts from 1 in each run of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

impl SessionId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of an attached launcher; counts from 1 in each run of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LauncherId(u64);

impl LauncherId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// Names one start of a browser: like an attempt, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaunchToken(pub AttemptId);

/// Names one attempt: the epoch of the daemon's start and a counter in it; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId {
    /// Stored and raised at each start.
    pub epoch: u64,
    /// From 1 in each epoch.
    pub counter: u64,
}

impl AttemptId {
    /// Reads `epoch-counter`.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = || FieldError::text("attempt_id", text, "is not `epoch-counter`");
        let (epoch, counter) = text.split_once('-').ok_or_else(wrong)?;
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten().ok_or_else(wrong)
        };
        Ok(Self { epoch: number(epoch)?, counter: number(counter)? })
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(scope: &str) -> String {
        Scope::parse(scope).unwrap_err().to_string()
    }

    #[test]
    fn scopes_are_https_or_loopback() {
        for good in [
            "https://example.org/app/",
            "http://localhost:8080/",
            "http://127.0.0.1/",
            "http://[::1]:3/",
            "http://a.localhost/",
        ] {
            assert_eq!(Scope::parse(good).unwrap().as_str(), good);
        }
        assert!(refused("http://example.org/").contains("must be an https URL"));
        assert!(refused("file:///etc").contains("must be an https URL"));
        assert!(refused("nonsense").contains("is not a URL"));
        assert!(refused("https://me:pw@example.org/").contains("user or password"));
        assert!(refused(&format!("https://example.org/{}", "a".repeat(2048))).contains("2048"));
    }

    #[test]
    fn origin_is_scheme_host_and_port() {
        let origin = |scope| Scope::parse(scope).unwrap().origin().to_owned();
        assert_eq!(origin("https://example.org/app/"), "https://example.org");
        assert_eq!(origin("https://Example.org:443/"), "https://example.org");
        assert_eq!(origin("http://[::1]:3/x"), "http://[::1]:3");
    }

    #[test]
    fn k_11_a_tag_has_at_most_10240_bytes() {
        assert!(Tag::parse(&"x".repeat(10_240)).is_ok());
        let error = Tag::parse(&"x".repeat(10_241)).unwrap_err().to_string();
        assert!(error.starts_with("field `tag`: value `xxx"), "{error}");
        assert!(error.ends_with("is longer than 10240 bytes (10241)"), "{error}");
    }

    #[test]
    fn attempt_ids_read_back() {
        let id = AttemptId { epoch: 3, counter: 42 };
        assert_eq!(AttemptId::parse(&id.to_string()), Ok(id));
        for bad in ["", "3", "3-", "-3", "3-+4", "3-4-5", "99999999999999999999-1"] {
            assert!(AttemptId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_overflow_uid_is_nobody() {
        assert!(OwnerId::from_uid(65_534).is_err());
        assert_eq!(OwnerId::from_uid(0).unwrap().uid(), 0);
    }
}
