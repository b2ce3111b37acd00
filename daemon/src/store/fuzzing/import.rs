//! What the target of exports calls: lines as anybody may hand them to an import.

use std::sync::Arc;

use pwasync_core::{
    Caller, Import, ImportMode, Imported, Scheduler, Viewer,
    effect::Effect,
    event::Event,
    key::OwnerId,
    policy::Policy,
    saved::Saved,
    time::{Timestamp, WallClock},
};

use super::{HERE, OTHER_BOOT, STEPS};
use crate::store::{
    Store,
    batch::Batch,
    frame::ClockFrame,
    memory::MemoryStore,
    snapshot::{Export, Limits, LineWriter, Parser, Refused, Taken, parse},
};

/// Stands before lines that bring no header.
const HEADER: &str = concat!(
    r#"{"header":{"format":"pwasync-export","version":1,"daemon_version":"0.1.0","#,
    r#""taken_at":"2023-11-14T22:13:20.373Z","boot_id":"30313233343536373839616263646566","#,
    r#""wall_minus_boot_ms":1700000000250,"epoch":7}}"#,
    "\n"
);
/// The kinds of lines that the end counts, in the order of its fields.
const KINDS: [&str; 6] = ["owner", "registration", "site", "profile", "lease", "entry"];
const NOW: Timestamp = Timestamp::from_millis(1_700_000_100_000);

/// Reads an export without its end, which is added with the counts and the checksum that belong
/// to it, and imports it.
///
/// # Panics
/// When it is read otherwise in pieces, does not survive being written, or an import of it is not
/// all or nothing.
pub fn import(lines: &[u8]) {
    let mut whole = Vec::new();
    if !lines.starts_with(b"{\"header\":") {
        whole.extend_from_slice(HEADER.as_bytes());
    }
    whole.extend_from_slice(lines);
    if !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    // Without an end it is cut, whatever it says.
    let _ = same_in_pieces(&whole);
    whole.extend_from_slice(end(&whole).as_bytes());
    let Ok(export) = same_in_pieces(&whole) else { return };
    survives(&export, HERE);
    match parse(&whole, OTHER_BOOT) {
        Ok(moved) => survives(&moved, OTHER_BOOT),
        Err(why) => panic!("{why} in another boot only"),
    }
    imports(export);
}

/// The last line for what stands before it.
fn end(lines: &[u8]) -> String {
    let mut counts = [0_u64; KINDS.len()];
    for line in lines.split(|byte| *byte == b'\n') {
        let name = line.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        let name = name.and_then(|name| name.strip_prefix(b"\"")).unwrap_or_default();
        let is = |kind: &&str| name.strip_prefix(kind.as_bytes()).is_some_and(quoted);
        if let Some(at) = KINDS.iter().position(is) {
            counts[at] += 1;
        }
    }
    let [owners, registrations, sites, profiles, leases, entries] = counts;
    let crc32 = crc32fast::hash(lines);
    format!(
        "{{\"end\":{{\"owners\":{owners},\"registrations\":{registrations},\"sites\":{sites},\
         \"profiles\":{profiles},\"leases\":{leases},\"entries\":{entries},\
         \"crc32\":\"{crc32:08x}\"}}}}\n"
    )
}

fn quoted(rest: &[u8]) -> bool {
    rest.first() == Some(&b'"')
}

fn same_in_pieces(bytes: &[u8]) -> Result<Export, Refused> {
    let read = parse(bytes, HERE);
    // Lengths that differ from input to input, and come back with the same one.
    let length = 1 + usize::from(crc32fast::hash(bytes).to_be_bytes()[0]);
    let mut parser = Parser::new(HERE, Limits::OWN);
    bytes.chunks(length).for_each(|piece| parser.push(piece));
    let pieces = parser.finish();
    assert_eq!(pieces, read, "in pieces of {length} bytes");
    read
}

/// What was read can be written, and is read again as it was.
fn survives(export: &Export, frame: ClockFrame) {
    let Export { taken, saved } = export;
    let lines = written(taken, saved, frame).unwrap_or_default();
    match parse(&lines, frame) {
        Ok(again) => assert_eq!(again, *export),
        Err(why) => panic!("{why} in {}", String::from_utf8_lossy(&lines)),
    }
}

fn written(taken: &Taken, saved: &Saved, frame: ClockFrame) -> std::io::Result<Vec<u8>> {
    let mut writer = LineWriter::begin(Vec::new(), taken, frame)?;
    if taken.owner.is_none() {
        writer.counters(saved)?;
    }
    writer.records(saved)?;
    writer.finish()
}

/// Into a daemon that never registered anything, twice, and as a user.
fn imports(Export { taken, saved }: Export) {
    let saved = Arc::new(saved);
    let import = |mode| Import { saved: Arc::clone(&saved), epoch: taken.epoch, mode };
    let Ok(root) = OwnerId::from_uid(0) else { return };
    let Ok(ada) = OwnerId::from_uid(1_000) else { return };
    for viewer in [Viewer::Administrator, Viewer::Owner(ada)] {
        let caller = match viewer {
            Viewer::Administrator => Caller { owner: root, name: "root".into() },
            Viewer::Owner(owner) => Caller { owner, name: "ada".into() },
        };
        let mut daemon = Daemon::start();
        for _ in 0..2 {
            let before = daemon.everything();
            let tried = daemon.scheduler.import(NOW, viewer, &caller, &import(ImportMode::Try));
            daemon.commit();
            let after = daemon.everything();
            assert_eq!(after, before, "a trial changes nothing");
            let done = daemon.scheduler.import(NOW, viewer, &caller, &import(ImportMode::Apply));
            daemon.commit();
            assert_eq!(done, tried);
            if done.is_err() {
                assert_eq!(daemon.everything(), before, "nothing is imported of what is refused");
                break;
            }
            if done == Ok(Imported::default()) {
                break;
            }
        }
        daemon.run();
    }
}

/// A scheduler, and a store that keeps what it writes.
struct Daemon {
    scheduler: Scheduler,
    store: MemoryStore,
    now: Timestamp,
}

impl Daemon {
    fn start() -> Self {
        let mut store = MemoryStore::new();
        let epoch = store.open(HERE).map_or(1, |opened| opened.epoch);
        let mut scheduler = Scheduler::restore(NOW, Policy::default(), epoch, Saved::default());
        scheduler.handle_event(NOW, Event::WallClockChanged(WallClock::default()));
        Self { scheduler, store, now: NOW }
    }

    fn commit(&mut self) {
        let mut batch = Batch::default();
        while let Some(effect) = self.scheduler.poll_effect() {
            if let Effect::Record(record) = effect {
                batch.push(record);
            }
        }
        if let Err(why) = self.store.commit(&batch, HERE) {
            panic!("{why}");
        }
    }

    fn everything(&self) -> Saved {
        self.scheduler.saved_page(None, None, usize::MAX).saved
    }

    /// On to where it is quiet; then the store has what the scheduler has.
    fn run(mut self) {
        for _ in 0..STEPS {
            let Some((at, why)) = self.scheduler.poll_timeout() else { break };
            assert!(at > self.now, "{why:?} is due at {at:?}, which is not after {:?}", self.now);
            self.now = at;
            self.scheduler.handle_timeout(at);
            self.commit();
        }
        let opened = match self.store.open(HERE) {
            Ok(opened) => opened,
            Err(why) => panic!("{why}"),
        };
        assert!(opened.set_aside.is_empty(), "{:?}", opened.set_aside);
        let mut stored = opened.saved;
        stored.leases.sort_by_key(|lease| lease.id);
        stored.history.sort_by_key(|entry| entry.sequence);
        let mut here = self.everything();
        let taken = Taken { at: self.now, epoch: 1, daemon_version: String::new(), owner: None };
        survives(&Export { taken, saved: here.clone() }, HERE);
        // Written with what it counts only.
        stored.counters = here.counters;
        here.leases.sort_by_key(|lease| lease.id);
        assert_eq!(stored, here);
    }
}
