//! How bridge and Chromium begin and end together.

use std::{path::Path, process::Stdio};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rustix::event::{PollFd, PollFlags, Timespec};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::support::{
    Network, World, chromium_is_missing, launch,
    log::LIMIT,
    scripted::{Entry, ScriptedDaemon},
    site::Site,
};

#[tokio::test]
async fn a_chromium_that_ends_ends_the_bridge() {
    if chromium_is_missing() {
        return;
    }
    let World { daemon, running, .. } = World::start(Network::Steady).await;
    kill(pid(running.browser_pid), Signal::SIGKILL).unwrap();
    let ended = running.ended().await;
    assert!(matches!(ended, pwasync_chromium::app::Ended::Browser(_)), "{ended:?}");
    daemon.log.wait("Gone", |entry| *entry == Entry::Gone).await;
}

#[tokio::test]
async fn sigterm_closes_chromium_and_is_success() {
    if chromium_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (daemon, _site, mut bridge) = binary(folder.path()).await;
    let chromium = children(bridge.id().unwrap());
    kill(pid(bridge.id().unwrap()), Signal::SIGTERM).unwrap();
    let status = timeout(LIMIT, bridge.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
    for child in chromium {
        ended(child).await;
    }
    daemon.log.wait("Gone", |entry| *entry == Entry::Gone).await;
}

#[tokio::test]
async fn a_killed_bridge_takes_chromium_along() {
    if chromium_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_daemon, _site, mut bridge) = binary(folder.path()).await;
    let chromium = children(bridge.id().unwrap());
    assert!(!chromium.is_empty());
    bridge.kill().await.unwrap();
    for child in chromium {
        ended(child).await;
    }
}

#[tokio::test]
async fn a_chromium_that_ends_has_an_exit_code_of_its_own() {
    if chromium_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_daemon, _site, mut bridge) = binary(folder.path()).await;
    for child in children(bridge.id().unwrap()) {
        kill(pid(child), Signal::SIGTERM).unwrap();
    }
    let status = timeout(LIMIT, bridge.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(3));
}

#[tokio::test]
async fn a_chromium_that_is_not_there_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut bridge = Command::new(env!("CARGO_BIN_EXE_pwasync-chromium"));
    bridge.arg("--profile-dir").arg(folder.path()).args(["--chromium", "/nowhere/chromium"]);
    let output = timeout(LIMIT, bridge.output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("error: `/nowhere/chromium`: Chromium was not found\nhint: "), "{text}");
}

#[tokio::test]
async fn a_chromium_that_cannot_be_prepared_is_told_with_its_words_and_the_way_out_last() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("chromium");
    let script = r#"#!/bin/bash
        read -r -d '' _ <&3; printf '{"id":1,"result":{"targetId":"T"}}\0' >&4
        read -r -d '' _ <&3; printf '{"id":2,"error":{"code":-32000,"message":"no"}}\0' >&4
        read -r -d '' _ <&3"#;
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut bridge = Command::new(env!("CARGO_BIN_EXE_pwasync-chromium"));
    bridge.arg("--profile-dir").arg(folder.path()).arg("--chromium").arg(&program);
    bridge.arg("--socket").arg(folder.path().join("none.sock"));
    let output = timeout(LIMIT, bridge.output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    let report = "error: Chromium could not be prepared: `Target.getTargetInfo` failed: \
        Chromium refuses with -32000: no\nhint: another Chromium may be using this profile\n";
    assert!(text.ends_with(report), "{text}");
}

#[tokio::test]
async fn an_address_that_is_none_is_wrong_usage() {
    let mut bridge = Command::new(env!("CARGO_BIN_EXE_pwasync-chromium"));
    bridge.args(["--profile-dir", "/nowhere", "mail.example"]);
    let output = timeout(LIMIT, bridge.output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("it is written as https://app.example/"), "{text}");
}

/// The shipped program with a page open.
async fn binary(folder: &Path) -> (ScriptedDaemon, Site, Child) {
    let daemon = ScriptedDaemon::start(folder);
    let site = Site::start().await;
    let launch = launch(folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_pwasync-chromium"));
    command
        .arg("--profile-dir")
        .arg(&launch.profile_dir)
        .arg("--socket")
        .arg(&daemon.socket)
        .args(["--headless", &site.url("app")])
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    if launch.sandbox == pwasync_chromium::browser::Sandbox::Off {
        command.arg("--no-sandbox");
    }
    let bridge = command.arg("--").args(launch.extra).spawn().unwrap();
    daemon.ready().await;
    assert_eq!(site.run("app", "await registered; return atStart.bridged").await, true);
    (daemon, site, bridge)
}

fn children(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = std::fs::read_to_string(path).unwrap();
    text.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

/// Waits until a process that is not ours has ended.
async fn ended(process: u32) {
    let pid = rustix::process::Pid::from_raw(process.try_into().unwrap()).unwrap();
    let flags = rustix::process::PidfdFlags::NONBLOCK;
    let Ok(descriptor) = rustix::process::pidfd_open(pid, flags) else { return };
    let polled = tokio::task::spawn_blocking(move || {
        let limit = Timespec::try_from(LIMIT).unwrap();
        let mut descriptors = [PollFd::new(&descriptor, PollFlags::IN)];
        rustix::event::poll(&mut descriptors, Some(&limit)).unwrap()
    });
    assert_eq!(polled.await.unwrap(), 1, "process {process} ends");
}

fn pid(pid: u32) -> Pid {
    Pid::from_raw(pid.try_into().unwrap())
}
