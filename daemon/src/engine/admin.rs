//! Takes what syncctl asks for beyond lists.

use pwasync_core::{
    history::EntryFilter,
    lease::{Leased, Subject},
};

use super::Engine;
use crate::{
    channel::{AdminRequest, Explanation, GivenBack, Taken, Told},
    recording::{ClearOverride, Resume, SetEngagement, TakeLease},
};

impl Engine {
    pub(super) fn take_admin(&mut self, request: AdminRequest) {
        let now = self.host.now();
        let core = self.core.scheduler();
        match request {
            AdminRequest::Explain { viewer, id, trail, reply } => {
                let filter = EntryFilter { registration: Some(id), ..EntryFilter::default() };
                let explained = core.registration_by_id(now, viewer, id).map(|view| Explanation {
                    told: Told {
                        view,
                        sentences: core.sentences(now, viewer, id).unwrap_or_default(),
                        trail: core.history(viewer, &filter, trail),
                    },
                    foresight: core.foresight(now, viewer, Some(id)),
                });
                self.answer(reply, explained);
            }
            AdminRequest::History { viewer, filter, limit, reply } => {
                let entries = core.history(viewer, &filter, limit);
                self.answer(reply, entries);
            }
            AdminRequest::Foresee { viewer, only, reply } => {
                let seen = only.is_none_or(|id| core.registration_by_id(now, viewer, id).is_some());
                let foresight = seen.then(|| core.foresight(now, viewer, only));
                self.answer(reply, foresight);
            }
            AdminRequest::Engagement { viewer, filter, reply } => {
                let engaged = core
                    .engagement(now, |site| viewer.sees(site.profile.owner) && filter.takes(site));
                self.answer(reply, engaged);
            }
            AdminRequest::SetEngagement { site, points, reply } => {
                let engaged = self.call(SetEngagement(site, points));
                self.answer(reply, engaged);
            }
            AdminRequest::Lease { viewer, new, reply } => {
                let taken = self.call(TakeLease(viewer, new));
                let taken = taken.map(|lease| {
                    let registrations = self.core.scheduler().covered(&lease.subject);
                    Taken { lease, registrations }
                });
                self.answer(reply, taken);
            }
            AdminRequest::Resume { viewer, subject, reply } => {
                let ended = self.call(Resume(viewer, subject.clone()));
                let mut remaining = self.core.scheduler().leases(viewer);
                remaining.retain(|lease| {
                    lease.what == Leased::Pause && is_wider(&lease.subject, &subject)
                });
                self.answer(reply, ended.map(|ended| GivenBack { ended, remaining }));
            }
            AdminRequest::ClearOverride { viewer, subject, fact, reply } => {
                let cleared = self.call(ClearOverride(viewer, subject, fact));
                self.answer(reply, cleared);
            }
            AdminRequest::Leases { viewer, reply } => {
                let leases = core.leases(viewer);
                self.answer(reply, leases);
            }
        }
    }
}

/// Whether one subject covers all that the other does, and more.
fn is_wider(wide: &Subject, narrow: &Subject) -> bool {
    match (wide, narrow.owner()) {
        (Subject::All, owner) => owner.is_some(),
        (Subject::Owner(own), Some(owner)) => *own == owner && wide != narrow,
        (Subject::Owner(_), None) | (Subject::Origin(..) | Subject::App(..), _) => false,
    }
}
