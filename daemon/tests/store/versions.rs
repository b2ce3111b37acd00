//! The built daemon on stores of other versions: an older one is exported and upgraded, a newer one
//! is refused and left as it is.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use pwasync_proto::v1::{
    self as wire, admin_client::AdminClient, background_sync_client::BackgroundSyncClient,
};
use pwasyncd::store::{Store, disk::SledStore, error::Cause, snapshot};
use tempfile::TempDir;
use tokio::{net::UnixDatagram, process::Child, time::timeout};
use tonic::transport::{Channel, Endpoint};

use super::{
    kept::bytes,
    support::{FRAME, database},
    tamper, wait_for_sled,
};

const LIMIT: Duration = Duration::from_secs(60);
/// Written by the first version, and never written again.
const V1: &str = include_str!("../../src/store/record/samples/v1.hex");

/// Where a daemon is started.
struct Place {
    folder: TempDir,
}

impl Place {
    /// With a store of these records and nothing else, keys and values in hexadecimal digits.
    fn with(records: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        // Its own, so that the machine's policy does not count.
        fs::write(place.folder.path().join("policy.toml"), "").unwrap();
        SledStore::new(place.state()).open(FRAME).unwrap();
        tamper(&place.state(), |db| {
            db.clear().unwrap();
            for line in records.lines() {
                let (key, value) = line.split_once(' ').unwrap();
                db.insert(bytes(key), bytes(value)).unwrap();
            }
        });
        wait_for_sled(&place.state());
        place
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pwasyncd"));
        let folder = self.folder.path();
        command
            .args(["--simulate", "--snapshot-gap", "1h", "--socket"])
            .arg(folder.join("socket"))
            .arg("--state-dir")
            .arg(self.state())
            .arg("--config")
            .arg(folder.join("policy.toml"))
            .env("NOTIFY_SOCKET", folder.join("notify"))
            .env_remove("PWASYNC_LOG")
            .stdin(Stdio::null());
        command
    }

    async fn start(&self) -> (Child, Channel) {
        let notify = self.folder.path().join("notify");
        let _ = fs::remove_file(&notify);
        let manager = UnixDatagram::bind(&notify).unwrap();
        let mut command = tokio::process::Command::from(self.command());
        let daemon = command.kill_on_drop(true).spawn().unwrap();
        let mut said = [0; 256];
        let length = timeout(LIMIT, manager.recv(&mut said)).await.unwrap().unwrap();
        assert!(said[..length].starts_with(b"READY=1"));
        let socket = format!("unix:{}", self.folder.path().join("socket").display());
        let endpoint = Endpoint::from_shared(socket).unwrap();
        (daemon, timeout(LIMIT, endpoint.connect()).await.unwrap().unwrap())
    }
}

async fn listed(channel: &Channel) -> Vec<wire::Registration> {
    let mut admin = AdminClient::new(channel.clone());
    let all = admin.list_registrations(wire::ListRegistrationsRequest::default());
    timeout(LIMIT, all).await.unwrap().unwrap().into_inner().registrations
}

#[tokio::test]
async fn a_store_of_version_1_is_exported_and_then_upgraded() {
    let place = Place::with(V1);
    let exported = place.state().join("snapshots/before-upgrade-from-1.jsonl");
    let (mut daemon, channel) = place.start().await;
    let found = listed(&channel).await;
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [41, 42]);
    let text = fs::read(&exported).unwrap();
    let before = snapshot::parse(&text, FRAME).unwrap().saved;
    assert_eq!(
        before.registrations.iter().map(|one| one.id.number()).collect::<Vec<_>>(),
        [41, 42]
    );
    assert_eq!(before.counters.last_registration, 42);
    assert_eq!(before.owners.len(), 1);
    // It goes on where it was: the next number is the next.
    let mut browser = BackgroundSyncClient::new(channel.clone());
    let key = wire::RegistrationKey {
        profile: Some(wire::ProfileId { browser: "chromium".into(), profile: "new".into() }),
        scope: "https://new.example/".into(),
        kind: wire::SyncKind::OneOff.into(),
        tag: "new".into(),
    };
    let request = wire::RegisterRequest { key: Some(key), ..Default::default() };
    let registered = timeout(LIMIT, browser.register(request)).await.unwrap().unwrap();
    assert_eq!(registered.into_inner().registration.unwrap().id, 43);
    let upgraded = listed(&channel).await;
    daemon.kill().await.unwrap();

    // What was exported is not exported anew, and nothing is lost by the second start.
    wait_for_sled(&place.state());
    let (mut daemon, channel) = place.start().await;
    assert_eq!(listed(&channel).await, upgraded);
    assert_eq!(fs::read(&exported).unwrap(), text);
    daemon.kill().await.unwrap();
    wait_for_sled(&place.state());
    tamper(&place.state(), |db| {
        let version = |kind: u8, number: u64| {
            let key = [&[kind][..], &number.to_be_bytes(), &[0, 0]].concat();
            db.get(key).unwrap().unwrap()[0]
        };
        assert_eq!(version(1, 43), 2, "what is written is of the newest version");
    });
}

#[test]
fn a_store_that_cannot_be_exported_is_not_upgraded() {
    let place = Place::with(V1);
    let before = content(&place.state());
    // A file where the folder of the snapshots is to be.
    let obstacle = place.state().join("snapshots");
    fs::write(&obstacle, b"").unwrap();
    let error = SledStore::new(place.state()).open(FRAME).unwrap_err();
    assert!(matches!(error.cause, Cause::InputOutput(_)), "{error:?}");
    wait_for_sled(&place.state());
    assert_eq!(content(&place.state()), before);
    fs::remove_file(obstacle).unwrap();
    assert_eq!(SledStore::new(place.state()).open(FRAME).unwrap().saved.registrations.len(), 2);
}

#[test]
fn a_newer_daemons_store_ends_the_daemon_and_stays_as_it_is() {
    let newer = sealed([1, 0, 0, 0, 0, 0, 0, 0, 41], 3, b"what is to come");
    let place = Place::with(&format!("{V1}{newer}\n"));
    let before = content(&place.state());
    for _ in 0..2 {
        let Output { status, stderr, .. } = place.command().output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{said}");
        let expected = "pwasyncd: cannot open the store: registration `41` has version 3, this \
                        daemon reads up to 2\nhint: install the newer pwasyncd again, or move the \
                        state directory away to start empty\n";
        assert!(said.ends_with(expected), "{said}");
        wait_for_sled(&place.state());
        assert_eq!(content(&place.state()), before);
        let found: Vec<_> = fs::read_dir(place.state()).unwrap().collect();
        assert_eq!(found.len(), 2, "{found:?}: the store and its lock");
    }
}

/// A record's key and value, in hexadecimal digits.
fn sealed(key: [u8; 9], version: u8, content: &[u8]) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key);
    hasher.update(&[version]);
    hasher.update(content);
    let value = [&[version], &hasher.finalize().to_be_bytes()[..], content].concat();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{}0000 {}", hex(&key), hex(&value))
}

/// All that is in the store.
fn content(state: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let db = sled::Config::new().path(database(state)).flush_every_ms(None).open().unwrap();
    let all = db.iter().map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())));
    let content = all.collect::<Result<_, _>>().unwrap();
    drop(db);
    wait_for_sled(state);
    content
}
