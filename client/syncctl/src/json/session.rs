//! Attached browsers.

use pwasync_client::{AttemptId, SessionInfo};
use serde::Serialize;

use super::registration::ProfileDocument;
use super::{VERSION, instant};

/// `sessions`.
#[derive(Debug, Serialize)]
pub(crate) struct SessionsDocument<'a> {
    version: u32,
    sessions: Vec<SessionDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct SessionDocument<'a> {
    id: u64,
    owner_uid: u32,
    #[serde(flatten)]
    profile: ProfileDocument<'a>,
    agent: &'a str,
    process_id: u32,
    attached_at: Option<String>,
    ready: bool,
    capacity: u32,
    running: Vec<&'a str>,
}

impl<'a> SessionsDocument<'a> {
    pub(crate) fn new(sessions: &'a [SessionInfo]) -> Self {
        Self { version: VERSION, sessions: sessions.iter().map(SessionDocument::new).collect() }
    }
}

impl<'a> SessionDocument<'a> {
    fn new(session: &'a SessionInfo) -> Self {
        let SessionInfo {
            id,
            owner_uid,
            profile,
            agent,
            process_id,
            attached_at,
            ready,
            capacity,
            running,
        } = session;
        Self {
            id: *id,
            owner_uid: *owner_uid,
            profile: ProfileDocument::new(profile),
            agent,
            process_id: *process_id,
            attached_at: instant(*attached_at),
            ready: *ready,
            capacity: *capacity,
            running: running.iter().map(AttemptId::as_str).collect(),
        }
    }
}
