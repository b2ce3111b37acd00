//! Why a registration does not run, and when it will.

use std::time::Duration;

use pwasync_core::{
    FieldError, Forecast, ForecastQuestion, LONGEST_FORECAST, RegistrationView, Supposition,
    blocker::{Blocker, BlockerCode},
    key::RegistrationId,
    time::{Timestamp, WallClock},
};
use pwasync_proto::v1 as wire;

use super::{
    blockers::code_to_proto,
    history::trail_to_proto,
    keys::key_to_proto,
    leases::fact_value_from_proto,
    limits::{at_most_so_many, none_of, number_from_proto},
    registrations::registration_to_proto,
    time::{bounded_from_proto, timestamp_to_proto},
};
use crate::channel::Told;

/// Decisions of the trail if nobody says, and at most.
const TRAIL: (u32, u32) = (20, 200);
/// How far an explanation looks ahead.
const OUTLOOK: Duration = Duration::from_secs(32 * 86_400);
/// How far a forecast looks ahead if nobody says.
const HORIZON: Duration = Duration::from_secs(86_400);
/// Items of one forecast.
const ITEMS: usize = 1_000;
/// Conditions of one forecast.
const CONDITIONS: usize = 16;

/// How many decisions of the past are wanted.
///
/// # Errors
/// When there are too many.
pub(crate) fn trail_from_proto(trail: u32) -> Result<usize, FieldError> {
    let (default, most) = TRAIL;
    let trail = match number_from_proto("trail", trail, most)? {
        0 => default,
        trail => trail,
    };
    Ok(usize::try_from(trail).unwrap_or(usize::MAX))
}

/// What an explanation looks ahead for.
pub(crate) fn outlook_question(id: RegistrationId) -> ForecastQuestion {
    ForecastQuestion { suppositions: Vec::new(), horizon: OUTLOOK, only: Some(id) }
}

/// What a forecast is asked for.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn question_from_proto(
    request: &wire::ForecastRequest,
) -> Result<ForecastQuestion, FieldError> {
    at_most_so_many("conditions", request.conditions.len(), CONDITIONS)?;
    let mut suppositions = Vec::new();
    let mut named = std::collections::BTreeSet::new();
    for condition in &request.conditions {
        if !named.insert(condition.fact.as_str()) {
            let rule = "is named twice";
            return Err(FieldError::text("conditions", &condition.fact, rule));
        }
        suppositions.push(match (condition.fact.as_str(), condition.value.as_str()) {
            ("browser", "running") => Supposition::BrowsersOpen,
            ("browser", "closed") => Supposition::BrowsersClosed,
            ("browser", value) => return Err(none_of("value", value, "running or closed")),
            _ => Supposition::Fact(fact_value_from_proto(condition)?),
        });
    }
    if let Some(advance) = &request.advance {
        let advance = bounded_from_proto("advance", advance, LONGEST_FORECAST)?;
        suppositions.push(Supposition::Advance(advance));
    }
    let horizon = request.horizon.as_ref();
    let horizon = horizon
        .map(|horizon| bounded_from_proto("horizon", horizon, LONGEST_FORECAST))
        .transpose()?;
    Ok(ForecastQuestion {
        suppositions,
        horizon: horizon.unwrap_or(HORIZON),
        only: Some(request.id).filter(|id| *id != 0).map(RegistrationId::new),
    })
}

/// An explanation for the wire.
pub(crate) fn explanation_to_proto(
    wall: WallClock,
    told: Told,
    forecast: &Forecast,
) -> wire::ExplainResponse {
    wire::ExplainResponse {
        registration: Some(registration_to_proto(wall, &told.view)),
        outlook: Some(outlook(wall, &told.view, forecast)),
        trail: trail_to_proto(wall, &told.trail),
        sentences: told.sentences,
    }
}

fn outlook(wall: WallClock, view: &RegistrationView, forecast: &Forecast) -> wire::Outlook {
    let text = |text: String| wire::Outlook { at: None, certain: false, text };
    if let Some(attempt) = view.registration.running() {
        return text(format!("it runs now, as attempt {}", attempt.id));
    }
    let named = |code: BlockerCode| view.blockers.iter().any(|blocker| blocker.code == code);
    match forecast.events.first() {
        Some(event) if named(BlockerCode::Concurrency) => wire::Outlook {
            at: Some(timestamp_to_proto(wall, event.at)),
            certain: false,
            text: "it runs when an event that runs now has ended, at the latest then".to_owned(),
        },
        Some(_) if named(BlockerCode::BrowserLaunching) => wire::Outlook {
            at: None,
            certain: false,
            text: "it runs when the browser has started".to_owned(),
        },
        Some(event) => outlook_at(wall, event.at),
        None => {
            let held = forecast.held.first().map(|(_, _, blockers)| blockers.as_slice());
            text(hangs_on(held.unwrap_or(&view.blockers), "a month"))
        }
    }
}

fn outlook_at(wall: WallClock, at: Timestamp) -> wire::Outlook {
    wire::Outlook {
        at: Some(timestamp_to_proto(wall, at)),
        certain: true,
        text: "it runs then, if nothing changes before".to_owned(),
    }
}

fn hangs_on(blockers: &[Blocker], span: &str) -> String {
    let unknown = blockers.iter().filter(|blocker| blocker.earliest.is_none());
    // A launcher is but one way to start the browser, which is said already.
    let clears: Vec<_> = unknown
        .filter(|blocker| blocker.code != BlockerCode::NoLauncher)
        .map(|blocker| blocker.code.clears())
        .collect();
    if clears.is_empty() {
        return format!("it does not run within {span}");
    }
    format!("no time can be named: it runs when {}", clears.join(", and "))
}

/// A forecast for the wire.
pub(crate) fn forecast_to_proto(
    wall: WallClock,
    from: Timestamp,
    forecast: &Forecast,
) -> wire::ForecastResponse {
    let events = forecast.events.iter().map(|event| wire::ForecastItem {
        registration_id: event.registration.number(),
        owner_uid: event.key.owner().uid(),
        key: Some(key_to_proto(&event.key)),
        at: Some(timestamp_to_proto(wall, event.at)),
        last_chance: event.last_chance,
        held: Vec::new(),
        text: "runs then".to_owned(),
    });
    let held = forecast.held.iter().map(|(id, key, blockers)| wire::ForecastItem {
        registration_id: id.number(),
        owner_uid: key.owner().uid(),
        key: Some(key_to_proto(key)),
        at: None,
        last_chance: false,
        held: blockers.iter().map(|blocker| code_to_proto(blocker.code).into()).collect(),
        text: hangs_on(blockers, "the time looked at"),
    });
    let mut items: Vec<_> = events.chain(held).collect();
    let truncated = items.len() > ITEMS;
    items.truncate(ITEMS);
    let instants: std::collections::BTreeSet<_> =
        forecast.events.iter().map(|event| event.at).collect();
    wire::ForecastResponse {
        from: Some(timestamp_to_proto(wall, from)),
        until: Some(timestamp_to_proto(wall, forecast.until)),
        items,
        truncated,
        wakes: u32::try_from(instants.len()).unwrap_or(u32::MAX),
    }
}
