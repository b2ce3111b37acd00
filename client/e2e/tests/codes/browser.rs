//! What waits for the browser.

use std::time::Duration;

use pwasync_client::{Launcher, LauncherEvent, LauncherOptions, Outcome, SimulatedNetwork};

use crate::bed::{Bed, MINUTE, one_off, profile};

const LIMIT: Duration = Duration::from_secs(60);

async fn agent(bed: &Bed) -> Launcher {
    let options = LauncherOptions { profiles: vec![profile()], agent: "scripted".into() };
    Launcher::attach(bed.socket(), options).await.unwrap()
}

/// Waits until the browser is to be started.
async fn launch(agent: &mut Launcher) -> String {
    let event = tokio::time::timeout(LIMIT, agent.next()).await.unwrap().unwrap();
    let LauncherEvent::Launch { profile: wanted, launch_token, .. } = event else {
        panic!("expected a launch: {event:?}");
    };
    assert_eq!(wanted, profile());
    launch_token
}

#[tokio::test]
async fn concurrency_ends_with_the_event_that_runs() {
    let mut bed = Bed::start().await;
    bed.settle(SimulatedNetwork::default()).await;
    bed.open(1, None).await;
    let first = bed.one_off().await;
    let id = bed.register(&one_off("second")).await;
    bed.only(id, "CONCURRENCY").await;
    let browser = bed.browser.as_mut().unwrap();
    let wake = browser.wake().await;
    assert_eq!(wake.registration_id, first);
    browser.finish(&wake, Outcome::Completed).await;
    assert_eq!(browser.wake().await.registration_id, id);
}

#[tokio::test]
async fn browser_closed_and_launching_end_with_its_start() {
    let mut bed = Bed::start().await;
    let mut agent = agent(&bed).await;
    let id = bed.one_off().await;
    let why = bed.why(id, "BROWSER_CLOSED").await;
    assert_eq!(why.codes, ["BROWSER_CLOSED", "OFFLINE"]);
    bed.settle(SimulatedNetwork::default()).await;
    let launch_token = launch(&mut agent).await;
    bed.only(id, "BROWSER_LAUNCHING").await;
    agent.started(&launch_token).await;
    bed.open(4, Some(launch_token)).await;
    bed.runs(id).await;
}

#[tokio::test]
async fn a_browser_that_does_not_start_is_closed_again() {
    let mut bed = Bed::start().await;
    let mut agent = agent(&bed).await;
    bed.settle(SimulatedNetwork::default()).await;
    let id = bed.one_off().await;
    launch(&mut agent).await;
    bed.only(id, "BROWSER_LAUNCHING").await;
    bed.advance(MINUTE).await;
    // The next try.
    let why = bed.only(id, "BROWSER_CLOSED").await;
    assert_eq!(why.earliest, Some(bed.now().await + MINUTE));
    bed.ends(id, "BROWSER_CLOSED", &why).await;
    bed.only(id, "BROWSER_LAUNCHING").await;
}

#[tokio::test]
async fn no_launcher_ends_when_one_attaches() {
    let mut bed = Bed::start().await;
    bed.settle(SimulatedNetwork::default()).await;
    let id = bed.one_off().await;
    bed.why(id, "NO_LAUNCHER").await;
    let mut agent = agent(&bed).await;
    launch(&mut agent).await;
    bed.only(id, "BROWSER_LAUNCHING").await;
}
