//! The built program: exit codes, texts, and what it does without a daemon and with a scripted one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod arguments;
mod rulebook;
mod scripted_admin;
mod with_daemon;
mod without_daemon;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// The program, with nothing of this host's own daemon and looks in its environment.
fn syncctl<Argument: AsRef<OsStr>>(arguments: impl IntoIterator<Item = Argument>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncctl"));
    command.args(arguments);
    for name in ["PWASYNC_SOCKET", "XDG_RUNTIME_DIR", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("TZ", "UTC");
    // Nor its bus.
    command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    command
}

/// Runs it with a socket: exit code, standard output, standard error.
fn run(socket: &Path, arguments: &[&str]) -> (i32, String, String) {
    let socket = ["--socket", socket.to_str().unwrap()];
    ended(&syncctl(socket.iter().chain(arguments)).output().unwrap())
}

fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}
