//! The daemon, running or not.

use pwasync_client::{
    ClockState, SleepInhibitor, SleepState, SocketOrigin, SocketPath, Status, StoreState,
};
use serde::Serialize;

use super::{FactDocument, HostDocument, VERSION, instant};

/// `status` of a daemon that runs.
#[derive(Debug, Serialize)]
pub(crate) struct StatusDocument<'a> {
    version: u32,
    running: bool,
    socket: String,
    socket_origin: &'static str,
    daemon_version: &'a str,
    process_id: u32,
    started_at: Option<String>,
    now: Option<String>,
    simulated: bool,
    epoch: u64,
    store_writable: bool,
    store_problem: Option<&'a str>,
    host: HostDocument,
    pending: u32,
    waiting: u32,
    firing: u32,
    suspended: u32,
    sessions: u32,
    next_wake_at: Option<String>,
    next_wake_reason: &'a str,
    wakes: u64,
    wakes_saved: u64,
    leases: u32,
    policy_problem: Option<&'a str>,
    launchers: u32,
    store_losses: &'a [String],
    records_set_aside: u32,
    sleep: SleepDocument<'a>,
    clock: ClockDocument<'a>,
}

/// The wall clock.
#[derive(Debug, Serialize)]
struct ClockDocument<'a> {
    stepped_ms: i64,
    source: FactDocument,
    synchronised: bool,
    zone: Option<&'a str>,
    utc_offset_s: i32,
}

impl<'a> ClockDocument<'a> {
    fn new(clock: &'a ClockState) -> Self {
        let ClockState { stepped_millis, source, synchronised, zone, utc_offset_seconds } = clock;
        Self {
            stepped_ms: *stepped_millis,
            source: FactDocument::new(source),
            synchronised: *synchronised,
            zone: zone.as_deref(),
            utc_offset_s: *utc_offset_seconds,
        }
    }
}

/// How the daemon stands with the machine's sleep.
#[derive(Debug, Serialize)]
struct SleepDocument<'a> {
    /// `free`, `held` or `refused`.
    inhibitor: Option<&'static str>,
    inhibitor_problem: Option<&'a str>,
    inhibitor_since: Option<String>,
    alarm_problem: Option<&'a str>,
    alarm_at: Option<String>,
}

impl<'a> SleepDocument<'a> {
    fn new(sleep: &'a SleepState) -> Self {
        let SleepState { inhibitor, inhibitor_since, alarm_problem, alarm_at } = sleep;
        let (inhibitor, inhibitor_problem) = match inhibitor {
            None => (None, None),
            Some(SleepInhibitor::Free) => (Some("free"), None),
            Some(SleepInhibitor::Held) => (Some("held"), None),
            Some(SleepInhibitor::Refused(problem)) => (Some("refused"), Some(problem.as_str())),
        };
        Self {
            inhibitor,
            inhibitor_problem,
            inhibitor_since: instant(*inhibitor_since),
            alarm_problem: alarm_problem.as_deref(),
            alarm_at: instant(*alarm_at),
        }
    }
}

/// `status` where no daemon runs.
#[derive(Debug, Serialize)]
pub(crate) struct NotRunningDocument {
    version: u32,
    running: bool,
    socket: String,
    socket_origin: &'static str,
    problem: String,
    start_command: String,
}

impl<'a> StatusDocument<'a> {
    pub(crate) fn new(status: &'a Status, socket: &SocketPath) -> Self {
        let Status {
            daemon_version,
            process_id,
            started_at,
            now,
            simulated,
            epoch,
            store,
            host,
            pending,
            waiting,
            firing,
            suspended,
            sessions,
            next_wake_at,
            next_wake_reason,
            wakes,
            wakes_saved,
            leases,
            policy_problem,
            launchers,
            store_losses,
            records_set_aside,
            sleep,
            clock,
        } = status;
        let store_problem = match store {
            StoreState::Writable => None,
            StoreState::ReadOnly(problem) => Some(problem.as_str()),
        };
        Self {
            version: VERSION,
            running: true,
            socket: socket.to_string(),
            socket_origin: origin(socket),
            daemon_version,
            process_id: *process_id,
            started_at: instant(*started_at),
            now: instant(*now),
            simulated: *simulated,
            epoch: *epoch,
            store_writable: store_problem.is_none(),
            store_problem,
            host: HostDocument::new(host),
            pending: *pending,
            waiting: *waiting,
            firing: *firing,
            suspended: *suspended,
            sessions: *sessions,
            next_wake_at: instant(*next_wake_at),
            next_wake_reason,
            wakes: *wakes,
            wakes_saved: *wakes_saved,
            leases: *leases,
            policy_problem: policy_problem.as_deref(),
            launchers: *launchers,
            store_losses,
            records_set_aside: *records_set_aside,
            sleep: SleepDocument::new(sleep),
            clock: ClockDocument::new(clock),
        }
    }
}

impl NotRunningDocument {
    pub(crate) fn new(socket: &SocketPath, problem: String) -> Self {
        Self {
            version: VERSION,
            running: false,
            socket: socket.to_string(),
            socket_origin: origin(socket),
            problem,
            start_command: socket.start_command(),
        }
    }
}

fn origin(socket: &SocketPath) -> &'static str {
    match socket.origin() {
        SocketOrigin::Explicit => "explicit",
        SocketOrigin::Environment => "environment",
        SocketOrigin::Session => "session",
        SocketOrigin::System => "system",
    }
}
