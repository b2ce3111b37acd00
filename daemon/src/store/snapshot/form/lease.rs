//! Pauses and overrides.

use pwasync_core::{
    FieldError,
    key::{AppId, OwnerId},
    lease::{
        FactValue, Lease as CoreLease, LeaseId, Leased as CoreLeased, REASON_BYTES,
        Subject as CoreSubject,
    },
    place::Place,
};
use serde::{Deserialize, Serialize};

use super::{
    names::{Reach, Transport},
    shared::{at_most, number, origin},
    time::{Clock, Text, Wall},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store::snapshot) struct Lease<'a> {
    id: u64,
    subject: Subject<'a>,
    what: Leased,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<Network<'a>>,
    since: Wall,
    until: Wall,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    reason: Text<'a>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Subject<'a> {
    All,
    Owner { owner_uid: u32 },
    Origin { owner_uid: u32, origin: Text<'a> },
    App { owner_uid: u32, app_id: Text<'a> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Network<'a> {
    Interface(Text<'a>),
    Ssid(Text<'a>),
    Connection(Text<'a>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Leased {
    Pause,
    Reach(Reach),
    Metered(bool),
    Roaming(bool),
    Transport(Transport),
    BatteryPercent(u8),
    Charging(bool),
    PowerSaver(bool),
}

impl<'a> Lease<'a> {
    pub(in crate::store::snapshot) fn from_core(lease: &'a CoreLease, clock: Clock) -> Self {
        Self {
            id: lease.id.number(),
            subject: Subject::from_core(&lease.subject),
            what: lease.what.into(),
            network: lease.place.as_ref().map(Network::from_core),
            since: clock.wall(lease.since),
            until: clock.wall(lease.until),
            reason: (&*lease.reason).into(),
        }
    }

    pub(in crate::store::snapshot) fn into_core(
        self,
        clock: Clock,
    ) -> Result<CoreLease, FieldError> {
        at_most("reason", &self.reason, REASON_BYTES)?;
        Ok(CoreLease {
            id: LeaseId::new(number("id", self.id)?),
            subject: self.subject.into_core()?,
            what: self.what.into_core()?,
            place: self.network.map(Network::into_core).transpose()?,
            since: clock.at(self.since),
            until: clock.at(self.until),
            reason: self.reason.into(),
        })
    }
}

impl<'a> Network<'a> {
    fn from_core(place: &'a Place) -> Self {
        match place {
            Place::Interface(name) => Self::Interface((&**name).into()),
            Place::Ssid(name) => Self::Ssid((&**name).into()),
            Place::Connection(name) => Self::Connection((&**name).into()),
        }
    }

    fn into_core(self) -> Result<Place, FieldError> {
        let (kind, name) = match &self {
            Self::Interface(name) => ("interface", name),
            Self::Ssid(name) => ("ssid", name),
            Self::Connection(name) => ("connection", name),
        };
        let wrong = || FieldError::text("network", kind, "is no way to name a network");
        Place::parse(kind, name).ok_or_else(wrong)?
    }
}

impl<'a> Subject<'a> {
    fn from_core(subject: &'a CoreSubject) -> Self {
        match subject {
            CoreSubject::All => Self::All,
            CoreSubject::Owner(owner) => Self::Owner { owner_uid: owner.uid() },
            CoreSubject::Origin(owner, origin) => {
                Self::Origin { owner_uid: owner.uid(), origin: (&**origin).into() }
            }
            CoreSubject::App(owner, app) => {
                Self::App { owner_uid: owner.uid(), app_id: app.as_str().into() }
            }
        }
    }

    fn into_core(self) -> Result<CoreSubject, FieldError> {
        Ok(match self {
            Self::All => CoreSubject::All,
            Self::Owner { owner_uid } => CoreSubject::Owner(OwnerId::from_uid(owner_uid)?),
            Self::Origin { owner_uid, origin: name } => {
                CoreSubject::Origin(OwnerId::from_uid(owner_uid)?, origin(&name)?)
            }
            Self::App { owner_uid, app_id } => {
                CoreSubject::App(OwnerId::from_uid(owner_uid)?, AppId::parse(&app_id)?)
            }
        })
    }
}

impl From<CoreLeased> for Leased {
    fn from(what: CoreLeased) -> Self {
        let value = match what {
            CoreLeased::Pause => return Self::Pause,
            CoreLeased::Override(value) => value,
        };
        match value {
            FactValue::Network(reach) => Self::Reach(reach.into()),
            FactValue::Metered(metered) => Self::Metered(metered),
            FactValue::Roaming(roaming) => Self::Roaming(roaming),
            FactValue::Transport(transport) => Self::Transport(transport.into()),
            FactValue::Battery(percent) => Self::BatteryPercent(percent),
            FactValue::Charging(charging) => Self::Charging(charging),
            FactValue::PowerSaver(on) => Self::PowerSaver(on),
        }
    }
}

impl Leased {
    fn into_core(self) -> Result<CoreLeased, FieldError> {
        Ok(CoreLeased::Override(match self {
            Self::Pause => return Ok(CoreLeased::Pause),
            Self::Reach(reach) => FactValue::Network(reach.into()),
            Self::Metered(metered) => FactValue::Metered(metered),
            Self::Roaming(roaming) => FactValue::Roaming(roaming),
            Self::Transport(transport) => FactValue::Transport(transport.into()),
            Self::BatteryPercent(percent) if percent > 100 => {
                return Err(FieldError::plain("battery-percent", percent, "is above 100"));
            }
            Self::BatteryPercent(percent) => FactValue::Battery(percent),
            Self::Charging(charging) => FactValue::Charging(charging),
            Self::PowerSaver(on) => FactValue::PowerSaver(on),
        }))
    }
}
