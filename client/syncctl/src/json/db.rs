//! What `db` did.

use pwasync_client::{Checked, ImportMode, ImportTally, Imported};
use serde::Serialize;

use super::VERSION;

/// `db export`.
#[derive(Debug, Serialize)]
pub(crate) struct ExportDocument<'a> {
    version: u32,
    file: &'a str,
    bytes: u64,
    lines: u64,
}

/// `db import`.
#[derive(Debug, Serialize)]
pub(crate) struct ImportDocument<'a> {
    version: u32,
    dry_run: bool,
    registrations: Tally,
    sites: Tally,
    profiles: Tally,
    leases: Tally,
    history: Tally,
    owners: Tally,
    problems: &'a [String],
    problem_count: u64,
}

/// `db check`.
#[derive(Debug, Serialize)]
pub(crate) struct CheckDocument<'a> {
    version: u32,
    records: u64,
    bytes: u64,
    findings: &'a [String],
    finding_count: u64,
}

#[derive(Debug, Serialize)]
struct Tally {
    added: u64,
    changed: u64,
    unchanged: u64,
    left_out: u64,
}

impl From<ImportTally> for Tally {
    fn from(tally: ImportTally) -> Self {
        let ImportTally { added, changed, unchanged, left_out } = tally;
        Self { added, changed, unchanged, left_out }
    }
}

impl<'a> ExportDocument<'a> {
    pub(crate) fn new(file: &'a str, bytes: u64, lines: u64) -> Self {
        Self { version: VERSION, file, bytes, lines }
    }
}

impl<'a> ImportDocument<'a> {
    pub(crate) fn new(imported: &'a Imported, mode: ImportMode) -> Self {
        Self {
            version: VERSION,
            dry_run: match mode {
                ImportMode::Apply => false,
                ImportMode::DryRun => true,
            },
            registrations: imported.registrations.into(),
            sites: imported.sites.into(),
            profiles: imported.profiles.into(),
            leases: imported.leases.into(),
            history: imported.history.into(),
            owners: imported.owners.into(),
            problems: &imported.problems,
            problem_count: imported.problem_count,
        }
    }
}

impl<'a> CheckDocument<'a> {
    pub(crate) fn new(checked: Checked, findings: &'a [String]) -> Self {
        let Checked { records, bytes, findings: finding_count, expected: _ } = checked;
        Self { version: VERSION, records, bytes, findings, finding_count }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn documents_say_all() {
        expect![[r#"
            {"version":1,"file":"/x","bytes":12,"lines":3}
        "#]]
        .assert_eq(&documented(&ExportDocument::new("/x", 12, 3)));
        let checked = Checked { records: 5, expected: 6, bytes: 7, findings: 1 };
        let findings = ["entry `3` of the history is not on disk".to_owned()];
        expect![[r#"
            {"version":1,"records":5,"bytes":7,"findings":["entry `3` of the history is not on disk"],"finding_count":1}
        "#]].assert_eq(&documented(&CheckDocument::new(checked, &findings)));
        let tally = ImportTally { added: 1, changed: 2, unchanged: 3, left_out: 4 };
        let imported = Imported {
            registrations: tally,
            sites: tally,
            profiles: tally,
            leases: tally,
            history: tally,
            owners: tally,
            problems: Vec::new(),
            problem_count: 0,
        };
        let line = documented(&ImportDocument::new(&imported, ImportMode::DryRun));
        assert!(
            line.contains(r#""dry_run":true,"registrations":{"added":1,"changed":2,"#),
            "{line}"
        );
    }
}
