//! The bridge itself: takes what Chromium and the daemon say, and gives each to the task that it
//! concerns.
//!
//! Owns the mirrors of what Chromium told, and all tasks. Its loop waits for nothing but inputs: a
//! call to Chromium made here would wait for a reply behind events that nobody reads.

mod chromium;
mod control;
mod daemon_side;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    process::ExitStatus,
    sync::Arc,
    time::Duration,
};

use pwasync_client::{
    AttemptId, Client, ProfileId, Session, SessionEvents, SessionHandle, SessionOptions, SocketPath,
};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use self::control::Control;
use crate::{
    browser::{Browser, BrowserError, Launch},
    cdp::{CallError, Connection, Event, SessionId},
    daemon::Daemon,
    page_task::{Interfaces, PageQueue},
    pages::{Pages, Windows},
    registry::Registry,
    shared::{Outstanding, Shared, Tuning},
    shim::Shims,
};

/// Events at once; the daemon is told.
const CAPACITY: u32 = 8;
/// The page is opened without the daemon when it has not answered by then.
const OPEN_ANYWAY: Duration = Duration::from_secs(2);

/// How the bridge is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How Chromium is started.
    pub launch: Launch,
    /// The page to open.
    pub url: Option<String>,
    /// The profile, as the daemon knows it.
    pub profile: ProfileId,
    /// The agent's token.
    pub launch_token: Option<String>,
    /// Times.
    pub tuning: Tuning,
}

/// How the bridge ended.
#[derive(Debug)]
pub enum Ended {
    /// It was asked to, and has closed Chromium.
    Asked,
    /// Chromium ended by itself.
    Browser(ExitStatus),
}

/// Why the bridge could not go on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Chromium did not start.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// Random numbers or signals are not to be had.
    #[error("the bridge could not be set up")]
    Setup(#[source] io::Error),
    /// Chromium's debugging does not do what it must.
    #[error("Chromium could not be prepared")]
    Prepare(#[source] CallError),
    /// Chromium could not be waited for or ended.
    #[error("Chromium could not be ended")]
    End(#[source] io::Error),
}

/// What runs beside the loop and has ended.
#[derive(Debug)]
enum Done {
    /// The bridge's own page is there.
    ControlMade(Result<Control, CallError>),
    /// Chromium tells of its targets, and the bridge's own page can be used.
    Prepared(Result<SessionId, CallError>),
    /// A wake has its outcome, or Chromium is gone.
    Wake(AttemptId),
    /// A worker's calls are answered.
    Drained(String),
    /// The daemon was told that a scope is gone, or could not be.
    ScopeRemoved(String),
    /// Nothing depends on it.
    Quiet,
}

/// A running bridge.
#[derive(Debug)]
struct App {
    shared: Shared,
    tasks: JoinSet<Done>,
    /// The browser context of the profile, once it is known.
    profile: Option<String>,
    pages: Pages,
    /// The way to each page's task.
    page_commands: BTreeMap<SessionId, PageQueue>,
    registry: watch::Sender<Registry>,
    windows: watch::Sender<Windows>,
    control: watch::Sender<Option<SessionId>>,
    /// Scopes that the daemon is being told to forget.
    removing: watch::Sender<BTreeSet<String>>,
    interfaces: watch::Sender<Interfaces>,
    session: SessionHandle,
    /// Wakes under way, with what cancels each.
    wakes: BTreeMap<AttemptId, CancellationToken>,
    /// Workers whose calls are being taken.
    drains: BTreeMap<String, Again>,
    /// The page to open, until it is.
    url: Option<String>,
    /// The first blank page, to open it in.
    blank: Option<SessionId>,
    opening: Opening,
}

/// Whether a worker signalled while its calls were being taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

/// Whether the page may be opened: not before it is known whose interfaces it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Allowed,
    WaitsForDaemon,
}

/// Whether the session with the daemon can still say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SessionState {
    Open,
    Over,
}

/// A started bridge with its Chromium.
#[derive(Debug)]
pub struct Bridge {
    app: App,
    browser: Browser,
    events: mpsc::Receiver<Event>,
    session_events: SessionEvents,
}

impl Bridge {
    /// Starts Chromium and attaches to the daemon, whether it is there or not.
    ///
    /// # Errors
    ///
    /// When Chromium cannot be started.
    pub fn start(options: Options, socket: SocketPath) -> Result<Self, AppError> {
        let shims = Shims::new().map_err(AppError::Setup)?;
        let (browser, events) = Browser::launch(&options.launch)?;
        let (session, session_events) = attach(&socket, &options);
        let connection = browser.connection.clone();
        let mut app = App::new(options, connection, shims, Client::new(socket), session);
        app.prepare();
        Ok(Self { app, browser, events, session_events })
    }

    /// A further handle to Chromium.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.browser.connection.clone()
    }

    /// Chromium's process id.
    #[must_use]
    pub fn browser_pid(&self) -> Option<u32> {
        self.browser.pid()
    }

    /// Runs until `asked` is ready, or Chromium ends.
    ///
    /// # Errors
    ///
    /// When Chromium cannot be prepared or ended. A daemon that does not answer is no error.
    pub async fn run(mut self, asked: impl Future<Output = ()>) -> Result<Ended, AppError> {
        let result = self.serve(asked).await;
        // First the session: what Chromium breaks off while it closes is nobody's failure.
        self.session_events.close().await;
        self.app.tasks.shutdown().await;
        if matches!(result, Ok(Ended::Browser(_))) {
            return result;
        }
        let drained = async {
            // Chromium's answer to closing stands behind its events.
            while self.events.recv().await.is_some() {}
            std::future::pending().await
        };
        tokio::select! {
            status = self.browser.close() => drop(status.map_err(AppError::End)?),
            () = drained => {}
        }
        result
    }

    async fn serve(&mut self, asked: impl Future<Output = ()>) -> Result<Ended, AppError> {
        let open_anyway = sleep(OPEN_ANYWAY);
        tokio::pin!(open_anyway, asked);
        let app = &mut self.app;
        let mut session = SessionState::Open;
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => app.handle_event(&event),
                    None => {
                        // Its pipe is closed; the process follows.
                        return self.browser.ended().await.map(Ended::Browser).map_err(AppError::End);
                    }
                },
                event = self.session_events.next(), if session == SessionState::Open => {
                    match event {
                        Some(event) => app.handle_session_event(event),
                        None => session = SessionState::Over,
                    }
                }
                Some(done) = app.tasks.join_next() => {
                    app.handle_done(done).map_err(AppError::Prepare)?;
                }
                () = &mut open_anyway, if app.opening == Opening::WaitsForDaemon => {
                    tracing::warn!("the daemon does not answer; new pages have Chromium's own syncs");
                    app.allow_opening();
                }
                () = &mut asked => return Ok(Ended::Asked),
            }
        }
    }
}

fn attach(socket: &SocketPath, options: &Options) -> (SessionHandle, SessionEvents) {
    let session = SessionOptions {
        profile: options.profile.clone(),
        agent: format!("pwasync-chromium {}", env!("CARGO_PKG_VERSION")),
        capacity: CAPACITY,
        launch_token: options.launch_token.clone(),
    };
    Session::attach(socket.clone(), session)
}

impl App {
    fn new(
        options: Options,
        connection: Connection,
        shims: Shims,
        client: Client,
        session: SessionHandle,
    ) -> Self {
        let registry = watch::Sender::new(Registry::default());
        let windows = watch::Sender::new(Windows::new());
        let control = watch::Sender::new(None);
        let removing = watch::Sender::new(BTreeSet::new());
        let shared = Shared {
            connection,
            shims: Arc::new(shims),
            registry: registry.subscribe(),
            windows: windows.subscribe(),
            control: control.subscribe(),
            removing: removing.subscribe(),
            daemon: Daemon::new(client, options.profile),
            outstanding: Outstanding::new(),
            tuning: options.tuning,
        };
        let opening =
            if options.url.is_some() { Opening::WaitsForDaemon } else { Opening::Allowed };
        Self {
            shared,
            tasks: JoinSet::new(),
            profile: None,
            pages: Pages::default(),
            page_commands: BTreeMap::new(),
            registry,
            windows,
            control,
            removing,
            interfaces: watch::Sender::new(Interfaces::Native),
            session,
            wakes: BTreeMap::new(),
            drains: BTreeMap::new(),
            url: options.url,
            blank: None,
            opening,
        }
    }

    /// `Err`: nothing works without it.
    fn handle_done(&mut self, done: Result<Done, JoinError>) -> Result<(), CallError> {
        match done {
            Ok(Done::ControlMade(Ok(control))) => self.control_made(control),
            Ok(Done::Prepared(Ok(session))) => self.control.send_modify(|c| *c = Some(session)),
            Ok(
                Done::ControlMade(Err(CallError::Closed { .. }))
                | Done::Prepared(Err(CallError::Closed { .. })),
            ) => {}
            Ok(Done::ControlMade(Err(error)) | Done::Prepared(Err(error))) => return Err(error),
            Ok(Done::Wake(attempt)) => drop(self.wakes.remove(&attempt)),
            Ok(Done::Drained(version)) => {
                if self.drains.remove(&version) == Some(Again::Yes) {
                    self.drain(version);
                }
            }
            Ok(Done::ScopeRemoved(scope)) => self.removing.send_modify(|scopes| {
                scopes.remove(&scope);
            }),
            Ok(Done::Quiet) => {}
            Err(error) => tracing::error!(%error, "a task of the bridge failed"),
        }
        Ok(())
    }

    fn allow_opening(&mut self) {
        self.opening = Opening::Allowed;
        self.open_page();
    }

    /// Opens the page as soon as there is a blank one and it may be opened.
    fn open_page(&mut self) {
        if self.opening == Opening::WaitsForDaemon {
            return;
        }
        let Some(commands) = self.blank.as_ref().and_then(|blank| self.page_commands.get(blank))
        else {
            return;
        };
        if let Some(url) = self.url.take()
            && commands.navigate(url).is_err()
        {
            tracing::warn!("the page could not be opened: its tab is gone");
        }
    }
}
