//! power-profiles-daemon: whether the user wants power saved.

use std::{convert::Infallible, future::ready};

use pwasync_core::facts::{PowerSaver, Source};
use tokio::sync::watch;
use zbus::names::OwnedUniqueName;

use crate::bus::{
    Bus, Changed, Ended, Interface, Listening, Paths, Properties, Service, Telling, text,
};

/// Its name since version 0.20, and that of its likes.
const NEW: Interface<'static> = Interface {
    path: "/org/freedesktop/UPower/PowerProfiles",
    name: "org.freedesktop.UPower.PowerProfiles",
};
/// Its name before; it still answers to it.
const FORMER: Interface<'static> =
    Interface { path: "/net/hadess/PowerProfiles", name: "net.hadess.PowerProfiles" };

pub(super) struct Profiles {
    /// The service's name is that of its interface.
    object: Interface<'static>,
    said: watch::Sender<Source<PowerSaver>>,
}

impl Profiles {
    pub(super) fn new(said: watch::Sender<Source<PowerSaver>>) -> Self {
        Self { object: NEW, said }
    }

    pub(super) fn former(said: watch::Sender<Source<PowerSaver>>) -> Self {
        Self { object: FORMER, said }
    }

    fn say(&self, saver: Source<PowerSaver>) {
        self.said.send_if_modified(|last| std::mem::replace(last, saver) != saver);
    }

    async fn hear(&self, bus: &Bus, service: &OwnedUniqueName) -> Result<Infallible, Ended> {
        // Subscribed first and read then, so that no change falls in between.
        let path = Paths::This(self.object.path);
        let mut changes = bus.changes(service, path, self.object.name).await?;
        let mut properties = bus.read(service, self.object).await?;
        loop {
            self.say(Source::Present(saver(&properties)));
            match Changed::of(&changes.next().await?)? {
                Changed::To(changed) => properties.extend(changed),
                Changed::Unsaid => properties = bus.read(service, self.object).await?,
            }
        }
    }
}

impl Service for Profiles {
    fn name(&self) -> &'static str {
        self.object.name
    }

    fn listen<'a>(&'a mut self, bus: &'a Bus, owner: &'a OwnedUniqueName) -> Listening<'a> {
        Box::pin(self.hear(bus, owner))
    }

    fn was_heard(&self) -> bool {
        self.said.borrow().value().is_some()
    }

    fn is_absent(&mut self) -> Telling<'_> {
        self.say(Source::Absent);
        Box::pin(ready(Ok(())))
    }
}

fn saver(properties: &Properties) -> PowerSaver {
    match text(properties, "ActiveProfile") {
        "power-saver" => PowerSaver::On,
        _ => PowerSaver::Off,
    }
}
