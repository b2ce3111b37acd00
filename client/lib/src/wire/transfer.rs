//! Exports, imports and checks.

use pwasync_proto::v1;

use crate::{CheckReport, Checked, ImportTally, Imported};

pub(crate) fn imported(wire: v1::ImportResponse) -> Imported {
    let v1::ImportResponse {
        registrations,
        sites,
        profiles,
        leases,
        history,
        owners,
        problems,
        problem_count,
    } = wire;
    Imported {
        registrations: tally(registrations),
        sites: tally(sites),
        profiles: tally(profiles),
        leases: tally(leases),
        history: tally(history),
        owners: tally(owners),
        problems,
        problem_count,
    }
}

/// None: a report of a newer daemon.
pub(crate) fn check_report(wire: v1::CheckStoreResponse) -> Option<CheckReport> {
    use v1::check_store_response::Report;
    Some(match wire.report? {
        Report::Progress(progress) => CheckReport::Progress(checked(progress)),
        Report::Finding(text) => CheckReport::Finding(text),
        Report::Done(progress) => CheckReport::Done(checked(progress)),
    })
}

fn tally(wire: Option<v1::ImportTally>) -> ImportTally {
    let v1::ImportTally { added, changed, unchanged, left_out } = wire.unwrap_or_default();
    ImportTally { added, changed, unchanged, left_out }
}

fn checked(wire: v1::CheckProgress) -> Checked {
    let v1::CheckProgress { records, expected, bytes, findings } = wire;
    Checked { records, expected, bytes, findings }
}
