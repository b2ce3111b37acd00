//! Pauses and overrides: taken, given back, ended.

use std::{sync::Arc, time::Duration};

use super::{Scheduler, ShareSpent, Viewer};
use crate::{
    change::What,
    effect::{Effect, Record},
    field::FieldError,
    holdings::lease_bytes,
    lease::{Fact, Lease, LeaseId, Leased, Subject},
    place::Place,
    policy::Value,
    time::Timestamp,
};

/// A pause or an override that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLease {
    /// Whose registrations it is about.
    pub subject: Subject,
    /// What it is to do.
    pub what: Leased,
    /// Only while the host is there; `None`: wherever it is.
    pub place: Option<Place>,
    /// For how long, from more than 0 to policy's limit.
    pub lasts: Duration,
    /// Why, in the words of who asks.
    pub reason: Arc<str>,
}

/// Why a lease is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// A value breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There are as many as one owner may have.
    #[error("{limit} pauses and overrides stand, as many as one owner may have")]
    Full {
        /// How many.
        limit: usize,
    },
    /// Another share is spent.
    #[error(transparent)]
    Share(#[from] ShareSpent),
    /// It is about others' registrations.
    #[error("only an administrator may do this for the registrations of others")]
    NotYours,
}

impl Scheduler {
    /// Takes a pause or an override. One of the same subject that does the same is replaced.
    ///
    /// # Errors
    /// When it lasts too long, there are too many, or the viewer may not.
    pub fn lease(
        &mut self,
        now: Timestamp,
        viewer: Viewer,
        new: NewLease,
    ) -> Result<Lease, LeaseError> {
        self.do_overdue(now);
        let owner = new.subject.owner();
        may(viewer, &new.subject)?;
        let limit = match new.what {
            Leased::Pause => self.policy.max_pause,
            Leased::Override(_) => self.policy.max_override,
        };
        // Less than a millisecond is no time of the core's.
        if new.lasts.as_millis() == 0 || new.lasts > limit {
            let (lasts, limit) = (Value::Duration(new.lasts), Value::Duration(limit));
            let rule = format!("must be more than 0 and at most {limit}");
            return Err(FieldError::plain("lease", lasts, rule).into());
        }
        let older = self.leases.find(&new.subject, new.what, new.place.as_ref());
        if older.is_none() && self.leases.count_of(owner) >= self.policy.owner_leases {
            return Err(LeaseError::Full { limit: self.policy.owner_leases });
        }
        if let Some(owner) = owner {
            let known = older.and_then(|id| self.leases.get(id));
            let before = known.map_or(0, |known| {
                lease_bytes(&known.subject, known.place.as_ref(), &known.reason)
            });
            let wanted =
                lease_bytes(&new.subject, new.place.as_ref(), &new.reason).saturating_sub(before);
            self.check_bytes(owner, wanted)?;
            let name = self.owners.get(&owner).map_or("", |name| name);
            self.check_owner(owner, name)?;
        }
        if let Some(older) = older {
            self.drop_lease(older);
        }
        self.counters.last_lease += 1;
        let lease = Lease {
            id: LeaseId::new(self.counters.last_lease),
            subject: new.subject,
            what: new.what,
            place: new.place,
            since: self.now,
            until: self.now + new.lasts,
            reason: new.reason,
        };
        self.save_counters();
        self.effects.push_back(Effect::Record(Record::SaveLease(lease.clone())));
        self.holdings.add_lease(&lease);
        self.leases.insert(lease.clone());
        self.leases_changed(&lease);
        self.finish();
        Ok(lease)
    }

    /// Gives back the pauses of a subject; how many there were.
    ///
    /// # Errors
    /// When the viewer may not.
    pub fn resume(
        &mut self,
        now: Timestamp,
        viewer: Viewer,
        subject: &Subject,
    ) -> Result<usize, LeaseError> {
        self.give_back(now, viewer, subject, |what| what == Leased::Pause)
    }

    /// Gives back the overrides of a subject, of one fact or of all; how many there were.
    ///
    /// # Errors
    /// When the viewer may not.
    pub fn clear_override(
        &mut self,
        now: Timestamp,
        viewer: Viewer,
        subject: &Subject,
        fact: Option<Fact>,
    ) -> Result<usize, LeaseError> {
        self.give_back(now, viewer, subject, |what| match what {
            Leased::Pause => false,
            Leased::Override(value) => fact.is_none_or(|fact| fact == value.fact()),
        })
    }

    fn give_back(
        &mut self,
        now: Timestamp,
        viewer: Viewer,
        subject: &Subject,
        wanted: impl Fn(Leased) -> bool,
    ) -> Result<usize, LeaseError> {
        self.do_overdue(now);
        may(viewer, subject)?;
        let own = self.leases.of(subject.owner());
        let meant = own.filter(|lease| lease.subject == *subject && wanted(lease.what));
        let ids: Vec<_> = meant.map(|lease| lease.id).collect();
        for id in &ids {
            self.drop_lease(*id);
        }
        self.finish();
        Ok(ids.len())
    }

    /// The pauses and overrides that a viewer may see, the oldest first. Everybody's are seen by
    /// everybody.
    pub fn leases(&self, viewer: Viewer) -> Vec<Lease> {
        let seen = |lease: &&Lease| lease.subject.owner().is_none_or(|owner| viewer.sees(owner));
        self.leases.iter().filter(seen).cloned().collect()
    }

    /// How many registrations a subject covers.
    pub fn covered(&self, subject: &Subject) -> usize {
        match subject {
            Subject::All => self.registrations.len(),
            Subject::Owner(owner) => self.registrations.of_owner(*owner),
            Subject::Origin(..) | Subject::App(..) => self.ids_of_subject(subject).len(),
        }
    }

    pub(super) fn drop_lease(&mut self, id: LeaseId) {
        let Some(lease) = self.leases.remove(id) else { return };
        self.holdings.drop_lease(&lease);
        self.effects.push_back(Effect::Record(Record::DeleteLease(id)));
        self.leases_changed(&lease);
    }

    /// Ends those whose time has come.
    pub(super) fn end_leases(&mut self) {
        while let Some(lease) = self.leases.pop_ended(self.now) {
            self.holdings.drop_lease(&lease);
            self.effects.push_back(Effect::Record(Record::DeleteLease(lease.id)));
            self.leases_changed(&lease);
        }
    }

    pub(super) fn leases_changed(&mut self, lease: &Lease) {
        self.file_subject(&lease.subject);
        if lease.subject == Subject::All {
            self.effects.push_back(Effect::HostChanged);
            self.notify(What::Host);
        }
    }
}

fn may(viewer: Viewer, subject: &Subject) -> Result<(), LeaseError> {
    let allowed = match subject.owner() {
        Some(owner) => viewer.sees(owner),
        None => viewer == Viewer::Administrator,
    };
    if allowed { Ok(()) } else { Err(LeaseError::NotYours) }
}
