//! What is said of networks, whatever the sources say.

/// A fact that may be known better than its sources know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Said {
    /// As the sources say.
    #[default]
    AsFound,
    /// It is so.
    Yes,
    /// It is not so.
    No,
}

impl Said {
    /// `None`: as the sources say.
    pub fn value(self) -> Option<bool> {
        match self {
            Self::AsFound => None,
            Self::Yes => Some(true),
            Self::No => Some(false),
        }
    }
}

/// What is said of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkRules {
    /// Whether it costs by volume.
    pub metered: Said,
    /// Whether it leads to the internet, where a default route leads into it.
    pub online: Said,
}
