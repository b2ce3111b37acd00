//! Why, when, pauses, overrides, engagement and policy: `syncctl` with the built daemon on a
//! simulated host.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, time::Duration};

use pwasync_client::{
    Client, EngagementEvent, EngagementEventKind, EngagementReport, NetworkState, NewRegistration,
    Power, PowerSupply, ProfileId, RegistrationKey, SimulatedNetwork, SocketPath, SyncKind,
};
use pwasync_e2e::{
    Binaries, Command, Daemon, DaemonSetup, Ending, HostKind, Output, User, Workdir, can_run,
    missing_root,
};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(20);
const SCOPE: &str = "https://app.example/";
const ORIGIN: &str = "https://app.example";

/// A daemon on a simulated host that is online, with one registration and no browser.
struct Bed {
    binaries: Binaries,
    setup: DaemonSetup,
    client: Client,
    id: String,
    _daemon: Daemon,
    _workdir: Workdir,
}

impl Bed {
    async fn start(kind: SyncKind) -> Self {
        let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
        let mut setup = DaemonSetup::new(&binaries, &workdir, None).unwrap();
        setup.host = HostKind::Simulated { start: Some("2026-01-01T00:00:00Z".into()) };
        let daemon = setup.start(None).await.unwrap();
        let client = Client::new(SocketPath::at(setup.socket()));
        client.set_network(NetworkState::up()).await.unwrap();
        let mut new = NewRegistration::new(RegistrationKey {
            profile: profile(),
            scope: SCOPE.into(),
            kind,
            tag: "news".into(),
        });
        if kind == SyncKind::Periodic {
            new.min_interval = Some(Duration::from_secs(12 * 3_600));
        }
        let id = client.register(&new).await.unwrap().registration.id.to_string();
        Self { binaries, setup, client, id, _daemon: daemon, _workdir: workdir }
    }

    fn command(&self, words: &[&str]) -> Command {
        let program = self.binaries.program("syncctl").unwrap();
        Command::new(program).argument("--socket").argument(self.setup.socket()).arguments(words)
    }

    async fn syncctl(&self, words: &[&str]) -> Output {
        self.command(words).run(None, LIMIT).await.unwrap()
    }

    #[track_caller]
    fn good(output: Output) -> String {
        assert_eq!(output.ending, Ending::Good, "{output:?}");
        output.stdout
    }

    /// What a verb says to people.
    async fn text(&self, words: &[&str]) -> String {
        Self::good(self.syncctl(words).await)
    }

    /// What it says to programs.
    async fn json(&self, words: &[&str]) -> Value {
        let document = Self::good(self.syncctl(&[words, &["--json"]].concat()).await);
        serde_json::from_str(&document).unwrap()
    }

    /// Codes of what holds the registration.
    async fn held_by(&self) -> Vec<String> {
        let why = self.json(&["why", &self.id]).await;
        let blockers = why["registration"]["blockers"].as_array().unwrap();
        let sentences = why["sentences"].as_array().unwrap();
        assert_eq!(blockers.len(), sentences.len(), "{why}");
        assert!(sentences.iter().all(|one| !one.as_str().unwrap().is_empty()), "{why}");
        blockers.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    }

    async fn advance(&self, by: &str) {
        self.text(&["simulate", "advance", by, "--let-time-out"]).await;
    }
}

fn profile() -> ProfileId {
    ProfileId { browser: "chromium".into(), profile: "Default".into() }
}

fn held(codes: &[String], code: &str) -> bool {
    codes.iter().any(|one| one == code)
}

#[tokio::test]
async fn a_pause_holds_until_it_ends_by_itself() {
    let bed = Bed::start(SyncKind::OneOff).await;
    bed.advance("10s").await;
    assert!(!held(&bed.held_by().await, "PAUSED"));
    let paused =
        bed.json(&["pause", "--origin", ORIGIN, "--for", "2h", "--reason", "a train"]).await;
    assert_eq!(
        (&paused["registrations"], &paused["lease"]["reason"]),
        (&1.into(), &"a train".into())
    );

    let why = bed.json(&["why", &bed.id]).await;
    let blockers = why["registration"]["blockers"].as_array().unwrap();
    let paused_by = blockers.iter().find(|one| one["code"] == "PAUSED").unwrap();
    assert_eq!(paused_by["earliest"], paused["lease"]["ends_at"], "{why}");
    assert_eq!(bed.json(&["status"]).await["leases"], 1);
    assert!(bed.text(&["override"]).await.contains("a train"));

    // Another subject's pause is none of this one.
    let other = bed.syncctl(&["resume", "--origin", "https://other.example"]).await;
    assert_eq!(other.ending, Ending::Status(5), "{other:?}");
    bed.advance("2h").await;
    assert!(!held(&bed.held_by().await, "PAUSED"));
    assert_eq!(bed.json(&["override"]).await["leases"], serde_json::json!([]));
}

#[tokio::test]
async fn resume_ends_a_pause_and_names_the_wider_one() {
    let bed = Bed::start(SyncKind::OneOff).await;
    bed.text(&["pause", "--all"]).await;
    bed.text(&["pause", "--origin", ORIGIN]).await;
    let resumed = bed.json(&["resume", "--origin", ORIGIN]).await;
    assert_eq!(resumed["ended"], true);
    assert_eq!(resumed["remaining"][0]["subject"]["all"], true, "{resumed}");
    assert!(held(&bed.held_by().await, "PAUSED"));
    bed.text(&["resume", "--all"]).await;
    assert!(!held(&bed.held_by().await, "PAUSED"));
}

#[tokio::test]
async fn an_override_counts_for_its_subject_until_it_is_cleared() {
    let bed = Bed::start(SyncKind::OneOff).await;
    bed.advance("10s").await;
    bed.text(&["override", "connectivity=portal", "--origin", ORIGIN, "--for", "1h"]).await;
    assert!(held(&bed.held_by().await, "CAPTIVE_PORTAL"));
    // It is not for everybody, so the host stays as it is.
    let host = bed.json(&["status"]).await["host"].clone();
    assert_eq!(
        (&host["connectivity"], &host["overridden"]),
        (&"full".into(), &serde_json::json!([]))
    );
    bed.text(&["override", "--clear", "--origin", ORIGIN]).await;
    assert!(!held(&bed.held_by().await, "CAPTIVE_PORTAL"));

    bed.text(&["override", "connectivity=none", "--all"]).await;
    assert!(held(&bed.held_by().await, "OFFLINE"));
    let host = bed.json(&["status"]).await["host"].clone();
    assert_eq!(host["overridden"], serde_json::json!(["connectivity"]), "{host}");
    bed.advance("1h").await;
    assert!(!held(&bed.held_by().await, "OFFLINE"), "it ended by itself");

    let refused = bed.syncctl(&["override", "tired=yes"]).await;
    assert_eq!(refused.ending, Ending::Status(2), "{refused:?}");
    assert!(refused.stderr.contains("tired") && refused.stderr.contains("metered"), "{refused:?}");
    let refused = bed.syncctl(&["override", "metered=yes", "--for", "8d"]).await;
    assert_eq!(refused.ending, Ending::Status(2), "{refused:?}");
}

#[tokio::test]
async fn a_forecast_says_what_would_run_and_touches_nothing() {
    let bed = Bed::start(SyncKind::Periodic).await;
    bed.advance("10s").await;
    let before = bed.json(&["show", &bed.id]).await;
    let forecast = bed.json(&["forecast", &bed.id, "browser", "running", "for", "2d"]).await;
    let first = &forecast["items"][0];
    assert_eq!(first["id"].to_string(), bed.id, "{forecast}");
    let at = first["at"].as_str().unwrap();
    assert!(at.starts_with("2026-01-01T12:"), "{forecast}");

    let held = bed.json(&["forecast", &bed.id, "browser", "running", "metered"]).await;
    let first = &held["items"][0];
    assert_eq!(first["at"], Value::Null, "{held}");
    assert!(first["held"].as_array().unwrap().contains(&"METERED".into()), "{held}");
    assert_eq!(held["conditions"][0]["fact"], "metered", "{held}");

    let later = bed.json(&["forecast", "browser", "running", "advance", "8h", "for", "1h"]).await;
    assert!(later["until"].as_str().unwrap().starts_with("2026-01-01T09:00:"), "{later}");
    assert!(later["from"].as_str().unwrap().starts_with("2026-01-01T00:00:"), "{later}");
    assert_eq!(bed.json(&["show", &bed.id]).await, before);

    // It is due, and would go at once if the browser were there before the network is metered. So
    // it goes when it is three intervals stale.
    bed.advance("13h").await;
    let due = bed.json(&["forecast", "browser", "running", "metered"]).await;
    assert_eq!(due["items"][0]["at"], "2026-01-02T12:00:00.000Z", "{due}");

    let unknown = bed.syncctl(&["forecast", "77"]).await;
    assert_eq!(unknown.ending, Ending::Status(3), "{unknown:?}");
}

#[tokio::test]
async fn history_tells_decisions_with_the_facts_of_their_moment() {
    let bed = Bed::start(SyncKind::OneOff).await;
    bed.advance("10s").await;
    let network = SimulatedNetwork { name: Some("cafe".into()), ..SimulatedNetwork::default() };
    bed.client.set_network(NetworkState::Up(network)).await.unwrap();
    let power = Power { supply: PowerSupply::OnBattery(4), saver: false };
    bed.client.set_power(power).await.unwrap();
    bed.text(&["remove", &bed.id]).await;

    let history = bed.json(&["history", &bed.id]).await;
    let entries = history["entries"].as_array().unwrap();
    let decisions: Vec<&str> =
        entries.iter().map(|entry| entry["decision"].as_str().unwrap()).collect();
    assert_eq!((decisions[0], decisions[decisions.len() - 1]), ("removed", "created"));
    let removed = &entries[0];
    assert_eq!(removed["removal_reason"], "administrator", "{removed}");
    assert_eq!(removed["facts"]["battery_percent"], 4, "{removed}");
    assert_ne!(removed["facts"]["network"], entries[entries.len() - 1]["facts"]["network"]);
    let one = bed.json(&["history", "--origin", ORIGIN, "--limit", "1"]).await;
    assert_eq!(one["entries"], serde_json::json!([removed]));
    let text = bed.text(&["history", "--since", "1h"]).await;
    assert!(text.contains("removed") && text.contains("`news`"), "{text}");
    assert_eq!(
        bed.json(&["history", "--profile", "other/x"]).await["entries"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn engagement_is_told_by_the_browser_and_can_be_set() {
    let bed = Bed::start(SyncKind::Periodic).await;
    let unset = bed.syncctl(&["engagement", "set", "https://else.example", "50"]).await;
    assert_eq!(unset.ending, Ending::Status(3), "{unset:?}");
    let event = EngagementEvent { kind: EngagementEventKind::Navigation, at: None };
    let report = EngagementReport::Events(vec![event]);
    let told = bed.client.report_engagement(&profile(), ORIGIN, &report).await.unwrap();
    assert!(told.score > 0.0, "{told:?}");
    let shown = bed.json(&["engagement", ORIGIN]).await;
    let engagement = &shown["engagements"][0];
    assert_eq!(engagement["score"].as_f64().unwrap(), told.score, "{shown}");
    assert_eq!(
        (&engagement["level"], &engagement["reported"]),
        (&told.level.as_str().into(), &false.into())
    );
    let set = bed.json(&["engagement", "set", ORIGIN, "0"]).await;
    assert_eq!(
        (&set["engagement"]["score"], &set["engagement"]["level"]),
        (&0.0.into(), &"none".into())
    );
    let high =
        bed.json(&["engagement", "set", ORIGIN, "100", "--profile", "chromium/Default"]).await;
    assert_eq!(high["engagement"]["level"], "max", "{high}");
}

#[tokio::test]
async fn a_reload_tells_every_mistake_and_keeps_the_policy() {
    let bed = Bed::start(SyncKind::OneOff).await;
    let file = bed.setup.policy();
    let value = async || bed.json(&["policy", "network.settle"]).await["values"][0].clone();
    assert_eq!(
        (&value().await["value"], &value().await["from"]),
        (&"1s".into(), &"default".into())
    );

    fs::write(&file, "[network]\nsettle = \"2s\"\n").unwrap();
    let reload = bed.json(&["policy", "reload"]).await;
    assert_eq!(reload["changed"][0]["key"], "network.settle", "{reload}");
    let place = format!("{}:2", file.display());
    assert_eq!((&value().await["value"], &value().await["from"]), (&"2s".into(), &place.into()));

    fs::write(&file, "[network]\nsettel = \"2s\"\nsettle = \"2 parsecs\"\n").unwrap();
    let reload = bed.syncctl(&["policy", "reload"]).await;
    assert_eq!(reload.ending, Ending::Status(1), "{reload:?}");
    for line in [2, 3] {
        assert!(reload.stdout.contains(&format!("{}:{line}:", file.display())), "{reload:?}");
    }
    assert!(reload.stderr.contains("the daemon keeps the policy that it has"), "{reload:?}");
    assert_eq!(value().await["value"], "2s");
    assert!(bed.json(&["status"]).await["policy_problem"].is_string());

    fs::write(&file, "").unwrap();
    bed.text(&["policy", "reload"]).await;
    assert_eq!(value().await["value"], "1s");
    assert_eq!(bed.json(&["status"]).await["policy_problem"], Value::Null);
    let unknown = bed.syncctl(&["policy", "network.settel"]).await;
    assert_eq!(unknown.ending, Ending::Status(3), "{unknown:?}");
}

#[tokio::test]
async fn an_ordinary_user_asks_and_leases_for_itself_alone() {
    if !can_run(missing_root()) {
        return;
    }
    let bed = Bed::start(SyncKind::OneOff).await;
    let user = User::unused(0).unwrap();
    let as_user = async |words: &[&str]| {
        bed.command(words).home_of(user, Path::new("/")).run(None, LIMIT).await.unwrap()
    };
    // The registration is root's: it is as one that does not exist.
    for words in [&["why", &bed.id][..], &["forecast", &bed.id]] {
        let output = as_user(words).await;
        assert_eq!(output.ending, Ending::Status(3), "{words:?}: {output:?}");
    }
    for (words, field) in [
        (&["history", &bed.id, "--json"][..], "entries"),
        (&["history", "--json"], "entries"),
        (&["forecast", "--json"], "items"),
        (&["engagement", "--json"], "engagements"),
    ] {
        let document = Bed::good(as_user(words).await);
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document[field], serde_json::json!([]), "{words:?}");
    }
    for words in [
        &["pause", "--all"][..],
        &["pause", "--owner", "0"],
        &["resume", "--all"],
        &["override", "metered=yes", "--all"],
        &["override", "--clear", "--owner", "0"],
        &["history", "--owner", "0"],
        &["engagement", "--owner", "0"],
        &["policy", "reload"],
    ] {
        let output = as_user(words).await;
        assert_eq!(output.ending, Ending::Status(4), "{words:?}: {output:?}");
    }
    // Its own pause holds nothing of root's, which sees it.
    let paused = Bed::good(as_user(&["pause", "--json"]).await);
    let paused: Value = serde_json::from_str(&paused).unwrap();
    assert_eq!(paused["lease"]["subject"]["owner_uid"], user.uid(), "{paused}");
    assert!(!held(&bed.held_by().await, "PAUSED"));
    assert_eq!(bed.json(&["override"]).await["leases"].as_array().unwrap().len(), 1);
    // Root's pause of everything holds the user too, and is seen.
    bed.text(&["pause", "--all"]).await;
    let leases = Bed::good(as_user(&["override", "--json"]).await);
    let leases: Value = serde_json::from_str(&leases).unwrap();
    assert_eq!(leases["leases"].as_array().unwrap().len(), 2, "{leases}");
}

#[tokio::test]
async fn a_simulated_host_takes_each_fact_and_status_names_its_source() {
    let bed = Bed::start(SyncKind::Periodic).await;
    bed.text(&[
        "simulate",
        "network",
        "up",
        "--name",
        "cafe",
        "--connectivity",
        "limited",
        "--metered",
        "guess-yes",
        "--roaming",
        "--transport",
        "cellular",
    ])
    .await;
    bed.text(&["simulate", "power", "--saver", "battery", "57"]).await;
    let host = bed.json(&["status"]).await["host"].clone();
    for (fact, value) in [
        ("online", Value::from(true)),
        ("connectivity", "limited".into()),
        ("metered", "guess-yes".into()),
        ("roaming", true.into()),
        ("transport", "cellular".into()),
        ("battery_percent", 57.into()),
        ("on_battery", true.into()),
        ("charging", false.into()),
        ("power_saver", true.into()),
    ] {
        assert_eq!(host[fact], value, "{fact}: {host}");
    }
    for fact in ["connectivity", "metered", "roaming", "transport", "charging", "power_saver"] {
        let source = &host[format!("{fact}_source")];
        assert_eq!(source["source"], "simulation", "{fact}: {host}");
        assert!(source["since"].is_string(), "{fact}: {host}");
    }
    let text = bed.text(&["status"]).await;
    assert!(text.contains("\nmetered       guess-yes (simulation, since "), "{text}");
    let held_by = bed.held_by().await;
    for code in ["LIMITED", "METERED", "ROAMING", "POWER_SAVER"] {
        assert!(held(&held_by, code), "{code}: {held_by:?}");
    }
    bed.text(&["simulate", "step-clock", "--utc-offset", "+02:00"]).await;
}
