//! Why, when, and what was: explanations, forecasts, the history.

use std::sync::Arc;

use pwasync_core::{Forecast, ForecastQuestion, Foresight, key::RegistrationId};
use pwasync_proto::v1 as wire;
use tokio::sync::Semaphore;
use tonic::Request;

use super::{AdminService, check_owner};
use crate::{
    channel::{AdminRequest, Explanation, Request as Ask},
    grpc::{
        convert::{
            explanation_to_proto, forecast_to_proto, history_from_proto, history_to_proto,
            outlook_question, question_from_proto, trail_from_proto,
        },
        peer::identity,
        request,
        status::Refusal,
    },
};

/// Forecasts at once: each holds a copy of the queue and a thread.
const FORECASTS: usize = 2;

/// Lets a few forecasts run at once.
#[derive(Clone, Debug)]
pub(super) struct Forecasters(Arc<Semaphore>);

impl Default for Forecasters {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(FORECASTS)))
    }
}

impl Forecasters {
    /// Looks ahead on a thread of its own: that takes its time.
    async fn look(
        &self,
        foresight: Foresight,
        question: ForecastQuestion,
    ) -> Result<Forecast, Refusal> {
        // The semaphore is never closed.
        let _permit = self.0.acquire().await;
        let look = tokio::task::spawn_blocking(move || foresight.look(&question));
        look.await.map_err(|error| Refusal::Internal(format!("the forecast failed: {error}")))
    }
}

impl AdminService {
    pub(super) async fn explained(
        &self,
        call: Request<wire::ExplainRequest>,
    ) -> Result<wire::ExplainResponse, Refusal> {
        let viewer = identity(&call)?.viewer;
        let id = RegistrationId::new(call.get_ref().id);
        let trail = trail_from_proto(call.get_ref().trail)?;
        let ask = |reply| Ask::Admin(AdminRequest::Explain { viewer, id, trail, reply });
        let answered = request(&self.engine, ask).await?;
        let explanation = answered.value.ok_or(Refusal::NoSuchId(id))?;
        let question = outlook_question(id);
        let Explanation { told, foresight } = explanation;
        let forecast = self.forecasters.look(foresight, question).await?;
        Ok(explanation_to_proto(answered.wall, told, &forecast))
    }

    pub(super) async fn foreseen(
        &self,
        call: Request<wire::ForecastRequest>,
    ) -> Result<wire::ForecastResponse, Refusal> {
        let viewer = identity(&call)?.viewer;
        let question = question_from_proto(call.get_ref())?;
        let only = question.only;
        let ask = |reply| Ask::Admin(AdminRequest::Foresee { viewer, only, reply });
        let answered = request(&self.engine, ask).await?;
        let unknown = Refusal::NoSuchId(only.unwrap_or(RegistrationId::new(0)));
        let foresight = answered.value.ok_or(unknown)?;
        let from = foresight.now();
        let forecast = self.forecasters.look(foresight, question).await?;
        Ok(forecast_to_proto(answered.wall, from, &forecast))
    }

    pub(super) async fn past(
        &self,
        call: Request<wire::ListHistoryRequest>,
    ) -> Result<wire::ListHistoryResponse, Refusal> {
        let identity = identity(&call)?;
        let viewer = identity.viewer;
        let (filter, limit) = history_from_proto(call.get_ref())?;
        check_owner(&identity, filter.owner)?;
        let ask = |reply| Ask::Admin(AdminRequest::History { viewer, filter, limit, reply });
        let answered = request(&self.engine, ask).await?;
        Ok(history_to_proto(answered.wall, &answered.value, limit))
    }
}
