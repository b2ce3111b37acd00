//! The built daemon on a real host's facts, inside a network namespace, with the crowd around it
//! and the ledger beside it.

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    future::Future,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use pwasync_client::{Client, ClientError, Filter, Follow, SocketPath, Status, StoreState};
use pwasync_e2e::{
    Binaries, Cable, Daemon, DaemonSetup, Ending, HarnessError, Moment, Namespace, Workdir,
    ledger::{Ledger, Shown, Slot},
};

use tokio::{sync::watch, time::timeout};

use crate::{
    caller::Diet,
    crowd::{Crowd, Word},
    plan::{Plan, shown},
    run::say,
};

/// Whatever hangs fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// A one-off is given up after so many charged failures.
const MAX_ATTEMPTS: u32 = 4;
/// Everything fires as soon and as often as policy allows, and nothing runs out of time.
const POLICY: &str = r#"
[retry]
max_attempts = 4
initial_delay = "1s"
factor = 1
return_delay = "0s"
max_brought_forward = 0
offline_delay = "100ms"
unavailable_delay = "1s"
max_unavailable_delay = "1s"
free_offline = 1000
free_unavailable = 1000
free_lost_unstarted = 1000
free_lost_started = 1000

[event]
run_limit = "1d"
start_limit = "10m"
launched_start_limit = "10m"

[periodic]
min_interval = "1s"
learned_hours = false

[grid]
short = "0s"
middle = "0s"
long = "0s"

[shares]
slots = 1024
owner_slots = 1024

[traffic]
origin_calls = "unlimited"
owner_calls = "unlimited"
"#;

/// Failed rounds of which the state is kept.
const MOST_KEPT: u32 = 3;

/// What a good daemon never says.
const COMPLAINTS: [&str; 3] = [" WARN ", " ERROR ", "panicked"];

/// When a load is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// The scene is, and everybody rests.
    SceneEnds,
    /// The daemon has answered nobody.
    AllAreStuck,
}

/// See the module.
pub(crate) struct Bed {
    pub(crate) setup: DaemonSetup,
    pub(crate) daemon: Option<Daemon>,
    pub(crate) ledger: Ledger,
    pub(crate) client: Client,
    /// Starts of the daemon that were whole.
    pub(crate) opens: u64,
    plan: Arc<Plan>,
    crowd: Crowd,
    /// Writes that were answered.
    answers: watch::Sender<u64>,
    cable: Cable,
    _workdir: Workdir,
}

impl Bed {
    /// Builds it; the state is in `state` where that is given.
    pub(crate) fn new(seed: u64, diet: Diet, state: Option<PathBuf>) -> Result<Self, HarnessError> {
        let (binaries, workdir) = (Binaries::find()?, Workdir::create()?);
        let mut setup = DaemonSetup::new(&binaries, &workdir, None)?;
        setup.settle = Some(Duration::ZERO);
        if let Some(state) = state {
            setup.keep_state_in(state);
        }
        fs::write(setup.policy(), POLICY).map_err(|source| HarnessError::System {
            doing: "write the daemon's policy".to_owned(),
            source,
        })?;
        let plan = Arc::new(Plan::new()?);
        let socket = SocketPath::at(setup.socket());
        Ok(Self {
            daemon: None,
            ledger: Ledger::new(&plan.kinds(), MAX_ATTEMPTS),
            client: Client::new(socket.clone()),
            opens: 0,
            crowd: Crowd::start(&plan, &socket, seed, diet)?,
            answers: watch::Sender::new(0),
            cable: Cable::create()?,
            plan,
            setup,
            _workdir: workdir,
        })
    }

    /// Starts the daemon and compares what it shows with the ledger.
    pub(crate) async fn start(&mut self) -> Result<(), HarnessError> {
        self.start_only().await?;
        let epoch = self.status().await.map(|status| {
            if let StoreState::ReadOnly(why) = status.store {
                self.ledger.lose(format!("the store is read-only after a start: {why}"));
            }
            status.epoch
        });
        if let Some(epoch) = epoch {
            self.ledger.started(epoch);
        }
        self.compare().await;
        self.online().await;
        Ok(())
    }

    /// Starts the daemon.
    pub(crate) async fn start_only(&mut self) -> Result<(), HarnessError> {
        self.settle();
        let (setup, cable) = (self.setup.clone(), &self.cable);
        let starting = setup.start(Some(cable.near()));
        let daemon = attend(&mut self.crowd, &mut self.ledger, starting).await?;
        self.daemon = Some(daemon);
        self.opens += 1;
        Ok(())
    }

    /// Starts the daemon, and kills it `after` so long if it is not ready before.
    pub(crate) async fn start_and_kill(&mut self, after: Duration) -> Result<(), HarnessError> {
        let (setup, cable) = (self.setup.clone(), &self.cable);
        let starting = timeout(after, setup.start(Some(cable.near())));
        // Dropping it, ready or not, kills it.
        let started = attend(&mut self.crowd, &mut self.ledger, starting).await;
        match started {
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) | Err(_) => Ok(()),
        }
    }

    /// Lets everybody do what they do, and `scene` happen meanwhile.
    pub(crate) async fn load<T>(
        &mut self,
        until: Until,
        scene: impl Future<Output = T>,
    ) -> Option<T> {
        self.hear();
        self.ledger.lighten();
        self.crowd.begin_load();
        let mut scene = pin!(scene);
        let (mut done, mut idle) = (None, 0);
        loop {
            let over = match until {
                Until::SceneEnds => done.is_some(),
                Until::AllAreStuck => true,
            };
            if over && idle == self.crowd.callers {
                break;
            }
            tokio::select! {
                word = self.crowd.words.recv() => match word {
                    Some(Word::Idle) => idle += 1,
                    Some(word) => {
                        enter(&mut self.ledger, word);
                        self.answers.send_replace(self.ledger.counts().writes);
                    }
                    None => break,
                },
                outcome = &mut scene, if done.is_none() => {
                    done = Some(outcome);
                    if until == Until::SceneEnds {
                        self.crowd.rest();
                    }
                }
            }
        }
        self.crowd.rest();
        done
    }

    /// How many writes were answered, as it rises.
    pub(crate) fn answers(&self) -> watch::Receiver<u64> {
        self.answers.subscribe()
    }

    /// Waits for something while everybody is heard.
    pub(crate) async fn attend<T>(&mut self, something: impl Future<Output = T>) -> T {
        attend(&mut self.crowd, &mut self.ledger, something).await
    }

    /// Nobody got an answer, and nothing is under way any more.
    pub(crate) fn settle(&mut self) {
        self.hear();
        self.ledger.settle();
    }

    /// The same daemon works again: what it shows must be what it acknowledged.
    pub(crate) async fn recovered(&mut self) {
        self.settle();
        let alive = self.daemon.as_mut().is_some_and(|daemon| daemon.process.is_running());
        if !alive {
            self.ledger.lose("the daemon has ended".to_owned());
        }
        if let Some(status) = self.status().await {
            self.ledger.started(status.epoch);
        }
        self.compare().await;
    }

    /// What the daemon says of itself.
    pub(crate) async fn status(&mut self) -> Option<Status> {
        let client = self.client.clone();
        match self.attend(client.status()).await {
            Ok(status) => Some(status),
            Err(error) => {
                self.ledger.lose(format!("no status: {error}"));
                None
            }
        }
    }

    /// Compares what the daemon shows with the ledger; no call is under way.
    pub(crate) async fn compare(&mut self) {
        let client = self.client.clone();
        self.ledger.ask();
        let listed = self.attend(client.list_all(Filter::default())).await;
        // What browsers reported before the answer is in the channel now.
        self.hear();
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => return self.ledger.lose(format!("no list: {error}")),
        };
        let mut found: BTreeMap<Slot, Shown> = BTreeMap::new();
        for registration in &listed {
            let (id, uid) = (registration.id, registration.owner_uid);
            match (self.plan.find(uid, &registration.key), shown(registration)) {
                (Some(slot), Ok(shown)) => {
                    if found.insert(slot, shown).is_some() {
                        self.ledger.lose(format!("registration {id} stands twice"));
                    }
                }
                (None, _) => self.ledger.lose(format!("registration {id} is nobody's")),
                (_, Err(what)) => self.ledger.lose(format!("registration {id} has {what}")),
            }
        }
        self.ledger.compare(&found);
        self.inspect();
    }

    fn hear(&mut self) {
        while let Ok(word) = self.crowd.words.try_recv() {
            enter(&mut self.ledger, word);
        }
    }

    /// Waits until the daemon knows that it has a network.
    pub(crate) async fn online(&mut self) {
        let client = self.client.clone();
        let online = async {
            let mut watch = client.watch(0, Follow::Yes).await?;
            while client.status().await?.host.online != Some(true) {
                watch.next().await?;
            }
            Ok::<_, ClientError>(())
        };
        let online = timeout(LIMIT, online);
        match self.attend(online).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.ledger.lose(format!("no news of the network: {error}")),
            Err(_) => self.ledger.lose("the daemon does not see its network".to_owned()),
        }
    }

    /// Nothing is set aside, and no file is outside of what a sync covers.
    fn inspect(&mut self) {
        let state = self.setup.state();
        for name in names(state) {
            if !["store", "store.lock", "snapshots"].contains(&name.as_str()) {
                self.ledger.lose(format!("`{name}` lies in the state folder"));
            }
        }
        let blobs = names(&state.join("store/blobs")).len();
        if blobs > 0 {
            self.ledger.lose(format!("{blobs} files outside of the store's log"));
        }
    }

    /// The daemon is no more: what it complained of before `excused` is a loss.
    pub(crate) fn bury(&mut self, daemon: Daemon, excused: Option<Moment>) {
        for line in daemon.process.stderr().all() {
            if excused.is_some_and(|since| line.at >= since) {
                break;
            }
            let complaint = COMPLAINTS.iter().any(|word| line.text.contains(word));
            // Who waited for its start is gone when it stops, and the machine's disk is its own.
            let fine = ["the service manager does not listen", "error=the disk is nearly full"];
            if complaint && !fine.iter().any(|word| line.text.contains(word)) {
                self.ledger.lose(format!("the daemon said: {}", line.text));
            }
        }
    }

    /// Everybody goes home.
    pub(crate) fn end(self) {
        drop(self.daemon);
        self.crowd.end();
    }

    /// Leaves a copy of the state behind in the build folder, with what the daemon said, for whoever
    /// looks into why a round failed.
    pub(crate) fn keep_state(&self, why: &dyn Display) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let name = |number| folder.join(format!("torture-{}-{number}", std::process::id()));
        let Some(kept) = (1..=MOST_KEPT).map(name).find(|kept| !kept.exists()) else { return };
        let log = self.daemon.iter().flat_map(|daemon| daemon.process.stderr().all());
        let log: String = log.map(|line| line.text + "\n").collect();
        let copied = copy_folder(self.setup.state(), &kept.join("state"));
        let noted = fs::write(kept.join("failed.txt"), format!("{why}\n\n{log}"));
        match (copied, noted) {
            (Ok(()), Ok(())) => {
                say(&format!("the state and the log are kept in {}", kept.display()))
            }
            (Err(error), _) => say(&format!("the state could not be kept: {error}")),
            (_, Err(error)) => say(&format!("the log could not be kept: {error}")),
        }
    }

    /// Where the daemon's host is.
    pub(crate) fn namespace(&self) -> &Namespace {
        self.cable.near()
    }
}

/// The daemon that runs.
pub(crate) fn running(daemon: &mut Option<Daemon>) -> Result<&mut Daemon, HarnessError> {
    daemon.as_mut().ok_or_else(|| HarnessError::Ended {
        program: "pwasyncd".to_owned(),
        what: "the load".to_owned(),
        tail: String::new(),
    })
}

/// It must have ended well.
pub(crate) fn well(ending: Ending) -> Result<(), String> {
    match ending {
        Ending::Good => Ok(()),
        Ending::Status(code) => Err(format!("the daemon ended with status {code}")),
        Ending::Signal => Err("the daemon ended by a signal".to_owned()),
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), HarnessError> {
    let copied = || {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                copy_folder(&entry.path(), &target).map_err(std::io::Error::other)?;
            } else {
                fs::copy(entry.path(), target)?;
            }
        }
        Ok(())
    };
    copied().map_err(|source| HarnessError::System { doing: "copy the state".to_owned(), source })
}

async fn attend<T>(
    crowd: &mut Crowd,
    ledger: &mut Ledger,
    something: impl Future<Output = T>,
) -> T {
    let mut something = pin!(something);
    loop {
        tokio::select! {
            Some(word) = crowd.words.recv() => enter(ledger, word),
            done = &mut something => return done,
        }
    }
}

fn enter(ledger: &mut Ledger, word: Word) {
    match word {
        Word::Happened(event) => ledger.handle(event),
        Word::Wrong(what) => ledger.lose(what),
        // One who was counted already, or rests at once.
        Word::Idle => {}
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
