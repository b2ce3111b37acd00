//! What the exit code says. The numbers are stable: scripts rely on them.

use std::process::ExitCode;

/// How a run of syncctl ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked.
    Ok,
    /// It could not.
    Error,
    /// What was typed makes no sense.
    Usage,
    /// There is no such thing.
    NotFound,
    /// It may not.
    Permission,
    /// It is so already.
    NothingToDo,
    /// It took too long.
    TimedOut,
    /// A condition or a limit holds it.
    Refused,
    /// No daemon.
    NotRunning,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::NotFound => 3,
            Exit::Permission => 4,
            Exit::NothingToDo => 5,
            Exit::TimedOut => 6,
            Exit::Refused => 7,
            Exit::NotRunning => 8,
        })
    }
}
