//! The policy of a running daemon: shown, read again on SIGHUP and by a call, kept when the files
//! are wrong.

use std::{fs, time::Duration};

use nix::sys::signal::Signal;
use pwasync_proto::v1::{self as wire, admin_client::AdminClient};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr},
};
use tonic::{Code, transport::Channel};

use crate::{
    bed::{Client, Daemon, reason, soon},
    outer::{Place, signal},
    root::have_root,
    session::Session,
};

/// A daemon with a policy file.
struct Bed {
    place: Place,
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    admin: AdminClient<Channel>,
}

impl Bed {
    async fn start(text: &str) -> Self {
        let place = Place::new();
        fs::write(place.policy(), text).unwrap();
        let mut child = place.start(&[]).await;
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let admin = place.admin().await;
        Self { place, child, log, admin }
    }

    fn write(&self, text: &str) {
        fs::write(self.place.policy(), text).unwrap();
    }

    /// Sends SIGHUP, and collects what is logged until this is.
    async fn hang_up(&mut self, last: &str) -> Vec<String> {
        signal(&self.child, Signal::SIGHUP);
        let mut said = Vec::new();
        loop {
            let line = soon(self.log.next_line()).await.unwrap().expect("the daemon goes on");
            let end = line.contains(last);
            said.push(line);
            if end {
                return said;
            }
        }
    }

    async fn reload(&mut self) -> wire::ReloadPolicyResponse {
        let request = wire::ReloadPolicyRequest {};
        soon(self.admin.reload_policy(request)).await.unwrap().into_inner()
    }

    async fn policy(&mut self, key: &str) -> wire::GetPolicyResponse {
        let request = wire::GetPolicyRequest { key: key.to_owned() };
        soon(self.admin.get_policy(request)).await.unwrap().into_inner()
    }

    /// Section, value and source of a key; the folder is left out.
    async fn shown(&mut self, key: &str) -> Vec<(String, String, String)> {
        let folder = format!("{}/", self.place.path("").display()).replace("//", "/");
        let values = self.policy(key).await.values.into_iter();
        values.map(|one| (one.section, one.value, one.source.replace(&folder, ""))).collect()
    }

    async fn problem(&mut self) -> String {
        let request = wire::GetStatusRequest {};
        soon(self.admin.get_status(request)).await.unwrap().into_inner().policy_problem
    }
}

fn shown(section: &str, value: &str, source: &str) -> (String, String, String) {
    (section.into(), value.into(), source.into())
}

#[tokio::test]
async fn every_value_says_where_it_comes_from() {
    let text = "[retry]\nfactor = 2\n[origin.\"https://news.example\"]\nretry.factor = 4\n";
    let mut bed = Bed::start(text).await;
    let expected = [
        shown("", "2", "policy.toml:2"),
        shown("origin \"https://news.example\"", "4", "policy.toml:4"),
    ];
    assert_eq!(bed.shown("retry.factor").await, expected);
    assert_eq!(bed.shown("grid.long").await, [shown("", "15m", "default")]);
    let all = bed.policy("").await;
    assert!(all.values.len() > 70 && all.problems.is_empty());
    assert_eq!(all.files, [wire::PolicyFile { path: bed.place.policy().display().to_string() }]);
    let unknown = wire::GetPolicyRequest { key: "retry.facto".into() };
    let status = soon(bed.admin.get_policy(unknown)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_hang_up_reads_the_policy_again() {
    let mut bed = Bed::start("retry.factor = 2\n").await;
    bed.write("\nretry.factor = 4\n");
    bed.hang_up("policy read again").await;
    assert_eq!(bed.shown("retry.factor").await, [shown("", "4", "policy.toml:2")]);
}

#[tokio::test]
async fn a_wrong_policy_is_told_whole_and_the_one_before_stays() {
    let mut bed = Bed::start("retry.factor = 2\n").await;
    bed.write(
        "retry.factor = 0\nretry.facto = 3\nnetwork.settle = 5\n[origin.secret]\n\
         [\"https://secret.example\"]\nx = 1\n",
    );
    let said = bed.hang_up("the policy stays as it was").await;
    let said: Vec<&str> =
        said.iter().filter(|line| line.contains("WARN")).map(String::as_str).collect();
    assert_eq!(said.len(), 6, "{said:#?}");
    assert!(said[1].contains("`retry.facto`: is no key of the policy: did you mean"), "{said:#?}");
    assert!(
        said[0].ends_with("policy.toml:1:16: key `retry.factor`: value `0` is below the limit `1`")
    );
    assert!(said[2].ends_with(": value `5` needs a unit, such as `5s`"), "{said:#?}");
    assert!(said[5].ends_with("the policy stays as it was mistakes=5"), "{said:#?}");
    // Sites are not logged; who asks is told.
    assert!(!said.concat().contains("secret"), "{said:#?}");
    let policy = bed.policy("retry.factor").await;
    assert_eq!(policy.values[0].value, "2");
    let places: Vec<_> = policy.problems.iter().map(|one| (one.line, one.key.as_str())).collect();
    let expected = [
        (1, "retry.factor"),
        (2, "retry.facto"),
        (3, "network.settle"),
        (4, "origin"),
        (6, "https://secret.example.x"),
    ];
    assert_eq!(places, expected);
    assert!(policy.problems[3].message.contains("`secret` is not a URL"));
    assert!(bed.problem().await.ends_with("below the limit `1` (and 4 more)"));

    bed.write("retry.factor = 5\n");
    bed.hang_up("policy read again").await;
    assert_eq!((bed.problem().await.as_str(), bed.policy("").await.problems.len()), ("", 0));
    assert_eq!(bed.shown("retry.factor").await, [shown("", "5", "policy.toml:1")]);
}

#[tokio::test]
async fn what_runs_goes_on_through_a_reload() {
    let mut bed = Bed::start("retry.initial_delay = \"1m\"\n").await;
    let mut client = Client::new(bed.place.connect().await);
    let mut session = Session::ready(&mut client).await;
    client.online().await;
    client.advance(Duration::from_secs(5)).await;
    client.one_off("mail").await;
    let wake = session.wake().await;
    session.started(&wake).await;
    bed.write("retry.initial_delay = \"10m\"\n");
    bed.hang_up("policy read again").await;
    // No Cancel comes before this.
    session.finished(&wake.attempt_id, wire::Outcome::Rejected).await;
    assert!(session.recorded().await.counted);
    let waiting = client.list().await.remove(0);
    let ended = waiting.last_attempt.unwrap().finished_at.unwrap();
    assert_eq!(waiting.next_at.unwrap().seconds - ended.seconds, 600);
}

#[tokio::test]
async fn a_core_that_is_restored_decides_by_the_policy_that_holds() {
    let mut bed = Bed::start("").await;
    let mut client = Client::new(bed.place.connect().await);
    client.online().await;
    bed.write("retry.max_attempts = 1\n");
    bed.hang_up("policy read again").await;
    soon(client.simulation.cut_power(wire::CutPowerRequest::default())).await.unwrap();
    let mut session = Session::ready(&mut client).await;
    client.advance(Duration::from_secs(60)).await;
    client.one_off("mail").await;
    assert!(session.wake().await.last_chance);
}

#[tokio::test]
async fn a_reload_by_call_says_what_changed_or_what_is_wrong() {
    if !have_root("only administrators have the policy read again") {
        return;
    }
    let mut bed = Bed::start("retry.factor = 2\n").await;
    let unchanged = bed.reload().await;
    assert_eq!(
        (unchanged.changed.len(), unchanged.problems.len(), unchanged.files.len()),
        (0, 0, 1)
    );
    bed.write("retry.factor = 4\n[app.\"mail\"]\nretry.factor = 8\n");
    let change = |section: &str, before: &str, after: &str| wire::PolicyChange {
        key: "retry.factor".into(),
        section: section.into(),
        before: before.into(),
        after: after.into(),
    };
    assert_eq!(bed.reload().await.changed, [change("", "2", "4"), change("app \"mail\"", "", "8")]);
    bed.write("retry.factor = \"4\"\n[grid\n");
    let wrong = bed.reload().await;
    assert_eq!((wrong.changed.len(), wrong.problems.len(), wrong.files.len()), (0, 2, 0));
    assert_eq!(bed.shown("retry.factor").await[0].1, "4");
}

#[tokio::test]
async fn only_administrators_have_the_policy_read_again() {
    if !have_root("only root can connect as other users") {
        return;
    }
    let daemon = Daemon::simulated().await;
    let mut ada = daemon.client_of(40_001).await;
    let request = wire::ReloadPolicyRequest {};
    let status = soon(ada.admin.reload_policy(request)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(reason(&status), "ADMINISTRATORS_ONLY");
    let request = wire::GetPolicyRequest { key: "retry".into() };
    assert!(!soon(ada.admin.get_policy(request)).await.unwrap().into_inner().values.is_empty());
    daemon.stop().await;
}
