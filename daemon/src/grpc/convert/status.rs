//! How the daemon is.

use pwasync_core::{
    WakeReason,
    facts::{Origin, StoreAccess},
    time::WallClock,
};
use pwasync_proto::v1 as wire;

use super::{
    host::host_to_proto,
    time::{signed_millis_to_proto, timestamp_to_proto},
};
use crate::channel::{HostView, Inhibitor, Logind, SleepView, Status, Synchronised};

/// The answer to GetStatus.
pub(crate) fn status_to_proto(wall: WallClock, status: &Status) -> wire::GetStatusResponse {
    let at = |at| timestamp_to_proto(wall, at);
    let store = match status.store {
        StoreAccess::Writable => wire::StoreState::Writable,
        StoreAccess::ReadOnly => wire::StoreState::ReadOnly,
    };
    wire::GetStatusResponse {
        daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
        process_id: std::process::id(),
        started_at: Some(at(status.started_at)),
        now: Some(at(status.now)),
        simulated: match status.host.origin {
            Origin::Simulation => true,
            Origin::Host => false,
        },
        epoch: status.epoch,
        store: store.into(),
        store_problem: status.store_problem.clone().unwrap_or_default(),
        store_losses: status.store_losses.clone(),
        records_set_aside: count(status.records_set_aside),
        host: Some(host_to_proto(&status.host)),
        sleep: Some(sleep(wall, status)),
        clock: Some(clock(wall, status)),
        pending: count(status.counts.pending),
        waiting: count(status.counts.waiting),
        firing: count(status.counts.firing),
        suspended: count(status.counts.suspended),
        sessions: count(status.sessions),
        wakes: status.wakes.wakes,
        wakes_saved: status.wakes.saved,
        leases: count(status.leases),
        launchers: count(status.launchers),
        next_wake_at: status.next_wake.map(|(when, _)| at(when)),
        next_wake_reason: status.next_wake.map(|(_, why)| reason(why)).unwrap_or_default(),
        policy_problem: status.policy_problem.clone().unwrap_or_default(),
    }
}

/// What is known of the machine's sleep.
fn sleep(wall: WallClock, status: &Status) -> wire::SleepState {
    let SleepView { logind, since, alarm_problem, alarm_at } = &status.host.sleep;
    let (state, problem) = match logind {
        Logind::Absent => (wire::SleepInhibitor::Unspecified, ""),
        Logind::Present { inhibitor: Inhibitor::Free, .. } => (wire::SleepInhibitor::Free, ""),
        Logind::Present { inhibitor: Inhibitor::Held, .. } => (wire::SleepInhibitor::Held, ""),
        Logind::Present { inhibitor: Inhibitor::Refused(why), .. } => {
            (wire::SleepInhibitor::Refused, &**why)
        }
    };
    wire::SleepState {
        inhibitor: state.into(),
        inhibitor_problem: problem.to_owned(),
        inhibitor_since: Some(timestamp_to_proto(wall, *since)),
        alarm_problem: alarm_problem.map(|problem| problem.to_string()).unwrap_or_default(),
        alarm_at: alarm_at.map(|at| timestamp_to_proto(wall, at)),
    }
}

fn clock(wall: WallClock, status: &Status) -> wire::ClockState {
    let HostView { clock, origin, .. } = &status.host;
    let WallClock { offset_millis, utc_offset } = status.host.wall;
    let source = match origin {
        Origin::Host => "kernel",
        Origin::Simulation => "simulation",
    };
    wire::ClockState {
        stepped: Some(signed_millis_to_proto(offset_millis)),
        source: Some(wire::FactSource {
            source: source.to_owned(),
            since: Some(timestamp_to_proto(wall, clock.since)),
        }),
        synchronised: match clock.synchronised {
            Synchronised::Yes => true,
            Synchronised::Unknown => false,
        },
        zone: clock.zone.clone().unwrap_or_default(),
        utc_offset_seconds: utc_offset.as_seconds(),
    }
}

fn reason(why: WakeReason) -> String {
    match why {
        WakeReason::StartingEnds => "the wait for facts after the start ends".to_owned(),
        WakeReason::NetworkSettles => "the network counts as settled".to_owned(),
        WakeReason::LeaseEnds => "a pause or an override ends".to_owned(),
        WakeReason::SleepDelayEnds => {
            "running events have delayed sleep for long enough".to_owned()
        }
        WakeReason::LaunchEnds => "the wait for a browser's start ends".to_owned(),
        WakeReason::RegistrationDue(id) => format!("registration {id} is due"),
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
