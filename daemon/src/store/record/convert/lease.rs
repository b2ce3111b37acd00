//! Pauses and overrides.

use pwasync_core::{
    key::{AppId, OwnerId},
    lease::{FactValue, Lease, LeaseId, Leased, REASON_BYTES, Subject},
    place::Place,
};

use super::{Clock, lacks, origin};
use crate::store::{
    error::BadRecord,
    frame::ClockFrame,
    record::v2::{self, lease},
};

impl lease::Lease {
    pub(in crate::store::record) fn from_core(lease: &Lease, frame: ClockFrame) -> Self {
        Self {
            frame: Some(v2::Frame::of(frame)),
            subject: Some(lease::Subject::from_core(&lease.subject)),
            what: Some(lease::Leased::from_core(lease.what)),
            since: frame.stored(lease.since),
            until: frame.stored(lease.until),
            reason: lease.reason.to_string(),
            place: lease.place.as_ref().map(lease::Place::from_core),
        }
    }

    pub(in crate::store::record) fn into_core(
        self,
        id: u64,
        frame: ClockFrame,
    ) -> Result<Lease, BadRecord> {
        let clock = Clock::new(self.frame, frame)?;
        if self.reason.len() > REASON_BYTES {
            return Err(lacks("reason"));
        }
        Ok(Lease {
            id: LeaseId::new(id),
            subject: self.subject.ok_or_else(|| lacks("subject"))?.into_core()?,
            what: self.what.ok_or_else(|| lacks("what"))?.into_core()?,
            place: self.place.map(lease::Place::into_core).transpose()?,
            since: clock.at(self.since),
            until: clock.at(self.until),
            reason: self.reason.into(),
        })
    }
}

impl lease::Place {
    fn from_core(place: &Place) -> Self {
        match place {
            Place::Interface(name) => Self::Interface(name.to_string()),
            Place::Ssid(name) => Self::Ssid(name.to_string()),
            Place::Connection(name) => Self::Connection(name.to_string()),
        }
    }

    fn into_core(self) -> Result<Place, BadRecord> {
        let (kind, name) = match self {
            Self::Interface(name) => ("interface", name),
            Self::Ssid(name) => ("ssid", name),
            Self::Connection(name) => ("connection", name),
        };
        Ok(Place::parse(kind, &name).ok_or_else(|| lacks("place"))??)
    }
}

impl lease::Subject {
    fn from_core(subject: &Subject) -> Self {
        let of = |owner: &OwnerId, name: &str| lease::OfOwner {
            owner: owner.uid(),
            name: name.to_owned(),
        };
        match subject {
            Subject::All => Self::All(v2::Empty {}),
            Subject::Owner(owner) => Self::Owner(owner.uid()),
            Subject::Origin(owner, origin) => Self::Origin(of(owner, origin)),
            Subject::App(owner, app) => Self::App(of(owner, app.as_str())),
        }
    }

    fn into_core(self) -> Result<Subject, BadRecord> {
        Ok(match self {
            Self::All(v2::Empty {}) => Subject::All,
            Self::Owner(owner) => Subject::Owner(OwnerId::from_uid(owner)?),
            Self::Origin(lease::OfOwner { owner, name }) => {
                Subject::Origin(OwnerId::from_uid(owner)?, origin(&name)?)
            }
            Self::App(lease::OfOwner { owner, name }) => {
                Subject::App(OwnerId::from_uid(owner)?, AppId::parse(&name)?)
            }
        })
    }
}

impl lease::Leased {
    fn from_core(what: Leased) -> Self {
        let value = match what {
            Leased::Pause => return Self::Pause(v2::Empty {}),
            Leased::Override(value) => value,
        };
        match value {
            FactValue::Network(reach) => Self::Network(lease::Reach::from_core(reach)),
            FactValue::Metered(metered) => Self::Metered(metered),
            FactValue::Roaming(roaming) => Self::Roaming(roaming),
            FactValue::Transport(transport) => Self::Transport(v2::Transport::from_core(transport)),
            FactValue::Battery(percent) => Self::Battery(percent.into()),
            FactValue::Charging(charging) => Self::Charging(charging),
            FactValue::PowerSaver(on) => Self::PowerSaver(on),
        }
    }

    fn into_core(self) -> Result<Leased, BadRecord> {
        Ok(Leased::Override(match self {
            Self::Pause(v2::Empty {}) => return Ok(Leased::Pause),
            Self::Network(reach) => FactValue::Network(lease::Reach::into_core(reach)?),
            Self::Metered(metered) => FactValue::Metered(metered),
            Self::Roaming(roaming) => FactValue::Roaming(roaming),
            Self::Transport(transport) => {
                FactValue::Transport(v2::Transport::into_core(transport)?)
            }
            Self::Battery(stored) => FactValue::Battery(percent(stored)?),
            Self::Charging(charging) => FactValue::Charging(charging),
            Self::PowerSaver(on) => FactValue::PowerSaver(on),
        }))
    }
}

/// Charge in percent.
fn percent(stored: u32) -> Result<u8, BadRecord> {
    u8::try_from(stored).ok().filter(|percent| *percent <= 100).ok_or_else(|| lacks("battery"))
}
