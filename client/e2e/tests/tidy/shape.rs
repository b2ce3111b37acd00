//! Folders, the length of files, and what must not be written in any.

use crate::tree::Tree;
use crate::{check, demand_none};

const FOLDERS: [&str; 6] = ["client", "daemon", "docs", "packaging", "proto", "systemd"];
const WITHOUT_TESTS: usize = 400;
const WITH_TESTS: usize = 600;

#[test]
fn top_level_folders_are_the_agreed_six() {
    demand_none("no folder but the six", &folders(Tree::repository()));
    assert_eq!(folders(&Tree::default().with("misc/notes.txt", "")), ["misc"]);
}

#[test]
fn no_file_is_long() {
    check(
        long_files,
        "400 lines, 600 with tests",
        "daemon/src/long.rs",
        &"x\n".repeat(WITHOUT_TESTS + 1),
    );
    let with_tests = format!("{}#[cfg(test)]\n{}", "x\n".repeat(390), "x\n".repeat(200));
    demand_none("tests", &long_files(&Tree::default().with("daemon/src/a.rs", &with_tests)));
    let more = format!("{with_tests}{}", "x\n".repeat(20));
    assert_eq!(long_files(&Tree::default().with("daemon/src/a.rs", &more)).len(), 1);
}

#[test]
fn no_file_names_a_machine_or_a_tracker() {
    let breach = concat!("// see iss", "ue 12\n");
    check(foreign_words, "the tree speaks of itself alone", "daemon/src/note.rs", breach);
    let breach = concat!("cp /wo", "rk/x .\n");
    check(foreign_words, "the tree speaks of itself alone", "packaging/x.sh", breach);
}

fn folders(tree: &Tree) -> Vec<String> {
    let allowed = |name: &str| name.starts_with('.') || FOLDERS.contains(&name);
    tree.top.iter().filter(|name| !allowed(name)).cloned().collect()
}

fn long_files(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.below("", &[".rs", ".js", ".sh", ".proto", ".html", ".css"]) {
        let all = text.lines().count();
        let test_file =
            ["/tests/", "/tests.rs", "/benches/"].iter().any(|part| path.contains(part));
        let code = match text.lines().position(|line| line.trim_start() == "#[cfg(test)]") {
            _ if test_file => 0,
            Some(first) => first,
            None => all,
        };
        if code > WITHOUT_TESTS || all > WITH_TESTS {
            found.push(format!("{path}: {code} lines of code, {all} in all"));
        }
    }
    found
}

fn foreign_words(tree: &Tree) -> Vec<String> {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/tmp/", "wt"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    let tracker = concat!("iss", "ue ");
    let mut found = Vec::new();
    for (path, text) in &tree.files {
        for (number, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", number + 1);
            found.extend(
                words.iter().filter(|w| line.contains(**w)).map(|w| format!("{place}: `{w}`")),
            );
            let lower = line.to_lowercase();
            let numbered = lower.match_indices(tracker).any(|(at, _)| {
                let rest = &lower[at + tracker.len()..];
                rest.trim_start_matches('#').starts_with(|c: char| c.is_ascii_digit())
            });
            if numbered {
                found.push(format!("{place}: a tracker number"));
            }
        }
    }
    found
}
