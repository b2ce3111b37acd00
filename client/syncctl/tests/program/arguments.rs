//! What is typed wrong is told with field, value and limit; help, man pages and completions.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::{ended, run, syncctl};

#[track_caller]
fn refused(arguments: &[&str], words: &[&str]) {
    let (exit, out, err) = run(Path::new("/nonexistent/x.sock"), arguments);
    assert_eq!((exit, out.as_str()), (2, ""), "{arguments:?}: {err}");
    assert!(err.starts_with("error: "), "{arguments:?}: {err}");
    for word in words {
        assert!(err.contains(word), "{arguments:?} lacks {word:?}: {err}");
    }
}

#[test]
fn a_wrong_argument_is_told_with_its_value_and_what_is_allowed() {
    refused(&["frobnicate"], &["'frobnicate'", "--help"]);
    refused(&["list", "--colour"], &["'--colour'"]);
    refused(&["list", "--kind", "daily"], &["'daily'", "--kind", "one-off, periodic"]);
    refused(&["list", "--state", "x"], &["'x'", "pending", "suspended"]);
    refused(&["list", "--owner", "-1"], &["-1"]);
    refused(&["list", "--profile", "chromium"], &["'chromium'", "BROWSER/PROFILE"]);
    refused(&["show"], &["<ID>"]);
    refused(&["show", "outbox"], &["'outbox'", "<ID>", "syncctl list"]);
    refused(&["run", "18446744073709551616"], &["'18446744073709551616'"]);
    refused(&["remove", "1", "2"], &["'2'"]);
    refused(&["watch", "--recent", "1001"], &["1001", "0..=1000"]);
    refused(&["watch", "--only-recent"], &["--recent"]);
    refused(&["why"], &["<ID>"]);
    refused(&["why", "1", "--trail", "201"], &["201", "1..=200"]);
    refused(&["forecast", "tired"], &["`tired`", "syncctl forecast --help"]);
    refused(&["forecast", "--metered", "maybe"], &["'maybe'", "yes or no"]);
    refused(&["forecast", "--battery", "101"], &["101", "0..=100"]);
    refused(&["history", "--since", "yesterday"], &["'yesterday'", "2026-03-01T07:00"]);
    refused(&["history", "--limit", "0"], &["0", "1..=100000"]);
    // A variable of a script that is not set must not widen what is meant.
    refused(&["pause", "--origin", ""], &["--origin", "it is empty"]);
    refused(&["resume", "--app", ""], &["--app", "it is empty"]);
    refused(&["list", "--origin", ""], &["--origin", "it is empty"]);
    refused(&["history", "--origin", ""], &["--origin", "it is empty"]);
    refused(&["engagement", ""], &["[ORIGIN]", "it is empty"]);
    refused(&["policy", ""], &["[KEY]", "it is empty"]);
    refused(&["override", "--clear", ""], &["--clear", "it is empty"]);
    refused(&["override", "metered=yes", "metered=no"], &["`metered`", "two values"]);
    refused(&["forecast", "2", "3"], &["`3`", "second id"]);
    refused(&["pause", "--for", "2"], &["'2'", "2h30m"]);
    refused(&["pause", "--all", "--origin", "x"], &["--all", "--origin"]);
    refused(&["resume", "--origin", "x", "--app", "y"], &["--origin", "--app"]);
    refused(&["override", "metered"], &["'metered'", "FACT=VALUE"]);
    refused(&["override", "--for", "1h"], &["FACT=VALUE"]);
    refused(&["override", "metered=yes", "--clear"], &["--clear"]);
    refused(&["engagement", "set", "x"], &["<SCORE>"]);
    refused(&["engagement", "set", "x", "101"], &["'101'", "0 to 100"]);
    refused(&["policy", "reload", "now"], &["'now'"]);
    refused(&["simulate", "network", "up", "--metered", "x"], &["'x'", "guess-yes"]);
    refused(&["simulate", "step-clock"], &["DURATION"]);
    refused(&["simulate", "step-clock", "--utc-offset", "2"], &["'2'", "+02:00"]);
    refused(&["simulate", "network", "sideways"], &["'sideways'"]);
    refused(&["simulate", "power", "battery", "101"], &["101", "0..=100"]);
    refused(&["simulate", "power", "battery"], &["<PERCENT>"]);
    refused(&["simulate", "advance"], &["DURATION"]);
    refused(&["simulate", "advance", "5"], &["'5'", "2h30m"]);
    refused(&["simulate", "advance", "3661d"], &["'3661d'", "the limit is 3660d"]);
    refused(&["simulate", "advance", "5m", "--to", "2030-01-01T00:00:00Z"], &["cannot be used"]);
    refused(&["simulate", "advance", "--to", "tomorrow"], &["'tomorrow'", "2026-03-01T07:00"]);
    refused(&["simulate", "fail-store", "fire"], &["'fire'", "no-space"]);
    refused(&["completions", "tcsh"], &["'tcsh'", "bash"]);
    refused(&["completions", "bash", "--json"], &["`completions`", "--json"]);
}

#[test]
fn simulate_alone_lists_its_verbs() {
    let (exit, out, err) = run(Path::new("/nonexistent/x.sock"), &["simulate"]);
    assert_eq!((exit, out.as_str()), (2, ""));
    assert!(err.contains("step-clock") && err.contains("fail-store"), "{err}");
}

#[test]
fn help_names_all_verbs_and_exit_codes() {
    let (exit, out, err) = ended(&syncctl(["--help"]).output().unwrap());
    assert_eq!((exit, err.as_str()), (0, ""));
    let verbs = [
        "status",
        "list",
        "show",
        "why",
        "forecast",
        "history",
        "pause",
        "resume",
        "override",
        "engagement",
        "policy",
        "sessions",
        "watch",
        "run",
        "remove",
        "simulate",
        "completions",
    ];
    for verb in verbs {
        assert!(out.contains(&format!("\n  {verb} ")), "{verb}: {out}");
    }
    assert!(!out.contains("\n  man "), "the generator is for installations: {out}");
    assert!(out.contains("8  daemon not running"), "{out}");
    let (exit, out, _) = ended(&syncctl(["--version"]).output().unwrap());
    assert_eq!((exit, out), (0, format!("syncctl {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn there_is_a_man_page_for_each_verb() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("share/man1");
    let arguments = ["man", "--out", out.to_str().unwrap()];
    assert_eq!(ended(&syncctl(arguments).output().unwrap()), (0, String::new(), String::new()));
    let mut pages: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    let wanted = [
        "syncctl.1",
        "syncctl-completions.1",
        "syncctl-engagement-set.1",
        "syncctl-engagement.1",
        "syncctl-forecast.1",
        "syncctl-history.1",
        "syncctl-list.1",
        "syncctl-override.1",
        "syncctl-pause.1",
        "syncctl-policy-reload.1",
        "syncctl-policy.1",
        "syncctl-remove.1",
        "syncctl-resume.1",
        "syncctl-run.1",
        "syncctl-sessions.1",
        "syncctl-show.1",
        "syncctl-simulate-advance.1",
        "syncctl-simulate.1",
        "syncctl-status.1",
        "syncctl-watch.1",
        "syncctl-why.1",
    ];
    for page in wanted {
        assert!(pages.iter().any(|found| found == page), "{page} is not in {pages:?}");
    }
    let page = fs::read_to_string(out.join("syncctl-run.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("force"), "{page}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let (exit, _, err) = ended(&syncctl(["man", "--out", path]).output().unwrap());
    assert_eq!(exit, 1);
    assert!(err.starts_with(&format!("error: cannot write to folder `{path}`: ")), "{err}");
}

#[test]
fn completions_know_the_verbs() {
    for shell in ["bash", "zsh", "fish"] {
        let (exit, out, err) = ended(&syncctl(["completions", shell]).output().unwrap());
        assert_eq!((exit, err.as_str()), (0, ""));
        assert!(out.contains("fail-store"), "{shell}");
    }
}

#[test]
fn a_closed_pipe_is_a_success() {
    let mut child = syncctl(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before the first byte; the script is longer than what a pipe would keep otherwise.
    drop(child.stdout.take());
    assert_eq!(ended(&child.wait_with_output().unwrap()), (0, String::new(), String::new()));
}
