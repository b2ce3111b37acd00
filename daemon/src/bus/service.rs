//! Follows services over their lives: from the moment that one has its name until it loses it, and
//! again, on a bus that comes and goes too.

use std::convert::Infallible;

use futures_util::future::{BoxFuture, select_all};
use zbus::names::OwnedUniqueName;

use super::{BUS, Bus, BusError, Retry, Signals};
use crate::{channel::EngineGone, pause::Pause};

/// A service that tells something.
pub(crate) trait Service: Send {
    /// Its name on the bus.
    fn name(&self) -> &'static str;

    /// Listens to one life of it, for as long as it answers.
    fn listen<'a>(&'a mut self, bus: &'a Bus, owner: &'a OwnedUniqueName) -> Listening<'a>;

    /// It has said something; `false`: nothing in this life.
    fn was_heard(&self) -> bool;

    /// It is not there, or does not answer; said again where that is known.
    fn is_absent(&mut self) -> Telling<'_>;
}

/// Listens until there is nothing to hear or nobody to tell.
pub(crate) type Listening<'a> = BoxFuture<'a, Result<Infallible, Ended>>;
/// Tells the engine.
pub(crate) type Telling<'a> = BoxFuture<'a, Result<(), EngineGone>>;

/// Why listening has ended.
#[derive(Debug)]
pub(crate) enum Ended {
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

/// Follows services on one connection to the bus at `address`, until the engine has ended.
pub(crate) async fn watch(address: &str, services: &mut [&mut dyn Service]) {
    let mut retry = Retry::new(address);
    loop {
        let Err(ended) = follow_all(address, services, &mut retry).await;
        let Ended::Bus(error) = ended else { return };
        report(BUS, &error);
        for service in &mut *services {
            let Ok(()) = service.is_absent().await else { return };
        }
        retry.wait(&error).await;
    }
}

/// Follows all of them until the bus is gone.
async fn follow_all(
    address: &str,
    services: &mut [&mut dyn Service],
    retry: &mut Retry,
) -> Result<Infallible, Ended> {
    let bus = Bus::connect(address).await?;
    let mut all: Vec<Listening<'_>> = Vec::new();
    for service in services {
        let owners = bus.owner(service.name()).await?;
        all.push(Box::pin(follow(&bus, *service, owners)));
    }
    retry.reset();
    select_all(all).await.0
}

/// Follows a service until the bus is gone.
async fn follow(
    bus: &Bus,
    service: &mut dyn Service,
    (mut owner, mut owners): (Option<OwnedUniqueName>, Signals),
) -> Result<Infallible, Ended> {
    let name = service.name();
    loop {
        let Some(one) = &owner else {
            service.is_absent().await?;
            owner = owners.next_owner().await?;
            continue;
        };
        tracing::info!(name, "the service is there");
        owner = tokio::select! {
            Err(ended) = listen(bus, service, one) => return Err(ended),
            next = owners.next_owner() => next?,
        };
        tracing::info!(name, "the service has gone or begun anew");
        // Also where another has come already: what was said of the former's objects is void.
        service.is_absent().await?;
    }
}

/// Listens to one life of a service. One that answers with an error is asked again after a while:
/// its name is on the bus before its objects are.
async fn listen(
    bus: &Bus,
    service: &mut dyn Service,
    owner: &OwnedUniqueName,
) -> Result<Infallible, Ended> {
    let mut pause = Pause::new();
    loop {
        let Err(ended) = service.listen(bus, owner).await;
        let Ended::Bus(error) = ended else { return Err(ended) };
        report(service.name(), &error);
        if service.was_heard() {
            pause = Pause::new();
        }
        service.is_absent().await?;
        pause.wait().await;
    }
}

fn report(name: &str, error: &BusError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::debug!(name, error, "the service is not heard");
}
