//! Where the host is connected: the names by which people speak of a link, or of what is behind it.

use std::fmt;

use crate::field::FieldError;

/// The kernel's limit of an interface's name.
const INTERFACE_BYTES: usize = 15;
/// The limit of the name of a connection, and of a Wi-Fi with room for bytes that are no text.
const NAME_BYTES: usize = 256;

/// One way to name it. In the order in which they count: the last one most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The interface that leads out.
    Interface(Box<str>),
    /// The Wi-Fi that it is in.
    Ssid(Box<str>),
    /// NetworkManager's connection, by its name or its UUID.
    Connection(Box<str>),
}

impl Place {
    /// What each way is called.
    pub const KINDS: [&'static str; 3] = ["interface", "ssid", "connection"];

    /// Made of one of [`Self::KINDS`] and a name; `None`: there is no such way.
    ///
    /// # Errors
    /// When the name is none.
    pub fn parse(kind: &str, name: &str) -> Option<Result<Self, FieldError>> {
        let (field, limit, make): (_, _, fn(Box<str>) -> Self) = match kind {
            "interface" => ("interface", INTERFACE_BYTES, Self::Interface),
            "ssid" => ("ssid", NAME_BYTES, Self::Ssid),
            "connection" => ("connection", NAME_BYTES, Self::Connection),
            _ => return None,
        };
        if name.is_empty() || name.len() > limit {
            let rule = format!("must have 1 to {limit} bytes");
            return Some(Err(FieldError::text(field, name, rule)));
        }
        if name.chars().any(char::is_control) {
            return Some(Err(FieldError::text(field, name, "must have no control characters")));
        }
        Some(Ok(make(name.into())))
    }

    /// Which way it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Interface(_) => "interface",
            Self::Ssid(_) => "ssid",
            Self::Connection(_) => "connection",
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        match self {
            Self::Interface(name) | Self::Ssid(name) | Self::Connection(name) => name,
        }
    }
}

/// As the head of its table in a policy file.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", self.kind(), self.name().escape_debug())
    }
}
