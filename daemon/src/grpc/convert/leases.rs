//! Pauses and overrides.

use std::{sync::Arc, time::Duration};

use pwasync_core::{
    FieldError, NewLease,
    constraints::Transport,
    facts::Reach,
    key::{AppId, OwnerId},
    lease::{Fact, FactValue, Lease, Leased, REASON_BYTES, Subject},
    place::Place,
    time::WallClock,
};
use pwasync_proto::v1 as wire;

use super::{
    limits::{missing, none_of, text_from_proto},
    lists::{origin_from_proto, owner_from_proto},
    time::{duration_from_proto, timestamp_to_proto},
};

/// How long a pause lasts if nobody says.
const PAUSE: Duration = Duration::from_secs(86_400);
/// How long an override lasts if nobody says.
const OVERRIDE: Duration = Duration::from_secs(3_600);

/// The facts that can be supposed, by name.
const FACTS: &str = "online, connectivity, metered, roaming, transport, battery_percent, charging \
                     or power_saver";

/// Whom a lease is for, by name; without an owner it is the caller.
///
/// # Errors
/// When it is missing, names too much, or a part breaks its rule.
pub(crate) fn subject_from_proto(
    caller: OwnerId,
    subject: Option<&wire::Subject>,
) -> Result<Subject, FieldError> {
    let wire::Subject { all, owner_uid, origin, app_id } =
        subject.ok_or_else(|| missing("subject"))?;
    if *all {
        if owner_uid.is_some() || !origin.is_empty() || !app_id.is_empty() {
            let rule = "goes with no other field";
            return Err(FieldError::text("subject.all", "true", rule));
        }
        return Ok(Subject::All);
    }
    let owner = owner_uid.map(owner_from_proto).transpose()?.unwrap_or(caller);
    match (origin.as_str(), app_id.as_str()) {
        ("", "") => Ok(Subject::Owner(owner)),
        (origin, "") => Ok(Subject::Origin(owner, origin_from_proto(origin)?.into())),
        ("", app) => Ok(Subject::App(owner, AppId::parse(app)?)),
        (origin, _) => Err(FieldError::text("subject.origin", origin, "goes with no `app_id`")),
    }
}

/// A pause.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn pause_from_proto(
    caller: OwnerId,
    request: wire::PauseRequest,
) -> Result<NewLease, FieldError> {
    Ok(NewLease {
        subject: subject_from_proto(caller, request.subject.as_ref())?,
        what: Leased::Pause,
        place: None,
        lasts: lasts_from_proto(request.lease.as_ref(), PAUSE)?,
        reason: text_from_proto("reason", request.reason, REASON_BYTES)?.into(),
    })
}

/// An override.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn override_from_proto(
    caller: OwnerId,
    request: &wire::SetOverrideRequest,
) -> Result<NewLease, FieldError> {
    let fact = request.fact.as_ref().ok_or_else(|| missing("fact"))?;
    Ok(NewLease {
        subject: subject_from_proto(caller, request.subject.as_ref())?,
        what: Leased::Override(fact_value_from_proto(fact)?),
        place: request.network.as_ref().map(place_from_proto).transpose()?,
        lasts: lasts_from_proto(request.lease.as_ref(), OVERRIDE)?,
        reason: Arc::default(),
    })
}

fn place_from_proto(network: &wire::NetworkName) -> Result<Place, FieldError> {
    use wire::network_name::Name;
    let (kind, name) = match network.name.as_ref().ok_or_else(|| missing("network"))? {
        Name::Interface(name) => ("interface", name),
        Name::Ssid(name) => ("ssid", name),
        Name::Connection(name) => ("connection", name),
    };
    Place::parse(kind, name).ok_or_else(|| missing("network"))?
}

fn place_to_proto(place: &Place) -> wire::NetworkName {
    use wire::network_name::Name;
    let name = match place {
        Place::Interface(name) => Name::Interface(name.to_string()),
        Place::Ssid(name) => Name::Ssid(name.to_string()),
        Place::Connection(name) => Name::Connection(name.to_string()),
    };
    wire::NetworkName { name: Some(name) }
}

fn lasts_from_proto(
    lease: Option<&prost_types::Duration>,
    default: Duration,
) -> Result<Duration, FieldError> {
    lease.map_or(Ok(default), |lease| duration_from_proto("lease", lease))
}

/// A fact by its name; empty: all.
///
/// # Errors
/// When there is none of this name.
pub(crate) fn fact_from_proto(name: &str) -> Result<Option<Fact>, FieldError> {
    Ok(Some(match name {
        "" => return Ok(None),
        "online" | "connectivity" => Fact::Network,
        "metered" => Fact::Metered,
        "roaming" => Fact::Roaming,
        "transport" => Fact::Transport,
        "battery_percent" => Fact::Battery,
        "charging" => Fact::Charging,
        "power_saver" => Fact::PowerSaver,
        _ => return Err(FieldError::text("fact", name, format!("must be {FACTS}"))),
    }))
}

/// A fact with its value.
///
/// # Errors
/// When there is no such fact, or it has no such value.
pub(crate) fn fact_value_from_proto(fact: &wire::FactValue) -> Result<FactValue, FieldError> {
    let wire::FactValue { fact: name, value } = fact;
    let yes = || match value.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(FieldError::text("value", value, format!("of `{name}` must be yes or no"))),
    };
    Ok(match name.as_str() {
        "online" => FactValue::Network(if yes()? { Reach::Online } else { Reach::Offline }),
        "connectivity" => FactValue::Network(match value.as_str() {
            "none" => Reach::Offline,
            "portal" => Reach::CaptivePortal,
            "limited" => Reach::Limited,
            "full" => Reach::Online,
            _ => return Err(none_of("value", value, "none, portal, limited or full")),
        }),
        "metered" => FactValue::Metered(yes()?),
        "roaming" => FactValue::Roaming(yes()?),
        "transport" => {
            let named = Transport::ALL.into_iter().find(|one| one.name() == value);
            let wrong = || none_of("value", value, "wifi, ethernet, cellular or other");
            FactValue::Transport(named.ok_or_else(wrong)?)
        }
        "battery_percent" => {
            let plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let percent = plain.then(|| value.parse().ok()).flatten();
            let percent = percent.filter(|percent: &u8| *percent <= 100);
            let wrong = || FieldError::text("value", value, "must be 0 to 100");
            FactValue::Battery(percent.ok_or_else(wrong)?)
        }
        "charging" => FactValue::Charging(yes()?),
        "power_saver" => FactValue::PowerSaver(yes()?),
        _ => return Err(FieldError::text("fact", name, format!("must be {FACTS}"))),
    })
}

fn fact_value_to_proto(value: FactValue) -> wire::FactValue {
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let value_text = match value {
        FactValue::Network(reach) => match reach {
            Reach::Offline => "none",
            Reach::CaptivePortal => "portal",
            Reach::Limited => "limited",
            Reach::Online => "full",
        }
        .to_owned(),
        FactValue::Metered(is)
        | FactValue::Roaming(is)
        | FactValue::Charging(is)
        | FactValue::PowerSaver(is) => yes(is),
        FactValue::Transport(transport) => transport.name().to_owned(),
        FactValue::Battery(percent) => percent.to_string(),
    };
    wire::FactValue { fact: fact_name(value.fact()).to_owned(), value: value_text }
}

/// A fact's name on the wire.
pub(crate) fn fact_name(fact: Fact) -> &'static str {
    match fact {
        Fact::Network => "connectivity",
        Fact::Metered => "metered",
        Fact::Roaming => "roaming",
        Fact::Transport => "transport",
        Fact::Charging => "charging",
        Fact::Battery => "battery_percent",
        Fact::PowerSaver => "power_saver",
    }
}

/// A lease for the wire.
pub(crate) fn lease_to_proto(wall: WallClock, lease: &Lease) -> wire::Lease {
    wire::Lease {
        subject: Some(subject_to_proto(&lease.subject)),
        fact: match lease.what {
            Leased::Pause => None,
            Leased::Override(value) => Some(fact_value_to_proto(value)),
        },
        since: Some(timestamp_to_proto(wall, lease.since)),
        ends_at: Some(timestamp_to_proto(wall, lease.until)),
        reason: lease.reason.to_string(),
        network: lease.place.as_ref().map(place_to_proto),
    }
}

/// Leases for the wire, by when they end.
pub(crate) fn leases_to_proto(wall: WallClock, leases: &[Lease]) -> Vec<wire::Lease> {
    let mut leases: Vec<_> = leases.iter().collect();
    leases.sort_by_key(|lease| (lease.until, lease.id));
    leases.into_iter().map(|lease| lease_to_proto(wall, lease)).collect()
}

fn subject_to_proto(subject: &Subject) -> wire::Subject {
    let owner_uid = subject.owner().map(OwnerId::uid);
    let plain = wire::Subject { owner_uid, ..wire::Subject::default() };
    match subject {
        Subject::All => wire::Subject { all: true, ..plain },
        Subject::Owner(_) => plain,
        Subject::Origin(_, origin) => wire::Subject { origin: origin.to_string(), ..plain },
        Subject::App(_, app) => wire::Subject { app_id: app.as_str().to_owned(), ..plain },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> OwnerId {
        OwnerId::from_uid(1_000).unwrap()
    }

    fn value(fact: &str, value: &str) -> Result<FactValue, String> {
        let fact = wire::FactValue { fact: fact.to_owned(), value: value.to_owned() };
        fact_value_from_proto(&fact).map_err(|error| error.to_string())
    }

    #[test]
    fn each_fact_reads_back_as_it_was_written() {
        for (fact, text) in [
            ("connectivity", "none"),
            ("connectivity", "portal"),
            ("connectivity", "limited"),
            ("connectivity", "full"),
            ("metered", "yes"),
            ("roaming", "no"),
            ("transport", "wifi"),
            ("transport", "cellular"),
            ("battery_percent", "100"),
            ("charging", "no"),
            ("power_saver", "yes"),
        ] {
            let shown = fact_value_to_proto(value(fact, text).unwrap());
            assert_eq!((shown.fact.as_str(), shown.value.as_str()), (fact, text));
        }
        assert_eq!(value("online", "yes"), value("connectivity", "full"));
    }

    #[test]
    fn wrong_facts_and_values_are_named() {
        let error = value("weather", "fine").unwrap_err();
        assert!(error.starts_with("field `fact`: value `weather` must be online, "), "{error}");
        let error = value("metered", "maybe").unwrap_err();
        assert_eq!(error, "field `value`: value `maybe` of `metered` must be yes or no");
        for wrong in ["", "101", "-1", "+5", "x"] {
            assert!(value("battery_percent", wrong).unwrap_err().contains("0 to 100"), "{wrong}");
        }
    }

    #[test]
    fn a_subject_names_one_thing() {
        let subject = |subject: wire::Subject| {
            subject_from_proto(caller(), Some(&subject)).map_err(|error| error.to_string())
        };
        let plain = wire::Subject::default;
        assert_eq!(subject(plain()), Ok(Subject::Owner(caller())));
        assert_eq!(subject(wire::Subject { all: true, ..plain() }), Ok(Subject::All));
        let both = wire::Subject { all: true, origin: "https://a.example".into(), ..plain() };
        assert!(subject(both).unwrap_err().contains("subject.all"));
        let both = wire::Subject {
            app_id: "https://a.example/".into(),
            origin: "https://a.example".into(),
            ..plain()
        };
        assert!(subject(both).unwrap_err().contains("subject.origin"));
        let path = wire::Subject { origin: "https://a.example/path".into(), ..plain() };
        assert!(subject(path).unwrap_err().contains("host and port alone"));
        assert!(subject_from_proto(caller(), None).unwrap_err().to_string().contains("missing"));
    }

    #[test]
    fn leases_last_as_long_as_the_protocol_says_by_default() {
        let subject = Some(wire::Subject::default());
        let pause = wire::PauseRequest { subject: subject.clone(), ..Default::default() };
        assert_eq!(pause_from_proto(caller(), pause).unwrap().lasts, PAUSE);
        let fact = Some(wire::FactValue { fact: "metered".into(), value: "no".into() });
        let request = wire::SetOverrideRequest { subject, fact, lease: None, network: None };
        assert_eq!(override_from_proto(caller(), &request).unwrap().lasts, OVERRIDE);
    }
}
