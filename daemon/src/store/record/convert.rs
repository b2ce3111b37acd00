//! Between the core's types and the newest version of the records: here what all records share and
//! the counters, in a file each the kinds of records.

mod attempt;
mod entry;
mod enums;
mod lease;
mod profile;
mod registration;
mod site;

use std::{sync::Arc, time::Duration};

use pwasync_core::{
    key::{OwnerId, ProfileId, ProfileKey, Scope},
    saved::Counters,
    time::Timestamp,
};

use super::v2;
use crate::store::{
    error::BadRecord,
    frame::{ClockFrame, RecordFrame},
};

impl v2::Frame {
    fn of(frame: ClockFrame) -> Self {
        let RecordFrame { boot_id, wall_minus_boot } = frame.of_record();
        Self { boot_id: boot_id.to_vec(), wall_minus_boot }
    }
}

/// Reads the instants of one record.
#[derive(Clone, Copy)]
struct Clock {
    frame: ClockFrame,
    written: RecordFrame,
}

impl Clock {
    fn new(written: Option<v2::Frame>, frame: ClockFrame) -> Result<Self, BadRecord> {
        let v2::Frame { boot_id, wall_minus_boot } = written.ok_or_else(|| lacks("frame"))?;
        let boot_id = boot_id.try_into().map_err(|_| lacks("boot_id"))?;
        Ok(Self { frame, written: RecordFrame { boot_id, wall_minus_boot } })
    }

    fn at(self, stored: i64) -> Timestamp {
        self.frame.restored(stored, self.written)
    }
}

impl v2::ProfileName {
    fn from_core(ProfileKey { owner, profile }: &ProfileKey) -> Self {
        Self {
            owner: owner.uid(),
            browser: profile.browser().to_owned(),
            profile: profile.profile().to_owned(),
        }
    }

    pub(super) fn into_core(self) -> Result<ProfileKey, BadRecord> {
        Ok(ProfileKey {
            owner: OwnerId::from_uid(self.owner)?,
            profile: ProfileId::parse(&self.browser, &self.profile)?,
        })
    }
}

impl v2::Counters {
    pub(super) fn from_core(counters: Counters, frame: ClockFrame) -> Self {
        Self {
            frame: Some(v2::Frame::of(frame)),
            last_registration: counters.last_registration,
            last_lease: counters.last_lease,
            returned_at: counters.returned_at.map(|at| frame.stored(at)),
            last_entry: counters.last_entry,
        }
    }

    pub(super) fn into_core(self, frame: ClockFrame) -> Result<Counters, BadRecord> {
        let Self { frame: written, last_registration, last_lease, returned_at, last_entry } = self;
        let returned_at = match returned_at {
            Some(at) => Some(Clock::new(written, frame)?.at(at)),
            None => None,
        };
        Ok(Counters { last_registration, last_lease, last_entry, returned_at })
    }
}

fn profile(name: Option<v2::ProfileName>) -> Result<ProfileKey, BadRecord> {
    name.ok_or_else(|| lacks("profile"))?.into_core()
}

/// An origin as a scope has it: nothing else may be compared with one.
fn origin(text: &str) -> Result<Arc<str>, BadRecord> {
    let scope = Scope::parse(&format!("{text}/"))?;
    if scope.origin() == text { Ok(text.into()) } else { Err(lacks("origin")) }
}

pub(super) fn lacks(field: &str) -> BadRecord {
    BadRecord::Content(format!("field `{field}` is missing or has no meaning"))
}

/// A count as the core keeps it. None comes near its end.
fn narrow(count: u32) -> u16 {
    count.try_into().unwrap_or(u16::MAX)
}

fn too_many(field: &str, limit: usize) -> BadRecord {
    BadRecord::Content(format!("field `{field}` has more than {limit} entries"))
}

/// Whole milliseconds, at most `u64::MAX`.
fn to_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
