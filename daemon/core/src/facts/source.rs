//! What is known of a source that a host may have or not.

/// What is known of a source that a host may have or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<T> {
    /// There is none: what it would say is not known, and holds nothing.
    Absent,
    /// There may be one, and it has not spoken yet: what needs its word waits for it, until the
    /// wait for facts after the start is over.
    Awaited,
    /// It says this.
    Present(T),
}

impl<T: Copy> Source<T> {
    /// What it says.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Absent | Self::Awaited => None,
            Self::Present(value) => Some(value),
        }
    }

    /// It may speak yet.
    pub fn is_awaited(self) -> bool {
        match self {
            Self::Awaited => true,
            Self::Absent | Self::Present(_) => false,
        }
    }
}
