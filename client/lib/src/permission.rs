//! What the browser's user allowed, and which apps are installed.

/// What the browser's user or policy decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionState {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// Neither.
    Prompt,
}

/// A web app as it is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledApp {
    /// The id of the web-app manifest.
    pub app_id: String,
    /// The manifest's scope.
    pub scope: String,
}

/// What a list of installed apps changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppsChanged {
    /// Apps that were not in the list before.
    pub added: u32,
    /// Apps that were, and are no more.
    pub removed: u32,
}
