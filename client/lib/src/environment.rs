//! The one place that reads the environment. It decides nothing.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// `$PWASYNC_SOCKET`, when it says something.
pub(crate) fn env_socket() -> Option<PathBuf> {
    path("PWASYNC_SOCKET")
}

/// `$XDG_RUNTIME_DIR`, when it says something.
pub(crate) fn runtime_dir() -> Option<PathBuf> {
    path("XDG_RUNTIME_DIR")
}

#[expect(clippy::disallowed_methods, reason = "this module reads the environment for the crate")]
fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from)
}
