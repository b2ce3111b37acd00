//! How much web apps are used.

use pwasync_client::Engagement;
use serde::Serialize;

use super::registration::ProfileDocument;
use super::{VERSION, instant};

/// `engagement`.
#[derive(Debug, Serialize)]
pub(crate) struct EngagementsDocument<'a> {
    version: u32,
    engagements: Vec<OneDocument<'a>>,
}

/// `engagement set`.
#[derive(Debug, Serialize)]
pub(crate) struct EngagementDocument<'a> {
    version: u32,
    engagement: OneDocument<'a>,
}

#[derive(Debug, Serialize)]
struct OneDocument<'a> {
    owner_uid: u32,
    #[serde(flatten)]
    profile: ProfileDocument<'a>,
    origin: &'a str,
    score: f64,
    level: &'static str,
    points_today: f64,
    last_at: Option<String>,
    reported: bool,
    hours: &'a [f64],
}

impl<'a> EngagementsDocument<'a> {
    pub(crate) fn new(list: &'a [Engagement]) -> Self {
        Self { version: VERSION, engagements: list.iter().map(OneDocument::new).collect() }
    }
}

impl<'a> EngagementDocument<'a> {
    pub(crate) fn new(engagement: &'a Engagement) -> Self {
        Self { version: VERSION, engagement: OneDocument::new(engagement) }
    }
}

impl<'a> OneDocument<'a> {
    fn new(engagement: &'a Engagement) -> Self {
        let Engagement {
            owner_uid,
            profile,
            origin,
            score,
            level,
            points_today,
            last_at,
            hours,
            reported,
        } = engagement;
        Self {
            owner_uid: *owner_uid,
            profile: ProfileDocument::new(profile),
            origin,
            score: *score,
            level: level.as_str(),
            points_today: *points_today,
            last_at: instant(*last_at),
            reported: *reported,
            hours,
        }
    }
}
