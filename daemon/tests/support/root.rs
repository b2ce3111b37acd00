//! Tests that need root say so where they have none; under CI they fail instead.

use std::io::Write;

use nix::unistd::Uid;

/// Whether the test can run.
pub(crate) fn have_root(why: &str) -> bool {
    if Uid::effective().is_root() {
        return true;
    }
    #[expect(clippy::disallowed_methods, reason = "tests have no config.rs")]
    let ci = std::env::var_os("CI");
    assert!(ci.is_none(), "under CI nothing is skipped: {why}");
    writeln!(std::io::stderr(), "skipped: {why}").expect("stderr is open");
    false
}
