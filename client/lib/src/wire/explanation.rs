//! Explanations and forecasts.

use pwasync_proto::v1;

use super::blocker_code::blocker_code;
use super::history::history;
use super::key::key;
use super::lease::into_fact_value;
use super::registration::registration;
use super::time::{instant, into_duration};
use crate::{
    Certainty, ClientError, Explanation, Forecast, ForecastItem, ForecastQuestion, Outlook,
    RegistrationId,
};

pub(crate) fn explanation(wire: v1::ExplainResponse) -> Result<Explanation, ClientError> {
    let v1::ExplainResponse { registration: now, sentences, outlook: coming, trail } = wire;
    Ok(Explanation {
        registration: registration(now)?,
        sentences,
        outlook: outlook(coming.unwrap_or_default())?,
        trail: history(trail)?,
    })
}

fn outlook(wire: v1::Outlook) -> Result<Outlook, ClientError> {
    let v1::Outlook { at, certain, text } = wire;
    let certainty = if certain { Certainty::Certain } else { Certainty::Uncertain };
    Ok(Outlook { at: instant("outlook.at", at)?, certainty, text })
}

pub(crate) fn into_forecast_request(question: &ForecastQuestion) -> v1::ForecastRequest {
    let ForecastQuestion { conditions, advance, horizon, id } = question;
    v1::ForecastRequest {
        conditions: conditions.iter().map(into_fact_value).collect(),
        advance: advance.map(into_duration),
        horizon: horizon.map(into_duration),
        id: id.map_or(0, RegistrationId::value),
    }
}

pub(crate) fn forecast(wire: v1::ForecastResponse) -> Result<Forecast, ClientError> {
    let v1::ForecastResponse { from, until, items, truncated, wakes } = wire;
    Ok(Forecast {
        from: instant("from", from)?,
        until: instant("until", until)?,
        items: items.into_iter().map(item).collect::<Result<_, _>>()?,
        truncated,
        wakes,
    })
}

fn item(wire: v1::ForecastItem) -> Result<ForecastItem, ClientError> {
    let v1::ForecastItem { registration_id, owner_uid, key: name, at, last_chance, held, text } =
        wire;
    Ok(ForecastItem {
        registration_id: RegistrationId::new(registration_id),
        owner_uid,
        key: key(name)?,
        at: instant("item.at", at)?,
        last_chance,
        held: held.into_iter().map(blocker_code).collect(),
        text,
    })
}
