//! What happens outside and changes what may run.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    attempt::Finished,
    facts::{CheckNumber, Manager, Netlink, Power, PowerSaver, Sleep, Source, StoreAccess},
    key::{AttemptId, LaunchToken, LauncherId, ProfileId, SessionId},
    time::WallClock,
};

/// An input of the core that wants no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// netlink's snapshot changed.
    NetlinkChanged(Netlink),
    /// A connection manager came, went, or says something else.
    ManagerChanged(Manager),
    /// The connection manager has checked what an effect asked it to.
    ConnectionChecked(CheckNumber),
    /// The power saver was turned on or off, or its service came or went.
    PowerSaverChanged(Source<PowerSaver>),
    /// Battery or charger changed, or who tells of them.
    PowerChanged(Source<Power>),
    /// The machine goes to sleep or has woken.
    SleepChanged(Sleep),
    /// The machine has slept for so long, and nobody has told before.
    Slept(Duration),
    /// The wall clock moved against core time.
    WallClockChanged(WallClock),
    /// The store became read-only or writable.
    StoreChanged(StoreAccess),
    /// A session has reconciled and takes wakes.
    SessionReady(SessionId),
    /// A session's browser started the event.
    AttemptStarted {
        /// Who says so.
        session: SessionId,
        /// Which attempt.
        attempt: AttemptId,
    },
    /// A session's browser ended the event.
    AttemptFinished {
        /// Who says so.
        session: SessionId,
        /// How it ended.
        finished: Finished,
    },
    /// A session is gone.
    SessionClosed(SessionId),
    /// A launcher can start these browsers.
    LauncherProfiles {
        /// Who says so.
        launcher: LauncherId,
        /// Which, of its owner.
        profiles: BTreeSet<ProfileId>,
    },
    /// A launcher has not started a browser.
    LaunchFailed {
        /// Who says so.
        launcher: LauncherId,
        /// Which start.
        token: LaunchToken,
        /// Why, for people; at most [`DETAIL_BYTES`](crate::attempt::DETAIL_BYTES).
        reason: Box<str>,
    },
    /// A launcher is gone.
    LauncherClosed(LauncherId),
}
