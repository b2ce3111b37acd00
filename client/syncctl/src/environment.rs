//! The one place that reads the environment and the terminal. It decides nothing.

use std::env;
use std::io::{self, IsTerminal};

/// Whether standard output is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether `$NO_COLOR` or `$TERM` ask for plain text.
pub(crate) fn wants_plain() -> bool {
    let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    no_color || variable("TERM").is_some_and(|value| value == "dumb")
}

/// Where the system bus is, where it is not where it always is (dbus-daemon(1)).
pub(crate) fn system_bus_address() -> Option<String> {
    variable("DBUS_SYSTEM_BUS_ADDRESS")?.into_string().ok()
}

#[expect(clippy::disallowed_methods, reason = "this module reads the environment for the program")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name)
}
