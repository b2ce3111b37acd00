//! The rules of the tree that no compiler holds. Each is a function over the files of the
//! repository that returns what it finds, so that each can be shown to find a breach.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conformance;
mod crates;
mod docs;
mod imports;
mod layers;
mod shape;
mod tree;

use tree::Tree;

/// Fails with every finding of a rule.
fn demand_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

/// Holds a rule over the repository, and shows with a breach that the rule can fail.
fn check(rule: fn(&Tree) -> Vec<String>, text: &str, path: &str, breach: &str) {
    demand_none(text, &rule(Tree::repository()));
    let broken = Tree::repository().with(path, breach);
    let found = rule(&broken);
    assert!(
        found.iter().any(|finding| finding.contains(path)),
        "{text}: a breach in {path} passed"
    );
}
