//! The policy, and what is wrong with its files.

use std::path::Path;

use pwasync_core::{
    FieldError,
    policy::{Value, keys},
};
use pwasync_proto::v1 as wire;

use crate::{
    channel::{PolicyView, Reloaded},
    policy::{Changed, Described, Place, PolicyProblems, Problem},
};

/// The source of a value that no file sets.
const DEFAULT: &str = "default";

/// Which values a caller wants: those of a key, or of all keys of a group.
pub(crate) fn wanted_from_proto(name: &str) -> Result<Wanted, FieldError> {
    let group = keys::GROUPS.iter().any(|group| group.name == name);
    if name.is_empty() {
        Ok(Wanted(String::new()))
    } else if group || keys::find(name).is_some() {
        Ok(Wanted(name.to_owned()))
    } else {
        Err(FieldError::text("key", name, "is no key of the policy, nor a group of them"))
    }
}

/// The name of a key or of a group; empty: all.
#[derive(Debug)]
pub(crate) struct Wanted(String);

impl Wanted {
    fn takes(&self, key: &str) -> bool {
        let Self(wanted) = self;
        let group = || key.split_once('.').is_some_and(|(group, _)| group == wanted);
        wanted.is_empty() || key == wanted || group()
    }
}

/// The answer to GetPolicy.
pub(crate) fn policy_to_proto(view: &PolicyView, wanted: &Wanted) -> wire::GetPolicyResponse {
    let values = view.values.iter().filter(|value| wanted.takes(value.key.name));
    wire::GetPolicyResponse {
        values: values.map(value_to_proto).collect(),
        files: view.files.iter().map(|path| file_to_proto(path)).collect(),
        problems: view.problems.as_ref().map(problems_to_proto).unwrap_or_default(),
    }
}

/// The answer to ReloadPolicy.
pub(crate) fn reloaded_to_proto(
    reloaded: &Result<Reloaded, PolicyProblems>,
) -> wire::ReloadPolicyResponse {
    match reloaded {
        Ok(Reloaded { changed, files }) => wire::ReloadPolicyResponse {
            changed: changed.iter().map(change_to_proto).collect(),
            problems: Vec::new(),
            files: files.iter().map(|path| file_to_proto(path)).collect(),
        },
        Err(problems) => wire::ReloadPolicyResponse {
            problems: problems_to_proto(problems),
            ..wire::ReloadPolicyResponse::default()
        },
    }
}

fn value_to_proto(Described { section, key, value, place }: &Described) -> wire::PolicyValue {
    wire::PolicyValue {
        key: key.name.to_owned(),
        value: value.to_string(),
        unit: key.kind.unit().to_owned(),
        default_value: key.default().to_string(),
        range: key.kind.range(),
        about: key.about.to_owned(),
        rule: key.rule.to_owned(),
        source: place.as_ref().map_or_else(|| DEFAULT.to_owned(), Place::to_string),
        section: section.to_string(),
    }
}

fn change_to_proto(Changed { section, key, before, after }: &Changed) -> wire::PolicyChange {
    let shown = |value: &Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
    wire::PolicyChange {
        key: key.name.to_owned(),
        section: section.to_string(),
        before: shown(before),
        after: shown(after),
    }
}

fn problems_to_proto(problems: &PolicyProblems) -> Vec<wire::PolicyProblem> {
    let mut all: Vec<_> = problems.problems.iter().map(problem_to_proto).collect();
    if problems.untold > 0 {
        let message = format!("and {} more mistakes", problems.untold);
        all.push(wire::PolicyProblem { message, ..wire::PolicyProblem::default() });
    }
    all
}

fn problem_to_proto(problem: &Problem) -> wire::PolicyProblem {
    let Problem { file, line, column, key, message } = problem;
    wire::PolicyProblem {
        file: file.display().to_string(),
        line: *line,
        column: *column,
        key: key.clone(),
        message: message.clone(),
    }
}

fn file_to_proto(path: &Path) -> wire::PolicyFile {
    wire::PolicyFile { path: path.display().to_string() }
}

#[cfg(test)]
mod tests {
    use pwasync_core::policy::Policy;

    use super::*;
    use crate::policy::LoadedPolicy;

    fn named(wanted: &str) -> Vec<String> {
        let loaded = LoadedPolicy::from(Policy::default());
        let view = PolicyView { values: loaded.describe(), files: Vec::new(), problems: None };
        let answer = policy_to_proto(&view, &wanted_from_proto(wanted).unwrap());
        answer.values.into_iter().map(|value| value.key).collect()
    }

    #[test]
    fn a_key_or_a_group_can_be_picked() {
        assert_eq!(named("").len(), keys::all().count());
        assert_eq!(named("grid"), ["grid.short", "grid.middle", "grid.long"]);
        assert_eq!(named("grid.long"), ["grid.long"]);
        let error = wanted_from_proto("gri").unwrap_err().to_string();
        assert_eq!(error, "field `key`: value `gri` is no key of the policy, nor a group of them");
    }

    #[test]
    fn a_value_says_everything_about_its_key() {
        let loaded = LoadedPolicy::from(Policy::default());
        let value = loaded.describe().into_iter().find(|one| one.key.name == "network.settle");
        assert_eq!(
            value_to_proto(&value.unwrap()),
            wire::PolicyValue {
                key: "network.settle".into(),
                value: "1s".into(),
                unit: "duration".into(),
                default_value: "1s".into(),
                range: "0s to 1h".into(),
                about: "Online for so long on the same network before syncs run.".into(),
                rule: String::new(),
                source: "default".into(),
                section: String::new(),
            }
        );
    }
}
