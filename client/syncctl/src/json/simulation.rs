//! What became of a simulated host.

use std::time::SystemTime;

use pwasync_client::HostState;
use serde::Serialize;

use super::{HostDocument, VERSION, instant};

/// `simulate`: each verb fills in what it has.
#[derive(Debug, Serialize)]
pub(crate) struct SimulationDocument {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<HostDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wakes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
}

impl SimulationDocument {
    pub(crate) fn done() -> Self {
        Self { version: VERSION, host: None, now: None, wakes: None, epoch: None }
    }

    pub(crate) fn host(host: &HostState) -> Self {
        Self { host: Some(HostDocument::new(host)), ..Self::done() }
    }

    pub(crate) fn time(now: Option<SystemTime>, wakes: Option<u64>) -> Self {
        Self { now: instant(now), wakes, ..Self::done() }
    }

    pub(crate) fn epoch(epoch: u64) -> Self {
        Self { epoch: Some(epoch), ..Self::done() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::documented;
    use super::*;

    #[test]
    fn each_verb_says_what_it_has() {
        assert_eq!(documented(&SimulationDocument::done()), "{\"version\":1}\n");
        let now = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
        assert_eq!(
            documented(&SimulationDocument::time(now, Some(60))),
            "{\"version\":1,\"now\":\"1970-01-02T00:00:00.000Z\",\"wakes\":60}\n"
        );
        documented(&SimulationDocument::epoch(2));
        documented(&SimulationDocument::host(&HostState::default()));
    }
}
