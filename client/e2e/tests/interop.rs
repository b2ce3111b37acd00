//! The built daemon and clients on gRPC's C core, in Python, as the examples of docs/protocol.md
//! have them: one with generated code, and one that goes by reflection alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use pwasync_client::{
    Advance, AdvanceTarget, Client, Counted, Filter, LetTimeOut, NetworkState, NewRegistration,
    Outcome, ProfileId, RegistrationKey, Session, SessionEvent, SessionOptions, SocketPath,
    SyncKind,
};
use pwasync_e2e::{
    Binaries, Command, Daemon, DaemonSetup, Ending, HostKind, Output, Process, Signal, Workdir,
    can_run, on_path,
};
use serde_json::{Value, json};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(60);
/// The system's own, which has the system's packages.
const PYTHON: &str = "/usr/bin/python3";

/// A daemon on a simulated host that is offline, and Python clients for it.
struct Bed {
    setup: DaemonSetup,
    daemon: Daemon,
    client: Client,
    generated: PathBuf,
    workdir: Workdir,
}

impl Bed {
    /// `None` where this machine has no C-core client; under CI it must.
    async fn start(policy: &str) -> Option<Self> {
        if !can_run(missing().await) {
            return None;
        }
        let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
        let mut setup = DaemonSetup::new(&binaries, &workdir, None).unwrap();
        setup.host = HostKind::Simulated { start: Some("2026-01-01T00:00:00Z".into()) };
        fs::write(setup.policy(), policy).unwrap();
        let daemon = setup.start(None).await.unwrap();
        let client = Client::new(SocketPath::at(setup.socket()));
        let generated = workdir.folder("generated", None).unwrap();
        Some(Self { setup, daemon, client, generated, workdir })
    }

    /// Makes the code as the example says.
    async fn generate(&self) {
        let proto = root().join("proto");
        let mut protoc = Command::new(on_path("protoc").unwrap())
            .argument("-I")
            .argument(&proto)
            .argument(format!("--python_out={}", self.generated.display()))
            .argument(format!("--grpc_out={}", self.generated.display()))
            .argument(format!(
                "--plugin=protoc-gen-grpc={}",
                on_path("grpc_python_plugin").unwrap().display()
            ));
        for package in ["google/rpc", "pwasync/v1"] {
            for file in fs::read_dir(proto.join(package)).unwrap() {
                protoc = protoc.argument(file.unwrap().path());
            }
        }
        let output = protoc.run(None, LIMIT).await.unwrap();
        assert_eq!(output.ending, Ending::Good, "{output:?}");
    }

    fn python(&self, script: &str) -> Command {
        // Byte code would go into the source tree.
        Command::new(PYTHON)
            .arguments(["-B", "-u"])
            .argument(root().join("docs/examples/python").join(script))
            .variable("PYTHONPATH", &self.generated)
            .argument("--socket")
            .argument(self.setup.socket())
    }

    async fn reflect(&self, words: &[&str]) -> Output {
        self.python("reflect.py").arguments(words).run(None, LIMIT).await.unwrap()
    }

    /// What a call answers, one JSON value a message.
    async fn call(&self, method: &str, message: &Value) -> Vec<Value> {
        let output = self.reflect(&["call", method, &message.to_string()]).await;
        assert_eq!(output.ending, Ending::Good, "{method}: {output:?}");
        values(&output.stdout)
    }

    async fn link_comes_up(&self) {
        self.client.set_network(NetworkState::up()).await.unwrap();
        self.advance(Duration::from_secs(2), LetTimeOut::No).await;
    }

    async fn advance(&self, by: Duration, let_time_out: LetTimeOut) {
        let target = AdvanceTarget::By(by);
        let advance = Advance { target, patience: Some(LIMIT), let_time_out };
        self.client.advance(advance).await.unwrap();
    }
}

async fn says(browser: &Process, from: usize, what: &str) -> usize {
    let found =
        browser.wait_for_line(from, what, LIMIT, |line| line.starts_with(what).then_some(()));
    found.await.unwrap().0
}

fn values(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text).into_iter().map(Result::unwrap).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a C-core client needs and this machine has not.
async fn missing() -> Option<&'static str> {
    if !Path::new(PYTHON).exists() {
        return Some(PYTHON);
    }
    let import = Command::new(PYTHON).arguments(["-c", "import grpc, google.protobuf"]);
    if import.run(None, LIMIT).await.unwrap().ending != Ending::Good {
        return Some("Python's grpcio");
    }
    ["protoc", "grpc_python_plugin"].into_iter().find(|program| on_path(program).is_none())
}

fn register(scope: &str) -> Value {
    json!({"key": {
        "profile": {"browser": "example", "profile": "Default"},
        "scope": scope, "kind": "SYNC_KIND_ONE_OFF", "tag": "outbox",
    }})
}

#[tokio::test]
async fn interop_a_c_core_client_attaches_registers_is_woken_and_finishes() {
    let Some(bed) = Bed::start("").await else { return };
    bed.generate().await;
    let mut browser = bed.python("browser.py").spawn(None).unwrap();
    let at = says(&browser, 0, "attached: session 1").await;
    // `Ready` may still be on its way: then the browser counts as closed.
    let at = says(&browser, at, "registered 1: REGISTER_CHANGE_CREATED, held by ").await;
    assert!(browser.stdout().all()[at - 1].text.contains("BLOCKER_CODE_OFFLINE"));

    bed.link_comes_up().await;
    let at = says(&browser, at, "wake 1-1: tag outbox, last chance False").await;
    let at = says(&browser, at, "finished 1-1: OUTCOME_COMPLETED").await;
    says(&browser, at, "recorded 1-1: counted True").await;
    assert_eq!(browser.ended(LIMIT).await.unwrap(), Ending::Good, "{:?}", browser.stderr().all());
    assert_eq!(bed.client.status().await.unwrap().pending, 0);
}

#[tokio::test]
async fn interop_a_c_core_client_comes_back_after_the_daemon_was_killed() {
    let Some(mut bed) = Bed::start("").await else { return };
    bed.generate().await;
    let mut browser = bed.python("browser.py").spawn(None).unwrap();
    let at = says(&browser, 0, "registered 1: ").await;
    bed.daemon.process.crash().await.unwrap();
    let at = says(&browser, at, "refused: UNAVAILABLE").await;
    bed.daemon = bed.setup.start(None).await.unwrap();
    let at = says(&browser, at, "attached: session 1").await;
    bed.link_comes_up().await;
    says(&browser, at, "recorded 2-1: counted True").await;
    assert_eq!(browser.ended(LIMIT).await.unwrap(), Ending::Good, "{:?}", browser.stderr().all());
}

/// A process that is stopped is attached, takes wakes, and owes answers for ever.
#[tokio::test]
async fn interop_a_frozen_client_holds_up_nobody_and_is_told_what_it_missed() {
    let Some(bed) = Bed::start("[shares]\nslots = 1\nowner_slots = 1\n").await else { return };
    bed.generate().await;
    let mut browser = bed.python("browser.py").spawn(None).unwrap();
    let at = says(&browser, 0, "registered 1: ").await;
    let ready = async {
        while !bed.client.sessions().await.unwrap().iter().any(|session| session.ready) {}
    };
    timeout(LIMIT, ready).await.unwrap();
    browser.signal(Signal::Freeze).unwrap();

    let profile = ProfileId { browser: "example".into(), profile: "Other".into() };
    let options = SessionOptions {
        profile: profile.clone(),
        agent: "test".into(),
        capacity: 1,
        launch_token: None,
    };
    let (handle, mut events) = Session::attach(SocketPath::at(bed.setup.socket()), options);
    let scope = "https://news.example/".to_owned();
    let key = RegistrationKey { profile, scope, kind: SyncKind::OneOff, tag: "other".into() };
    bed.client.register(&NewRegistration::new(key)).await.unwrap();
    bed.client.set_network(NetworkState::up()).await.unwrap();
    // The only slot goes to the one that came first, until its worker should have started.
    bed.advance(Duration::from_secs(2), LetTimeOut::Yes).await;
    let firing = bed.client.sessions().await.unwrap();
    assert_eq!(firing.iter().map(|session| session.running.len()).sum::<usize>(), 1);
    bed.advance(Duration::from_secs(30), LetTimeOut::Yes).await;
    let served = async {
        loop {
            match events.next().await.unwrap() {
                SessionEvent::Attached { .. } => handle.ready().await,
                SessionEvent::Wake(wake) => {
                    assert_eq!(wake.key.tag, "other");
                    handle.started(&wake.attempt).await;
                    handle.finished(&wake.attempt, Outcome::Completed, "", None).await;
                }
                SessionEvent::Recorded { counted, .. } => return counted,
                SessionEvent::HostChanged(_) => {}
                ended @ (SessionEvent::Abandon { .. }
                | SessionEvent::Cancel { .. }
                | SessionEvent::Detached { .. }
                | SessionEvent::Closed { .. }) => panic!("{ended:?}"),
            }
        }
    };
    assert_eq!(timeout(LIMIT, served).await.unwrap(), Counted::Yes);
    let left = bed.client.list_all(Filter::default()).await.unwrap();
    assert_eq!(left.iter().map(|one| (one.id.value(), one.attempts)).collect::<Vec<_>>(), [(1, 0)]);

    // It finds all that was said meanwhile, and hears that its answer came too late.
    browser.signal(Signal::Thaw).unwrap();
    let at = says(&browser, at, "wake 1-1: tag outbox").await;
    says(&browser, at, "recorded 1-1: counted False").await;
    assert_eq!(browser.ended(LIMIT).await.unwrap(), Ending::Good, "{:?}", browser.stderr().all());
}

#[tokio::test]
async fn interop_a_refused_field_is_told_with_its_rule() {
    let Some(bed) = Bed::start("").await else { return };
    bed.generate().await;
    let browser = bed.python("browser.py").arguments(["--scope", "http://mail.example/"]);
    let output = browser.run(None, LIMIT).await.unwrap();
    assert_eq!(output.ending, Ending::Status(1), "{output:?}");
    let rule = "value `http://mail.example/` must be an https URL, or http on a loopback host";
    let lines: Vec<&str> = output.stdout.lines().skip(1).collect();
    let told = format!("refused: INVALID_ARGUMENT: field `scope`: {rule}");
    assert_eq!(lines, [told, format!("field scope: {rule}")]);
}

#[tokio::test]
async fn interop_a_spent_share_says_when_to_come_back() {
    let Some(bed) = Bed::start("[shares]\norigin_registrations = 1\n").await else { return };
    bed.generate().await;
    bed.call("pwasync.v1.BackgroundSync/Register", &register("https://mail.example/app/")).await;
    let output = bed.python("browser.py").run(None, LIMIT).await.unwrap();
    assert_eq!(output.ending, Ending::Status(1), "{output:?}");
    let lines: Vec<&str> = output.stdout.lines().skip(1).collect();
    assert!(lines[0].starts_with("refused: RESOURCE_EXHAUSTED: "), "{lines:?}");
    assert_eq!(lines[1..], ["reason ORIGIN_SHARE_SPENT", "try again in 60 s"]);
}

#[tokio::test]
async fn interop_reflection_alone_is_enough_to_list_describe_and_call() {
    let Some(bed) = Bed::start("").await else { return };
    let output = bed.reflect(&["list"]).await;
    let services: Vec<&str> = output.stdout.lines().collect();
    let wanted = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "pwasync.v1.Admin",
        "pwasync.v1.BackgroundSync",
        "pwasync.v1.Launcher",
        "pwasync.v1.Simulation",
    ];
    assert_eq!(services, wanted, "{output:?}");

    let output = bed.reflect(&["describe", "pwasync.v1.ProfileId"]).await;
    let fields = &values(&output.stdout)[0]["field"];
    assert_eq!(fields[0]["name"], "browser", "{output:?}");
    assert_eq!(fields[1]["name"], "profile", "{output:?}");

    let made =
        bed.call("pwasync.v1.BackgroundSync/Register", &register("https://a.example/")).await;
    assert_eq!(made[0]["change"], "REGISTER_CHANGE_CREATED");
    assert_eq!(made[0]["registration"]["id"], "1");
    let status = bed.call("pwasync.v1.Admin/GetStatus", &json!({})).await;
    assert_eq!(status[0]["pending"], 1, "{status:?}");
    let past = json!({"recent": 10, "onlyRecent": true});
    let changes = bed.call("pwasync.v1.Admin/Watch", &past).await;
    let created =
        |change: &Value| change["registration"]["kind"] == "REGISTRATION_CHANGE_KIND_CREATED";
    assert!(changes.iter().any(created), "{changes:?}");
    let health = bed.call("grpc.health.v1.Health/Check", &json!({})).await;
    assert_eq!(health[0]["status"], "SERVING");
}

#[tokio::test]
async fn interop_reflection_shows_the_details_of_errors_too() {
    let Some(bed) = Bed::start("").await else { return };
    let message = register("ftp://a.example/").to_string();
    let method = "pwasync.v1.BackgroundSync/Register";
    let output = bed.reflect(&["call", method, &message]).await;
    assert_eq!(output.ending, Ending::Status(1), "{output:?}");
    assert!(output.stderr.starts_with("INVALID_ARGUMENT: field `scope`"), "{output:?}");
    let detail = &values(&output.stdout)[0]["details"][0];
    assert_eq!(detail["@type"], "type.googleapis.com/google.rpc.BadRequest");
    assert_eq!(detail["fieldViolations"][0]["field"], "scope");
}

/// Why clients on the C core name an authority of their own.
#[tokio::test]
async fn interop_a_socket_path_as_authority_is_a_protocol_error() {
    let Some(bed) = Bed::start("").await else { return };
    let script = "\
import sys, grpc
options = [('grpc.default_authority', sys.argv[2])]
channel = grpc.insecure_channel('unix:' + sys.argv[1], options=options)
try:
    channel.unary_unary('/pwasync.v1.Admin/GetStatus')(b'', timeout=30)
    print('OK')
except grpc.RpcError as error:
    print(error.code().name, error.details())
";
    let path = bed.workdir.path().join("authority.py");
    fs::write(&path, script).unwrap();
    for (authority, heard) in [("localhost", "OK"), ("run%2Fpwasync%2Fpwasyncd.sock", "INTERNAL")] {
        let python = Command::new(PYTHON).argument(&path).argument(bed.setup.socket());
        let output = python.argument(authority).run(None, LIMIT).await.unwrap();
        assert!(output.stdout.starts_with(heard), "{authority}: {output:?}");
    }
}
