//! The service that drives the simulated host. It is there only while there is one.

use pwasync_core::Viewer;
use pwasync_proto::v1::{self as wire, simulation_server::Simulation};
use tonic::{Request as Call, Response, Status};

use super::{
    convert::{
        advance_from_proto, boot_from_proto, distance_from_proto, failure_from_proto,
        host_to_proto, network_from_proto, power_from_proto, resume_from_proto, step_from_proto,
        timestamp_to_proto,
    },
    peer::identity,
    request,
    status::Refusal,
};
use crate::channel::{
    Advance, AdvanceTarget, Answered, EngineSender, Input, Reply, Request, SimulationRequest as Ask,
};

/// See the module.
pub(super) struct SimulationService {
    engine: EngineSender,
}

impl SimulationService {
    pub(super) fn new(engine: EngineSender) -> Self {
        Self { engine }
    }

    async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<Answered<T>, Refusal> {
        let answered = self.engine.ask(|reply| Input::Simulation(ask(reply))).await?;
        answered.ok_or(Refusal::NotRecorded)
    }

    /// An instant is as near as a duration may be long.
    async fn check_distance(&self, to_unix_millis: i64) -> Result<(), Refusal> {
        let viewer = Viewer::Administrator;
        let answered = request(&self.engine, |reply| Request::Status { viewer, reply }).await?;
        let now = answered.wall.unix_millis(answered.value.now);
        Ok(distance_from_proto("to", now, to_unix_millis)?)
    }
}

#[tonic::async_trait]
impl Simulation for SimulationService {
    async fn set_network(
        &self,
        call: Call<wire::SetNetworkRequest>,
    ) -> Result<Response<wire::SetNetworkResponse>, Status> {
        identity(&call)?;
        let network = network_from_proto(call.into_inner()).map_err(Refusal::from)?;
        let answered = self.ask(|reply| Ask::SetNetwork { network, reply }).await?;
        let host = Some(host_to_proto(&answered.value));
        Ok(Response::new(wire::SetNetworkResponse { host }))
    }

    async fn set_power(
        &self,
        call: Call<wire::SetPowerRequest>,
    ) -> Result<Response<wire::SetPowerResponse>, Status> {
        identity(&call)?;
        let power = power_from_proto(call.into_inner()).map_err(Refusal::from)?;
        let answered = self.ask(|reply| Ask::SetPower { power, reply }).await?;
        let host = Some(host_to_proto(&answered.value));
        Ok(Response::new(wire::SetPowerResponse { host }))
    }

    async fn suspend(
        &self,
        call: Call<wire::SuspendRequest>,
    ) -> Result<Response<wire::SuspendResponse>, Status> {
        identity(&call)?;
        self.ask(|reply| Ask::Suspend { reply }).await?;
        Ok(Response::new(wire::SuspendResponse {}))
    }

    async fn resume(
        &self,
        call: Call<wire::ResumeRequest>,
    ) -> Result<Response<wire::ResumeResponse>, Status> {
        identity(&call)?;
        let after = resume_from_proto(call.get_ref()).map_err(Refusal::from)?;
        let answered = self.ask(|reply| Ask::Resume { after, reply }).await?;
        let now = Some(timestamp_to_proto(answered.wall, answered.value));
        Ok(Response::new(wire::ResumeResponse { now }))
    }

    async fn advance(
        &self,
        call: Call<wire::AdvanceRequest>,
    ) -> Result<Response<wire::AdvanceResponse>, Status> {
        identity(&call)?;
        let (target, patience, attempts_out) =
            advance_from_proto(call.get_ref()).map_err(Refusal::from)?;
        if let AdvanceTarget::ToUnixMillis(to) = target {
            self.check_distance(to).await?;
        }
        let ask = |reply| Ask::Advance(Advance { target, patience, attempts_out, reply });
        let answered = self.ask(ask).await?;
        let advanced = answered.value.map_err(Refusal::from)?;
        let now = Some(timestamp_to_proto(answered.wall, advanced.now));
        Ok(Response::new(wire::AdvanceResponse { now, wakes: advanced.wakes }))
    }

    async fn step_clock(
        &self,
        call: Call<wire::StepClockRequest>,
    ) -> Result<Response<wire::StepClockResponse>, Status> {
        identity(&call)?;
        let (by_millis, utc_offset) = step_from_proto(call.get_ref()).map_err(Refusal::from)?;
        let ask = |reply| Ask::StepClock { by_millis, utc_offset, reply };
        let answered = self.ask(ask).await?;
        let now = Some(timestamp_to_proto(answered.wall, answered.value));
        Ok(Response::new(wire::StepClockResponse { now }))
    }

    async fn cut_power(
        &self,
        call: Call<wire::CutPowerRequest>,
    ) -> Result<Response<wire::CutPowerResponse>, Status> {
        identity(&call)?;
        let clock_error_millis = boot_from_proto(call.get_ref()).map_err(Refusal::from)?;
        let answered = self.ask(|reply| Ask::CutPower { clock_error_millis, reply }).await?;
        Ok(Response::new(wire::CutPowerResponse { epoch: answered.value }))
    }

    async fn fail_store(
        &self,
        call: Call<wire::FailStoreRequest>,
    ) -> Result<Response<wire::FailStoreResponse>, Status> {
        identity(&call)?;
        let (failure, for_) = failure_from_proto(call.get_ref()).map_err(Refusal::from)?;
        self.ask(|reply| Ask::FailStore { failure, for_, reply }).await?;
        Ok(Response::new(wire::FailStoreResponse {}))
    }
}
