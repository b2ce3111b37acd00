//! The machine's sleep, as the real logind tells it and lets it be delayed.

use pwasync_client::{LastChance, RegistrationId, SleepInhibitor, Status, Wake};

use pwasync_e2e::bed::MachineOptions;

use crate::machine::{Desktop, can_run};

/// Events may take as long as they like.
const PATIENT: &str = "delay = \"5m\"\n";
const HASTY: &str = "delay = \"500ms\"\n";
const DAEMON: &str = "pwasyncd";

/// A machine on which an event runs.
async fn with_an_event(policy: &str) -> (Desktop, RegistrationId, Wake) {
    let mut desktop = Desktop::boot(policy).await;
    desktop.host("heard", |host| host.suspending_source.source.as_deref() == Some("logind")).await;
    desktop.delayed_by(&[]).await;
    let id = desktop.register("mail").await;
    let wake = desktop.starts().await;
    desktop.delayed_by(&[DAEMON]).await;
    (desktop, id, wake)
}

#[tokio::test]
async fn sleep_waits_for_an_event_that_runs() {
    if !can_run() {
        return;
    }
    let (mut desktop, _, wake) = with_an_event(PATIENT).await;
    desktop.machine.suspend().await.unwrap();
    desktop.host("suspending", |host| host.suspending).await;
    assert!(!desktop.machine.is_asleep().await.unwrap(), "it did not wait");
    let next = desktop.register("news").await;
    desktop.held(next, &["SUSPENDING"]).await;
    desktop.completes(&wake).await;
    desktop.machine.sleeps().await.unwrap();
    assert_eq!(desktop.machine.delayers().await.unwrap(), [""; 0]);
    desktop.held(next, &["SUSPENDING"]).await;
    desktop.machine.wake().await.unwrap();
    let wake = desktop.starts().await;
    assert_eq!(wake.registration_id, next);
    desktop.completes(&wake).await;
    desktop.delayed_by(&[]).await;
}

#[tokio::test]
async fn an_event_that_does_not_end_is_cut_and_comes_again_in_one_batch() {
    if !can_run() {
        return;
    }
    let (mut desktop, cut, wake) = with_an_event(HASTY).await;
    let before = desktop.client.status().await.unwrap();
    desktop.machine.suspend().await.unwrap();
    desktop.is_cut(&wake).await;
    desktop.machine.sleeps().await.unwrap();
    assert_eq!(desktop.machine.delayers().await.unwrap(), [""; 0]);
    // What comes due meanwhile waits, and goes with it.
    let next = desktop.register("news").await;
    desktop.held(cut, &["SUSPENDING"]).await;
    desktop.held(next, &["SUSPENDING"]).await;
    let asleep = desktop.client.status().await.unwrap();
    assert_eq!((asleep.wakes, asleep.wakes_saved), (before.wakes, before.wakes_saved));
    desktop.machine.wake().await.unwrap();
    let (first, second) = (desktop.starts().await, desktop.starts().await);
    assert_eq!([first.registration_id, second.registration_id], [cut, next]);
    assert_eq!(first.last_chance, LastChance::No, "the cut was charged");
    let after = desktop.client.status().await.unwrap();
    let (wakes, saved) = (asleep.wakes + 1, asleep.wakes_saved + 1);
    assert_eq!((after.wakes, after.wakes_saved), (wakes, saved));
    desktop.delayed_by(&[DAEMON]).await;
    desktop.completes(&first).await;
    desktop.completes(&second).await;
    desktop.delayed_by(&[]).await;
}

#[tokio::test]
async fn logind_is_found_again_and_asked_again() {
    if !can_run() {
        return;
    }
    let (mut desktop, _, wake) = with_an_event(PATIENT).await;
    desktop.machine.stop("systemd-logind.service").await.unwrap();
    desktop.host("unheard", |host| host.suspending_source.source.is_none()).await;
    desktop.machine.start("systemd-logind.service").await.unwrap();
    desktop.delayed_by(&[DAEMON]).await;
    let held = Some(SleepInhibitor::Held);
    desktop.until("held", |status| status.sleep.inhibitor == held).await;
    desktop.completes(&wake).await;
    desktop.delayed_by(&[]).await;
}

/// It has not heard of the beginning.
#[tokio::test]
async fn a_daemon_that_starts_while_the_machine_sleeps_starts_nothing() {
    if !can_run() {
        return;
    }
    let mut desktop = Desktop::boot("").await;
    desktop.machine.suspend().await.unwrap();
    desktop.machine.sleeps().await.unwrap();
    desktop.machine.stop("pwasyncd.service").await.unwrap();
    desktop.machine.start("pwasyncd.service").await.unwrap();
    desktop.attached().await;
    desktop.host("suspending", |host| host.suspending).await;
    let id = desktop.register("mail").await;
    desktop.held(id, &["SUSPENDING"]).await;
    desktop.machine.wake().await.unwrap();
    let wake = desktop.starts().await;
    desktop.completes(&wake).await;
}

/// Without polkit, logind lets only root delay sleep.
#[tokio::test]
async fn what_logind_refuses_is_told_and_the_sync_runs() {
    if !can_run() {
        return;
    }
    let options = MachineOptions { masked: &["polkit.service"], ..MachineOptions::default() };
    let mut desktop = Desktop::boot_with(options).await;
    desktop.host("heard", |host| host.suspending_source.source.is_some()).await;
    desktop.register("mail").await;
    let wake = desktop.starts().await;
    let refused = |status: &Status| match &status.sleep.inhibitor {
        Some(SleepInhibitor::Refused(why)) => !why.is_empty(),
        Some(SleepInhibitor::Free | SleepInhibitor::Held) | None => false,
    };
    desktop.until("refused", refused).await;
    assert_eq!(desktop.machine.delayers().await.unwrap(), [""; 0]);
    desktop.completes(&wake).await;
}

#[tokio::test]
async fn a_daemon_that_is_killed_delays_no_sleep() {
    if !can_run() {
        return;
    }
    let (mut desktop, _, wake) = with_an_event(PATIENT).await;
    desktop.machine.suspend().await.unwrap();
    desktop.host("suspending", |host| host.suspending).await;
    desktop.machine.kill("pwasyncd.service").await.unwrap();
    desktop.machine.sleeps().await.unwrap();
    desktop.machine.wake().await.unwrap();
    // Its unit has it started again; the browser's event has gone on all the time.
    desktop.attached().await;
    desktop.delayed_by(&[DAEMON]).await;
    desktop.completes(&wake).await;
}

/// The unit has no capability, and policy wants what needs one.
#[tokio::test]
async fn a_machine_that_cannot_be_woken_is_told() {
    if !can_run() {
        return;
    }
    let desktop = Desktop::boot("wake = \"always\"\n").await;
    let problem = desktop.client.status().await.unwrap().sleep.alarm_problem.unwrap();
    assert!(problem.contains("CAP_WAKE_ALARM"), "{problem}");
    assert!(desktop.machine.log().contains("CAP_WAKE_ALARM"), "{}", desktop.machine.tail());
}

/// Whether there is a clock that wakes it depends on where the test runs.
#[tokio::test]
async fn the_drop_in_gives_the_daemon_the_right_to_wake_the_machine() {
    if !can_run() {
        return;
    }
    let options = MachineOptions {
        policy: "wake = \"always\"\n".to_owned(),
        drop_in: include_str!("../../../../docs/examples/wake-alarm.conf"),
        ..MachineOptions::default()
    };
    let desktop = Desktop::boot_with(options).await;
    let problem = desktop.client.status().await.unwrap().sleep.alarm_problem;
    let expected = [None, Some("the machine has no clock that could wake it")];
    assert!(expected.contains(&problem.as_deref()), "{problem:?}");
}
