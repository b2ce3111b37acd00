//! What was typed and what the environment says, turned into what is used.

use jiff::tz::TimeZone;
use pwasync_client::{Lookup, SocketPath};

use crate::cli::Options;
use crate::environment;
use crate::text::{Color, Look};

/// For whom to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    People,
    Json,
}

/// What is used by all verbs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) socket: SocketPath,
    pub(crate) format: Format,
    pub(crate) look: Look,
}

impl From<Options> for Settings {
    fn from(Options { socket, json }: Options) -> Self {
        let color = if environment::stdout_is_terminal() && !environment::wants_plain() {
            Color::On
        } else {
            Color::Off
        };
        Self {
            socket: SocketPath::find(Lookup::from_environment(socket)),
            format: if json { Format::Json } else { Format::People },
            look: Look { color, zone: TimeZone::system() },
        }
    }
}
