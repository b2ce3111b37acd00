//! The same story where no link can be pulled: the real daemon on a simulated host, and a
//! scripted browser that speaks the protocol as a bridge does. Time is simulated, too.

use std::time::Duration;

use anyhow::{Context, bail};
use pwasync_client::{
    Advance, AdvanceTarget, AttemptId, Client, Counted, Filter, LetTimeOut, NetworkState,
    NewRegistration, Outcome, ProfileId, RegistrationKey, Session, SessionEvent, SessionEvents,
    SessionHandle, SessionOptions, SocketPath, SyncKind,
};
use pwasync_e2e::{Binaries, DaemonSetup, HostKind, Moment, Workdir};
use tokio::time::timeout;

use super::{
    narrator::{Narrator, Verdict},
    stage::{LIMIT, ORIGIN},
};

const OUTAGE: Duration = Duration::from_secs(3 * 60 * 60);
const AFTERWARDS: Duration = Duration::from_secs(60);

pub(super) async fn play(
    binaries: &Binaries,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<Verdict> {
    let workdir = Workdir::create()?;
    let mut setup = DaemonSetup::new(binaries, &workdir, None)?;
    setup.host = HostKind::Simulated { start: None };
    let _daemon = setup.start(None).await?;
    let socket = SocketPath::at(setup.socket());
    let client = Client::new(socket.clone());
    narrator.line("daemon", "pwasyncd on a simulated host")?;
    let mut browser = ScriptedBrowser::attach(socket).await?;
    narrator.line("browser", "a script in the place of Chromium has attached")?;

    client.set_network(NetworkState::Down).await?;
    narrator.line("network", "gone")?;
    let new = NewRegistration::new(RegistrationKey {
        profile: profile(),
        scope: ORIGIN.to_owned(),
        kind: SyncKind::OneOff,
        tag: "outbox".to_owned(),
    });
    let held = client.register(&new).await?.registration;
    let reasons: Vec<&str> = held.blockers.iter().map(|blocker| blocker.code.as_str()).collect();
    narrator.line("daemon", &format!("holds registration {}: {}", held.id, reasons.join(", ")))?;
    let waited = client.advance(by(OUTAGE)).await?;
    if waited.wakes != 0 {
        bail!("{} wakes left while the network was gone", waited.wakes);
    }
    narrator.line("time", "three hours pass in a moment; nothing is woken")?;

    client.set_network(NetworkState::up()).await?;
    let link_up = Moment::from(client.status().await?.now.context("the daemon tells no time")?);
    narrator.timed(link_up, link_up, "the network is back")?;
    let (advanced, woken) = tokio::join!(client.advance(by(AFTERWARDS)), browser.serve_one());
    let attempt = woken?;
    if advanced?.wakes != 1 {
        bail!("one wake was expected");
    }
    tell(&client, link_up, narrator).await?;
    browser.recorded(&attempt).await?;
    if !client.list_all(Filter::default()).await?.is_empty() {
        bail!("the registration is still there after its event was completed");
    }
    narrator.line("daemon", "has the outcome on disk; nothing is left to do")?;
    narrator.verdict(
        Verdict::Arrived,
        "The event ran once, when the network was back (all simulated: no real link, no real browser).",
    )?;
    Ok(Verdict::Arrived)
}

/// The daemon's account of what happened since the link.
async fn tell(client: &Client, link_up: Moment, narrator: &mut Narrator<'_>) -> anyhow::Result<()> {
    use pwasync_client::{Change, Follow, RegistrationEvent};
    let mut watch = client.watch(50, Follow::No).await?;
    while let Some(change) = watch.next().await? {
        let (Some(at), Change::Registration(change)) = (change.at, change.change) else { continue };
        let what = match change.event {
            RegistrationEvent::Woken(_) | RegistrationEvent::BroughtForward(_) => {
                "the daemon wakes the browser"
            }
            RegistrationEvent::Started(_) => "the service worker's event begins",
            RegistrationEvent::Finished { .. } => "the event is completed",
            RegistrationEvent::Created
            | RegistrationEvent::Updated
            | RegistrationEvent::Rearmed
            | RegistrationEvent::Removed(_)
            | RegistrationEvent::Suspended
            | RegistrationEvent::Revived { .. } => continue,
        };
        narrator.timed(Moment::from(at), link_up, what)?;
    }
    Ok(())
}

fn by(time: Duration) -> Advance {
    Advance { target: AdvanceTarget::By(time), patience: None, let_time_out: LetTimeOut::No }
}

fn profile() -> ProfileId {
    ProfileId { browser: "scripted".to_owned(), profile: "demo".to_owned() }
}

/// Says what a bridge would say.
struct ScriptedBrowser {
    handle: SessionHandle,
    events: SessionEvents,
}

impl ScriptedBrowser {
    async fn attach(socket: SocketPath) -> anyhow::Result<Self> {
        let options = SessionOptions {
            profile: profile(),
            agent: "demo script".to_owned(),
            capacity: 1,
            launch_token: None,
        };
        let (handle, events) = Session::attach(socket, options);
        let mut browser = Self { handle, events };
        browser
            .wait("to be attached", |event| {
                matches!(event, SessionEvent::Attached { .. }).then_some(())
            })
            .await?;
        browser.handle.ready().await;
        Ok(browser)
    }

    /// Takes one wake and completes its event.
    async fn serve_one(&mut self) -> anyhow::Result<AttemptId> {
        let attempt = self
            .wait("a wake", |event| match event {
                SessionEvent::Wake(wake) => Some(wake.attempt.clone()),
                SessionEvent::Attached { .. }
                | SessionEvent::Abandon { .. }
                | SessionEvent::Cancel { .. }
                | SessionEvent::Recorded { .. }
                | SessionEvent::HostChanged(_)
                | SessionEvent::Detached { .. }
                | SessionEvent::Closed { .. } => None,
            })
            .await?;
        self.handle.started(&attempt).await;
        self.handle.finished(&attempt, Outcome::Completed, "", None).await;
        Ok(attempt)
    }

    async fn recorded(&mut self, ours: &AttemptId) -> anyhow::Result<()> {
        self.wait("the outcome to be recorded", |event| {
            matches!(event, SessionEvent::Recorded { attempt, counted: Counted::Yes } if attempt == ours)
                .then_some(())
        })
        .await
    }

    async fn wait<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&SessionEvent) -> Option<T>,
    ) -> anyhow::Result<T> {
        let found = timeout(LIMIT, async {
            while let Some(event) = self.events.next().await {
                if let Some(found) = pick(&event) {
                    return Ok(found);
                }
            }
            bail!("the session ended while waiting for {what}")
        });
        found.await.with_context(|| format!("waited {LIMIT:?} for {what}"))?
    }
}
