//! Two daemons on one store: the second says so and ends.

use std::process::{Command, Output, Stdio};

use pwasyncd::store::{Store, disk::SledStore};

use super::{
    commit, save,
    support::{FRAME, by_id, registration},
};

#[test]
fn a_second_daemon_says_who_has_the_store_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut first = SledStore::new(state.clone());
    first.open(FRAME).unwrap();
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_pwasyncd"))
        .args(["--simulate", "--socket"])
        .arg(folder.path().join("socket"))
        .arg("--state-dir")
        .arg(&state)
        .env_remove("PWASYNC_LOG")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(status.code(), Some(69), "EX_UNAVAILABLE: another daemon has it");
    let said = String::from_utf8(stderr).unwrap();
    let lock = state.join("store.lock");
    let expected = format!(
        "pwasyncd: cannot open the store: another daemon uses it\nhint: see who with `fuser {}`\n",
        lock.display()
    );
    assert!(said.ends_with(&expected), "{said}");
    // The first did not notice, and nothing was set aside.
    commit(&mut first, [save(&registration(1, 1, 10))]);
    let opened = first.open(FRAME).unwrap();
    assert_eq!(opened.losses, Vec::<String>::new());
    assert_eq!(by_id(opened).len(), 1);
}
