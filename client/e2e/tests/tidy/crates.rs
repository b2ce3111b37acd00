//! Who may depend on whom: the graph of crates, as cargo sees it.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::demand_none;
use crate::tree::Tree;

/// All that the core is built from, macros and their helpers included.
const CORE: [&str; 36] = [
    "displaydoc",
    "form_urlencoded",
    "icu_collections",
    "icu_locale_core",
    "icu_normalizer",
    "icu_normalizer_data",
    "icu_properties",
    "icu_properties_data",
    "icu_provider",
    "idna",
    "idna_adapter",
    "litemap",
    "percent-encoding",
    "potential_utf",
    "proc-macro2",
    "pwasync-core",
    "quote",
    "smallvec",
    "stable_deref_trait",
    "syn",
    "synstructure",
    "thiserror",
    "thiserror-impl",
    "tinystr",
    "unicode-ident",
    "url",
    "utf8_iter",
    "utf_types",
    "writeable",
    "yoke",
    "yoke-derive",
    "zerofrom",
    "zerofrom-derive",
    "zerotrie",
    "zerovec",
    "zerovec-derive",
];

#[test]
fn the_core_depends_on_an_allow_list() {
    let built_from = crates_below("pwasync-core");
    demand_none("the core's crates", &strangers(&built_from, &CORE));
    let shorter: Vec<&str> = CORE.iter().copied().filter(|name| *name != "url").collect();
    assert_eq!(strangers(&built_from, &shorter), ["url"]);
}

#[test]
fn client_and_bridges_never_depend_on_the_daemon() {
    let ours = direct_dependencies("client/");
    demand_none("clients speak only the protocol", &on_the_daemon(&ours));
    assert!(ours.contains(&edge("pwasync-e2e", "serde_json")), "the test sees dependencies");
    assert_eq!(on_the_daemon(&[edge("syncctl", "pwasync-core")]), ["syncctl names pwasync-core"]);
}

fn edge(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

fn strangers(found: &BTreeSet<String>, allowed: &[&str]) -> Vec<String> {
    found.iter().filter(|name| !allowed.contains(&name.as_str())).cloned().collect()
}

fn on_the_daemon(dependencies: &[(String, String)]) -> Vec<String> {
    dependencies
        .iter()
        .filter(|(_, to)| to == "pwasyncd" || to == "pwasync-core")
        .map(|(from, to)| format!("{from} names {to}"))
        .collect()
}

/// All crates that a crate of ours is built from, itself included, its tests left out.
fn crates_below(package: &str) -> BTreeSet<String> {
    let arguments =
        ["tree", "--locked", "--package", package, "--edges", "normal", "--prefix", "none"];
    let tree = cargo(&arguments);
    let first_word = |line: &str| line.split_whitespace().next().map(str::to_owned);
    String::from_utf8(tree).unwrap().lines().filter_map(first_word).collect()
}

/// What the crates below a folder name in their manifests, tests and build scripts included.
fn direct_dependencies(folder: &str) -> Vec<(String, String)> {
    let metadata = cargo(&["metadata", "--locked", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let root = metadata["workspace_root"].as_str().unwrap();
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = package["manifest_path"].as_str().unwrap();
        if !manifest.strip_prefix(root).unwrap().trim_start_matches('/').starts_with(folder) {
            continue;
        }
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            edges.push(edge(package["name"].as_str().unwrap(), name));
        }
    }
    edges
}

fn cargo(arguments: &[&str]) -> Vec<u8> {
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(Tree::root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
