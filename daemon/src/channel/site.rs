//! What browsers say of origins and apps.

use std::collections::BTreeMap;

use pwasync_core::{
    AppsChanged, Caller, Engaged, FieldError, SiteError,
    engagement::{EventKind, Level, Points},
    key::{AppId, ProfileKey, Scope, SyncKind},
    site::{PermissionState, SiteKey},
    wall::WallTime,
};

use super::Reply;

/// A browser's word, checked and converted. All of it changes something.
#[derive(Debug)]
pub enum SiteRequest {
    /// See [`pwasync_core::Scheduler::clear_origin`].
    Clear {
        /// Who asks.
        caller: Caller,
        /// What is to be forgotten.
        site: SiteKey,
        /// How many registrations went.
        reply: Reply<usize>,
    },
    /// See [`pwasync_core::Scheduler::set_permission`].
    SetPermission {
        /// Who asks.
        caller: Caller,
        /// Whose permission.
        site: SiteKey,
        /// For which kind of sync.
        kind: SyncKind,
        /// What the browser says.
        state: PermissionState,
        /// How many registrations went.
        reply: Reply<Result<usize, SiteError>>,
    },
    /// See [`pwasync_core::Scheduler::set_installed_apps`].
    SetInstalledApps {
        /// Who asks.
        caller: Caller,
        /// Of which profile.
        profile: ProfileKey,
        /// The whole list.
        apps: BTreeMap<AppId, Scope>,
        /// What it changed.
        reply: Reply<Result<AppsChanged, SiteError>>,
    },
    /// See [`pwasync_core::Scheduler::report_engagement`].
    ReportEngagement {
        /// Who asks.
        caller: Caller,
        /// How much which site is used.
        site: SiteKey,
        /// What the browser says.
        report: Report,
        /// How much that is.
        reply: Reply<Result<Engaged, ReportError>>,
    },
}

/// What a browser reports of a site; its instants are not yet compared with the clock.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// What the user did, and when; `None`: now.
    Events(Vec<(EventKind, Option<WallTime>)>),
    /// The browser's own score.
    Score(Points),
    /// The browser's own level.
    Level(Level),
}

/// Why a report is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// An instant lies too far back.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is no room for what is kept of the site.
    #[error(transparent)]
    Site(#[from] SiteError),
}
