//! What holds a registration, in lines and in a word.

use std::time::SystemTime;

use pwasync_client::{Blocker, BlockerCode};

use super::escape::escape;
use super::look::{Look, Paint};

/// What time alone holds does not end sooner.
pub(crate) const NOT_BEFORE: &str = "not before";

/// One line each: code, since when, what ends it, and not before when.
pub(crate) fn blocker_lines(blockers: &[Blocker], now: Option<SystemTime>, look: &Look) -> String {
    let width = blockers.iter().map(|blocker| blocker.code.as_str().len()).max().unwrap_or(0);
    let mut lines = String::new();
    for blocker in blockers {
        let code = look.paint(Paint::Busy, blocker.code.as_str());
        let gap = " ".repeat(width - blocker.code.as_str().len());
        lines.push_str(&format!("  {code}{gap}"));
        if !blocker.clears.is_empty() {
            lines.push_str(&format!("  {}", escape(&blocker.clears)));
        }
        if let Some(since) = blocker.since {
            lines.push_str(&format!("; since {}", look.both(now, Some(since))));
        }
        if let Some(earliest) = blocker.earliest {
            let words = earliest_words(blocker.code);
            lines.push_str(&format!("; {words} {}", look.both(now, Some(earliest))));
        }
        lines.push('\n');
    }
    lines
}

/// What to say before the earliest instant at which a reason can end: what hangs on an event, and
/// not on time alone, ends with it sooner.
pub(crate) fn earliest_words(code: BlockerCode) -> &'static str {
    match code {
        BlockerCode::NotDue
        | BlockerCode::Settling
        | BlockerCode::BudgetSpent
        | BlockerCode::LearnedHour
        | BlockerCode::OriginGap
        | BlockerCode::Grid => NOT_BEFORE,
        BlockerCode::Starting
        | BlockerCode::Backoff
        | BlockerCode::Offline
        | BlockerCode::Limited
        | BlockerCode::CaptivePortal
        | BlockerCode::Metered
        | BlockerCode::Roaming
        | BlockerCode::Transport
        | BlockerCode::UnknownNetwork
        | BlockerCode::BatteryLow
        | BlockerCode::BatteryCritical
        | BlockerCode::NotCharging
        | BlockerCode::PowerSaver
        | BlockerCode::Suspending
        | BlockerCode::EngagementNone
        | BlockerCode::NotInstalled
        | BlockerCode::PermissionDenied
        | BlockerCode::Paused
        | BlockerCode::Concurrency
        | BlockerCode::BrowserClosed
        | BlockerCode::BrowserLaunching
        | BlockerCode::NoLauncher
        | BlockerCode::StoreReadOnly
        | BlockerCode::Other(_) => "by itself not before",
    }
}

/// All codes, or `-`.
pub(crate) fn codes(blockers: &[Blocker]) -> String {
    if blockers.is_empty() {
        return "-".to_owned();
    }
    let codes: Vec<BlockerCode> = blockers.iter().map(|blocker| blocker.code).collect();
    code_words(&codes)
}

/// All codes in a row.
pub(crate) fn code_words(codes: &[BlockerCode]) -> String {
    let codes: Vec<&str> = codes.iter().copied().map(BlockerCode::as_str).collect();
    codes.join(", ")
}
