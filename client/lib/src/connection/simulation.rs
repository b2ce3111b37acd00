//! The calls that drive a simulated host.

use std::time::{Duration, SystemTime};

use pwasync_proto::v1;
use pwasync_proto::v1::simulation_client::SimulationClient;

use super::{CALL_LIMIT, Connection, Repeat};
use crate::wire::{
    advanced, host_state, instant, into_advance_request, into_cut_request, into_duration,
    into_fail_store_request, into_network_request, into_power_request, into_step_request,
};
use crate::{
    Advance, Advanced, ClientError, ClockChange, ClockStep, HostState, NetworkState, Power,
    StoreFailure,
};

/// Years may pass in one call, with a wait for a session at each of their wakes.
const ADVANCE_LIMIT: Duration = Duration::from_secs(3_600);

impl Connection {
    pub(crate) async fn set_network(
        &self,
        network: NetworkState,
    ) -> Result<HostState, ClientError> {
        let request = into_network_request(network);
        let answer = self
            .call(Repeat::Never, |channel| {
                let request = request.clone();
                async move { SimulationClient::new(channel).set_network(request).await }
            })
            .await?;
        host_state(answer.host)
    }

    pub(crate) async fn set_power(&self, power: Power) -> Result<HostState, ClientError> {
        let answer = self
            .call(Repeat::Never, |channel| async move {
                SimulationClient::new(channel).set_power(into_power_request(power)).await
            })
            .await?;
        host_state(answer.host)
    }

    pub(crate) async fn suspend(&self) -> Result<(), ClientError> {
        self.call(Repeat::Never, |channel| async move {
            SimulationClient::new(channel).suspend(v1::SuspendRequest {}).await
        })
        .await
        .map(|v1::SuspendResponse {}| ())
    }

    pub(crate) async fn resume(&self, after: Duration) -> Result<Option<SystemTime>, ClientError> {
        let answer = self
            .call(Repeat::Never, |channel| async move {
                let request = v1::ResumeRequest { after: Some(into_duration(after)) };
                SimulationClient::new(channel).resume(request).await
            })
            .await?;
        instant("now", answer.now)
    }

    pub(crate) async fn advance(&self, advance: Advance) -> Result<Advanced, ClientError> {
        let limit = ADVANCE_LIMIT.max(advance.patience.unwrap_or(CALL_LIMIT));
        let answer = self
            .call_within(limit, Repeat::Never, |channel| async move {
                SimulationClient::new(channel).advance(into_advance_request(advance)).await
            })
            .await?;
        advanced(answer)
    }

    pub(crate) async fn step_clock(
        &self,
        change: ClockChange,
    ) -> Result<Option<SystemTime>, ClientError> {
        let answer = self
            .call(Repeat::Never, |channel| async move {
                SimulationClient::new(channel).step_clock(into_step_request(change)).await
            })
            .await?;
        instant("now", answer.now)
    }

    pub(crate) async fn cut_power(
        &self,
        clock_error: Option<ClockStep>,
    ) -> Result<u64, ClientError> {
        let answer = self
            .call(Repeat::Never, |channel| async move {
                SimulationClient::new(channel).cut_power(into_cut_request(clock_error)).await
            })
            .await?;
        Ok(answer.epoch)
    }

    pub(crate) async fn fail_store(
        &self,
        failure: StoreFailure,
        lasting: Option<Duration>,
    ) -> Result<(), ClientError> {
        self.call(Repeat::Never, |channel| async move {
            let request = into_fail_store_request(failure, lasting);
            SimulationClient::new(channel).fail_store(request).await
        })
        .await
        .map(|v1::FailStoreResponse {}| ())
    }
}
