//! How users use web apps.

use pwasync_proto::v1;

use super::key::{into_profile, profile};
use super::missing;
use super::time::{instant, into_timestamp};
use crate::{
    ClientError, Engagement, EngagementEvent, EngagementEventKind, EngagementFilter,
    EngagementLevel, EngagementReport, EngagementScore, NewScore, ProfileId,
};

pub(crate) fn into_report_request(
    of: &ProfileId,
    origin: &str,
    report: &EngagementReport,
) -> v1::ReportEngagementRequest {
    use v1::report_engagement_request::Report;
    let report = match report {
        EngagementReport::Events(events) => {
            let events = events.iter().copied().map(into_event).collect();
            Report::Events(v1::EngagementEvents { events })
        }
        EngagementReport::Score(score) => Report::Score(*score),
        EngagementReport::Level(level) => Report::Level(into_level(*level).into()),
    };
    v1::ReportEngagementRequest {
        profile: Some(into_profile(of)),
        origin: origin.to_owned(),
        report: Some(report),
    }
}

fn into_event(event: EngagementEvent) -> v1::EngagementEvent {
    use v1::EngagementEventKind as Wire;
    let kind = match event.kind {
        EngagementEventKind::Navigation => Wire::Navigation,
        EngagementEventKind::UserInput => Wire::UserInput,
        EngagementEventKind::MediaVisible => Wire::MediaVisible,
        EngagementEventKind::MediaHidden => Wire::MediaHidden,
        EngagementEventKind::Notification => Wire::Notification,
        EngagementEventKind::ShortcutLaunch => Wire::ShortcutLaunch,
    };
    v1::EngagementEvent { kind: kind.into(), at: event.at.map(into_timestamp) }
}

pub(crate) fn engagement_score(wire: v1::ReportEngagementResponse) -> EngagementScore {
    let v1::ReportEngagementResponse { score, level: of_level } = wire;
    EngagementScore { score, level: level(of_level) }
}

pub(crate) fn into_engagement_request(filter: &EngagementFilter) -> v1::GetEngagementRequest {
    let EngagementFilter { profile, origin, owner_uid } = filter;
    v1::GetEngagementRequest {
        profile: profile.as_ref().map(into_profile),
        origin: origin.clone().unwrap_or_default(),
        owner_uid: *owner_uid,
    }
}

pub(crate) fn into_score_request(new: &NewScore) -> v1::SetEngagementRequest {
    let NewScore { profile, origin, score, owner_uid } = new;
    v1::SetEngagementRequest {
        profile: Some(into_profile(profile)),
        origin: origin.clone(),
        score: *score,
        owner_uid: *owner_uid,
    }
}

pub(crate) fn engagement(wire: Option<v1::Engagement>) -> Result<Engagement, ClientError> {
    let wire = wire.ok_or_else(|| missing("engagement"))?;
    Ok(Engagement {
        owner_uid: wire.owner_uid,
        profile: profile("engagement.profile", wire.profile)?,
        origin: wire.origin,
        score: wire.score,
        level: level(wire.level),
        points_today: wire.points_today,
        last_at: instant("engagement.last_at", wire.last_at)?,
        hours: wire.hours,
        reported: wire.reported,
    })
}

/// A level that this crate does not know says as little as none at all.
fn level(wire: i32) -> EngagementLevel {
    use v1::EngagementLevel as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Unspecified | Wire::Unknown) | Err(_) => EngagementLevel::Unknown,
        Ok(Wire::None) => EngagementLevel::None,
        Ok(Wire::Minimal) => EngagementLevel::Minimal,
        Ok(Wire::Low) => EngagementLevel::Low,
        Ok(Wire::Medium) => EngagementLevel::Medium,
        Ok(Wire::High) => EngagementLevel::High,
        Ok(Wire::Max) => EngagementLevel::Max,
    }
}

fn into_level(level: EngagementLevel) -> v1::EngagementLevel {
    use v1::EngagementLevel as Wire;
    match level {
        EngagementLevel::Unknown => Wire::Unknown,
        EngagementLevel::None => Wire::None,
        EngagementLevel::Minimal => Wire::Minimal,
        EngagementLevel::Low => Wire::Low,
        EngagementLevel::Medium => Wire::Medium,
        EngagementLevel::High => Wire::High,
        EngagementLevel::Max => Wire::Max,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_goes_out_as_what_it_comes_in_as() {
        for number in 1..=7 {
            assert_eq!(i32::from(into_level(level(number))), number);
        }
        assert_eq!((level(0), level(8)), (EngagementLevel::Unknown, EngagementLevel::Unknown));
    }
}
