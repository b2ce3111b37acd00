//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::Parser;
use url::Url;

use crate::browser::{Display, FirstPage, Launch, Sandbox};

/// Starts Chromium and lets pwasyncd schedule its background syncs.
///
/// Web apps in this Chromium register their one-off and periodic syncs with the daemon instead of
/// with the browser, without noticing; when the daemon says that a sync is due, their service worker
/// is started and gets its event. Registrations are the daemon's: they outlive Chromium and this
/// program.
///
/// The bridge speaks with Chromium over a pipe that no other process can reach. It ends with
/// Chromium, and Chromium with it. While the daemon does not answer, pages opened meanwhile get
/// Chromium's own background sync.
#[derive(Debug, Parser)]
#[command(name = "pwasync-chromium", version, after_long_help = AFTER)]
pub struct Arguments {
    /// Chromium's user data directory; made when it is not there.
    ///
    /// One directory belongs to one running Chromium.
    #[arg(long, value_name = "DIR")]
    pub profile_dir: PathBuf,

    /// What the daemon knows this profile by.
    ///
    /// Keep it: registrations belong to it. Two bridges that use the same name throw each other out.
    #[arg(long, value_name = "NAME", default_value = "Default")]
    pub profile_name: String,

    /// The daemon's socket.
    ///
    /// Without it: $PWASYNC_SOCKET, then $XDG_RUNTIME_DIR/pwasync/pwasyncd.sock where it exists,
    /// then /run/pwasync/pwasyncd.sock.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// The Chromium to start; without it `chromium` or `chromium-browser` from PATH.
    #[arg(long, value_name = "PATH")]
    pub chromium: Option<PathBuf>,

    /// No windows.
    #[arg(long)]
    pub headless: bool,

    /// Turn Chromium's own sandbox off. Root needs this; nobody else should use it.
    #[arg(long)]
    pub no_sandbox: bool,

    /// The token with which the agent started this browser.
    #[arg(long, value_name = "TOKEN", hide = true)]
    pub launch_token: Option<String>,

    /// The page to open.
    ///
    /// Without it Chromium opens what its settings say.
    #[arg(value_parser = address)]
    pub url: Option<String>,

    /// Further arguments for Chromium, after `--`.
    #[arg(last = true, value_name = "CHROMIUM ARGUMENTS")]
    pub extra: Vec<OsString>,
}

const AFTER: &str = "\
Exit status:
  0  ended by SIGTERM or SIGINT, after Chromium was closed
  1  an error, told on standard error
  2  wrong usage
  3  Chromium ended by itself, for example with its last window

Environment:
  PWASYNC_SOCKET  the daemon's socket
  RUST_LOG        what is logged to standard error (default `info`); addresses and tags only at
                  `debug`

Example:
  pwasync-chromium --profile-dir ~/.local/share/mail-app https://mail.example/";

fn address(text: &str) -> Result<String, String> {
    match Url::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; it is written as https://app.example/")),
    }
}

impl Arguments {
    /// How Chromium is to be started.
    #[must_use]
    pub fn launch(&self) -> Launch {
        Launch {
            program: self.chromium.clone(),
            profile_dir: self.profile_dir.clone(),
            display: if self.headless { Display::Headless } else { Display::Windows },
            sandbox: if self.no_sandbox { Sandbox::Off } else { Sandbox::Default },
            first_page: if self.url.is_some() { FirstPage::Blank } else { FirstPage::Default },
            extra: self.extra.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_follows_two_dashes_goes_to_chromium() {
        let arguments = Arguments::try_parse_from([
            "pwasync-chromium",
            "--profile-dir",
            "/p",
            "https://a.example/",
            "--",
            "--mute-audio",
        ])
        .unwrap();
        let launch = arguments.launch();
        assert_eq!(launch.extra, ["--mute-audio"]);
        assert_eq!((launch.display, launch.sandbox), (Display::Windows, Sandbox::Default));
        assert_eq!(launch.first_page, FirstPage::Blank);
        assert_eq!(arguments.profile_name, "Default");
    }
}
