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

use super::naming::Naming;
use crate::{
    bus::{Bus, BusError, Retry},
    channel::{CheckWishes, Checks, EngineGone, ManagerSender},
};

const NAME: &str = "org.freedesktop.NetworkManager";

/// Why a watch has ended.
enum Ended {
    Engine,
    Bus(BusError),
}

impl From<BusError> for Ended {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl From<EngineGone> for Ended {
    fn from(_: EngineGone) -> Self {
        Self::Engine
    }
}

/// Tells until the engine has ended what NetworkManager says on the bus at `address`, and where
/// there is none, that. Has it check connections as the core wishes.
pub async fn watch_manager(address: &str, naming: Naming, checks: &Checks, engine: ManagerSender) {
    let wishes = checks.wishes();
    let mut teller = Teller { engine, naming, wishes, last: None, retry: Retry::new(address) };
    loop {
        let ended = match Bus::connect(address).await {
            Ok(bus) => follow(&bus, &mut teller).await,
            Err(error) => Ended::Bus(error),
        };
        let Ended::Bus(error) = ended else { return };
        report(&error);
        if teller.send(Manager::Absent).await.is_err() {
            return;
        }
        teller.retry.wait(&error).await;
    }
}

fn report(error: &BusError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::debug!(error, "NetworkManager is not heard");
}

/// Follows the service over its restarts, until the bus is gone.
async fn follow(bus: &Bus, teller: &mut Teller) -> Ended {
    let (mut owner, mut owners) = match bus.owner(NAME).await {
        Ok(found) => found,
        Err(error) => return error.into(),
    };
    loop {
        let told = match &owner {
            None => teller.tell(Manager::Absent).await,
            Some(_) => Ok(()),
        };
        if let Err(gone) = told {
            return gone.into();
        }
        let Some(service) = owner.clone() else {
            owner = match owners.next_owner().await {
                Ok(next) => next,
                Err(error) => return error.into(),
            };
            continue;
        };
        tracing::info!("NetworkManager is there");
        tokio::select! {
            ended = Session::run(bus, &service, teller) => match ended {
                Ended::Engine => return Ended::Engine,
                // It is asked anew; whether it is there at all, the bus says.
                Ended::Bus(error) => return Ended::Bus(error),
            },
            next = owners.next_owner() => match next {
                Ok(next) => owner = next,
                Err(error) => return error.into(),
            },
        }
        tracing::info!("NetworkManager is gone");
        // Also where another has come already: paths of its objects begin anew.
        if let Err(gone) = teller.tell(Manager::Absent).await {
            return gone.into();
        }
    }
}

/// Says what has not been said.
struct Teller {
    engine: ManagerSender,
    naming: Naming,
    /// What the core wants checked.
    wishes: CheckWishes,
    last: Option<Manager>,
    /// When the bus is tried again.
    retry: Retry,
}

impl Teller {
    /// Says what was heard.
    async fn tell(&mut self, manager: Manager) -> Result<(), EngineGone> {
        self.retry.reset();
        self.send(manager).await
    }

    /// Says that a check is over, whose findings were told.
    async fn tell_checked(&mut self, number: CheckNumber) -> Result<(), EngineGone> {
        tracing::debug!(?number, "NetworkManager has checked");
        self.engine.checked(number).await
    }

    async fn send(&mut self, manager: Manager) -> Result<(), EngineGone> {
        if self.last.as_ref() == Some(&manager) {
            return Ok(());
        }
        tracing::debug!(?manager, "NetworkManager");
        self.engine.send(manager.clone()).await?;
        self.last = Some(manager);
        Ok(())
    }
}
