//! Entries of the history.

use pwasync_core::{
    FieldError,
    change::{Charge, RegistrationChange},
    facts::Facts as CoreFacts,
    history::{Entry as CoreEntry, TEXT_BYTES},
    key::RegistrationId,
};
use serde::{Deserialize, Serialize};

use super::{
    attempt::{Attempt, Ended},
    names::{BlockerCode, Reach, RemovalReason, SyncKind, Transport},
    shared::{at_most, network, network_text, no_more, number, profile_key, worker},
    time::{Clock, Text, Wall},
};

/// As many codes as there are.
const CODES: usize = 29;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store::snapshot) struct Entry<'a> {
    sequence: u64,
    at: Wall,
    id: u64,
    owner_uid: u32,
    browser: Text<'a>,
    profile: Text<'a>,
    scope: Text<'a>,
    kind: SyncKind,
    tag: Text<'a>,
    what: What<'a>,
    facts: Facts,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum What<'a> {
    Created,
    Updated,
    Rearmed,
    Suspended,
    Revived,
    Held(Vec<BlockerCode>),
    Woken(Attempt<'a>),
    Started(Attempt<'a>),
    Finished {
        attempt: Ended<'a>,
        charged: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_at: Option<Wall>,
    },
    Removed(RemovalReason),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    reach: Reach,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    metered: bool,
    roaming: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transport: Option<Transport>,
    /// As a source gave it: some claim more than there can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    battery_percent: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charging: Option<bool>,
    power_saver: bool,
}

impl<'a> Entry<'a> {
    pub(in crate::store::snapshot) fn from_core(entry: &'a CoreEntry, clock: Clock) -> Self {
        let profile = &entry.worker.profile;
        Self {
            sequence: entry.sequence,
            at: clock.wall(entry.at),
            id: entry.registration.number(),
            owner_uid: profile.owner.uid(),
            browser: profile.profile.browser().into(),
            profile: profile.profile.profile().into(),
            scope: entry.worker.scope.as_str().into(),
            kind: entry.kind.into(),
            tag: (&*entry.tag).into(),
            what: What::from_core(&entry.what, clock),
            facts: Facts::from_core(entry.facts),
        }
    }

    pub(in crate::store::snapshot) fn into_core(
        self,
        clock: Clock,
    ) -> Result<CoreEntry, FieldError> {
        at_most("tag", &self.tag, TEXT_BYTES)?;
        let profile = profile_key(self.owner_uid, &self.browser, &self.profile)?;
        Ok(CoreEntry {
            sequence: number("sequence", self.sequence)?,
            at: clock.at(self.at),
            registration: RegistrationId::new(number("id", self.id)?),
            worker: worker(profile, &self.scope)?,
            kind: self.kind.into(),
            tag: self.tag.into(),
            what: self.what.into_core(clock)?,
            facts: self.facts.into_core()?,
        })
    }
}

impl<'a> What<'a> {
    fn from_core(what: &'a RegistrationChange, clock: Clock) -> Self {
        match what {
            RegistrationChange::Created => Self::Created,
            RegistrationChange::Updated => Self::Updated,
            RegistrationChange::Rearmed => Self::Rearmed,
            RegistrationChange::Suspended => Self::Suspended,
            RegistrationChange::Revived => Self::Revived,
            RegistrationChange::Held(codes) => {
                Self::Held(codes.iter().copied().map(BlockerCode::from).collect())
            }
            RegistrationChange::Woken(attempt) => Self::Woken(Attempt::from_core(attempt, clock)),
            RegistrationChange::Started(attempt) => {
                Self::Started(Attempt::from_core(attempt, clock))
            }
            RegistrationChange::Finished { ended, charge, next_at } => Self::Finished {
                attempt: Ended::from_core(ended, clock),
                charged: match charge {
                    Charge::Free => false,
                    Charge::Charged => true,
                },
                next_at: next_at.map(|at| clock.wall(at)),
            },
            RegistrationChange::Removed(reason) => Self::Removed((*reason).into()),
        }
    }

    fn into_core(self, clock: Clock) -> Result<RegistrationChange, FieldError> {
        Ok(match self {
            Self::Created => RegistrationChange::Created,
            Self::Updated => RegistrationChange::Updated,
            Self::Rearmed => RegistrationChange::Rearmed,
            Self::Suspended => RegistrationChange::Suspended,
            Self::Revived => RegistrationChange::Revived,
            Self::Held(codes) => {
                no_more("held", codes.len(), CODES)?;
                RegistrationChange::Held(codes.into_iter().map(Into::into).collect())
            }
            Self::Woken(attempt) => RegistrationChange::Woken(attempt.into_core(clock)?),
            Self::Started(attempt) => RegistrationChange::Started(attempt.into_core(clock)?),
            Self::Finished { attempt, charged, next_at } => RegistrationChange::Finished {
                ended: attempt.into_core(clock)?,
                charge: if charged { Charge::Charged } else { Charge::Free },
                next_at: next_at.map(|at| clock.at(at)),
            },
            Self::Removed(reason) => RegistrationChange::Removed(reason.into()),
        })
    }
}

impl Facts {
    fn from_core(facts: CoreFacts) -> Self {
        Self {
            reach: facts.reach.into(),
            network: facts.network.map(network_text),
            metered: facts.metered,
            roaming: facts.roaming,
            transport: facts.transport.map(Transport::from),
            battery_percent: facts.battery,
            charging: facts.charging,
            power_saver: facts.power_saver,
        }
    }

    fn into_core(self) -> Result<CoreFacts, FieldError> {
        Ok(CoreFacts {
            reach: self.reach.into(),
            network: self.network.map(|text| network(&text)).transpose()?,
            metered: self.metered,
            roaming: self.roaming,
            transport: self.transport.map(Into::into),
            battery: self.battery_percent,
            charging: self.charging,
            power_saver: self.power_saver,
        })
    }
}
