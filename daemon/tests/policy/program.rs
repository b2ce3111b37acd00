//! `pwasyncd` with policy files that are right or wrong.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

const WRONG: [(&str, &str); 3] = [
    ("pwasyncd.toml", "[retry]\ninital_delay = \"5m\"\n\n[network]\nsettle = 5\n"),
    ("pwasyncd.toml.d/10.toml", "[retry]\nmax_attempts = 0\n\n[grid]\nlong = \"10m\"\n"),
    ("pwasyncd.toml.d/20.toml", "[grid]\nlong = \"20m\"\n"),
];

/// A folder with policy files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pwasyncd.toml.d")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Runs the daemon on the folder's policy until it ends by itself.
fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pwasyncd"))
        .args(["--simulate", "--socket"])
        .arg(folder.path().join("socket"))
        .arg("--state-dir")
        .arg(folder.path().join("state"))
        .arg("--config")
        .arg(folder.path().join("pwasyncd.toml"))
        .args(arguments)
        .env_remove("PWASYNC_LOG")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What it said, with the folder left out.
fn said(folder: &TempDir, bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    text.replace(&format!("{}/", folder.path().display()), "")
}

const MISTAKES: &str = "pwasyncd: 4 mistakes in the policy
pwasyncd.toml:2:1: key `retry.inital_delay`: is no key of the policy: did you mean `retry.initial_delay`?
pwasyncd.toml:5:10: key `network.settle`: value `5` needs a unit, such as `5s`
pwasyncd.toml.d/10.toml:2:16: key `retry.max_attempts`: value `0` is below the limit `1`
pwasyncd.toml.d/20.toml:2:8: key `grid.long`: is `20m` here and `10m` in pwasyncd.toml.d/10.toml:5
";

#[test]
fn one_check_tells_every_mistake_of_every_file() {
    let folder = folder(&WRONG);
    let Output { status, stdout, stderr } = run(&folder, &["--check-config"]);
    assert_eq!((status.code(), said(&folder, &stdout).as_str()), (Some(78), ""));
    assert_eq!(said(&folder, &stderr), MISTAKES);
    assert!(!folder.path().join("state").exists());
}

#[test]
fn the_daemon_does_not_start_with_a_wrong_policy() {
    let folder = folder(&WRONG);
    let Output { status, stderr, .. } = run(&folder, &[]);
    assert_eq!(status.code(), Some(78));
    let hint = "hint: try what you change with `pwasyncd --check-config`\n";
    assert_eq!(said(&folder, &stderr), format!("{MISTAKES}{hint}"));
    assert!(!folder.path().join("state").exists() && !folder.path().join("socket").exists());
}

#[test]
fn a_right_policy_passes_the_check() {
    let folder = folder(&[("pwasyncd.toml", "[retry]\nmax_attempts = 5\n")]);
    let Output { status, stdout, .. } = run(&folder, &["--check-config"]);
    assert_eq!(status.code(), Some(0));
    assert_eq!(said(&folder, &stdout), "no mistake in the policy (files read: 1)\n");
}

#[test]
fn a_named_file_that_is_absent_is_a_mistake() {
    let folder = folder(&[]);
    let Output { status, stderr, .. } = run(&folder, &["--check-config"]);
    assert_eq!(status.code(), Some(78));
    let expected = "pwasyncd: 1 mistake in the policy\npwasyncd.toml: does not exist\n";
    assert_eq!(said(&folder, &stderr), expected);
}
