//! What holds a registration.

use pwasync_core::{
    blocker::{Blocker, BlockerCode},
    time::WallClock,
};
use pwasync_proto::v1 as wire;

use super::time::timestamp_to_proto;

/// Blockers for the wire, in their order.
pub(crate) fn blockers_to_proto(wall: WallClock, blockers: &[Blocker]) -> Vec<wire::Blocker> {
    blockers.iter().map(|blocker| blocker_to_proto(wall, blocker)).collect()
}

fn blocker_to_proto(wall: WallClock, blocker: &Blocker) -> wire::Blocker {
    wire::Blocker {
        code: code_to_proto(blocker.code).into(),
        since: Some(timestamp_to_proto(wall, blocker.since)),
        clears: blocker.code.clears().to_owned(),
        earliest: blocker.earliest.map(|at| timestamp_to_proto(wall, at)),
    }
}

/// A code for the wire.
pub(crate) fn code_to_proto(code: BlockerCode) -> wire::BlockerCode {
    match code {
        BlockerCode::Starting => wire::BlockerCode::Starting,
        BlockerCode::NotDue => wire::BlockerCode::NotDue,
        BlockerCode::BackOff => wire::BlockerCode::Backoff,
        BlockerCode::Offline => wire::BlockerCode::Offline,
        BlockerCode::Settling => wire::BlockerCode::Settling,
        BlockerCode::Limited => wire::BlockerCode::Limited,
        BlockerCode::CaptivePortal => wire::BlockerCode::CaptivePortal,
        BlockerCode::Metered => wire::BlockerCode::Metered,
        BlockerCode::Roaming => wire::BlockerCode::Roaming,
        BlockerCode::Transport => wire::BlockerCode::Transport,
        BlockerCode::UnknownNetwork => wire::BlockerCode::UnknownNetwork,
        BlockerCode::BatteryLow => wire::BlockerCode::BatteryLow,
        BlockerCode::BatteryCritical => wire::BlockerCode::BatteryCritical,
        BlockerCode::NotCharging => wire::BlockerCode::NotCharging,
        BlockerCode::PowerSaver => wire::BlockerCode::PowerSaver,
        BlockerCode::Suspending => wire::BlockerCode::Suspending,
        BlockerCode::EngagementNone => wire::BlockerCode::EngagementNone,
        BlockerCode::NotInstalled => wire::BlockerCode::NotInstalled,
        BlockerCode::PermissionDenied => wire::BlockerCode::PermissionDenied,
        BlockerCode::Paused => wire::BlockerCode::Paused,
        BlockerCode::BudgetSpent => wire::BlockerCode::BudgetSpent,
        BlockerCode::LearnedHour => wire::BlockerCode::LearnedHour,
        BlockerCode::OriginGap => wire::BlockerCode::OriginGap,
        BlockerCode::Grid => wire::BlockerCode::Grid,
        BlockerCode::Concurrency => wire::BlockerCode::Concurrency,
        BlockerCode::BrowserClosed => wire::BlockerCode::BrowserClosed,
        BlockerCode::BrowserLaunching => wire::BlockerCode::BrowserLaunching,
        BlockerCode::NoLauncher => wire::BlockerCode::NoLauncher,
        BlockerCode::StoreReadOnly => wire::BlockerCode::StoreReadOnly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pwasync_core::time::Timestamp;

    #[test]
    fn a_blocker_says_since_when_and_what_clears_it() {
        let wall = WallClock { offset_millis: 1_000, ..WallClock::default() };
        let at = Timestamp::from_millis;
        let blocker =
            Blocker { code: BlockerCode::BackOff, since: at(0), earliest: Some(at(5_000)) };
        let sent = &blockers_to_proto(wall, &[blocker])[0];
        assert_eq!(sent.code(), wire::BlockerCode::Backoff);
        assert_eq!(sent.since.unwrap().seconds, 1);
        assert_eq!(sent.earliest.unwrap().seconds, 6);
        assert_eq!(sent.clears, "the delay after the failed attempt passes");
    }
}
