//! logind: whether the machine goes to sleep, and the delay of it while events run.
//!
//! The delay is a *delay inhibitor*: a descriptor that logind gives out, and waits for when the
//! machine is to sleep. It is held exactly while the engine wishes it. logind may be absent, come
//! late, go and come back; the bus too.

use std::{convert::Infallible, time::Duration};

use pwasync_core::{effect::Inhibition, facts::Sleep};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use zbus::{Error, Message, OwnedFd, names::OwnedUniqueName};

use crate::{
    bus::{self, Bus, BusError, Ended, Interface, Listening, Service, Signals, Telling, is_true},
    channel::{EngineGone, Inhibitor, Logind, SleepSender},
};

const NAME: &str = "org.freedesktop.login1";
const MANAGER: Interface<'static> =
    Interface { path: "/org/freedesktop/login1", name: "org.freedesktop.login1.Manager" };
/// What `systemd-inhibit --list` shows.
const WHO: &str = "pwasyncd";
const WHY: &str = "background syncs are running";
/// The engine lets go as soon as what it cut is on disk. A disk that does not answer delays the
/// machine's sleep no longer than this.
const DISK_LIMIT: Duration = Duration::from_secs(1);
/// Longest text of an error that is kept.
const PROBLEM_CHARACTERS: usize = 200;

/// Tells until the engine has ended what logind on the bus at `address` says, and delays the
/// machine's sleep while that is wished.
pub async fn watch_logind(address: &str, wishes: watch::Receiver<Inhibition>, engine: SleepSender) {
    let mut teller = Teller { engine, wishes, last: Logind::Absent };
    bus::watch(address, &mut [&mut teller]).await;
}

/// Says what has not been said.
struct Teller {
    engine: SleepSender,
    wishes: watch::Receiver<Inhibition>,
    last: Logind,
}

impl Teller {
    async fn tell(&mut self, logind: Logind) -> Result<(), EngineGone> {
        if self.last == logind {
            return Ok(());
        }
        tracing::debug!(?logind, "logind");
        self.engine.send(logind.clone()).await?;
        self.last = logind;
        Ok(())
    }
}

impl Service for Teller {
    fn name(&self) -> &'static str {
        NAME
    }

    fn listen<'a>(&'a mut self, bus: &'a Bus, owner: &'a OwnedUniqueName) -> Listening<'a> {
        Box::pin(Session::run(bus, owner, self))
    }

    fn was_heard(&self) -> bool {
        self.last != Logind::Absent
    }

    fn is_absent(&mut self) -> Telling<'_> {
        Box::pin(self.tell(Logind::Absent))
    }
}

/// One life of logind.
struct Session<'a> {
    bus: &'a Bus,
    service: &'a OwnedUniqueName,
    wishes: watch::Receiver<Inhibition>,
    sleep: Sleep,
    /// While the machine goes to sleep: when the delay ends, whatever the engine says.
    ends: Option<Instant>,
    delay: Delay,
}

/// The descriptor that delays sleep.
#[derive(Debug)]
enum Delay {
    None,
    Held {
        /// Closed, it delays nothing any more.
        _descriptor: OwnedFd,
    },
    /// The wish was refused, for this reason. The next one is tried anew.
    Refused(Box<str>),
}

impl<'a> Session<'a> {
    async fn run(
        bus: &'a Bus,
        service: &'a OwnedUniqueName,
        teller: &mut Teller,
    ) -> Result<Infallible, Ended> {
        let (wishes, sleep) = (teller.wishes.clone(), Sleep::Awake);
        let mut session = Self { bus, service, wishes, sleep, ends: None, delay: Delay::None };
        session.follow(teller).await
    }

    async fn follow(&mut self, teller: &mut Teller) -> Result<Infallible, Ended> {
        // Subscribed first and read then, so that no change falls in between.
        let mut sleeps = self.bus.told(self.service, MANAGER, "PrepareForSleep").await?;
        let properties = self.bus.read(self.service, MANAGER).await?;
        let sleeps_already = is_true(&properties, "PreparingForSleep");
        self.take_sleep(if sleeps_already { Sleep::Suspending } else { Sleep::Awake });
        loop {
            self.do_as_wished().await?;
            teller.tell(self.view()).await?;
            self.wait(&mut sleeps).await?;
        }
    }

    /// Takes the next thing that happens.
    async fn wait(&mut self, sleeps: &mut Signals) -> Result<(), Ended> {
        let ends = self.ends;
        let over = async move {
            match ends {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = sleeps.next() => self.take_sleep(read_sleep(&signal?)?),
            wished = self.wishes.changed() => wished.map_err(|_| Ended::Engine)?,
            () = over => {
                tracing::warn!("what was cut for the machine's sleep is not on disk yet");
                self.ends = None;
                self.delay = Delay::None;
            }
        }
        Ok(())
    }

    fn take_sleep(&mut self, sleep: Sleep) {
        self.sleep = sleep;
        self.ends = match (sleep, self.wish()) {
            (Sleep::Suspending, Inhibition::Wanted { limit }) => {
                Some(Instant::now() + limit + DISK_LIMIT)
            }
            (Sleep::Suspending, Inhibition::Free) | (Sleep::Awake, _) => None,
        };
    }

    /// Holds the inhibitor, or does not.
    async fn do_as_wished(&mut self) -> Result<(), BusError> {
        match (self.wish(), self.sleep, &self.delay) {
            (Inhibition::Free, _, _) => {
                self.delay = Delay::None;
                self.ends = None;
            }
            // It is too late to delay a sleep that has begun, and logind says so.
            (Inhibition::Wanted { .. }, Sleep::Suspending, _)
            | (Inhibition::Wanted { .. }, Sleep::Awake, Delay::Held { .. } | Delay::Refused(_)) => {
            }
            (Inhibition::Wanted { .. }, Sleep::Awake, Delay::None) => {
                self.delay = self.ask().await?;
            }
        }
        Ok(())
    }

    async fn ask(&self) -> Result<Delay, BusError> {
        let wish = ("sleep", WHO, WHY, "delay");
        match self.bus.ask(self.service, MANAGER, "Inhibit", &wish).await {
            Ok(answer) => {
                let descriptor: OwnedFd = answer.body().deserialize()?;
                Ok(Delay::Held { _descriptor: descriptor })
            }
            Err(BusError::Bus(Error::MethodError(name, text, _))) => {
                Ok(refused(text.as_deref().unwrap_or(name.as_str())))
            }
            Err(BusError::Bus(Error::FDO(error))) => Ok(refused(&error.to_string())),
            Err(error) => Err(error),
        }
    }

    fn wish(&self) -> Inhibition {
        *self.wishes.borrow()
    }

    fn view(&self) -> Logind {
        let inhibitor = match &self.delay {
            Delay::None => Inhibitor::Free,
            Delay::Held { .. } => Inhibitor::Held,
            Delay::Refused(why) => Inhibitor::Refused(why.clone()),
        };
        Logind::Present { sleep: self.sleep, inhibitor }
    }
}

fn refused(why: &str) -> Delay {
    let why: String = why.chars().take(PROBLEM_CHARACTERS).collect();
    tracing::warn!(%why, "logind does not let running syncs delay the machine's sleep");
    Delay::Refused(why.into())
}

fn read_sleep(signal: &Message) -> Result<Sleep, BusError> {
    let going = signal.body().deserialize::<bool>()?;
    Ok(if going { Sleep::Suspending } else { Sleep::Awake })
}
