//! What browsers say of origins and apps.

use std::collections::{BTreeMap, btree_map::Entry};

use pwasync_core::{
    AppsChanged, Engaged, FieldError,
    engagement::{EventKind, Level, Points},
    key::{AppId, OwnerId, Scope},
    profile::INSTALLED_APPS,
    site::{PermissionState, SiteKey},
    wall::WallTime,
};
use pwasync_proto::v1 as wire;
use wire::report_engagement_request::Report as Said;

use super::{
    engagement::engaged_to_proto,
    keys::profile_from_proto,
    limits::{at_most_so_many, count_to_proto, missing, none_of},
    lists::origin_from_proto,
    time::unix_millis_from_proto,
};
use crate::channel::Report;

/// Events of one report.
const EVENTS: usize = 1_000;
/// The highest score (E-01).
const HIGHEST: f64 = 100.0;

/// An origin in a profile of an owner.
///
/// # Errors
/// When a part is missing or breaks its rule.
pub(crate) fn site_from_proto(
    owner: OwnerId,
    profile: Option<&wire::ProfileId>,
    origin: &str,
) -> Result<SiteKey, FieldError> {
    let profile = profile_from_proto(owner, profile)?;
    if origin.is_empty() {
        return Err(missing("origin"));
    }
    Ok(SiteKey { profile, origin: origin_from_proto(origin)?.into() })
}

/// What a browser says of a permission.
///
/// # Errors
/// When it is none of the three.
pub(crate) fn permission_from_proto(state: i32) -> Result<PermissionState, FieldError> {
    match wire::PermissionState::try_from(state) {
        Ok(wire::PermissionState::Granted) => Ok(PermissionState::Granted),
        Ok(wire::PermissionState::Denied) => Ok(PermissionState::Denied),
        Ok(wire::PermissionState::Prompt) => Ok(PermissionState::Prompt),
        Ok(wire::PermissionState::Unspecified) | Err(_) => {
            Err(none_of("state", state, "GRANTED (1), DENIED (2) or PROMPT (3)"))
        }
    }
}

/// A whole list of installed apps.
///
/// # Errors
/// When it is too long, an app is in it twice, or a part breaks its rule.
pub(crate) fn apps_from_proto(
    list: &[wire::InstalledApp],
) -> Result<BTreeMap<AppId, Scope>, FieldError> {
    at_most_so_many("apps", list.len(), INSTALLED_APPS)?;
    let mut apps = BTreeMap::new();
    for app in list {
        let scope = Scope::parse(&app.scope)?;
        match apps.entry(AppId::parse(&app.app_id)?) {
            Entry::Vacant(place) => drop(place.insert(scope)),
            Entry::Occupied(_) => {
                return Err(FieldError::text("app_id", &app.app_id, "is in the list twice"));
            }
        }
    }
    Ok(apps)
}

/// What a new list changed.
pub(crate) fn apps_changed_to_proto(changed: AppsChanged) -> wire::SetInstalledAppsResponse {
    wire::SetInstalledAppsResponse {
        added: count_to_proto(changed.added),
        removed: count_to_proto(changed.removed),
    }
}

/// What a browser reports of a site.
///
/// # Errors
/// When it says nothing, too much, or a part breaks its rule.
pub(crate) fn report_from_proto(said: Option<&Said>) -> Result<Report, FieldError> {
    match said.ok_or_else(|| missing("report"))? {
        Said::Events(wire::EngagementEvents { events }) => {
            if events.is_empty() {
                return Err(missing("events"));
            }
            at_most_so_many("events", events.len(), EVENTS)?;
            events.iter().map(event_from_proto).collect::<Result<_, _>>().map(Report::Events)
        }
        Said::Score(score) => Points::parse("score", *score, HIGHEST).map(Report::Score),
        Said::Level(level) => level_from_proto(*level).map(Report::Level),
    }
}

fn event_from_proto(
    event: &wire::EngagementEvent,
) -> Result<(EventKind, Option<WallTime>), FieldError> {
    use wire::EngagementEventKind as Kind;
    let kind = match Kind::try_from(event.kind) {
        Ok(Kind::Navigation) => EventKind::Navigation,
        Ok(Kind::UserInput) => EventKind::UserInput,
        Ok(Kind::MediaVisible) => EventKind::MediaVisible,
        Ok(Kind::MediaHidden) => EventKind::MediaHidden,
        Ok(Kind::Notification) => EventKind::Notification,
        Ok(Kind::ShortcutLaunch) => EventKind::ShortcutLaunch,
        Ok(Kind::Unspecified) | Err(_) => {
            return Err(none_of("events.kind", event.kind, "an EngagementEventKind (1 to 6)"));
        }
    };
    let at = event.at.as_ref().map(|at| unix_millis_from_proto("events.at", at)).transpose()?;
    Ok((kind, at.map(WallTime::from_millis)))
}

fn level_from_proto(level: i32) -> Result<Level, FieldError> {
    use wire::EngagementLevel as Wire;
    match Wire::try_from(level) {
        Ok(Wire::None) => Ok(Level::None),
        Ok(Wire::Minimal) => Ok(Level::Minimal),
        Ok(Wire::Low) => Ok(Level::Low),
        Ok(Wire::Medium) => Ok(Level::Medium),
        Ok(Wire::High) => Ok(Level::High),
        Ok(Wire::Max) => Ok(Level::Max),
        // Who does not know its level does not report one.
        Ok(Wire::Unknown | Wire::Unspecified) | Err(_) => {
            Err(none_of("level", level, "NONE (2) to MAX (7)"))
        }
    }
}

/// The answer to a report.
pub(crate) fn reported_to_proto(engaged: &Engaged) -> wire::ReportEngagementResponse {
    let wire::Engagement { score, level, .. } = engaged_to_proto(engaged);
    wire::ReportEngagementResponse { score, level }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> OwnerId {
        OwnerId::from_uid(1_000).unwrap()
    }

    #[test]
    fn a_site_is_a_profile_and_an_origin() {
        let profile = wire::ProfileId { browser: "chromium".into(), profile: "p".into() };
        let site = |origin| {
            site_from_proto(owner(), Some(&profile), origin).map_err(|error| error.to_string())
        };
        assert_eq!(&*site("https://Example.org:443/").unwrap().origin, "https://example.org");
        assert_eq!(site("").unwrap_err(), "field `origin`: value `` is missing");
        let wrong = site("https://example.org/app/").unwrap_err();
        assert!(wrong.ends_with("must be scheme, host and port alone"), "{wrong}");
    }

    #[test]
    fn a_permission_is_one_of_three() {
        assert_eq!(permission_from_proto(2), Ok(PermissionState::Denied));
        for state in [0, 9] {
            let wrong = permission_from_proto(state).unwrap_err().to_string();
            let rule = "must be GRANTED (1), DENIED (2) or PROMPT (3)";
            assert_eq!(wrong, format!("field `state`: value `{state}` {rule}"));
        }
    }

    #[test]
    fn an_app_is_listed_once() {
        let app = |number: usize| wire::InstalledApp {
            app_id: format!("app{number}"),
            scope: "https://example.org/".into(),
        };
        let list: Vec<_> = (0..1_001).map(app).collect();
        assert_eq!(apps_from_proto(&list[1..]).unwrap().len(), 1_000);
        let refused = |list: &[_]| apps_from_proto(list).unwrap_err().to_string();
        assert_eq!(refused(&list), "field `apps`: value `1001` is more than 1000 entries");
        let wrong = refused(&[app(1), app(2), app(1)]);
        assert_eq!(wrong, "field `app_id`: value `app1` is in the list twice");
        let nameless = wire::InstalledApp { app_id: String::new(), ..app(1) };
        assert_eq!(refused(&[nameless]), "field `app_id`: value `` must not be empty");
        let placeless = wire::InstalledApp { scope: "http://example.org/".into(), ..app(1) };
        assert!(refused(&[placeless]).starts_with("field `scope`: value `http://example.org/`"));
    }

    #[test]
    fn a_report_keeps_its_limits() {
        let refused = |said: Option<&Said>| report_from_proto(said).unwrap_err().to_string();
        assert_eq!(refused(None), "field `report`: value `` is missing");
        let event = wire::EngagementEvent { kind: 1, at: None };
        let events = |count| Said::Events(wire::EngagementEvents { events: vec![event; count] });
        assert!(report_from_proto(Some(&events(1_000))).is_ok());
        let wrong = refused(Some(&events(1_001)));
        assert_eq!(wrong, "field `events`: value `1001` is more than 1000 entries");
        assert_eq!(refused(Some(&events(0))), "field `events`: value `` is missing");
        let strange = wire::EngagementEvent { kind: 7, at: None };
        let strange = Said::Events(wire::EngagementEvents { events: vec![strange] });
        let wrong = refused(Some(&strange));
        assert_eq!(wrong, "field `events.kind`: value `7` must be an EngagementEventKind (1 to 6)");
        for score in [-0.1, 100.1, f64::NAN] {
            let wrong = refused(Some(&Said::Score(score)));
            let rule = "is not a number from 0 to 100";
            assert_eq!(wrong, format!("field `score`: value `{score}` {rule}"));
        }
        for level in [0, 1, 8] {
            let wrong = refused(Some(&Said::Level(level)));
            let rule = "must be NONE (2) to MAX (7)";
            assert_eq!(wrong, format!("field `level`: value `{level}` {rule}"));
        }
        assert_eq!(report_from_proto(Some(&Said::Level(7))), Ok(Report::Level(Level::Max)));
    }
}
