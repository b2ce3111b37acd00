//! Pauses and overrides.

use pwasync_client::{Lease, Leased, NetworkName, Paused, Resumed, Subject};
use serde::Serialize;

use super::explanation::FactDocument;
use super::{VERSION, instant};

/// `override` without arguments, and what it began.
#[derive(Debug, Serialize)]
pub(crate) struct LeasesDocument<'a> {
    version: u32,
    leases: Vec<LeaseDocument<'a>>,
}

/// `override --clear`.
#[derive(Debug, Serialize)]
pub(crate) struct ClearedDocument {
    version: u32,
    cleared: u32,
}

/// `pause`.
#[derive(Debug, Serialize)]
pub(crate) struct PauseDocument<'a> {
    version: u32,
    lease: LeaseDocument<'a>,
    registrations: u32,
}

/// `resume`.
#[derive(Debug, Serialize)]
pub(crate) struct ResumeDocument<'a> {
    version: u32,
    ended: bool,
    remaining: Vec<LeaseDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct LeaseDocument<'a> {
    subject: SubjectDocument<'a>,
    /// `pause` or `override`.
    what: &'static str,
    #[serde(rename = "override")]
    fact: Option<FactDocument<'a>>,
    network: Option<NetworkDocument<'a>>,
    since: Option<String>,
    ends_at: Option<String>,
    reason: Option<&'a str>,
}

/// One of them is there.
#[derive(Debug, Default, Serialize)]
struct NetworkDocument<'a> {
    interface: Option<&'a str>,
    ssid: Option<&'a str>,
    connection: Option<&'a str>,
}

impl<'a> NetworkDocument<'a> {
    fn new(network: &'a NetworkName) -> Self {
        match network {
            NetworkName::Interface(name) => Self { interface: Some(name), ..Self::default() },
            NetworkName::Ssid(name) => Self { ssid: Some(name), ..Self::default() },
            NetworkName::Connection(name) => Self { connection: Some(name), ..Self::default() },
        }
    }
}

#[derive(Debug, Default, Serialize)]
struct SubjectDocument<'a> {
    all: bool,
    owner_uid: Option<u32>,
    origin: Option<&'a str>,
    app_id: Option<&'a str>,
}

impl<'a> LeasesDocument<'a> {
    pub(crate) fn new(leases: &'a [Lease]) -> Self {
        Self { version: VERSION, leases: leases.iter().map(LeaseDocument::new).collect() }
    }
}

impl ClearedDocument {
    pub(crate) fn new(cleared: u32) -> Self {
        Self { version: VERSION, cleared }
    }
}

impl<'a> PauseDocument<'a> {
    pub(crate) fn new(paused: &'a Paused) -> Self {
        let Paused { lease, registrations } = paused;
        let lease = LeaseDocument::new(lease);
        Self { version: VERSION, lease, registrations: *registrations }
    }
}

impl<'a> ResumeDocument<'a> {
    pub(crate) fn new(resumed: &'a Resumed) -> Self {
        let Resumed { ended, remaining } = resumed;
        let remaining = remaining.iter().map(LeaseDocument::new).collect();
        Self { version: VERSION, ended: *ended, remaining }
    }
}

impl<'a> LeaseDocument<'a> {
    fn new(lease: &'a Lease) -> Self {
        let Lease { subject, what, network, since, ends_at } = lease;
        let (what, fact, reason) = match what {
            Leased::Pause { reason } => ("pause", None, reason.as_deref()),
            Leased::Override(fact) => ("override", Some(FactDocument::new(fact)), None),
        };
        Self {
            subject: SubjectDocument::new(subject),
            what,
            fact,
            network: network.as_ref().map(NetworkDocument::new),
            since: instant(*since),
            ends_at: instant(*ends_at),
            reason,
        }
    }
}

impl<'a> SubjectDocument<'a> {
    fn new(subject: &'a Subject) -> Self {
        match subject {
            Subject::Everything => Self { all: true, ..Self::default() },
            Subject::Owner { owner_uid } => Self { owner_uid: *owner_uid, ..Self::default() },
            Subject::Origin { owner_uid, origin } => {
                Self { owner_uid: *owner_uid, origin: Some(origin), ..Self::default() }
            }
            Subject::App { owner_uid, app_id } => {
                Self { owner_uid: *owner_uid, app_id: Some(app_id), ..Self::default() }
            }
        }
    }
}
