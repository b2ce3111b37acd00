//! What the doctor found.

use serde::Serialize;

use super::VERSION;
use crate::verbs::doctor::Check;

/// `doctor`.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorDocument<'a> {
    version: u32,
    checks: Vec<CheckDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct CheckDocument<'a> {
    name: &'a str,
    verdict: &'a str,
    says: &'a str,
    mend: Option<&'a str>,
}

impl<'a> DoctorDocument<'a> {
    pub(crate) fn new(checks: &'a [Check]) -> Self {
        let checks = checks.iter().map(|Check { name, verdict, says, mend }| CheckDocument {
            name,
            verdict: verdict.as_str(),
            says,
            mend: mend.as_deref(),
        });
        Self { version: VERSION, checks: checks.collect() }
    }
}
