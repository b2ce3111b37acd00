//! `syncctl` with the built daemon: what a person and a script get to see.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, time::Duration};

use pwasync_client::{
    Client, ClientError, NewRegistration, ProfileId, RegistrationKey, SocketPath, SyncKind,
};
use pwasync_e2e::{
    Binaries, Command, DaemonSetup, Ending, HostKind, Output, User, Workdir, can_run,
    missing_program, missing_root, on_path,
};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(20);

/// A daemon on a simulated host, and `syncctl` for it.
struct Bed {
    binaries: Binaries,
    setup: DaemonSetup,
    _workdir: Workdir,
}

impl Bed {
    fn new() -> Self {
        let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
        let mut setup = DaemonSetup::new(&binaries, &workdir, None).unwrap();
        setup.host = HostKind::Simulated { start: None };
        Self { binaries, setup, _workdir: workdir }
    }

    fn command(&self, words: &[&str]) -> Command {
        let program = self.binaries.program("syncctl").unwrap();
        Command::new(program).argument("--socket").argument(self.setup.socket()).arguments(words)
    }

    async fn syncctl(&self, words: &[&str]) -> Output {
        self.command(words).run(None, LIMIT).await.unwrap()
    }

    fn client(&self) -> Client {
        Client::new(SocketPath::at(self.setup.socket()))
    }
}

/// A doctor that finds something to have failed says so to scripts, too.
#[tokio::test]
async fn the_doctor_fails_where_nothing_can_be_recorded() {
    let bed = Bed::new();
    let _daemon = bed.setup.start(None).await.unwrap();
    let doctor = || async {
        let command = bed.command(&["doctor"]).variable("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/no");
        command.run(None, LIMIT).await.unwrap()
    };
    let online = bed.syncctl(&["simulate", "network", "up"]).await;
    assert_eq!(online.ending, Ending::Good, "{online:?}");
    let well = doctor().await;
    assert_eq!(well.ending, Ending::Good, "{well:?}");
    assert!(well.stdout.contains("ok    store"), "{well:?}");
    let failing = bed.syncctl(&["simulate", "fail-store", "read-only"]).await;
    assert_eq!(failing.ending, Ending::Good, "{failing:?}");
    // A write finds out.
    let new = NewRegistration::new(key("https://example.org/", "mail"));
    bed.client().register(&new).await.unwrap_err();
    let failed = doctor().await;
    assert_eq!(failed.ending, Ending::Status(1), "{failed:?}");
    assert!(failed.stdout.contains("fail  store"), "{failed:?}");
    assert!(failed.stdout.contains("mend: make room"), "{failed:?}");
}

fn key(scope: &str, tag: &str) -> RegistrationKey {
    RegistrationKey {
        profile: ProfileId { browser: "chromium".into(), profile: "Default".into() },
        scope: scope.into(),
        kind: SyncKind::OneOff,
        tag: tag.into(),
    }
}

#[tokio::test]
async fn status_without_a_daemon_says_so_and_names_the_next_command() {
    let bed = Bed::new();
    let socket = bed.setup.socket();
    let next = format!("pwasyncd --socket {}", socket.display());
    for words in [&["status"][..], &[], &["list"]] {
        let output = bed.syncctl(words).await;
        assert_eq!(output.ending, Ending::Status(8), "{words:?}: {output:?}");
        let said = output.stdout + &output.stderr;
        assert!(said.contains("not running"), "{words:?}: {said}");
        assert!(said.contains(&next), "{words:?}: {said}");
    }
    let output = bed.syncctl(&["status", "--json"]).await;
    assert_eq!(output.ending, Ending::Status(8), "{output:?}");
    let status: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(status["running"], false);
    assert_eq!(status["start_command"], next);
}

#[tokio::test]
async fn a_list_goes_through_jq() {
    if !can_run(missing_program("jq")) {
        return;
    }
    let jq = on_path("jq").unwrap();
    let bed = Bed::new();
    let _daemon = bed.setup.start(None).await.unwrap();
    let client = bed.client();
    for tag in ["first", "second \"quoted\"\n"] {
        client.register(&NewRegistration::new(key("https://example.org/", tag))).await.unwrap();
    }
    let list = bed.syncctl(&["list", "--json"]).await;
    assert_eq!(list.ending, Ending::Good, "{list:?}");
    let folder = Workdir::create().unwrap();
    let file = folder.path().join("list.json");
    std::fs::write(&file, list.stdout).unwrap();
    let tags = Command::new(jq).arguments(["-c", "[.registrations[].tag]"]).argument(&file);
    let tags = tags.run(None, LIMIT).await.unwrap();
    let tags: Value = serde_json::from_str(&tags.stdout).unwrap();
    assert_eq!(tags, serde_json::json!(["first", "second \"quoted\"\n"]));
}

#[tokio::test]
async fn mistakes_name_field_value_and_limit() {
    let bed = Bed::new();
    let _daemon = bed.setup.start(None).await.unwrap();
    let client = bed.client();
    let refused = async |key: RegistrationKey| {
        let error = client.register(&NewRegistration::new(key)).await.unwrap_err();
        assert!(matches!(error, ClientError::Invalid { .. }), "{error:?}");
        error.to_string()
    };
    let long = refused(key("https://example.org/", &"x".repeat(10_241))).await;
    for part in ["tag", "`xxx", "10240", "10241"] {
        assert!(long.contains(part), "{part}: {long}");
    }
    let scope = refused(key("http://example.org/", "mail")).await;
    for part in ["scope", "http://example.org/", "https"] {
        assert!(scope.contains(part), "{part}: {scope}");
    }
    for (words, ending, parts) in [
        (&["show", "77"][..], Ending::Status(3), &["77"][..]),
        (&["remove", "77"], Ending::Status(3), &["77"]),
        (&["run", "none"], Ending::Status(2), &["none"]),
        (&["list", "--kind", "weekly"], Ending::Status(2), &["weekly", "periodic"]),
        (&["simulate", "advance", "5 parsecs"], Ending::Status(2), &["parsecs"]),
    ] {
        let output = bed.syncctl(words).await;
        assert_eq!(output.ending, ending, "{words:?}: {output:?}");
        for part in parts {
            assert!(output.stderr.contains(part), "{words:?}: {output:?}");
        }
    }
}

#[tokio::test]
async fn two_ordinary_users_see_nothing_of_each_other() {
    if !can_run(missing_root()) {
        return;
    }
    let bed = Bed::new();
    let _daemon = bed.setup.start(None).await.unwrap();
    let (ada, bob) = (User::unused(0).unwrap(), User::unused(1).unwrap());
    let as_user = async |user: User, words: &[&str]| {
        let home = Path::new("/");
        bed.command(words).home_of(user, home).run(None, LIMIT).await.unwrap()
    };
    // Root registers one; neither user may see, show, run or remove it.
    let mine = key("https://example.org/", "root's");
    let id = bed.client().register(&NewRegistration::new(mine)).await.unwrap().registration.id;
    let id = id.value().to_string();
    for user in [ada, bob] {
        let list = as_user(user, &["list", "--json"]).await;
        let list: Value = serde_json::from_str(&list.stdout).unwrap();
        assert_eq!(list["registrations"], serde_json::json!([]));
        for verb in [&["show", &id][..], &["run", &id, "--force"], &["remove", &id]] {
            let output = as_user(user, verb).await;
            assert_eq!(output.ending, Ending::Status(3), "{verb:?}: {output:?}");
        }
        let watched = as_user(user, &["watch", "--recent", "100", "--only-recent"]).await;
        assert!(!watched.stdout.contains("root's"), "{watched:?}");
    }
    let shown = bed.syncctl(&["show", &id]).await;
    assert_eq!(shown.ending, Ending::Good, "{shown:?}");
}
