//! Documents that name files, tests and one another stay true.

use crate::check;
use crate::tree::Tree;

#[test]
fn every_decision_record_is_listed() {
    check(unlisted_records, "docs/adr/README.md lists each", "docs/adr/9999-lost.md", "# Lost\n");
}

#[test]
fn documents_name_only_files_that_exist() {
    let breach = "See [there](../nowhere.md).\n";
    check(dead_links, "no dead link", "docs/guide/broken.md", breach);
}

#[test]
fn the_architecture_names_only_what_exists() {
    let path = "docs/ARCHITECTURE.md";
    check(unknown_names, "paths and tests in it exist", path, "`daemon/src/nowhere.rs`\n");
    check(unknown_names, "paths and tests in it exist", path, "`test:no_such_rule`\n");
}

fn unlisted_records(tree: &Tree) -> Vec<String> {
    let list = tree.files.get("docs/adr/README.md").map_or("", String::as_str);
    tree.below("docs/adr", &[".md"])
        .filter_map(|(path, _)| path.strip_prefix("docs/adr/"))
        .filter(|name| *name != "README.md" && !list.contains(&format!("({name})")))
        .map(|name| format!("docs/adr/{name} is not in docs/adr/README.md"))
        .collect()
}

/// Relative links of Markdown files, `[text](path)`.
fn dead_links(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.below("", &[".md"]) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let Some((link, _)) = rest.split_once(')') else { continue };
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            if !Tree::root().join(folder).join(target).exists() {
                found.push(format!("{path}: `{target}`"));
            }
        }
    }
    found
}

/// Words in backticks: a path below one of the six folders, or `test:name`.
fn unknown_names(tree: &Tree) -> Vec<String> {
    let path = "docs/ARCHITECTURE.md";
    let Some(text) = tree.files.get(path) else { return Vec::new() };
    let mut found = Vec::new();
    for word in text.split('`').skip(1).step_by(2) {
        if let Some(test) = word.strip_prefix("test:") {
            let wanted = format!("fn {test}(");
            if !tree.below("", &[".rs"]).any(|(_, code)| code.contains(&wanted)) {
                found.push(format!("{path}: no test `{test}`"));
            }
            continue;
        }
        let Some((folder, _)) = word.split_once('/') else { continue };
        let ours = ["client", "daemon", "docs", "packaging", "proto", "systemd"].contains(&folder);
        if ours && !word.contains(['*', ' ', '<']) && !Tree::root().join(word).exists() {
            found.push(format!("{path}: no file `{word}`"));
        }
    }
    found
}
