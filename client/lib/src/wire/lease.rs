//! Pauses and overrides.

use pwasync_proto::v1;

use super::time::{instant, into_duration};
use super::{missing, some_text};
use crate::{
    ClientError, FactValue, Lease, Leased, NetworkName, NewOverride, NewPause, Paused, Resumed,
    Subject,
};

pub(crate) fn into_subject(subject: &Subject) -> v1::Subject {
    let plain = v1::Subject::default();
    match subject {
        Subject::Everything => v1::Subject { all: true, ..plain },
        Subject::Owner { owner_uid } => v1::Subject { owner_uid: *owner_uid, ..plain },
        Subject::Origin { owner_uid, origin } => {
            v1::Subject { owner_uid: *owner_uid, origin: origin.clone(), ..plain }
        }
        Subject::App { owner_uid, app_id } => {
            v1::Subject { owner_uid: *owner_uid, app_id: app_id.clone(), ..plain }
        }
    }
}

fn subject(wire: v1::Subject) -> Subject {
    let v1::Subject { all, owner_uid, origin, app_id } = wire;
    if all {
        return Subject::Everything;
    }
    match (some_text(origin), some_text(app_id)) {
        (Some(origin), _) => Subject::Origin { owner_uid, origin },
        (None, Some(app_id)) => Subject::App { owner_uid, app_id },
        (None, None) => Subject::Owner { owner_uid },
    }
}

pub(super) fn into_fact_value(fact: &FactValue) -> v1::FactValue {
    let FactValue { fact, value } = fact.clone();
    v1::FactValue { fact, value }
}

pub(crate) fn lease(wire: Option<v1::Lease>) -> Result<Lease, ClientError> {
    let v1::Lease { subject: whose, fact, since, ends_at, reason, network } =
        wire.ok_or_else(|| missing("lease"))?;
    let what = match fact {
        None => Leased::Pause { reason: some_text(reason) },
        Some(v1::FactValue { fact, value }) => Leased::Override(FactValue { fact, value }),
    };
    Ok(Lease {
        subject: subject(whose.ok_or_else(|| missing("lease.subject"))?),
        what,
        network: network.and_then(|network| network.name).map(network_name),
        since: instant("lease.since", since)?,
        ends_at: instant("lease.ends_at", ends_at)?,
    })
}

fn network_name(wire: v1::network_name::Name) -> NetworkName {
    use v1::network_name::Name;
    match wire {
        Name::Interface(name) => NetworkName::Interface(name),
        Name::Ssid(name) => NetworkName::Ssid(name),
        Name::Connection(name) => NetworkName::Connection(name),
    }
}

fn into_network_name(network: NetworkName) -> v1::NetworkName {
    use v1::network_name::Name;
    let name = match network {
        NetworkName::Interface(name) => Name::Interface(name),
        NetworkName::Ssid(name) => Name::Ssid(name),
        NetworkName::Connection(name) => Name::Connection(name),
    };
    v1::NetworkName { name: Some(name) }
}

pub(crate) fn leases(wire: Vec<v1::Lease>) -> Result<Vec<Lease>, ClientError> {
    wire.into_iter().map(|one| lease(Some(one))).collect()
}

pub(crate) fn into_pause_request(new: &NewPause) -> v1::PauseRequest {
    let NewPause { subject, lease, reason } = new;
    v1::PauseRequest {
        subject: Some(into_subject(subject)),
        lease: lease.map(into_duration),
        reason: reason.clone().unwrap_or_default(),
    }
}

pub(crate) fn paused(wire: v1::PauseResponse) -> Result<Paused, ClientError> {
    let v1::PauseResponse { lease: pause, registrations } = wire;
    Ok(Paused { lease: lease(pause)?, registrations })
}

pub(crate) fn resumed(wire: v1::AdminResumeResponse) -> Result<Resumed, ClientError> {
    let v1::AdminResumeResponse { ended, remaining } = wire;
    Ok(Resumed { ended, remaining: leases(remaining)? })
}

pub(crate) fn into_override_request(new: &NewOverride) -> v1::SetOverrideRequest {
    let NewOverride { subject, fact, network, lease } = new;
    v1::SetOverrideRequest {
        subject: Some(into_subject(subject)),
        fact: Some(into_fact_value(fact)),
        lease: lease.map(into_duration),
        network: network.clone().map(into_network_name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_goes_out_as_what_it_comes_in_as() {
        let owner_uid = Some(1_000);
        let subjects = [
            Subject::Everything,
            Subject::Owner { owner_uid: None },
            Subject::Owner { owner_uid },
            Subject::Origin { owner_uid, origin: "https://app.example".to_owned() },
            Subject::App { owner_uid: None, app_id: "https://app.example/?app".to_owned() },
        ];
        for one in subjects {
            assert_eq!(subject(into_subject(&one)), one);
        }
    }

    #[test]
    fn a_lease_of_nobody_is_malformed() {
        let error = lease(Some(v1::Lease::default())).unwrap_err();
        assert_eq!(error.to_string(), "answer of pwasyncd: field `lease.subject`: it is missing");
    }
}
