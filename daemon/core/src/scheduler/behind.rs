//! Starts with a clock that is behind what was stored (design, section 6): what lies ahead of it
//! though it has happened is moved back to it, and what was to come comes as long after it as it
//! was to. Nothing is starved by a clock that was wrong.

use std::time::Duration;

use crate::{
    attempt::{Attempt, Ended, Progress},
    effect::Record,
    lease::Lease,
    profile::Profile,
    registration::{Registration, Schedule, State, Wait},
    saved::Saved,
    site::Site,
    time::Timestamp,
};

/// Moves what lies ahead; the records that differ from those on disk.
pub(super) fn catch_up(saved: &mut Saved, now: Timestamp) -> Vec<Record> {
    let mut records = Vec::new();
    for registration in saved.registrations.values_mut() {
        let ahead = latest(registration).saturating_since(now);
        if !ahead.is_zero() {
            move_registration(registration, ahead);
            records.push(Record::Save(Box::new(registration.clone())));
        }
    }
    for lease in &mut saved.leases {
        let ahead = lease.since.saturating_since(now);
        if !ahead.is_zero() {
            let Lease { since, until, .. } = lease;
            move_all([since, until], ahead);
            records.push(Record::SaveLease(lease.clone()));
        }
    }
    for (key, site) in &mut saved.sites {
        if move_site(site, now) {
            records.push(Record::SaveSite(Box::new((key.clone(), site.clone()))));
        }
    }
    for (key, profile) in &mut saved.profiles {
        if move_profile(profile, now) {
            records.push(Record::SaveProfile(Box::new((key.clone(), profile.clone()))));
        }
    }
    // Nobody knows any more whether the network returned before or after an attempt.
    if saved.counters.returned_at > Some(now) {
        saved.counters.returned_at = None;
        records.push(Record::SaveCounters(saved.counters));
    }
    records
}

/// The latest instant at which something had happened to a registration.
fn latest(registration: &Registration) -> Timestamp {
    let ended = registration.last_attempt.as_ref().map(|ended| ended.finished_at);
    let in_state = match &registration.state {
        State::Pending | State::Waiting { .. } => None,
        State::Suspended { since } => Some(*since),
        State::Firing { attempt, .. } => Some(attempt.started_at().unwrap_or(attempt.sent_at)),
    };
    let known = [ended, in_state, registration.anchor()];
    known.into_iter().flatten().fold(registration.registered_at, Timestamp::max)
}

fn move_registration(registration: &mut Registration, ahead: Duration) {
    move_all([&mut registration.registered_at], ahead);
    match &mut registration.schedule {
        Schedule::OneOff { expires_at } => move_all([expires_at], ahead),
        Schedule::Periodic { anchor, plan, .. } => {
            move_all([anchor], ahead);
            *plan = plan.earlier(ahead);
        }
    }
    match &mut registration.state {
        State::Pending => {}
        State::Waiting { until, wait } => {
            move_all([until], ahead);
            if let Wait::BackOff { earliest } = wait {
                move_all([earliest], ahead);
            }
        }
        State::Suspended { since } => move_all([since], ahead),
        State::Firing { attempt, .. } => {
            let Attempt { sent_at, progress, .. } = &mut **attempt;
            move_all([sent_at], ahead);
            match progress {
                Progress::Sent { start_by } => move_all([start_by], ahead),
                Progress::Started { at, finish_by } => move_all([at, finish_by], ahead),
            }
        }
    }
    if let Some(ended) = &mut registration.last_attempt {
        let Ended { sent_at, started_at, finished_at, .. } = &mut **ended;
        move_all([sent_at, finished_at].into_iter().chain(started_at), ahead);
    }
}

fn move_all<'a>(instants: impl IntoIterator<Item = &'a mut Timestamp>, ahead: Duration) {
    for instant in instants {
        *instant = instant.saturating_sub(ahead);
    }
}

/// Whether something was moved.
fn move_site(site: &mut Site, now: Timestamp) -> bool {
    let permissions = [&mut site.permissions.one_off, &mut site.permissions.periodic];
    let permissions = permissions.into_iter().flatten().map(|set| &mut set.since);
    let spent = site.spent.values_mut().filter_map(|spent| spent.since.as_mut());
    not_after(permissions.chain(spent), now)
}

/// Whether something was moved.
fn move_profile(profile: &mut Profile, now: Timestamp) -> bool {
    let Some(apps) = &mut profile.apps else { return false };
    let removed = apps.removed.values_mut().map(|removed| &mut removed.at);
    not_after(removed.chain([&mut apps.since]), now)
}

fn not_after<'a>(instants: impl Iterator<Item = &'a mut Timestamp>, now: Timestamp) -> bool {
    let mut moved = false;
    for instant in instants.filter(|instant| **instant > now) {
        *instant = now;
        moved = true;
    }
    moved
}
