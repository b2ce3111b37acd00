//! Why a verb failed: one error line, what to do about it, and the exit code.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use pwasync_client::{AttemptId, ClientError, RegistrationId, SocketPath};
use thiserror::Error;

use crate::exit::Exit;
use crate::text::{counted, escape};

/// Why a verb failed.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("cannot write the output")]
    Output(#[from] io::Error),
    #[error("cannot write to folder `{}`", .folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error("cannot set up input and output")]
    Runtime(#[source] io::Error),
    #[error("registration `{0}`: there is none with this id")]
    NoSuchRegistration(RegistrationId),
    #[error("registration `{id}` runs already, as attempt `{attempt}`")]
    AlreadyRunning { id: RegistrationId, attempt: AttemptId },
    #[error("registration `{id}` is held by {codes}")]
    Held { id: RegistrationId, codes: String, hint: String },
    #[error("pwasyncd at `{socket}` is not simulated")]
    NotSimulated { socket: SocketPath },
    #[error("fact `{fact}` is given two values")]
    FactTwice { fact: String },
    #[error("{0}")]
    Words(String),
    #[error("no pause is set for {subject}")]
    NotPaused { subject: String },
    #[error("no such override is set for {subject}")]
    NotOverridden { subject: String },
    #[error(
        "policy files have {}: the daemon keeps the policy that it has",
        counted(*problems, "mistake")
    )]
    PolicyKept { problems: u32 },
    #[error("policy key `{key}`: there is none of this name")]
    NoSuchKey { key: String },
    #[error("origin `{origin}`: no engagement is kept for it")]
    NoEngagement { origin: String },
    #[error("origin `{origin}` is known in several profiles")]
    SeveralProfiles { origin: String },
    #[error("pwasyncd ended the watch")]
    WatchEnded,
    #[error("file `{}` is there already", .file.display())]
    FileExists { file: PathBuf },
    #[error("cannot write file `{}`", .file.display())]
    Write { file: PathBuf, source: io::Error },
    #[error("cannot read file `{}`", .file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("the import has {}: nothing was imported", counted(clamped(*problems), "problem"))]
    ImportRefused { problems: u64 },
    #[error("the check found {}", counted(clamped(*findings), "problem"))]
    Findings { findings: u64 },
    #[error("pwasyncd ended the check")]
    CheckEnded,
    #[error("`--json` needs a file to export to")]
    ExportToStdout,
    #[error("verb `{verb}` has no `--json`")]
    NoJson { verb: &'static str },
}

impl Failure {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Client(error) => client_exit(error),
            // Whoever reads has read enough.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
            Self::Output(_) | Self::Folder { .. } | Self::Runtime(_) | Self::WatchEnded => {
                Exit::Error
            }
            Self::NotSimulated { .. } | Self::PolicyKept { .. } => Exit::Error,
            Self::NoSuchRegistration(_) | Self::NoSuchKey { .. } | Self::NoEngagement { .. } => {
                Exit::NotFound
            }
            Self::AlreadyRunning { .. } | Self::NotPaused { .. } | Self::NotOverridden { .. } => {
                Exit::NothingToDo
            }
            Self::Held { .. } => Exit::Refused,
            Self::Write { .. }
            | Self::Read { .. }
            | Self::ImportRefused { .. }
            | Self::Findings { .. }
            | Self::CheckEnded => Exit::Error,
            Self::FileExists { .. }
            | Self::ExportToStdout
            | Self::NoJson { .. }
            | Self::Words(_)
            | Self::FactTwice { .. }
            | Self::SeveralProfiles { .. } => Exit::Usage,
        }
    }

    /// The error with its causes on one line, and the next command on another.
    pub(crate) fn report(&self) -> String {
        let mut line = format!("error: {}", escape(&self.to_string()));
        let mut cause = self.source();
        while let Some(error) = cause {
            line.push_str(": ");
            line.push_str(&escape(&error.to_string()));
            cause = error.source();
        }
        line.push('\n');
        if let Some(hint) = self.hint() {
            line.push_str(&hint_line(&hint));
        }
        line
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Client(error) => error.hint(),
            Self::NoSuchRegistration(id) if id.value() == 0 => {
                Some("see all ids with `syncctl list`".to_owned())
            }
            Self::NoSuchRegistration(id) => Some(format!(
                "see what became of it with `syncctl history {id}`, and all ids with `syncctl list`"
            )),
            Self::AlreadyRunning { .. } => Some("follow it with `syncctl watch`".to_owned()),
            Self::Held { hint, .. } => Some(hint.clone()),
            Self::NotSimulated { .. } => Some(
                "start a simulated one with `pwasyncd --simulate`, and name its socket with \
                 `--socket`"
                    .to_owned(),
            ),
            Self::Words(_) => {
                Some("see what may be said with `syncctl forecast --help`".to_owned())
            }
            Self::NotPaused { .. } | Self::NotOverridden { .. } => {
                Some("see what holds with `syncctl override`".to_owned())
            }
            Self::PolicyKept { .. } => {
                Some("mend the files, and try `syncctl policy reload` again".to_owned())
            }
            Self::NoSuchKey { .. } => Some("see all keys with `syncctl policy`".to_owned()),
            Self::NoEngagement { .. } => {
                Some("see what is known with `syncctl engagement`".to_owned())
            }
            Self::SeveralProfiles { .. } => Some("name one with `--profile`".to_owned()),
            Self::WatchEnded => Some("see how it is with `syncctl status`".to_owned()),
            Self::FileExists { .. } => {
                Some("take another name, or replace it with `--force`".to_owned())
            }
            Self::ImportRefused { .. } => {
                Some("try again with `syncctl db import --dry-run` once they are mended".to_owned())
            }
            Self::Findings { .. } => {
                Some("save what is in memory with `syncctl db export FILE`".to_owned())
            }
            Self::CheckEnded => Some("see how it is with `syncctl status`".to_owned()),
            Self::ExportToStdout => Some("name one: `syncctl db export FILE --json`".to_owned()),
            Self::Write { .. }
            | Self::Read { .. }
            | Self::FactTwice { .. }
            | Self::Output(_)
            | Self::Folder { .. }
            | Self::Runtime(_)
            | Self::NoJson { .. } => None,
        }
    }
}

fn clamped(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The line that names the next command.
pub(crate) fn hint_line(hint: &str) -> String {
    format!("hint: {}\n", escape(hint))
}

fn client_exit(error: &ClientError) -> Exit {
    match error {
        ClientError::NotRunning { .. } => Exit::NotRunning,
        ClientError::SocketRefused { .. } | ClientError::PermissionDenied { .. } => {
            Exit::Permission
        }
        ClientError::TimedOut { .. } | ClientError::DeadlineExceeded { .. } => Exit::TimedOut,
        ClientError::Invalid { .. } => Exit::Usage,
        ClientError::NotFound { .. } => Exit::NotFound,
        ClientError::Exhausted { .. } => Exit::Refused,
        ClientError::Disconnected { .. }
        | ClientError::Unavailable { .. }
        | ClientError::Refused { .. }
        | ClientError::Unsupported { .. }
        | ClientError::Internal { .. }
        | ClientError::Malformed { .. } => Exit::Error,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::{Expect, expect};

    use super::*;

    fn check(failure: &Failure, exit: Exit, report: &Expect) {
        assert_eq!(failure.exit(), exit);
        report.assert_eq(&failure.report());
    }

    #[test]
    fn a_missing_daemon_names_socket_cause_and_command() {
        let socket = SocketPath::at("/run/x.sock");
        let source = io::Error::from_raw_os_error(2);
        check(
            &ClientError::NotRunning { socket, source }.into(),
            Exit::NotRunning,
            &expect![[r#"
                error: pwasyncd is not running: no daemon listens at `/run/x.sock`: No such file or directory (os error 2)
                hint: start it with `pwasyncd --socket /run/x.sock`
            "#]],
        );
    }

    #[test]
    fn what_the_daemon_quotes_cannot_move_the_cursor() {
        let message = "tag `\u{1b}[2J`: not found".to_owned();
        check(
            &ClientError::NotFound { message }.into(),
            Exit::NotFound,
            &expect![[r#"
                error: tag `\u{1b}[2J`: not found
            "#]],
        );
    }

    #[test]
    fn a_closed_pipe_is_a_success() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!(failure.exit(), Exit::Ok);
        assert_eq!(Failure::Output(io::ErrorKind::StorageFull.into()).exit(), Exit::Error);
    }

    #[test]
    fn a_slow_daemon_has_its_own_code() {
        check(
            &ClientError::TimedOut { limit: Duration::from_secs(10) }.into(),
            Exit::TimedOut,
            &expect![[r#"
                error: pwasyncd did not answer within 10000 ms
                hint: see its log with `journalctl -u pwasyncd`
            "#]],
        );
    }
}
