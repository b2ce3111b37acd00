//! A whole scene: a cable, the server at its far end, and at the near end daemon, bridge and
//! Chromium with the page open.

use std::time::Duration;

use pwasync_client::{
    Change, Client, Filter, Follow, Registration, RegistrationEvent, SocketPath, WatchedChange,
};
use pwasync_e2e::{
    Binaries, Browser, BrowserSetup, Cable, CarrierWatch, Chromium, Daemon, DaemonSetup,
    FAR_ADDRESS, Page, Sandbox, Scheduler, Server, ServerEvent, User, Workdir, missing_program,
    missing_root, on_path, sandbox_works,
};

pub(crate) const LIMIT: Duration = Duration::from_secs(60);
const HOST: &str = "outbox.test";
const READY: &str = "document.body.dataset.ready";

/// The scene; its parts end with it, the browser first.
pub(crate) struct Stage {
    pub(crate) browser: Option<Browser>,
    pub(crate) daemon: Option<Daemon>,
    pub(crate) server: Server,
    pub(crate) carrier: CarrierWatch,
    pub(crate) cable: Cable,
    pub(crate) client: Client,
    daemon_setup: DaemonSetup,
    browser_setup: BrowserSetup,
    asked: u32,
    _workdir: Workdir,
}

/// Whether this machine can build the scene; says what is missing, and fails where all must run.
pub(crate) fn can_run() -> bool {
    pwasync_e2e::can_run(missing_root().or_else(|| missing_program("chromium")))
}

impl Stage {
    /// Builds it; the network has no settle time.
    pub(crate) async fn build() -> Self {
        let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
        let user = User::unused(0).unwrap();
        let cable = Cable::create().unwrap();
        let carrier = cable.watch_carrier().unwrap();
        let address = format!("{FAR_ADDRESS}:443");
        let server = Server::start(&binaries, Some(cable.far()), &address, HOST).await.unwrap();
        let mut daemon_setup = DaemonSetup::new(&binaries, &workdir, None).unwrap();
        daemon_setup.settle = Some(Duration::ZERO);
        let scheduler = Scheduler::Daemon(daemon_setup.socket());
        let setup = BrowserSetup::new(&binaries, &workdir, user, scheduler).unwrap();
        let mut browser_setup = setup.trusting(HOST, FAR_ADDRESS, &server.key_hash);
        if !sandbox_works(&on_path("chromium").unwrap(), user).await.unwrap() {
            browser_setup.sandbox = Sandbox::Off;
        }
        let client = Client::new(SocketPath::at(daemon_setup.socket()));
        let mut stage = Self {
            browser: None,
            daemon: None,
            server,
            carrier,
            cable,
            client,
            daemon_setup,
            browser_setup,
            asked: 0,
            _workdir: workdir,
        };
        stage.start_daemon().await;
        stage
    }

    pub(crate) async fn start_daemon(&mut self) {
        self.daemon = Some(self.daemon_setup.start(Some(self.cable.near())).await.unwrap());
    }

    /// As `kill -9` does it.
    pub(crate) async fn crash_daemon(&mut self) {
        self.daemon.take().unwrap().process.crash().await.unwrap();
    }

    /// Starts the browser with the page open, and waits until the page is ready.
    pub(crate) async fn open_page(&mut self) -> (Chromium, Page) {
        self.browser_setup.url = Some(format!("https://{HOST}/"));
        let mut browser = self.browser_setup.start(self.cable.near()).unwrap();
        let mut chromium = browser.chromium(self.cable.near()).await.unwrap();
        let page = chromium.page("https://", LIMIT).await.unwrap();
        chromium.wait_until(&page, READY, LIMIT).await.unwrap();
        self.browser = Some(browser);
        (chromium, page)
    }

    /// Starts the browser without a page.
    pub(crate) fn start_browser(&mut self) {
        self.browser_setup.url = None;
        self.browser = Some(self.browser_setup.start(self.cable.near()).unwrap());
    }

    /// Types a message, sends it, and waits until the page's registration was answered.
    pub(crate) async fn write(&mut self, chromium: &mut Chromium, page: &Page, text: &str) {
        self.asked += 1;
        chromium.click(page, "#text").await.unwrap();
        chromium.type_text(page, text).await.unwrap();
        chromium.click(page, "#send").await.unwrap();
        let asked = format!("document.body.dataset.asked === '{}'", self.asked);
        chromium.wait_until(page, &asked, LIMIT).await.unwrap();
    }

    /// The next message at the server: its text, and the worker's own count of attempts.
    pub(crate) async fn arrival(&mut self) -> (String, u32) {
        match self.server.next_message(LIMIT).await {
            Ok(ServerEvent::Message { message, .. }) => (message.text, message.attempts),
            Ok(other) => panic!("{other:?}"),
            Err(error) => panic!("{error}{}", self.tails()),
        }
    }

    fn tails(&self) -> String {
        let browser = self.browser.as_ref().map(|browser| browser.process.tail());
        let daemon = self.daemon.as_ref().map(|daemon| daemon.process.tail());
        browser.unwrap_or_default() + &daemon.unwrap_or_default()
    }

    pub(crate) async fn registrations(&self) -> Vec<Registration> {
        self.client.list_all(Filter::default()).await.unwrap()
    }

    /// Waits until a session has attached since the daemon's start.
    pub(crate) async fn attached(&self) {
        self.watch_until(|change| matches!(change, Change::Session(session) if session.attached))
            .await;
    }

    /// What happened to registrations, from the daemon's start until `last` is true for one.
    pub(crate) async fn happened_until(
        &self,
        last: impl Fn(&RegistrationEvent) -> bool,
    ) -> Vec<RegistrationEvent> {
        let is_last = |change: &Change| match change {
            Change::Registration(change) => last(&change.event),
            Change::Host(_) | Change::Session(_) | Change::Skipped(_) => false,
        };
        let changes = self.watch_until(is_last).await;
        let events = changes.into_iter().filter_map(|change| match change {
            Change::Registration(change) => Some(change.event),
            Change::Host(_) | Change::Session(_) | Change::Skipped(_) => None,
        });
        events.collect()
    }

    async fn watch_until(&self, last: impl Fn(&Change) -> bool) -> Vec<Change> {
        let mut watch = self.client.watch(1_000, Follow::Yes).await.unwrap();
        let mut changes = Vec::new();
        let collected = tokio::time::timeout(LIMIT, async {
            while let Some(WatchedChange { change, .. }) = watch.next().await.unwrap() {
                changes.push(change);
                if changes.last().is_some_and(&last) {
                    return;
                }
            }
        });
        let ended = collected.await;
        assert!(ended.is_ok(), "only {changes:?} happened{}", self.tails());
        changes
    }
}
