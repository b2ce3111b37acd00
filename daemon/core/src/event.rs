//! What happens outside and changes what may run.

use crate::{
    attempt::Finished,
    facts::{Netlink, Power, Sleep, StoreAccess},
    key::{AttemptId, SessionId},
    time::WallClock,
};

/// An input of the core that wants no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// netlink's snapshot changed.
    NetlinkChanged(Netlink),
    /// Battery or charger changed.
    PowerChanged(Power),
    /// The machine goes to sleep or has woken.
    SleepChanged(Sleep),
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
}
