//! NetworkManager: what it says of its devices, sent when that changes.
//!
//! It may be absent, come late, go and come back; the bus too. While it is there, its own object
//! and the devices' are followed by signals that name them, so that the strength of an access
//! point wakes nobody.

mod devices;
mod modems;
mod session;
mod view;

use pwasync_core::facts::{CheckNumber, Manager};
use session::Session;
use zbus::names::OwnedUniqueName;

use super::naming::Naming;
use crate::{
    bus::{self, Bus, Listening, Service, Telling},
    channel::{CheckWishes, Checks, EngineGone, ManagerSender},
};

const NAME: &str = "org.freedesktop.NetworkManager";

/// Tells until the engine has ended what NetworkManager says on the bus at `address`, and where
/// there is none, that. Has it check connections as the core wishes.
pub async fn watch_manager(address: &str, naming: Naming, checks: &Checks, engine: ManagerSender) {
    let mut teller = Teller { engine, naming, wishes: checks.wishes(), last: None };
    bus::watch(address, &mut [&mut teller]).await;
}

/// Says what has not been said.
struct Teller {
    engine: ManagerSender,
    naming: Naming,
    /// What the core wants checked.
    wishes: CheckWishes,
    last: Option<Manager>,
}

impl Teller {
    /// Says that a check is over, whose findings were told.
    async fn tell_checked(&mut self, number: CheckNumber) -> Result<(), EngineGone> {
        tracing::debug!(?number, "NetworkManager has checked");
        self.engine.checked(number).await
    }

    async fn tell(&mut self, manager: Manager) -> Result<(), EngineGone> {
        if self.last.as_ref() == Some(&manager) {
            return Ok(());
        }
        tracing::debug!(?manager, "NetworkManager");
        self.engine.send(manager.clone()).await?;
        self.last = Some(manager);
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
        matches!(self.last, Some(Manager::Present(_)))
    }

    fn is_absent(&mut self) -> Telling<'_> {
        Box::pin(self.tell(Manager::Absent))
    }
}
