//! A daemon answers: what is printed, and the exit code that goes with it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::scripted_admin::{FREE, HELD, QUIET, RUNNING, ScriptedAdmin};
use crate::{ended, run, syncctl};

/// The exit code, standard output, and standard error with a mark before each line.
#[track_caller]
pub(crate) fn check(arguments: &str, expected: &Expect) {
    let daemon = ScriptedAdmin::start();
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let (exit, out, err) = run(&daemon.socket(), &arguments);
    let err: String = err.lines().map(|line| format!("2> {line}\n")).collect();
    expected.assert_eq(&format!("exit {exit}\n{out}{err}"));
}

#[test]
fn list_reads_all_pages() {
    check(
        "list",
        &expect![[r#"
        exit 0
        ID   KIND     STATE    NEXT   TRIES  HELD BY  BROWSER  SCOPE                 TAG
        1    one-off  pending  in 5m  0/3    -        test/p   https://app.example/  out\u{1b}[2Jbox
        2    one-off  pending  in 5m  0/3    -        test/p   https://app.example/  out\u{1b}[2Jbox
        3    one-off  pending  in 5m  0/3    -        test/p   https://app.example/  out\u{1b}[2Jbox
        400  one-off  pending  in 5m  0/3    -        test/p   https://app.example/  out\u{1b}[2Jbox
    "#]],
    );
}

#[test]
fn show_finds_one_or_says_that_there_is_none() {
    check(
        "show 5",
        &expect![[r#"
            exit 3
            2> error: registration `5`: there is none with this id
            2> hint: see what became of it with `syncctl history 5`, and all ids with `syncctl list`
        "#]],
    );
    check(
        "show 0",
        &expect![[r#"
        exit 3
        2> error: registration `0`: there is none with this id
        2> hint: see all ids with `syncctl list`
    "#]],
    );
    check(
        "show 400",
        &expect![[r#"
        exit 0
        registration  400
        state         pending
        kind          one-off
        tag           out\u{1b}[2Jbox
        scope         https://app.example/
        browser       test/p
        owner         1000
        app           -
        registered    -
        next          2023-11-14 23:18:20 (in 5m)
        attempts      0 of 3
        held by       nothing
    "#]],
    );
}

#[test]
fn run_says_what_became_of_it() {
    check(
        "run 1",
        &expect![[r#"
        exit 0
        woken: registration 1, attempt 1-7
    "#]],
    );
    check(
        "run 2",
        &expect![[r#"
            exit 7
              BACKOFF  the back-off passes; since 2023-11-14 23:12:20 (1m ago); by itself not before 2023-11-14 23:18:20 (in 5m)
            2> error: registration `2` is held by BACKOFF
            2> hint: run it in spite of that with `--force`
        "#]],
    );
    check(
        "run 2 --force",
        &expect![[r#"
            exit 0
            woken: registration 2, attempt 1-7
            bypassed:
              BACKOFF  the back-off passes; since 2023-11-14 23:12:20 (1m ago); by itself not before 2023-11-14 23:18:20 (in 5m)
        "#]],
    );
    check(
        "run 400",
        &expect![[r#"
        exit 5
        2> error: registration `400` runs already, as attempt `1-7`
        2> hint: follow it with `syncctl watch`
    "#]],
    );
    check(
        "run 9",
        &expect![[r#"
            exit 3
            2> error: registration `9`: there is none with this id
            2> hint: see what became of it with `syncctl history 9`, and all ids with `syncctl list`
        "#]],
    );
    assert_eq!((FREE, HELD, RUNNING), (1, 2, 400));
}

#[test]
fn run_in_json_says_the_same_with_the_same_codes() {
    check(
        "run 2 --json",
        &expect![[r#"
        exit 7
        {"version":1,"result":"held","attempt":null,"blockers":[{"code":"BACKOFF","since":"2023-11-14T23:12:20.000Z","clears":"the back-off passes","earliest":"2023-11-14T23:18:20.000Z"}],"bypassed":[]}
        2> error: registration `2` is held by BACKOFF
        2> hint: run it in spite of that with `--force`
    "#]],
    );
    check(
        "run 400 --json",
        &expect![[r#"
        exit 5
        {"version":1,"result":"already-running","attempt":"1-7","blockers":[],"bypassed":[]}
        2> error: registration `400` runs already, as attempt `1-7`
        2> hint: follow it with `syncctl watch`
    "#]],
    );
}

#[test]
fn remove_says_what_went() {
    check(
        "remove 1",
        &expect![[r#"
        exit 0
        removed: registration 1, one-off `out\u{1b}[2Jbox` of https://app.example/
    "#]],
    );
    check(
        "remove 5",
        &expect![[r#"
            exit 3
            2> error: registration `5`: there is none with this id
            2> hint: see what became of it with `syncctl history 5`, and all ids with `syncctl list`
        "#]],
    );
}

#[test]
fn the_daemon_s_refusals_have_their_codes() {
    check(
        "list --origin nonsense",
        &expect![[r#"
        exit 2
        2> error: origin `nonsense`: not a URL
    "#]],
    );
    check(
        "list --owner 5",
        &expect![[r#"
        exit 4
        2> error: owner_uid: for administrators
    "#]],
    );
}

#[test]
fn a_daemon_that_is_not_simulated_is_said_with_the_way_out() {
    let daemon = ScriptedAdmin::start();
    let (exit, out, err) = run(&daemon.socket(), &["simulate", "network", "down"]);
    assert_eq!((exit, out.as_str()), (1, ""));
    let socket = daemon.socket();
    assert_eq!(
        err,
        format!(
            "error: pwasyncd at `{}` is not simulated\n\
             hint: start a simulated one with `pwasyncd --simulate`, and name its socket with \
             `--socket`\n",
            socket.display()
        )
    );
}

#[test]
fn watch_prints_a_line_for_each_change() {
    check(
        "watch --recent 2 --only-recent",
        &expect![[r#"
        exit 0
        2023-11-14 22:13:20.000  3 changes are missing here
        2023-11-14 22:13:21.000  3 changes are missing here
    "#]],
    );
    check(
        "watch --recent 1 --json",
        &expect![[r#"
        exit 1
        {"version":1,"at":"2023-11-14T22:13:20.000Z","change":"skipped","skipped":3}
        2> error: pwasyncd ended the watch
        2> hint: see how it is with `syncctl status`
    "#]],
    );
}

#[test]
fn a_reader_that_has_enough_ends_the_watch() {
    let daemon = ScriptedAdmin::start();
    let socket = daemon.socket();
    let arguments = ["--socket", socket.to_str().unwrap(), "watch", "--recent", "1000"];
    let mut child =
        syncctl(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(ended(&child.wait_with_output().unwrap()), (0, String::new(), String::new()));
}

#[test]
fn a_watch_without_a_reader_ends_though_nothing_happens() {
    let daemon = ScriptedAdmin::start();
    let socket = daemon.socket();
    let recent = QUIET.to_string();
    let arguments = ["--socket", socket.to_str().unwrap(), "watch", "--recent", &recent];
    let mut child =
        syncctl(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..QUIET {
        out.read_line(&mut String::new()).unwrap();
    }
    drop(out);
    let (send, end) = mpsc::channel();
    thread::spawn(move || send.send(child.wait_with_output().unwrap()));
    let output = end.recv_timeout(Duration::from_secs(30)).expect("the watch ends");
    assert_eq!(ended(&output), (0, String::new(), String::new()));
}

#[test]
fn each_reading_verb_prints_one_document_with_a_version() {
    let daemon = ScriptedAdmin::start();
    for arguments in [&["status"][..], &["list"], &["show", "1"], &["sessions"]] {
        let (exit, out, err) = run(&daemon.socket(), &[arguments, &["--json"]].concat());
        assert_eq!((exit, err.as_str()), (0, ""));
        assert_eq!(out.lines().count(), 1);
        let document: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["version"], 1, "{out}");
        assert!(!out.contains('\u{1b}'), "{out}");
    }
}

#[test]
fn colour_is_for_terminals() {
    let daemon = ScriptedAdmin::start();
    let (_, out, _) = run(&daemon.socket(), &["status"]);
    assert!(!out.contains('\u{1b}'), "{out}");
}
