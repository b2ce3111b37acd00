//! Entries of the history.

use pwasync_core::{
    change::{Charge, RegistrationChange},
    facts::{Facts, NetworkId},
    history::{Entry, TEXT_BYTES},
    key::RegistrationId,
};

use super::{Clock, lacks, too_many};
use crate::store::{
    error::BadRecord,
    frame::ClockFrame,
    record::{
        v2::{self, entry, lease},
        workers::Workers,
    },
};

/// As many codes as there are.
const CODES: usize = 29;

impl entry::Entry {
    pub(in crate::store::record) fn from_core(entry: &Entry, frame: ClockFrame) -> Self {
        Self {
            frame: Some(v2::Frame::of(frame)),
            at: frame.stored(entry.at),
            registration: entry.registration.number(),
            profile: Some(v2::ProfileName::from_core(&entry.worker.profile)),
            scope: entry.worker.scope.as_str().to_owned(),
            kind: entry::SyncKind::from_core(entry.kind),
            tag: entry.tag.to_string(),
            what: Some(entry::What::from_core(&entry.what, frame)),
            facts: Some(entry::Facts::from_core(entry.facts)),
        }
    }

    pub(in crate::store::record) fn into_core(
        self,
        sequence: u64,
        frame: ClockFrame,
        workers: &mut Workers,
    ) -> Result<Entry, BadRecord> {
        let kind = entry::SyncKind::into_core(self.kind)?;
        let clock = Clock::new(self.frame, frame)?;
        if self.tag.len() > TEXT_BYTES {
            return Err(lacks("tag"));
        }
        Ok(Entry {
            sequence,
            at: clock.at(self.at),
            registration: RegistrationId::new(self.registration),
            worker: workers.of(self.profile, self.scope)?,
            kind,
            tag: self.tag.into(),
            what: self.what.ok_or_else(|| lacks("what"))?.into_core(clock)?,
            facts: self.facts.ok_or_else(|| lacks("facts"))?.into_core()?,
        })
    }
}

impl entry::What {
    fn from_core(what: &RegistrationChange, frame: ClockFrame) -> Self {
        let plain = |plain: entry::Plain| Self::Plain(plain.into());
        match what {
            RegistrationChange::Created => plain(entry::Plain::Created),
            RegistrationChange::Updated => plain(entry::Plain::Updated),
            RegistrationChange::Rearmed => plain(entry::Plain::Rearmed),
            RegistrationChange::Suspended => plain(entry::Plain::Suspended),
            RegistrationChange::Revived => plain(entry::Plain::Revived),
            RegistrationChange::Held(codes) => {
                let codes = codes.iter().map(|code| entry::BlockerCode::from_core(*code));
                Self::Held(entry::Held { codes: codes.collect() })
            }
            RegistrationChange::Woken(attempt) => {
                Self::Woken(v2::Attempt::from_core(attempt, frame))
            }
            RegistrationChange::Started(attempt) => {
                Self::Started(v2::Attempt::from_core(attempt, frame))
            }
            RegistrationChange::Finished { ended, charge, next_at } => {
                Self::Finished(entry::FinishedAttempt {
                    ended: Some(v2::Ended::from_core(ended, frame)),
                    charged: match charge {
                        Charge::Free => false,
                        Charge::Charged => true,
                    },
                    next_at: next_at.map(|at| frame.stored(at)),
                })
            }
            RegistrationChange::Removed(reason) => {
                Self::Removed(entry::RemovalReason::from_core(*reason))
            }
        }
    }

    fn into_core(self, clock: Clock) -> Result<RegistrationChange, BadRecord> {
        Ok(match self {
            Self::Plain(number) => match entry::Plain::try_from(number) {
                Ok(entry::Plain::Unspecified) | Err(_) => return Err(lacks("what")),
                Ok(entry::Plain::Created) => RegistrationChange::Created,
                Ok(entry::Plain::Updated) => RegistrationChange::Updated,
                Ok(entry::Plain::Rearmed) => RegistrationChange::Rearmed,
                Ok(entry::Plain::Suspended) => RegistrationChange::Suspended,
                Ok(entry::Plain::Revived) => RegistrationChange::Revived,
            },
            Self::Held(entry::Held { codes }) => {
                if codes.len() > CODES {
                    return Err(too_many("codes", CODES));
                }
                let codes = codes.into_iter().map(entry::BlockerCode::into_core);
                RegistrationChange::Held(codes.collect::<Result<_, _>>()?)
            }
            Self::Woken(attempt) => RegistrationChange::Woken(attempt.into_core(clock)?),
            Self::Started(attempt) => RegistrationChange::Started(attempt.into_core(clock)?),
            Self::Finished(entry::FinishedAttempt { ended, charged, next_at }) => {
                RegistrationChange::Finished {
                    ended: ended.ok_or_else(|| lacks("ended"))?.into_core(clock)?,
                    charge: if charged { Charge::Charged } else { Charge::Free },
                    next_at: next_at.map(|at| clock.at(at)),
                }
            }
            Self::Removed(reason) => {
                RegistrationChange::Removed(entry::RemovalReason::into_core(reason)?)
            }
        })
    }
}

impl entry::Facts {
    fn from_core(facts: Facts) -> Self {
        Self {
            reach: lease::Reach::from_core(facts.reach),
            network: facts.network.map(NetworkId::number),
            metered: facts.metered,
            roaming: facts.roaming,
            transport: facts.transport.map(v2::Transport::from_core),
            battery: facts.battery.map(u32::from),
            charging: facts.charging,
            power_saver: facts.power_saver,
        }
    }

    fn into_core(self) -> Result<Facts, BadRecord> {
        Ok(Facts {
            reach: lease::Reach::into_core(self.reach)?,
            network: self.network.map(NetworkId::new),
            metered: self.metered,
            roaming: self.roaming,
            transport: self.transport.map(v2::Transport::into_core).transpose()?,
            // As a source gave it: some claim more than there can be.
            battery: self.battery.map(u8::try_from).transpose().map_err(|_| lacks("battery"))?,
            charging: self.charging,
            power_saver: self.power_saver,
        })
    }
}
