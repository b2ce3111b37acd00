//! Why a call failed, and what to do about it.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::SocketPath;

/// Why a call to the daemon failed.
///
/// All calls may be repeated: those that change something say what they found.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nobody listens at the socket.
    #[error("pwasyncd is not running: no daemon listens at `{socket}`")]
    NotRunning {
        /// Where it was looked for.
        socket: SocketPath,
        /// What the system said.
        source: io::Error,
    },
    /// The socket is there, and this user may not use it.
    #[error("socket `{socket}` refuses this user")]
    SocketRefused {
        /// Which.
        socket: SocketPath,
        /// What the system said.
        source: io::Error,
    },
    /// The connection was lost during the call: it is perhaps done.
    #[error("connection to pwasyncd was lost: {message}")]
    Disconnected {
        /// What the transport said.
        message: String,
    },
    /// The daemon did not answer in time.
    #[error("pwasyncd did not answer within {} ms", limit.as_millis())]
    TimedOut {
        /// How long was waited.
        limit: Duration,
    },
    /// The daemon itself ran out of time.
    #[error("{message}")]
    DeadlineExceeded {
        /// What took too long.
        message: String,
    },
    /// A field is malformed or over a limit.
    #[error("{message}")]
    Invalid {
        /// Its path, such as `key.tag`; empty: the daemon named none.
        field: String,
        /// Field, value and limit.
        message: String,
    },
    /// There is no such thing, or it is not the caller's.
    #[error("{message}")]
    NotFound {
        /// What.
        message: String,
    },
    /// A rule or a missing right forbids it.
    #[error("{message}")]
    PermissionDenied {
        /// What.
        message: String,
        /// The rule's name, where one decided.
        rule: Option<String>,
    },
    /// A share is spent.
    #[error("{message}")]
    Exhausted {
        /// Which.
        message: String,
        /// When trying again makes sense.
        retry_after: Option<Duration>,
    },
    /// The daemon cannot at the moment: its store is read-only, or it stops.
    #[error("{message}")]
    Unavailable {
        /// Why.
        message: String,
        /// When trying again makes sense.
        retry_after: Option<Duration>,
    },
    /// The daemon's state does not allow it.
    #[error("{message}")]
    Refused {
        /// Why.
        message: String,
    },
    /// This daemon does not have this call: it is older, or not simulated.
    #[error("pwasyncd does not offer this call: {message}")]
    Unsupported {
        /// What it said.
        message: String,
    },
    /// The daemon made a mistake, and logged it.
    #[error("pwasyncd failed: {message}")]
    Internal {
        /// With the id under which it logged it.
        message: String,
    },
    /// The daemon's answer makes no sense to this client.
    #[error("answer of pwasyncd: field `{field}`: {problem}")]
    Malformed {
        /// Which.
        field: &'static str,
        /// Why.
        problem: String,
    },
}

impl ClientError {
    /// The next command, where there is one that helps.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotRunning { socket, .. } => {
                Some(format!("start it with `{}`", socket.start_command()))
            }
            Self::SocketRefused { socket, .. } => {
                Some(format!("see who may use it with `ls -l {socket}`"))
            }
            Self::TimedOut { .. } | Self::Internal { .. } => {
                Some("see its log with `journalctl -u pwasyncd`".to_owned())
            }
            Self::Exhausted { retry_after: Some(delay), .. }
            | Self::Unavailable { retry_after: Some(delay), .. } => {
                Some(format!("try again in {} s", delay.as_millis().div_ceil(1_000)))
            }
            Self::Disconnected { .. }
            | Self::DeadlineExceeded { .. }
            | Self::Invalid { .. }
            | Self::NotFound { .. }
            | Self::PermissionDenied { .. }
            | Self::Exhausted { .. }
            | Self::Unavailable { .. }
            | Self::Refused { .. }
            | Self::Unsupported { .. }
            | Self::Malformed { .. } => None,
        }
    }
}
