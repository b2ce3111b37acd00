//! Which socket to speak to. Looks at no variable by itself: it is told.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::environment;

const SYSTEM_SOCKET: &str = "/run/pwasync/pwasyncd.sock";
const SESSION_SOCKET: &str = "pwasync/pwasyncd.sock";

/// What is known before a socket is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Asked for by name, as with `--socket`.
    pub explicit: Option<PathBuf>,
    /// `$PWASYNC_SOCKET`.
    pub env_socket: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
}

impl Lookup {
    /// Reads the two variables.
    #[must_use]
    pub fn from_environment(explicit: Option<PathBuf>) -> Self {
        Self {
            explicit,
            env_socket: environment::env_socket(),
            runtime_dir: environment::runtime_dir(),
        }
    }
}

/// Why a socket was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOrigin {
    /// It was asked for by name.
    Explicit,
    /// `$PWASYNC_SOCKET` names it.
    Environment,
    /// A daemon of this user made it below `$XDG_RUNTIME_DIR`.
    Session,
    /// Nothing else was found: the system's.
    System,
}

/// The daemon's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketPath {
    path: PathBuf,
    origin: SocketOrigin,
}

impl SocketPath {
    /// The explicit one, `$PWASYNC_SOCKET`, the session's where it exists, the system's.
    #[must_use]
    pub fn find(lookup: Lookup) -> Self {
        if let Some(path) = lookup.explicit {
            return Self { path, origin: SocketOrigin::Explicit };
        }
        if let Some(path) = lookup.env_socket {
            return Self { path, origin: SocketOrigin::Environment };
        }
        // The base directory specification: a relative path is invalid and ignored.
        if let Some(folder) = lookup.runtime_dir.filter(|folder| folder.is_absolute()) {
            let path = folder.join(SESSION_SOCKET);
            if path.exists() {
                return Self { path, origin: SocketOrigin::Session };
            }
        }
        Self { path: PathBuf::from(SYSTEM_SOCKET), origin: SocketOrigin::System }
    }

    /// A socket that the caller knows.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), origin: SocketOrigin::Explicit }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why this one.
    #[must_use]
    pub fn origin(&self) -> SocketOrigin {
        self.origin
    }

    /// The command that starts a daemon at this socket.
    #[must_use]
    pub fn start_command(&self) -> String {
        match self.origin {
            SocketOrigin::Explicit | SocketOrigin::Environment => {
                format!("pwasyncd --socket {}", self.path.display())
            }
            SocketOrigin::Session => "pwasyncd --session".to_owned(),
            SocketOrigin::System => "systemctl start pwasyncd".to_owned(),
        }
    }
}

impl fmt::Display for SocketPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn find(explicit: Option<&str>, env_socket: Option<&str>, runtime_dir: &Path) -> SocketPath {
        SocketPath::find(Lookup {
            explicit: explicit.map(PathBuf::from),
            env_socket: env_socket.map(PathBuf::from),
            runtime_dir: Some(runtime_dir.to_owned()),
        })
    }

    #[test]
    fn what_is_named_wins_over_what_is_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("pwasync")).unwrap();
        let session = folder.path().join(SESSION_SOCKET);
        fs::write(&session, "").unwrap();
        assert_eq!(find(Some("/a"), Some("/b"), folder.path()).path(), Path::new("/a"));
        let environment = find(None, Some("/b"), folder.path());
        assert_eq!(environment.path(), Path::new("/b"));
        assert_eq!(environment.origin(), SocketOrigin::Environment);
        let found = find(None, None, folder.path());
        assert_eq!((found.path(), found.origin()), (session.as_path(), SocketOrigin::Session));
        assert_eq!(found.start_command(), "pwasyncd --session");
    }

    #[test]
    fn a_session_socket_that_is_not_there_leaves_the_system_one() {
        let folder = tempfile::tempdir().unwrap();
        let found = find(None, None, folder.path());
        assert_eq!(
            (found.path(), found.origin()),
            (Path::new(SYSTEM_SOCKET), SocketOrigin::System)
        );
        assert_eq!(found.start_command(), "systemctl start pwasyncd");
        assert_eq!(find(None, None, Path::new("run")).origin(), SocketOrigin::System);
    }
}
