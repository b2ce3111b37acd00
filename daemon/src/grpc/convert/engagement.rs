//! How much sites are used.

use prost_types::Timestamp as WireTimestamp;
use pwasync_core::{Engaged, engagement::Level, wall::WallTime};
use pwasync_proto::v1 as wire;

use super::keys::profile_to_proto;

/// Engagement for the wire.
pub(crate) fn engaged_to_proto(engaged: &Engaged) -> wire::Engagement {
    wire::Engagement {
        owner_uid: engaged.site.profile.owner.uid(),
        profile: Some(profile_to_proto(&engaged.site.profile)),
        origin: engaged.site.origin.to_string(),
        score: engaged.total.value(),
        level: level_to_proto(engaged.level).into(),
        points_today: engaged.today.value(),
        last_at: engaged.last.map(wall_time_to_proto),
        hours: if engaged.hours.iter().all(|weight| *weight == 0.0) {
            Vec::new()
        } else {
            engaged.hours.to_vec()
        },
        reported: engaged.reported,
    }
}

fn wall_time_to_proto(at: WallTime) -> WireTimestamp {
    let millis = at.as_millis();
    // 0 to 999, so it fits.
    let nanos = i32::try_from(millis.rem_euclid(1_000) * 1_000_000).unwrap_or(0);
    WireTimestamp { seconds: millis.div_euclid(1_000), nanos }
}

/// A level for the wire.
pub(crate) fn level_to_proto(level: Level) -> wire::EngagementLevel {
    match level {
        Level::Unknown => wire::EngagementLevel::Unknown,
        Level::None => wire::EngagementLevel::None,
        Level::Minimal => wire::EngagementLevel::Minimal,
        Level::Low => wire::EngagementLevel::Low,
        Level::Medium => wire::EngagementLevel::Medium,
        Level::High => wire::EngagementLevel::High,
        Level::Max => wire::EngagementLevel::Max,
    }
}
