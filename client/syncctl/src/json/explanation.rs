//! Why, and when.

use pwasync_client::{
    BlockerCode, Certainty, Explanation, FactValue, Forecast, ForecastItem, ForecastQuestion,
    Outlook,
};
use serde::Serialize;

use super::history::EntryDocument;
use super::registration::{KeyDocument, RegistrationDocument};
use super::{VERSION, instant, milliseconds};

/// `why`.
#[derive(Debug, Serialize)]
pub(crate) struct ExplanationDocument<'a> {
    version: u32,
    registration: RegistrationDocument<'a>,
    sentences: &'a [String],
    forecast: OutlookDocument<'a>,
    trail: Vec<EntryDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct OutlookDocument<'a> {
    at: Option<String>,
    certain: bool,
    text: &'a str,
}

/// `forecast`.
#[derive(Debug, Serialize)]
pub(crate) struct ForecastDocument<'a> {
    version: u32,
    conditions: Vec<FactDocument<'a>>,
    advance_ms: Option<u64>,
    from: Option<String>,
    until: Option<String>,
    items: Vec<ItemDocument<'a>>,
    truncated: bool,
    wakes: u32,
}

/// A fact and its value.
#[derive(Debug, Serialize)]
pub(super) struct FactDocument<'a> {
    fact: &'a str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
struct ItemDocument<'a> {
    id: u64,
    owner_uid: u32,
    #[serde(flatten)]
    key: KeyDocument<'a>,
    at: Option<String>,
    last_chance: bool,
    held: Vec<&'static str>,
    text: &'a str,
}

impl<'a> ExplanationDocument<'a> {
    pub(crate) fn new(explained: &'a Explanation) -> Self {
        let Explanation { registration, sentences, outlook, trail } = explained;
        let Outlook { at, certainty, text } = outlook;
        let certain = *certainty == Certainty::Certain;
        Self {
            version: VERSION,
            registration: RegistrationDocument::new(registration),
            sentences,
            forecast: OutlookDocument { at: instant(*at), certain, text },
            trail: trail.iter().map(EntryDocument::new).collect(),
        }
    }
}

impl<'a> ForecastDocument<'a> {
    pub(crate) fn new(forecast: &'a Forecast, question: &'a ForecastQuestion) -> Self {
        let Forecast { from, until, items, truncated, wakes } = forecast;
        Self {
            version: VERSION,
            conditions: question.conditions.iter().map(FactDocument::new).collect(),
            advance_ms: milliseconds(question.advance),
            from: instant(*from),
            until: instant(*until),
            items: items.iter().map(ItemDocument::new).collect(),
            truncated: *truncated,
            wakes: *wakes,
        }
    }
}

impl<'a> FactDocument<'a> {
    pub(super) fn new(fact: &'a FactValue) -> Self {
        let FactValue { fact, value } = fact;
        Self { fact, value }
    }
}

impl<'a> ItemDocument<'a> {
    fn new(item: &'a ForecastItem) -> Self {
        let ForecastItem { registration_id, owner_uid, key, at, last_chance, held, text } = item;
        Self {
            id: registration_id.value(),
            owner_uid: *owner_uid,
            key: KeyDocument::new(key),
            at: instant(*at),
            last_chance: *last_chance,
            held: held.iter().copied().map(BlockerCode::as_str).collect(),
            text,
        }
    }
}
