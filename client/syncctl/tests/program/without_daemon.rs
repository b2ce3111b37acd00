//! Nobody listens: it is said, and so is what to do.

use std::fs;
use std::path::Path;

use expect_test::expect;

use crate::{ended, run, syncctl};

const NOWHERE: &str = "/nonexistent/pwasyncd.sock";

#[test]
fn status_is_truthful_and_names_the_next_command() {
    for arguments in [&[][..], &["status"]] {
        let (exit, out, err) = run(Path::new(NOWHERE), arguments);
        assert_eq!(exit, 8);
        expect![[r#"
            pwasyncd      not running
            socket        /nonexistent/pwasyncd.sock: No such file or directory (os error 2)
        "#]]
        .assert_eq(&out);
        expect![[r#"
            hint: start it with `pwasyncd --socket /nonexistent/pwasyncd.sock`
        "#]]
        .assert_eq(&err);
    }
}

#[test]
fn status_in_json_says_the_same() {
    for arguments in [&["--json"][..], &["status", "--json"], &["--json", "status"]] {
        let (exit, out, err) = run(Path::new(NOWHERE), arguments);
        assert_eq!((exit, err.as_str()), (8, ""));
        expect![[r#"
            {"version":1,"running":false,"socket":"/nonexistent/pwasyncd.sock","socket_origin":"explicit","problem":"No such file or directory (os error 2)","start_command":"pwasyncd --socket /nonexistent/pwasyncd.sock"}
        "#]]
        .assert_eq(&out);
    }
}

#[test]
fn the_doctor_says_what_can_be_said() {
    let (exit, out, err) = run(Path::new(NOWHERE), &["doctor"]);
    assert_eq!((exit, err.as_str()), (8, ""));
    expect![[r#"
        fail  daemon          pwasyncd is not running: no daemon listens at `/nonexistent/pwasyncd.sock`: No such file or directory (os error 2)
                              mend: start it with `pwasyncd --socket /nonexistent/pwasyncd.sock`
        ok    bus             no system bus at /nonexistent/bus: NetworkManager, UPower and logind are not asked
        ok    user namespace  none: the daemon sees who calls
        3 checks: 2 in order, 0 could be better, 1 failed
    "#]]
    .assert_eq(&out);
}

#[test]
fn each_verb_that_needs_a_daemon_says_so() {
    let verbs = [
        "list",
        "show 1",
        "why 1",
        "forecast",
        "forecast 1 metered advance 8h",
        "history",
        "history --since 2h",
        "pause --for 2h",
        "resume --all",
        "override",
        "override metered=yes",
        "override --clear",
        "engagement",
        "engagement set https://app.example 50",
        "policy",
        "policy reload",
        "sessions",
        "watch",
        "run 1",
        "remove 1",
        "simulate network down",
        "simulate network up --name cafe",
        "simulate network up --connectivity portal --metered guess-yes --roaming --transport wifi",
        "simulate power none",
        "simulate power none --saver",
        "simulate power --saver charger 80",
        "simulate power battery 5",
        "simulate suspend",
        "simulate resume --after 8h",
        "simulate advance 30d",
        "simulate advance --to 2030-01-01T00:00:00Z --patience 1s --let-time-out",
        "simulate step-clock -30m",
        "simulate step-clock --utc-offset -05:30",
        "simulate cut-power",
        "simulate fail-store no-space --for 5m",
    ];
    for verb in verbs {
        let arguments: Vec<&str> = verb.split(' ').collect();
        let (exit, out, err) = run(Path::new(NOWHERE), &arguments);
        assert_eq!((exit, out.as_str()), (8, ""), "{verb}: {err}");
        let first = "error: pwasyncd is not running: no daemon listens at \
                     `/nonexistent/pwasyncd.sock`: No such file or directory (os error 2)\n";
        assert!(err.starts_with(first), "{verb}: {err}");
        assert!(err.contains("\nhint: start it with `pwasyncd "), "{verb}: {err}");
    }
}

#[test]
fn the_socket_is_named_by_flag_environment_session_or_system() {
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("pwasync/pwasyncd.sock");
    let system = "/run/pwasync/pwasyncd.sock";
    let looked_at = |environment: Option<&str>| {
        let mut command = syncctl(["status", "--json"]);
        command.env("XDG_RUNTIME_DIR", folder.path());
        command.envs(environment.map(|socket| ("PWASYNC_SOCKET", socket)));
        ended(&command.output().unwrap()).1
    };
    assert!(looked_at(Some(NOWHERE)).contains(&format!("\"socket\":\"{NOWHERE}\"")));
    // A daemon of the system may run on this host: its socket is named either way.
    assert!(looked_at(None).contains(&format!("\"socket\":\"{system}\"")));
    fs::create_dir(folder.path().join("pwasync")).unwrap();
    fs::write(&session, "").unwrap();
    let document = looked_at(None);
    assert!(document.contains(&format!("\"socket\":\"{}\"", session.display())), "{document}");
    assert!(document.contains("\"start_command\":\"pwasyncd --session\""), "{document}");
    assert!(looked_at(Some("")).contains("\"socket_origin\":\"session\""));
}
