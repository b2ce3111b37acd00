//! Follows a service of the bus over its lives: from the moment that it has its name until it
//! loses it, and again.

use std::{convert::Infallible, future::Future};

use zbus::names::OwnedUniqueName;

use crate::{
    bus::{Bus, BusError},
    pause::Pause,
};

/// A service that tells something.
pub(super) trait Service: Sync {
    /// Its name on the bus.
    fn name(&self) -> &'static str;

    /// Listens to it for as long as it answers.
    fn listen(
        &self,
        bus: &Bus,
        service: &OwnedUniqueName,
    ) -> impl Future<Output = Result<Infallible, BusError>> + Send;

    /// It has said something; `false`: nothing in this life.
    fn was_heard(&self) -> bool;

    /// It is not there, or does not answer.
    fn is_absent(&self);
}

/// Follows a service until the bus is gone.
///
/// One that answers with an error is asked again after a while: its name is on the bus before its
/// objects are.
pub(super) async fn follow(bus: &Bus, service: &impl Service) -> BusError {
    match follow_owners(bus, service).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

async fn follow_owners(bus: &Bus, service: &impl Service) -> Result<Infallible, BusError> {
    let (mut owner, mut owners) = bus.owner(service.name()).await?;
    let name = service.name();
    let mut pause = Pause::new();
    loop {
        let Some(one) = &owner else {
            service.is_absent();
            owner = owners.next_owner().await?;
            pause = Pause::new();
            continue;
        };
        tracing::info!(name, "the service is there");
        let error = tokio::select! {
            ended = service.listen(bus, one) => match ended {
                Ok(never) => match never {},
                Err(error) => error,
            },
            next = owners.next_owner() => {
                owner = next?;
                tracing::info!(name, "the service has gone or begun anew");
                service.is_absent();
                pause = Pause::new();
                continue;
            }
        };
        if service.was_heard() {
            pause = Pause::new();
        }
        report(name, &error);
        service.is_absent();
        tokio::select! {
            () = pause.wait() => {}
            next = owners.next_owner() => {
                owner = next?;
                pause = Pause::new();
            }
        }
    }
}

fn report(name: &str, error: &BusError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::debug!(name, error, "the service is not heard");
}
