//! What a fuzz target calls: the text of a policy file.

use std::{fmt::Write, path::Path, sync::Arc};

use pwasync_core::policy::{Policy, Section};

use super::{
    LoadedPolicy, document,
    files::Rank,
    merge::Merged,
    problem::{Collected, PolicyProblems},
};

/// Reads a file; what it says is written out and read again.
///
/// # Panics
/// When a policy without mistakes is another one when it is read back.
pub fn file(text: &str) {
    let loaded = match read(text) {
        Ok(loaded) => loaded,
        Err(problems) => {
            assert!(problems.count() > 0);
            let lines = text.lines().count() + 1;
            for problem in &problems.problems {
                let line = usize::try_from(problem.line).unwrap_or(usize::MAX);
                assert!(line <= lines, "a mistake in line {line} of {lines}");
            }
            return drop(problems.to_string());
        }
    };
    let written = write(&loaded);
    match read(&written) {
        Ok(again) => assert_eq!(again.policy, loaded.policy, "{written}"),
        Err(problems) => panic!("{problems} in\n{written}"),
    }
}

fn read(text: &str) -> Result<LoadedPolicy, PolicyProblems> {
    let path: Arc<Path> = Path::new("pwasyncd.toml").into();
    let mut problems = Collected::default();
    let mut merged = Merged::default();
    merged.add(document::parse(&path, text, &mut problems), Rank::Main, &mut problems);
    let (policy, places): (Policy, _) = merged.finish(&mut problems);
    problems.into_result()?;
    Ok(LoadedPolicy { policy, files: Vec::new(), places })
}

/// Every value as the daemon tells it.
fn write(loaded: &LoadedPolicy) -> String {
    let mut text = String::new();
    let mut section = Section::General;
    for described in loaded.describe() {
        if described.section != section {
            let (table, name) = match &described.section {
                Section::General => ("", ""),
                Section::Origin(origin) => ("origin", origin.as_ref()),
                Section::App(app) => ("app", app.as_str()),
                Section::Network(place) => (place.kind(), place.name()),
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "[{table}.{}]", quote(name));
            section = described.section;
        }
        let _ = writeln!(text, "{} = {}", described.key.name, described.value.quoted());
    }
    text
}

fn quote(name: &str) -> String {
    let mut quoted = String::from('"');
    for character in name.chars() {
        if character.is_control() || matches!(character, '"' | '\\') {
            let _ = write!(quoted, "\\U{:08x}", u32::from(character));
        } else {
            quoted.push(character);
        }
    }
    quoted + "\""
}
