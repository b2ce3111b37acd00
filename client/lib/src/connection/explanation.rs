//! The calls that say why and when.

use std::time::Duration;

use pwasync_proto::v1;

use super::admin::client;
use super::{Connection, Repeat};
use crate::wire::{explanation, forecast, history, into_forecast_request, into_history_request};
use crate::{
    ClientError, Explanation, Forecast, ForecastQuestion, HistoryEntry, HistoryFilter,
    RegistrationId,
};

/// A year of a long queue may be looked at.
const FORECAST_LIMIT: Duration = Duration::from_secs(60);

impl Connection {
    pub(crate) async fn explain(
        &self,
        id: RegistrationId,
        trail: u32,
    ) -> Result<Explanation, ClientError> {
        let answer = self
            .call(Repeat::Once, |channel| async move {
                client(channel).explain(v1::ExplainRequest { id: id.value(), trail }).await
            })
            .await?;
        explanation(answer)
    }

    /// A page, and the token of the next; an empty token stands for the first and for no next.
    pub(crate) async fn history_page(
        &self,
        filter: &HistoryFilter,
        limit: u32,
        token: String,
    ) -> Result<(Vec<HistoryEntry>, String), ClientError> {
        let request = into_history_request(filter, limit, token);
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).list_history(request).await }
            })
            .await?;
        Ok((history(answer.entries)?, answer.next_page_token))
    }

    pub(crate) async fn forecast(
        &self,
        question: &ForecastQuestion,
    ) -> Result<Forecast, ClientError> {
        let request = into_forecast_request(question);
        let answer = self
            .call_within(FORECAST_LIMIT, Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).forecast(request).await }
            })
            .await?;
        forecast(answer)
    }
}
