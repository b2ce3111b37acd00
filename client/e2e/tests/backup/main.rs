//! Back-up and restore with the built programs: what is exported comes back, and what a user clears
//! is in no file.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod damaged;
mod refused;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use pwasync_client::SyncKind;
use pwasync_e2e::{Ending, User, can_run, missing_root, until};

use bed::{Bed, LIMIT, profile};

#[tokio::test]
async fn what_was_exported_is_restored() {
    let mut bed = Bed::new();
    let mut daemon = bed.start().await;
    for (scope, tag, kind) in [
        ("https://mail.example/", "outbox", SyncKind::OneOff),
        ("https://mail.example/", "a \"long\" tag\n", SyncKind::OneOff),
        ("https://news.example/", "daily", SyncKind::Periodic),
    ] {
        bed.register(scope, tag, kind).await;
    }
    bed.json(&["pause", "--origin", "https://news.example", "--for", "3h", "--json"]).await;
    let before = bed.json(&["list", "--json"]).await;
    let history = bed.json(&["history", "--json"]).await;
    let file = bed.file("backup.jsonl");
    let path = file.to_str().unwrap();
    bed.json(&["db", "export", path, "--json"]).await;
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = bed.syncctl(&["db", "export", path]).await;
    assert_eq!(again.ending, Ending::Status(2), "{again:?}");
    assert!(again.stderr.contains("--force"), "{again:?}");
    let forced = bed.syncctl(&["db", "export", path, "--force"]).await;
    assert_eq!(forced.ending, Ending::Good, "{forced:?}");
    let check = bed.json(&["db", "check", "--json"]).await;
    assert_eq!(check["finding_count"], 0, "{check}");
    assert!(check["records"].as_u64() > Some(3), "{check}");
    daemon.process.stop(LIMIT).await.unwrap();

    let down = bed.syncctl(&["db", "check"]).await;
    assert_eq!(down.ending, Ending::Status(8), "{down:?}");
    assert!(down.stderr.contains("hint: start it with"), "{down:?}");
    let empty = bed.workdir.folder("empty", None).unwrap();
    bed.setup.keep_state_in(empty);
    let _daemon = bed.start().await;
    let nothing = bed.json(&["list", "--json"]).await;
    assert_eq!(nothing["registrations"], serde_json::json!([]));

    let cut = bed.file("cut.jsonl");
    let whole = fs::read(&file).unwrap();
    fs::write(&cut, &whole[..whole.len() - 20]).unwrap();
    let refused = bed.syncctl(&["db", "import", cut.to_str().unwrap()]).await;
    assert_eq!(refused.ending, Ending::Status(1), "{refused:?}");
    assert!(refused.stdout.contains("the file was cut short"), "{refused:?}");
    let tried = bed.json(&["db", "import", path, "--dry-run", "--json"]).await;
    assert_eq!(tried["registrations"]["added"], 3, "{tried}");
    assert_eq!(bed.json(&["list", "--json"]).await, nothing);

    let imported = bed.json(&["db", "import", path, "--json"]).await;
    assert_eq!(imported["registrations"]["added"], 3, "{imported}");
    assert_eq!(bed.json(&["list", "--json"]).await, before);
    assert_eq!(bed.json(&["history", "--json"]).await, history);
    let twice = bed.json(&["db", "import", path, "--json"]).await;
    assert_eq!(twice["registrations"]["unchanged"], 3, "{twice}");
    let check = bed.json(&["db", "check", "--json"]).await;
    assert_eq!(check["finding_count"], 0, "{check}");
}

#[tokio::test]
async fn a_user_exports_and_imports_what_is_his_own() {
    if !can_run(missing_root()) {
        return;
    }
    let bed = Bed::new();
    let _daemon = bed.start().await;
    bed.register("https://mail.example/", "root's", SyncKind::OneOff).await;
    let ada = User::unused(0).unwrap();
    let as_ada = async |words: &[&str]| {
        bed.command(words).home_of(ada, Path::new("/")).run(None, LIMIT).await.unwrap()
    };
    let own = as_ada(&["db", "export"]).await;
    assert_eq!(own.ending, Ending::Good, "{own:?}");
    assert!(!own.stdout.contains("root's"), "{own:?}");
    let all = bed.syncctl(&["db", "export"]).await;
    assert!(all.stdout.contains("root's"), "{all:?}");
    let file = bed.file("all.jsonl");
    fs::write(&file, &all.stdout).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(bed.workdir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let refused = as_ada(&["db", "import", file.to_str().unwrap()]).await;
    assert_eq!(refused.ending, Ending::Status(1), "{refused:?}");
    assert!(refused.stdout.contains("only an administrator may import it"), "{refused:?}");
    let check = as_ada(&["db", "check"]).await;
    assert_eq!(check.ending, Ending::Status(4), "{check:?}");
}

#[tokio::test]
async fn what_a_user_clears_is_in_no_snapshot() {
    let mut bed = Bed::new();
    bed.setup.arguments = vec!["--snapshot-gap".into(), "0s".into()];
    let _daemon = bed.start().await;
    let client = bed.client();
    bed.register("https://kept.example/", "kept", SyncKind::OneOff).await;
    bed.register("https://secret.example/", "secret", SyncKind::OneOff).await;
    let holds = |text: &str| {
        let files = bed.snapshots().into_iter();
        files.filter(|path| fs::read_to_string(path).is_ok_and(|file| file.contains(text))).count()
    };
    until(LIMIT, "a snapshot", || (holds("secret.example") > 0).then_some(())).await.unwrap();
    client.clear_origin(&profile(), "https://secret.example").await.unwrap();
    assert_eq!(holds("secret.example"), 0);
    let whole = || (holds("kept.example") > 0 && holds("\"end\"") > 0).then_some(());
    until(LIMIT, "the next snapshot", whole).await.unwrap();
    assert_eq!(holds("secret.example"), 0);
}
