//! The one place that reads the environment. It decides nothing.

use std::{env, path::PathBuf};

/// The folders of `$PATH`, in their order.
#[expect(clippy::disallowed_methods, reason = "this module reads the environment for the crate")]
pub(crate) fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// Whether a variable says `true`, as `$CI` does where checks run by themselves.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this module reads the environment for the crate")]
pub fn says_true(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value == "true")
}
