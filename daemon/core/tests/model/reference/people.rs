//! What people ask of the reference for a while: pauses and overrides.

use std::time::Duration;

use pwasync_core::{
    lease::{Fact, Lease, LeaseId, Leased, Subject},
    time::Timestamp,
};

use super::Reference;
use crate::model::transition::Who;

impl Reference {
    pub(super) fn lease(&mut self, who: Who, what: Leased, lasts: Duration) {
        let subject = who.real();
        let same = |lease: &Lease| lease.subject == subject && is_same(lease.what, what);
        self.book.leases.retain(|lease| !same(lease));
        self.book.last_lease += 1;
        let (id, since) = (LeaseId::new(self.book.last_lease), self.now);
        let until: Timestamp = since + lasts;
        self.book.leases.push(Lease {
            id,
            subject,
            what,
            place: None,
            since,
            until,
            reason: "".into(),
        });
    }

    /// What is given back: pauses, or overrides of one fact or of all.
    pub(super) fn give_back(&mut self, who: Who, what: GiveBack) {
        let subject: Subject = who.real();
        let before = self.book.leases.len();
        self.book.leases.retain(|lease| {
            let meant = match (lease.what, what) {
                (Leased::Pause, GiveBack::Pause) => true,
                (Leased::Override(value), GiveBack::Override(fact)) => {
                    fact.is_none_or(|fact| fact == value.fact())
                }
                (Leased::Pause, GiveBack::Override(_)) | (Leased::Override(_), GiveBack::Pause) => {
                    false
                }
            };
            lease.subject != subject || !meant
        });
        self.reply = (before - self.book.leases.len()).to_string();
    }

    /// Each ends by itself.
    pub(super) fn end_leases(&mut self) {
        let now = self.now;
        self.book.leases.retain(|lease| lease.until > now);
    }
}

/// What may be given back.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) enum GiveBack {
    Pause,
    Override(Option<Fact>),
}

fn is_same(one: Leased, other: Leased) -> bool {
    match (one, other) {
        (Leased::Pause, Leased::Pause) => true,
        (Leased::Override(one), Leased::Override(other)) => one.fact() == other.fact(),
        (Leased::Pause, Leased::Override(_)) | (Leased::Override(_), Leased::Pause) => false,
    }
}
