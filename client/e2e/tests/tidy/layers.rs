//! Who may name what: the boundaries inside the crates.

use crate::check;
use crate::tree::Tree;

/// Files that may read the clock or the environment, and say so with an `expect`.
const MAY_READ_THE_HOST: [&str; 11] = [
    "client/bench/src/clock.rs",
    "client/bridges/chromium/src/environment.rs",
    "client/demo/src/environment.rs",
    "client/e2e/src/environment.rs",
    "client/lib/src/environment.rs",
    "client/syncctl/src/environment.rs",
    "daemon/core/benches/",
    "daemon/src/clock.rs",
    "daemon/src/config.rs",
    "daemon/tests/support/",
    "proto/build.rs",
];

const SHELLS: [&str; 6] = ["clock", "grpc", "network", "power", "socket", "store"];

#[test]
fn the_core_reads_no_clock_random_source_or_environment() {
    check(banned_calls, "clippy.toml bans them", "clippy.toml", "disallowed-methods = []\n");
    let breach = "let now = std::time::SystemTime::now();\n";
    check(host_in_core, "the core is told the time", "daemon/core/src/breach.rs", breach);
}

#[test]
fn only_the_named_files_pass_over_the_ban() {
    let breach = "#[expect(clippy::disallowed_methods, reason = \"x\")]\n";
    check(passed_over, "one module a program reads its host", "daemon/src/engine.rs", breach);
}

#[test]
fn only_the_edge_names_generated_types() {
    let breach = "use pwasync_proto::v1::Wake;\n";
    check(generated_types, "conversions at the edge", "daemon/src/engine.rs", breach);
}

#[test]
fn only_store_and_recording_name_stored_records() {
    let breach = "use crate::{clock, store::{record::Registration, Store}};\n";
    check(stored_records, "records stay in the store", "daemon/src/engine.rs", breach);
}

#[test]
fn core_types_derive_no_wire_or_disk_format() {
    let breach = "#[derive(serde::Serialize)]\n";
    check(formats_in_core, "neither serde nor prost", "daemon/core/src/breach.rs", breach);
}

#[test]
fn shells_import_no_shells() {
    let breach = "use crate::{\n    channel::Input,\n    store::Store,\n};\n";
    check(shells_that_import, "raw facts through channel.rs", "daemon/src/network/x.rs", breach);
    check(shells_that_import, "raw facts through channel.rs", "daemon/src/network.rs", breach);
}

#[test]
fn only_app_builds_concrete_shells() {
    let breach = "let store = crate::store::memory::MemoryStore::new();\n";
    check(built_elsewhere, "one composition root", "daemon/src/engine/breach.rs", breach);
    let breach = "tokio::spawn(network::watch(settings, sender));\n";
    check(built_elsewhere, "one composition root", "daemon/src/engine.rs", breach);
}

fn banned_calls(tree: &Tree) -> Vec<String> {
    let path = "clippy.toml";
    let text = tree.files.get(path).map_or("", String::as_str);
    ["Instant::now", "SystemTime::now", "env::var", "env::var_os", "thread::sleep"]
        .iter()
        .filter(|call| !text.contains(&format!("{call}\"")))
        .map(|call| format!("{path} does not ban `{call}`"))
        .collect()
}

fn host_in_core(tree: &Tree) -> Vec<String> {
    let words = [
        "Instant",
        "SystemTime",
        "std::env",
        "std::fs",
        "std::io",
        "Socket",
        "std::process",
        "std::thread",
        "RandomState",
        "async fn",
        ".await",
        "disallowed_methods",
    ];
    rust_lines(tree, "daemon/core/src", &words)
}

fn passed_over(tree: &Tree) -> Vec<String> {
    outside(tree, "", &MAY_READ_THE_HOST, &["clippy::disallowed_methods"])
}

fn generated_types(tree: &Tree) -> Vec<String> {
    let mut found =
        outside(tree, "daemon/src", &["daemon/src/grpc"], &["pwasync_proto", "tonic::"]);
    found.extend(outside(
        tree,
        "client/lib/src",
        &["client/lib/src/wire", "client/lib/src/connection"],
        &["pwasync_proto"],
    ));
    // The scripted daemon of the bridge's tests is a server of the protocol.
    let tests = ["client/bridges/chromium/tests"];
    found.extend(outside(tree, "client/bridges", &tests, &["pwasync_proto"]));
    for program in ["client/syncctl/src", "client/demo/src"] {
        found.extend(rust_lines(tree, program, &["pwasync_proto"]));
    }
    found.extend(rust_lines(tree, "daemon/core", &["pwasync_proto"]));
    found
}

fn stored_records(tree: &Tree) -> Vec<String> {
    let allowed = ["daemon/src/store", "daemon/src/recording.rs"];
    outside(tree, "daemon/src", &allowed, &["store::record"])
}

fn formats_in_core(tree: &Tree) -> Vec<String> {
    rust_lines(tree, "daemon/core/src", &["serde", "prost"])
}

fn shells_that_import(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for shell in SHELLS {
        let others: Vec<String> = SHELLS
            .iter()
            .filter(|other| **other != shell)
            .map(|other| format!("crate::{other}"))
            .collect();
        let words: Vec<&str> = others.iter().map(String::as_str).collect();
        for place in [format!("daemon/src/{shell}"), format!("daemon/src/{shell}.rs")] {
            found.extend(rust_lines(tree, &place, &words));
        }
    }
    found
}

/// A shell's constructor, and the places besides `app.rs` that may name it: its own folder, and
/// tests.
fn built_elsewhere(tree: &Tree) -> Vec<String> {
    let constructors = [
        ("network::watch(", "daemon/src/network"),
        ("watch_manager(", "daemon/src/network"),
        ("watch_logind(", "daemon/src/power"),
        ("watch_wall_clock(", "daemon/src/clock.rs"),
        ("SystemClock::start(", "daemon/src/clock.rs"),
        ("SledStore::", "daemon/src/store"),
        ("MemoryStore::", "daemon/src/store"),
        ("UnixListener::", "daemon/src/socket.rs"),
        ("grpc::serve(", "daemon/src/grpc"),
        ("Engine::start(", "daemon/src/engine"),
        ("channel::channel(", "daemon/src/channel"),
    ];
    let before_tests =
        |text: &str| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for (constructor, own) in constructors {
        for (path, text) in tree.below("daemon/src", &[".rs"]) {
            let test_file = path.ends_with("/tests.rs") || path.contains("/tests/");
            if path.starts_with(own) || path == "daemon/src/app.rs" || test_file {
                continue;
            }
            found.extend(Tree::lines_with(path, &before_tests(text), &[constructor]));
        }
    }
    found
}

fn rust_lines(tree: &Tree, place: &str, words: &[&str]) -> Vec<String> {
    outside(tree, place, &[], words)
}

/// Lines with one of the words in Rust files below a place, but for some files or folders.
fn outside(tree: &Tree, place: &str, but: &[&str], words: &[&str]) -> Vec<String> {
    tree.below(place, &[".rs"])
        .filter(|(path, _)| !path.starts_with("client/e2e/tests/tidy/"))
        .filter(|(path, _)| !but.iter().any(|allowed| path.starts_with(allowed)))
        .flat_map(|(path, text)| Tree::lines_with(path, text, words))
        .collect()
}
