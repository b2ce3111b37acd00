//! What the core wants done, in order.
//!
//! `Record` is for the disk; all else is gated on the records before it: it may leave only when
//! every one of them is on disk.

use std::{sync::Arc, time::Duration};

use crate::{
    change::Change,
    facts::CheckNumber,
    history::Entry,
    key::{
        AttemptId, LaunchToken, LauncherId, OwnerId, ProfileKey, RegistrationId, RegistrationKey,
        SessionId,
    },
    lease::{Lease, LeaseId},
    profile::Profile,
    registration::Registration,
    saved::Counters,
    site::{Site, SiteKey},
    time::Timestamp,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write or delete a record.
    Record(Record),
    /// Wake a service worker.
    Wake(Wake),
    /// End an event.
    Cancel {
        /// Whom to tell.
        session: SessionId,
        /// Which attempt.
        attempt: AttemptId,
        /// Why.
        reason: CancelReason,
    },
    /// Confirm an outcome.
    Recorded {
        /// Whom to tell.
        session: SessionId,
        /// Which attempt.
        attempt: AttemptId,
        /// Whether it still counted.
        counted: Counted,
    },
    /// End a session.
    CloseSession {
        /// Which.
        session: SessionId,
        /// Why.
        reason: CloseReason,
    },
    /// Start a browser.
    Launch {
        /// Whom to ask.
        launcher: LauncherId,
        /// Which browser.
        profile: ProfileKey,
        /// Names this start.
        token: LaunchToken,
    },
    /// The browser need not be started any more.
    LaunchCancel {
        /// Whom to tell.
        launcher: LauncherId,
        /// Which start.
        token: LaunchToken,
    },
    /// End a launcher's stream: a newer one of its owner attached.
    CloseLauncher(LauncherId),
    /// Tell those who watch.
    Notify(Change),
    /// The view of the host changed: tell the sessions.
    HostChanged,
    /// Have the connection manager find out anew how far the link that leads out reaches. Waits for
    /// no record.
    CheckConnection(CheckNumber),
    /// Wake the machine at this instant if it sleeps then; `None`: leave it asleep.
    WakeMachine(Option<Timestamp>),
    /// The machine's sleep is to be delayed, or not any more.
    Inhibit(Inhibition),
}

/// A record on disk.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Write this registration.
    Save(Box<Registration>),
    /// Delete this registration's record.
    Delete(RegistrationId),
    /// Write the counters.
    SaveCounters(Counters),
    /// Write who an owner is.
    SaveOwner {
        /// Whose uid.
        owner: OwnerId,
        /// The login name it belongs to.
        name: Arc<str>,
    },
    /// Write what is kept of a site.
    SaveSite(Box<(SiteKey, Site)>),
    /// Write what is kept of a site, of which only its use is news: score, hours, networks.
    NoteSite(Box<(SiteKey, Site)>),
    /// Delete a site's record.
    DeleteSite(SiteKey),
    /// Write what is kept of a profile.
    SaveProfile(Box<(ProfileKey, Profile)>),
    /// Write what is kept of a profile, of which only its use is news.
    NoteProfile(Box<(ProfileKey, Profile)>),
    /// Delete a profile's record.
    DeleteProfile(ProfileKey),
    /// Write a pause or an override.
    SaveLease(Lease),
    /// Delete a lease's record.
    DeleteLease(LeaseId),
    /// Write an entry of the history.
    SaveEntry(Box<Entry>),
    /// Delete an entry of the history.
    DeleteEntry(u64),
    /// Write the number of this start, which was raised.
    SaveEpoch(u64),
    /// Before this is written, copies of what was saved go: somebody has the right that nothing of
    /// it is left.
    EraseCopies,
}

/// How soon a record must be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// Before anything that comes after it leaves.
    AtOnce,
    /// With the next record that must, or after a minute. A crash may lose it, together with all
    /// that was written after it and waits too; nothing is held up by it.
    Rides,
}

impl Record {
    /// How soon it must be on disk. This alone decides which records ride along with others
    /// (design, section 7.1): how sites were used, as browsers report it, and the history. What
    /// a registration does after a restart hangs on none of them but by how much its site is
    /// used, which is reported again.
    ///
    /// An entry of the history that a user clears goes with the counters, which must go at once.
    pub fn haste(&self) -> Haste {
        match self {
            Self::NoteSite(_)
            | Self::NoteProfile(_)
            | Self::SaveEntry(_)
            | Self::DeleteEntry(_) => Haste::Rides,
            Self::Save(_)
            | Self::Delete(_)
            | Self::SaveCounters(_)
            | Self::SaveOwner { .. }
            | Self::SaveSite(_)
            | Self::DeleteSite(_)
            | Self::SaveProfile(_)
            | Self::DeleteProfile(_)
            | Self::SaveLease(_)
            | Self::DeleteLease(_)
            | Self::SaveEpoch(_)
            | Self::EraseCopies => Haste::AtOnce,
        }
    }
}

/// A wake, as it goes to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Whom to wake.
    pub session: SessionId,
    /// The attempt.
    pub attempt: AttemptId,
    /// Which registration.
    pub registration: RegistrationId,
    /// Its key.
    pub key: RegistrationKey,
    /// No further charged attempt can follow.
    pub last_chance: bool,
    /// Counts from Started.
    pub time_limit: Duration,
    /// Counts from the wake.
    pub start_limit: Duration,
}

/// Whether an outcome still counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It did.
    Yes,
    /// The attempt had run out, was removed, or was never this owner's.
    No,
}

/// Whether events run for whose sake the machine's sleep is to be delayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inhibition {
    /// None: it may sleep.
    #[default]
    Free,
    /// Some, which are cut once the machine has been about to sleep for so long.
    Wanted {
        /// See [`SuspendPolicy::delay`](crate::policy::SuspendPolicy::delay).
        limit: Duration,
    },
}

/// Why an event is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// It ran into its limit.
    TimeLimit,
    /// Its registration was removed.
    Removed,
    /// The permission was revoked.
    Revoked,
    /// The machine goes to sleep.
    Suspending,
}

/// Why the core ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// A newer session of the same profile attached.
    Superseded,
}
