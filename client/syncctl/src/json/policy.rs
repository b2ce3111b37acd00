//! The policy.

use pwasync_client::{Policy, PolicyChange, PolicyProblem, PolicyReload, PolicyValue};
use serde::Serialize;

use super::VERSION;

/// `policy`.
#[derive(Debug, Serialize)]
pub(crate) struct PolicyDocument<'a> {
    version: u32,
    values: Vec<ValueDocument<'a>>,
    files: &'a [String],
    problems: Vec<ProblemDocument<'a>>,
}

/// `policy reload`.
#[derive(Debug, Serialize)]
pub(crate) struct PolicyReloadDocument<'a> {
    version: u32,
    changed: Vec<ChangedDocument<'a>>,
    problems: Vec<ProblemDocument<'a>>,
    files: &'a [String],
}

#[derive(Debug, Serialize)]
struct ValueDocument<'a> {
    key: &'a str,
    value: &'a str,
    unit: &'a str,
    default: &'a str,
    range: Option<&'a str>,
    about: &'a str,
    rule: Option<&'a str>,
    from: &'a str,
    section: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ProblemDocument<'a> {
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    key: Option<&'a str>,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct ChangedDocument<'a> {
    key: &'a str,
    section: Option<&'a str>,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

impl<'a> PolicyDocument<'a> {
    pub(crate) fn new(policy: &'a Policy) -> Self {
        let Policy { values, files, problems } = policy;
        let values = values.iter().map(ValueDocument::new).collect();
        Self { version: VERSION, values, files, problems: documents(problems) }
    }
}

impl<'a> PolicyReloadDocument<'a> {
    pub(crate) fn new(reload: &'a PolicyReload) -> Self {
        let PolicyReload { changed, problems, files } = reload;
        let changed = changed.iter().map(ChangedDocument::new).collect();
        Self { version: VERSION, changed, problems: documents(problems), files }
    }
}

impl<'a> ValueDocument<'a> {
    fn new(value: &'a PolicyValue) -> Self {
        let PolicyValue { key, value, unit, default_value, range, about, rule, source, section } =
            value;
        Self {
            key,
            value,
            unit,
            default: default_value,
            range: range.as_deref(),
            about,
            rule: rule.as_deref(),
            from: source,
            section: section.as_deref(),
        }
    }
}

impl<'a> ChangedDocument<'a> {
    fn new(change: &'a PolicyChange) -> Self {
        let PolicyChange { key, section, before, after } = change;
        let (section, before) = (section.as_deref(), before.as_deref());
        Self { key, section, before, after: after.as_deref() }
    }
}

fn documents(problems: &[PolicyProblem]) -> Vec<ProblemDocument<'_>> {
    let known = |number: u32| Some(number).filter(|number| *number > 0);
    let mut documents = Vec::new();
    for problem in problems {
        let PolicyProblem { file, line, column, key, message } = problem;
        documents.push(ProblemDocument {
            file: file.as_deref(),
            line: known(*line),
            column: known(*column),
            key: key.as_deref(),
            message,
        });
    }
    documents
}
