//! What tests need of the machine. One that cannot run says so, and under CI it fails.

use std::io::Write as _;

use crate::{environment::variable, is_root, on_path};

/// Whether a test can run: nothing is missing. What is, is said on stderr.
///
/// # Panics
/// When something is missing under CI, where nothing may be skipped.
#[must_use]
pub fn can_run(missing: Option<&str>) -> bool {
    let Some(missing) = missing else { return true };
    assert!(variable("CI").is_none(), "needs {missing}, and under CI nothing may be skipped");
    // A closed stderr is no failure.
    let _ = writeln!(std::io::stderr().lock(), "skipped: needs {missing}");
    false
}

/// Root's rights, where this process has not got them.
#[must_use]
pub fn missing_root() -> Option<&'static str> {
    (!is_root()).then_some("root")
}

/// The program, where it is not on the path.
#[must_use]
pub fn missing_program(name: &str) -> Option<&str> {
    on_path(name).is_none().then_some(name)
}
