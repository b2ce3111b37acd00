//! What becomes of an event whose Chromium, renderer or worker ends under it.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pwasync_chromium::app::Ended;
use serde_json::json;

use crate::support::{
    Network, World, chromium_is_missing,
    log::LIMIT,
    scripted::{Entry, Outcome, SyncKind},
};

/// How a user or the system ends Chromium.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Its menu, or the end of the desktop session as seen by the browser process.
    Close,
    /// A signal for the browser process.
    Signal(Signal),
    /// The same for each of its processes, as a service manager ends a control group.
    SignalForAll(Signal),
}

#[tokio::test]
async fn an_event_of_a_chromium_that_is_quit_has_no_outcome() {
    if chromium_is_missing() {
        return;
    }
    let ways = [
        Way::Close,
        Way::Signal(Signal::SIGTERM),
        Way::Signal(Signal::SIGINT),
        Way::SignalForAll(Signal::SIGTERM),
        Way::SignalForAll(Signal::SIGHUP),
    ];
    for way in ways {
        let world = World::start(Network::Steady).await;
        // One that waits for nothing, and one whose request the end of Chromium breaks.
        world.site.on("hangs", "return new Promise(() => {})");
        world.site.on("fetches", "await fetch('/nobody/next')");
        for tag in ["hangs", "fetches"] {
            world.daemon.wake(tag, &world.scope(), SyncKind::OneOff, tag).await;
            world.daemon.started(tag).await;
        }
        let World { daemon, running, .. } = world;
        let processes = match way {
            Way::Close => {
                let close = running.connection.call(None, "Browser.close", json!({}), LIMIT).await;
                drop(close);
                Vec::new()
            }
            Way::Signal(signal) => vec![(running.browser_pid, signal)],
            Way::SignalForAll(signal) => {
                let all = descendants(running.browser_pid).into_iter();
                all.map(|process| (process, signal)).collect()
            }
        };
        for (process, signal) in processes {
            // Those that ended meanwhile are no matter.
            let _ = kill(Pid::from_raw(process.try_into().unwrap()), signal);
        }
        let ended = running.ended().await;
        assert!(matches!(ended, Ended::Browser(_)), "{way:?}: {ended:?}");
        daemon.log.wait("Gone", |entry| *entry == Entry::Gone).await;
        let finished = daemon.log.all().into_iter().filter(|e| matches!(e, Entry::Finished { .. }));
        assert_eq!(finished.collect::<Vec<_>>(), [], "{way:?}");
    }
}

#[tokio::test]
async fn an_event_whose_renderer_is_killed_is_a_failure_and_the_next_one_runs() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    world.site.on("hangs", "return new Promise(() => {})");
    world.daemon.wake("1-1", &world.scope(), SyncKind::OneOff, "hangs").await;
    world.daemon.started("1-1").await;
    // The bridge's own page goes as well, and has to be made again.
    for process in descendants(world.running.browser_pid) {
        let command = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&command).contains("--type=renderer") {
            let _ = kill(Pid::from_raw(process.try_into().unwrap()), Signal::SIGKILL);
        }
    }
    let (outcome, detail) = world.daemon.finished("1-1").await;
    assert_eq!(outcome, Outcome::Rejected);
    assert_eq!(detail, "the service worker stopped before its event ended");
    world.daemon.wake("1-2", &world.scope(), SyncKind::OneOff, "after").await;
    assert_eq!(world.daemon.finished("1-2").await, (Outcome::Completed, String::new()));
    world.close().await;
}

/// A process and all below it, children first.
fn descendants(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let children = text.split_whitespace().map(|child| child.parse().unwrap());
    let mut all: Vec<u32> = children.flat_map(descendants).collect();
    all.push(process);
    all
}
