//! The guest as its owner has it: a browser with three web apps that sync each minute.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use anyhow::{Context, bail};
use pwasync_client::{
    Client, HostState, NewRegistration, ProfileId, Registration, RegistrationId, RegistrationKey,
    Session, SessionHandle, SessionOptions, SocketPath, Status, SyncKind,
};
use tokio::{
    process::Command,
    sync::mpsc,
    task::JoinSet,
    time::{interval, sleep, timeout},
};
use zbus::Connection;

use super::{
    port::Port,
    watch::{Seen, What, browse, hear_logind, hear_network, network, now},
};

const SOCKET: &str = "/run/pwasync/pwasyncd.sock";
const POLICY: &str = "/etc/pwasync/pwasyncd.toml";
/// Emulated, the machine is slow, and the machine around it may have other work.
pub(super) const LIMIT: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What happens at once: more than all signals of a sleep and a resume.
const SEEN: usize = 1_024;
/// Web apps, each of an origin of its own: those of one origin do not go together.
const SITES: [&str; 3] =
    ["https://mail.example/", "https://news.example/", "https://feeds.example/"];
pub(super) const INTERVAL: Duration = Duration::from_secs(60);

/// See the module.
pub(super) struct Desktop {
    pub(super) client: Client,
    pub(super) bus: Connection,
    /// Who hears what happens; they end with the desktop.
    _hearing: JoinSet<anyhow::Result<()>>,
    /// It keeps the session.
    _browser: SessionHandle,
    seen: mpsc::Receiver<Seen>,
    /// Seen, and not asked for yet.
    kept: VecDeque<Seen>,
    /// The periodic ones.
    pub(super) syncs: BTreeMap<RegistrationId, &'static str>,
}

impl Desktop {
    /// Attaches the browser, and registers what the web apps want.
    pub(super) async fn begin(port: &mut Port) -> anyhow::Result<Self> {
        let socket = SocketPath::at(SOCKET);
        let options = SessionOptions {
            profile: profile(),
            agent: "scripted".into(),
            capacity: 4,
            launch_token: None,
        };
        let bus = Connection::system().await.context("no system bus")?;
        let (told, seen) = mpsc::channel(SEEN);
        let mut hearing = JoinSet::new();
        hearing.spawn(hear_logind(bus.clone(), told.clone()));
        hearing.spawn(hear_network(bus.clone(), told.clone()));
        let (browser, events) = Session::attach(socket.clone(), options);
        hearing.spawn(browse(browser.clone(), events, told));
        let client = Client::new(socket);
        let (kept, syncs) = (VecDeque::new(), BTreeMap::new());
        let mut desktop =
            Self { client, bus, _hearing: hearing, _browser: browser, seen, kept, syncs };
        desktop.until("the browser to attach", |what| matches!(what, What::Attached)).await?;
        desktop.online().await?;
        let state = systemctl(&["is-active", "pwasyncd.service"]).await?;
        let version = desktop.client.status().await?.daemon_version;
        port.point(
            &format!("pwasyncd {version} runs by its own unit # {state}"),
            state == "active",
        )?;
        port.note(&format!("NetworkManager: {}", network(&desktop.bus).await?.text))?;
        desktop.one_off(port).await?;
        for site in SITES {
            let mut new = NewRegistration::new(key(site, SyncKind::Periodic, "refresh"));
            new.min_interval = Some(INTERVAL);
            let id = desktop.client.register(&new).await?.registration.id;
            desktop.syncs.insert(id, site);
        }
        Ok(desktop)
    }

    async fn one_off(&mut self, port: &mut Port) -> anyhow::Result<()> {
        let asked = now();
        let new = NewRegistration::new(key("https://mail.example/", SyncKind::OneOff, "outbox"));
        let id = self.client.register(&new).await?.registration.id;
        let wake = |what: &What| matches!(what, What::Wake(woken) if *woken == id);
        let at = self.until("the wake of a one-off sync", wake).await?.at;
        port.point(&format!("a one-off sync runs # after {:.1} s", at - asked), at >= asked)
    }

    /// Waits until syncs may run. The daemon tells of that only when it is asked.
    pub(super) async fn online(&mut self) -> anyhow::Result<()> {
        self.until_host(|host| host.settled).await.map(drop)
    }

    /// Waits until the network is gone in the daemon's eyes.
    pub(super) async fn offline(&mut self) -> anyhow::Result<()> {
        self.until_host(|host| host.online == Some(false)).await.map(drop)
    }

    /// Waits until the host is like that in the daemon's eyes.
    pub(super) async fn until_host(
        &mut self,
        wanted: impl Fn(&HostState) -> bool,
    ) -> anyhow::Result<HostState> {
        let mut looks = interval(LOOK_EVERY);
        let mut last = None;
        let seen = timeout(LIMIT, async {
            loop {
                looks.tick().await;
                // It may be on its way down or up.
                let Ok(status) = self.client.status().await else { continue };
                if wanted(&status.host) {
                    return status.host;
                }
                last = Some(status.host);
            }
        });
        seen.await.with_context(|| format!("waited {LIMIT:?} for another host than {last:?}"))
    }

    /// Waits until something happens; what happens before is kept.
    pub(super) async fn until(
        &mut self,
        what: &str,
        wanted: impl Fn(&What) -> bool,
    ) -> anyhow::Result<Seen> {
        let found = timeout(LIMIT, async {
            loop {
                let seen = self.seen.recv().await.context("nobody hears any more")?;
                self.kept.push_back(seen.clone());
                if wanted(&seen.what) {
                    return Ok(seen);
                }
            }
        });
        found.await.with_context(|| format!("waited {LIMIT:?} for {what}"))?
    }

    /// Looks on for so long: that nothing happens can be seen in no other way.
    pub(super) async fn look_on(&mut self, lasts: Duration) {
        // This is the span itself. Nothing is waited for.
        sleep(lasts).await;
        while let Ok(seen) = self.seen.try_recv() {
            self.kept.push_back(seen);
        }
    }

    /// All that has happened since the last call.
    pub(super) fn take(&mut self) -> Vec<Seen> {
        while let Ok(seen) = self.seen.try_recv() {
            self.kept.push_back(seen);
        }
        self.kept.drain(..).collect()
    }

    /// The registrations of the web apps.
    pub(super) async fn registrations(&self) -> anyhow::Result<Vec<Registration>> {
        let mut all = self.client.list_all(pwasync_client::Filter::default()).await?;
        all.retain(|one| self.syncs.contains_key(&one.id));
        Ok(all)
    }

    /// Has the machine go to sleep, as closing its lid does.
    pub(super) async fn suspend(&self) -> anyhow::Result<()> {
        let (name, path) = ("org.freedesktop.login1", "/org/freedesktop/login1");
        let interface = Some("org.freedesktop.login1.Manager");
        let called = self.bus.call_method(Some(name), path, interface, "Suspend", &(false,)).await;
        called.map(drop).context("logind refuses to suspend")
    }

    pub(super) async fn status(&self) -> anyhow::Result<Status> {
        Ok(self.client.status().await?)
    }
}

/// Adds to the daemon's policy file.
pub(super) fn add_to_policy(text: &str) -> anyhow::Result<()> {
    let policy = std::fs::read_to_string(POLICY).context("cannot read the policy")?;
    std::fs::write(POLICY, policy + text).context("cannot write the policy")
}

/// What `systemctl` answers.
pub(super) async fn systemctl(words: &[&str]) -> anyhow::Result<String> {
    run("systemctl", words).await
}

/// What a program writes.
pub(super) async fn run(program: &str, words: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    let output = timeout(LIMIT, command.args(words).output()).await;
    let output = output.with_context(|| format!("`{program}` does not end"))?;
    let output = output.with_context(|| format!("cannot start `{program}`"))?;
    if !output.status.success() {
        bail!("`{program} {}`: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn profile() -> ProfileId {
    ProfileId { browser: "scripted".into(), profile: "Default".into() }
}

pub(super) fn key(scope: &str, kind: SyncKind, tag: &str) -> RegistrationKey {
    RegistrationKey { profile: profile(), scope: scope.into(), kind, tag: tag.into() }
}
