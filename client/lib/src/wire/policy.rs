//! The policy.

use pwasync_proto::v1;

use super::some_text;
use crate::{Policy, PolicyChange, PolicyProblem, PolicyReload, PolicyValue};

pub(crate) fn policy(wire: v1::GetPolicyResponse) -> Policy {
    let v1::GetPolicyResponse { values, files: read, problems: wrong } = wire;
    Policy {
        values: values.into_iter().map(value).collect(),
        files: files(read),
        problems: problems(wrong),
    }
}

pub(crate) fn policy_reload(wire: v1::ReloadPolicyResponse) -> PolicyReload {
    let v1::ReloadPolicyResponse { changed, problems: wrong, files: read } = wire;
    PolicyReload {
        changed: changed.into_iter().map(change).collect(),
        problems: problems(wrong),
        files: files(read),
    }
}

fn value(wire: v1::PolicyValue) -> PolicyValue {
    let v1::PolicyValue { key, value, unit, default_value, range, about, rule, source, section } =
        wire;
    let (range, rule, section) = (some_text(range), some_text(rule), some_text(section));
    PolicyValue { key, value, unit, default_value, range, about, rule, source, section }
}

fn change(wire: v1::PolicyChange) -> PolicyChange {
    let v1::PolicyChange { key, section, before, after } = wire;
    let (section, before, after) = (some_text(section), some_text(before), some_text(after));
    PolicyChange { key, section, before, after }
}

fn problems(wire: Vec<v1::PolicyProblem>) -> Vec<PolicyProblem> {
    let problem = |v1::PolicyProblem { file, line, column, key, message }| PolicyProblem {
        file: some_text(file),
        line,
        column,
        key: some_text(key),
        message,
    };
    wire.into_iter().map(problem).collect()
}

fn files(wire: Vec<v1::PolicyFile>) -> Vec<String> {
    wire.into_iter().map(|v1::PolicyFile { path }| path).collect()
}
