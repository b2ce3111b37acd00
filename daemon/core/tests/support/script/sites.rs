//! What browsers say of sites and apps: permissions, installation, use.

use pwasync_core::{
    AppsChanged, EngagementReport, SiteError,
    engagement::Points,
    key::{AppId, Scope},
    site::PermissionState,
    wall::WallTime,
};

use super::{Script, words};
use crate::support::{names, trace};

impl Script {
    /// `permission shop periodic denied`, `installed ana [mail | mail@shop]...`, `clear-origin
    /// shop`, `engage shop navigation [times 3] [ago 1h]`, `engage shop score 20`, `engage shop
    /// level none`, `set-engagement shop 20`.
    pub(super) fn site(&mut self, command: &str, rest: &[&str]) -> bool {
        match (command, rest) {
            ("permission", [place, kind, state]) => {
                let (site, kind) = (words::site(place), words::kind(kind));
                let caller = self.caller(site.profile.owner);
                let state = match *state {
                    "granted" => PermissionState::Granted,
                    "denied" => PermissionState::Denied,
                    "prompt" => PermissionState::Prompt,
                    _ => panic!("{state} is no state of a permission"),
                };
                let _ = self.world.request(
                    |scheduler, now| scheduler.set_permission(now, &caller, &site, kind, state),
                    |done| told(done, |count| format!("permission noted, {count} removed")),
                );
            }
            ("installed", [who, apps @ ..]) => {
                let profile = names::profile(who);
                let caller = self.caller(profile.owner);
                let apps = apps.iter().map(|app| installed(app)).collect();
                let _ = self.world.request(
                    |scheduler, now| scheduler.set_installed_apps(now, &caller, &profile, apps),
                    |done| {
                        told(done, |AppsChanged { added, removed }| {
                            format!("apps: {added} added, {removed} removed")
                        })
                    },
                );
            }
            ("clear-origin", [place]) => {
                let site = words::site(place);
                let caller = self.caller(site.profile.owner);
                self.world.request(
                    |scheduler, now| scheduler.clear_origin(now, &caller, &site),
                    |count| Some(format!("cleared, {count} removed")),
                );
            }
            ("engage", [place, rest @ ..]) => self.engage(place, rest),
            ("set-engagement", [place, points]) => {
                let (site, points) = (words::site(place), points.parse().unwrap());
                self.world.request(
                    |scheduler, now| scheduler.set_engagement(now, &site, Points::nearest(points)),
                    |engaged| Some(engaged.as_ref().map_or("not found".to_owned(), trace::engaged)),
                );
            }
            _ => return false,
        }
        true
    }

    fn engage(&mut self, place: &str, rest: &[&str]) {
        let site = words::site(place);
        let caller = self.caller(site.profile.owner);
        let report = match rest {
            ["score", points] => EngagementReport::Score(Points::nearest(points.parse().unwrap())),
            ["level", level] => EngagementReport::Level(words::level(level)),
            [kind, rest @ ..] => {
                let ago = words::after(rest, "ago").unwrap_or_default();
                let now = WallTime::of(self.world.now, self.world.facts.wall);
                let times = words::value(rest, "times").map_or(1, |times| times.parse().unwrap());
                let event = (words::engagement(kind), now.saturating_sub(ago));
                EngagementReport::Events(vec![event; times])
            }
            [] => panic!("engage how?"),
        };
        let _ = self.world.request(
            |scheduler, now| scheduler.report_engagement(now, &caller, &site, &report),
            |engaged| told(engaged, trace::engaged),
        );
    }
}

/// The answer, or why there is none.
fn told<T>(done: &Result<T, SiteError>, words: impl Fn(&T) -> String) -> Option<String> {
    Some(match done {
        Ok(done) => words(done),
        Err(error) => format!("refused: {error}"),
    })
}

/// `mail`, or `mail@shop` for another scope than `app`.
fn installed(app: &str) -> (AppId, Scope) {
    let (app, place) = app.split_once('@').unwrap_or((app, "app"));
    (AppId::parse(app).unwrap(), names::worker(place).scope.clone())
}
