//! Takes what browsers say of origins and apps.

use std::time::Duration;

use pwasync_core::{EngagementReport, FieldError, engagement::EventKind, wall::WallTime};

use super::Engine;
use crate::{
    channel::{Report, SiteRequest},
    recording::{ClearOrigin, ReportEngagement, SetInstalledApps, SetPermission},
};

/// Use that lies further back is not reported any more: half of what it counted has decayed.
const OLDEST_DAYS: u64 = 7;

impl Engine {
    pub(super) fn take_site(&mut self, request: SiteRequest) {
        match request {
            SiteRequest::Clear { caller, site, reply } => {
                let removed = self.call(ClearOrigin(caller, site));
                self.answer(reply, removed);
            }
            SiteRequest::SetPermission { caller, site, kind, state, reply } => {
                let removed = self.call(SetPermission(caller, site, kind, state));
                self.answer(reply, removed);
            }
            SiteRequest::SetInstalledApps { caller, profile, apps, reply } => {
                let changed = self.call(SetInstalledApps(caller, profile, apps));
                self.answer(reply, changed);
            }
            SiteRequest::ReportEngagement { caller, site, report, reply } => {
                let now = WallTime::of(self.host.now(), self.wall);
                let engaged = match timed(report, now) {
                    Ok(report) => {
                        let report = ReportEngagement(caller, site, report);
                        self.call(report).map_err(Into::into)
                    }
                    Err(error) => Err(error.into()),
                };
                self.answer(reply, engaged);
            }
        }
    }
}

/// The report with each event's instant. What lies ahead is taken as now: clocks differ a little.
fn timed(report: Report, now: WallTime) -> Result<EngagementReport, FieldError> {
    let events = match report {
        Report::Events(events) => events,
        Report::Score(points) => return Ok(EngagementReport::Score(points)),
        Report::Level(level) => return Ok(EngagementReport::Level(level)),
    };
    let oldest = now.saturating_sub(Duration::from_secs(OLDEST_DAYS * 86_400));
    let timed = |(kind, at): (EventKind, Option<WallTime>)| {
        let at = at.unwrap_or(now).min(now);
        if at < oldest {
            let ago = now.saturating_since(at).as_secs();
            let rule = format!("lies more than {OLDEST_DAYS} days back");
            return Err(FieldError::plain("events.at", format!("{ago} s ago"), rule));
        }
        Ok((kind, at))
    };
    events.into_iter().map(timed).collect::<Result<_, _>>().map(EngagementReport::Events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_is_reported_within_seven_days() {
        let day = 86_400_000;
        let now = WallTime::from_millis(100 * day);
        let take = |at| timed(Report::Events(vec![(EventKind::Navigation, at)]), now);
        let taken = |at| Ok(EngagementReport::Events(vec![(EventKind::Navigation, at)]));
        assert_eq!(take(None), taken(now));
        assert_eq!(take(Some(WallTime::from_millis(101 * day))), taken(now), "what lies ahead");
        let oldest = WallTime::from_millis(93 * day);
        assert_eq!(take(Some(oldest)), taken(oldest));
        let error = take(Some(WallTime::from_millis(93 * day - 1_000))).unwrap_err();
        let wanted = "field `events.at`: value `604801 s ago` lies more than 7 days back";
        assert_eq!(error.to_string(), wanted);
    }
}
