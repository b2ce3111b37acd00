//! Imports and checks of the store.

use pwasync_core::{Imported, Tally};
use pwasync_proto::v1 as wire;

use crate::channel::{CheckReport, Checked};

/// What an import changed, or would.
pub(in crate::grpc) fn imported_to_proto(imported: &Imported) -> wire::ImportResponse {
    let tally = |tally: Tally| {
        let Tally { added, changed, unchanged, left_out } = tally;
        Some(wire::ImportTally {
            added: added as u64,
            changed: changed as u64,
            unchanged: unchanged as u64,
            left_out: left_out as u64,
        })
    };
    wire::ImportResponse {
        registrations: tally(imported.registrations),
        sites: tally(imported.sites),
        profiles: tally(imported.profiles),
        leases: tally(imported.leases),
        history: tally(imported.history),
        owners: tally(imported.owners),
        problems: Vec::new(),
        problem_count: 0,
    }
}

/// Why nothing was imported.
pub(in crate::grpc) fn import_problems_to_proto(
    problems: Vec<String>,
    problem_count: u64,
) -> wire::ImportResponse {
    wire::ImportResponse { problems, problem_count, ..wire::ImportResponse::default() }
}

/// How a check goes.
pub(in crate::grpc) fn checked_to_proto(report: CheckReport) -> wire::CheckStoreResponse {
    use wire::check_store_response::Report;
    let progress = |checked: Checked| {
        let Checked { records, expected, bytes, findings } = checked;
        wire::CheckProgress { records, expected, bytes, findings }
    };
    let report = match report {
        CheckReport::Progress(checked) => Report::Progress(progress(checked)),
        CheckReport::Finding(text) => Report::Finding(text),
        CheckReport::Done(checked) => Report::Done(progress(checked)),
    };
    wire::CheckStoreResponse { report: Some(report) }
}
