//! Codes of what holds a registration.

use pwasync_proto::v1;

use crate::BlockerCode;

/// A code that this crate does not know is kept as its number: a newer daemon has more of them.
pub(super) fn blocker_code(code: i32) -> BlockerCode {
    use v1::BlockerCode as Wire;
    match Wire::try_from(code) {
        Err(_) | Ok(Wire::Unspecified) => BlockerCode::Other(code),
        Ok(Wire::Starting) => BlockerCode::Starting,
        Ok(Wire::NotDue) => BlockerCode::NotDue,
        Ok(Wire::Backoff) => BlockerCode::Backoff,
        Ok(Wire::Offline) => BlockerCode::Offline,
        Ok(Wire::Settling) => BlockerCode::Settling,
        Ok(Wire::Limited) => BlockerCode::Limited,
        Ok(Wire::CaptivePortal) => BlockerCode::CaptivePortal,
        Ok(Wire::Metered) => BlockerCode::Metered,
        Ok(Wire::Roaming) => BlockerCode::Roaming,
        Ok(Wire::Transport) => BlockerCode::Transport,
        Ok(Wire::UnknownNetwork) => BlockerCode::UnknownNetwork,
        Ok(Wire::BatteryLow) => BlockerCode::BatteryLow,
        Ok(Wire::BatteryCritical) => BlockerCode::BatteryCritical,
        Ok(Wire::NotCharging) => BlockerCode::NotCharging,
        Ok(Wire::PowerSaver) => BlockerCode::PowerSaver,
        Ok(Wire::Suspending) => BlockerCode::Suspending,
        Ok(Wire::EngagementNone) => BlockerCode::EngagementNone,
        Ok(Wire::NotInstalled) => BlockerCode::NotInstalled,
        Ok(Wire::PermissionDenied) => BlockerCode::PermissionDenied,
        Ok(Wire::Paused) => BlockerCode::Paused,
        Ok(Wire::BudgetSpent) => BlockerCode::BudgetSpent,
        Ok(Wire::LearnedHour) => BlockerCode::LearnedHour,
        Ok(Wire::OriginGap) => BlockerCode::OriginGap,
        Ok(Wire::Grid) => BlockerCode::Grid,
        Ok(Wire::Concurrency) => BlockerCode::Concurrency,
        Ok(Wire::BrowserClosed) => BlockerCode::BrowserClosed,
        Ok(Wire::BrowserLaunching) => BlockerCode::BrowserLaunching,
        Ok(Wire::NoLauncher) => BlockerCode::NoLauncher,
        Ok(Wire::StoreReadOnly) => BlockerCode::StoreReadOnly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_keeps_its_name() {
        for number in 1..=29 {
            let wire = v1::BlockerCode::try_from(number).unwrap();
            let name = wire.as_str_name().strip_prefix("BLOCKER_CODE_").unwrap();
            assert_eq!(blocker_code(number).as_str(), name);
        }
        assert_eq!(blocker_code(30), BlockerCode::Other(30));
    }
}
