//! The real scene: a cable between two namespaces, the server at one end, daemon, bridge and
//! Chromium at the other. Dropping it ends and removes all of it.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use anyhow::Context;
use pwasync_client::{Client, SocketPath};
use pwasync_e2e::{
    Binaries, Browser, BrowserSetup, Cable, Chromium, Daemon, DaemonSetup, FAR_ADDRESS, Page,
    Sandbox, Scheduler, Screen, Server, User, Workdir, on_path, sandbox_works, variable,
};
use serde_json::json;

use super::narrator::Narrator;

const HOST: &str = "outbox.test";
pub(super) const ORIGIN: &str = "https://outbox.test/";
pub(super) const LIMIT: Duration = Duration::from_secs(30);
const READY: &str = "document.body.dataset.ready === 'yes'";
/// What a program needs to draw on the desktop.
const DESKTOP: [&str; 4] = ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"];

/// Everything that runs. Fields are dropped in this order: users of a thing before the thing.
pub(super) struct Stage {
    pub(super) chromium: Chromium,
    pub(super) page: Page,
    pub(super) client: Client,
    pub(super) browser: Browser,
    _daemon: Daemon,
    pub(super) server: Server,
    pub(super) cable: Cable,
    pub(super) socket: PathBuf,
    _workdir: Workdir,
}

/// Where the browser draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// Nowhere; pictures are taken.
    Headless,
    /// In a window of the desktop.
    Window,
}

impl Stage {
    /// Builds the scene and tells of it.
    pub(super) async fn build(
        binaries: &Binaries,
        settle: Option<Duration>,
        show: Show,
        narrator: &mut Narrator<'_>,
    ) -> anyhow::Result<Self> {
        let workdir = Workdir::create()?;
        let cable = Cable::create().context("could not lay the cable")?;
        narrator.line(
            "cable",
            "two network namespaces joined by a veth pair; nothing else is reachable",
        )?;

        let address = format!("{FAR_ADDRESS}:443");
        let server = Server::start(binaries, Some(cable.far()), &address, HOST).await?;
        narrator.line(
            "server",
            &format!("{ORIGIN} at the far end, certificate authority made just now"),
        )?;

        let mut setup = DaemonSetup::new(binaries, &workdir, Some(User::unused(1)?))?;
        setup.settle = settle;
        let daemon = setup.start(Some(cable.near())).await?;
        let client = Client::new(SocketPath::at(setup.socket()));
        let version = client.status().await?.daemon_version;
        let settling = settle.map_or("its default settle time".to_owned(), |time| {
            format!("settle time {} ms", time.as_millis())
        });
        narrator.line("daemon", &format!("pwasyncd {version} at the near end, {settling}"))?;

        let user = browser_user(show)?;
        let scheduler = Scheduler::Daemon(setup.socket());
        let mut browser = BrowserSetup::new(binaries, &workdir, user, scheduler)?.trusting(
            HOST,
            FAR_ADDRESS,
            &server.key_hash,
        );
        browser.url = Some(ORIGIN.to_owned());
        browser.sandbox = sandbox(user).await?;
        if show == Show::Window {
            browser.screen = Screen::Window(desktop());
            browser.arguments.push("--window-size=520,900".to_owned());
        }
        let sandboxed = match browser.sandbox {
            Sandbox::Kept => "in its own sandbox",
            Sandbox::Off => "without its sandbox, which this kernel refuses to ordinary users",
        };
        let mut browser = browser.start(cable.near())?;
        let opened = open(&mut browser, &cable, show).await;
        let (chromium, page, product) = opened.with_context(|| {
            format!("the page did not open; the browser's last words:{}", browser.process.tail())
        })?;
        narrator.line("browser", &format!("{product} as user {}, {sandboxed}", user.uid()))?;
        narrator
            .line("page", "open, its service worker installed; it knows the standard API alone")?;
        let socket = setup.socket();
        Ok(Self {
            chromium,
            page,
            client,
            browser,
            _daemon: daemon,
            server,
            cable,
            socket,
            _workdir: workdir,
        })
    }
}

/// Opens the page; the text names the browser.
async fn open(
    browser: &mut Browser,
    cable: &Cable,
    show: Show,
) -> anyhow::Result<(Chromium, Page, String)> {
    let mut chromium = browser.chromium(cable.near()).await?;
    let version = chromium.call("Browser.getVersion", json!({}), None).await?;
    let product = version["product"].as_str().unwrap_or("Chromium").to_owned();
    let page = chromium.page(ORIGIN, LIMIT).await?;
    if show == Show::Headless {
        chromium.pose(&page).await?;
    }
    chromium.wait_until(&page, READY, LIMIT).await?;
    // As an app has it that was installed: then it may fetch its news in the background.
    chromium.grant(ORIGIN.trim_end_matches('/'), "periodic-background-sync").await?;
    chromium.reload(&page, LIMIT).await?;
    chromium.wait_until(&page, READY, LIMIT).await?;
    Ok((chromium, page, product))
}

async fn sandbox(user: User) -> anyhow::Result<Sandbox> {
    let program = on_path("chromium").context("chromium is not installed")?;
    Ok(if sandbox_works(&program, user).await? { Sandbox::Kept } else { Sandbox::Off })
}

/// A window needs the user of the desktop, who may draw on it.
fn browser_user(show: Show) -> anyhow::Result<User> {
    let number = |name| variable(name)?.to_str()?.parse::<u32>().ok();
    match (show, number("SUDO_UID"), number("SUDO_GID")) {
        (Show::Window, Some(uid @ 1..), Some(gid)) => Ok(User::with_ids(uid, gid)),
        (Show::Window | Show::Headless, _, _) => Ok(User::unused(0)?),
    }
}

fn desktop() -> Vec<(String, OsString)> {
    DESKTOP.iter().filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect()
}
