//! The demo as a newcomer runs it: it says what happens, leaves its pictures, and succeeds only
//! when the message arrived.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, time::Duration};

use pwasync_e2e::{
    Binaries, Command, Ending, Output, Signal, Workdir, descendants_of, missing_program,
    missing_root, until,
};

const LIMIT: Duration = Duration::from_secs(120);
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[tokio::test]
async fn the_message_arrives_over_a_real_link() {
    if !can_run() {
        return;
    }
    let pictures = Workdir::create().unwrap();
    let folder = pictures.path().to_str().unwrap();
    let output = demo(&["run", "--settle", "0ms", "--pictures", folder]).await;
    assert_eq!(output.ending, Ending::Good, "{output:?}");
    let told = ["holds registration", "service worker: sync event begins", "The message arrived"];
    in_order(&output.stdout, &told);
    for name in ["before.png", "after.png"] {
        assert!(fs::read(pictures.path().join(name)).unwrap().starts_with(PNG), "{name}");
    }
}

#[tokio::test]
async fn the_simulated_story_needs_neither_root_nor_a_browser() {
    let output = demo(&["run", "--simulate"]).await;
    assert_eq!(output.ending, Ending::Good, "{output:?}");
    in_order(&output.stdout, &["simulated", "OFFLINE", "+1.000 s", "The event ran once"]);
    assert!(!output.stdout.contains('\x1b'), "no colours into a pipe");
}

#[tokio::test]
async fn an_interrupted_demo_leaves_nothing_behind() {
    if !can_run() {
        return;
    }
    let program = Binaries::find().unwrap().program("pwasync-demo").unwrap();
    let mut demo = Command::new(program).argument("run").spawn(None).unwrap();
    let page_is_open = |line: &str| line.contains("page ").then_some(());
    demo.wait_for_line(0, "the page to be open", LIMIT, page_is_open).await.unwrap();
    let family = descendants_of(demo.id());
    assert!(family.len() > 3, "server, daemon, bridge and browser run: {family:?}");
    demo.signal(Signal::Interrupt).unwrap();
    assert_eq!(demo.ended(LIMIT).await.unwrap(), Ending::Status(130));
    until(LIMIT, "all of the scene to be gone", || {
        family.iter().all(|process| is_gone(*process)).then_some(())
    })
    .await
    .unwrap();
}

async fn demo(arguments: &[&str]) -> Output {
    let program = Binaries::find().unwrap().program("pwasync-demo").unwrap();
    Command::new(program).arguments(arguments).run(None, LIMIT).await.unwrap()
}

/// A process that nobody has reaped yet runs no more.
fn is_gone(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('Z'))
}

fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part);
        assert!(at.is_some(), "`{part}` does not come, or too early, in:\n{text}");
        rest = &rest[at.unwrap_or_default()..];
    }
}

/// Whether this machine can play the real scene; under CI it must.
fn can_run() -> bool {
    pwasync_e2e::can_run(missing_root().or_else(|| missing_program("chromium")))
}
