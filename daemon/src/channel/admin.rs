//! What syncctl asks for beyond lists: reasons, forecasts, history, engagement, leases.

use pwasync_core::{
    Engaged, Foresight, LeaseError, NewLease, RegistrationView, Viewer,
    engagement::Points,
    history::{Entry, EntryFilter},
    key::{OwnerId, ProfileId, RegistrationId},
    lease::{Fact, Lease, Subject},
    site::SiteKey,
};

use super::Reply;

/// A request, checked and converted.
#[derive(Debug)]
pub enum AdminRequest {
    /// Why a registration does not run.
    Explain {
        /// Who asks.
        viewer: Viewer,
        /// Which.
        id: RegistrationId,
        /// So many decisions of the past.
        trail: usize,
        /// The answer; `None`: there is none that the viewer sees.
        reply: Reply<Option<Explanation>>,
    },
    /// See [`pwasync_core::Scheduler::history`].
    History {
        /// Who asks.
        viewer: Viewer,
        /// Which entries.
        filter: EntryFilter,
        /// At most so many.
        limit: usize,
        /// The newest first.
        reply: Reply<Vec<Entry>>,
    },
    /// See [`pwasync_core::Scheduler::foresight`].
    Foresee {
        /// Who asks.
        viewer: Viewer,
        /// Only this registration.
        only: Option<RegistrationId>,
        /// The answer; `None`: there is no such registration that the viewer sees.
        reply: Reply<Option<Foresight>>,
    },
    /// See [`pwasync_core::Scheduler::engagement`].
    Engagement {
        /// Who asks.
        viewer: Viewer,
        /// Of which sites.
        filter: SiteFilter,
        /// In the order of sites.
        reply: Reply<Vec<Engaged>>,
    },
    /// See [`pwasync_core::Scheduler::set_engagement`].
    SetEngagement {
        /// Of which site.
        site: SiteKey,
        /// The score.
        points: Points,
        /// The answer; `None`: nothing is kept of the site.
        reply: Reply<Option<Engaged>>,
    },
    /// See [`pwasync_core::Scheduler::lease`].
    Lease {
        /// Who asks.
        viewer: Viewer,
        /// For what.
        new: NewLease,
        /// The answer.
        reply: Reply<Result<Taken, LeaseError>>,
    },
    /// See [`pwasync_core::Scheduler::resume`].
    Resume {
        /// Who asks.
        viewer: Viewer,
        /// For whom.
        subject: Subject,
        /// The answer.
        reply: Reply<Result<GivenBack, LeaseError>>,
    },
    /// See [`pwasync_core::Scheduler::clear_override`].
    ClearOverride {
        /// Who asks.
        viewer: Viewer,
        /// For whom.
        subject: Subject,
        /// Of which fact; `None`: of all.
        fact: Option<Fact>,
        /// How many there were.
        reply: Reply<Result<usize, LeaseError>>,
    },
    /// See [`pwasync_core::Scheduler::leases`].
    Leases {
        /// Who asks.
        viewer: Viewer,
        /// The oldest first.
        reply: Reply<Vec<Lease>>,
    },
}

/// Why a registration does not run, and what a forecast of it is made from.
#[derive(Debug)]
pub struct Explanation {
    /// What is known.
    pub told: Told,
    /// To look ahead with.
    pub foresight: Foresight,
}

/// What is known of a registration that does not run.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// With all that holds it.
    pub view: RegistrationView,
    /// One for each of its blockers: what holds it.
    pub sentences: Vec<String>,
    /// The newest first.
    pub trail: Vec<Entry>,
}

/// Which sites; `None`: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteFilter {
    /// Of this owner.
    pub owner: Option<OwnerId>,
    /// Of this profile.
    pub profile: Option<ProfileId>,
    /// Of this origin.
    pub origin: Option<String>,
}

/// A lease that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// It.
    pub lease: Lease,
    /// Registrations that it is for.
    pub registrations: usize,
}

/// Pauses that were given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenBack {
    /// How many.
    pub ended: usize,
    /// Wider ones that hold the subject still.
    pub remaining: Vec<Lease>,
}

impl AdminRequest {
    /// It changes something, and so needs a store that can be written.
    pub(crate) fn changes(&self) -> bool {
        match self {
            Self::SetEngagement { .. }
            | Self::Lease { .. }
            | Self::Resume { .. }
            | Self::ClearOverride { .. } => true,
            Self::Explain { .. }
            | Self::History { .. }
            | Self::Foresee { .. }
            | Self::Engagement { .. }
            | Self::Leases { .. } => false,
        }
    }
}

impl SiteFilter {
    /// Whether a site is wanted.
    pub(crate) fn takes(&self, site: &SiteKey) -> bool {
        self.owner.is_none_or(|owner| owner == site.profile.owner)
            && self.profile.as_ref().is_none_or(|profile| *profile == site.profile.profile)
            && self.origin.as_ref().is_none_or(|origin| **origin == *site.origin)
    }
}
