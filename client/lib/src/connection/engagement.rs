//! The calls about how users use web apps.

use super::admin;
use super::background_sync;
use super::{Connection, Repeat};
use crate::wire::{
    engagement, engagement_score, into_engagement_request, into_report_request, into_score_request,
};
use crate::{
    ClientError, Engagement, EngagementFilter, EngagementReport, EngagementScore, NewScore,
    ProfileId,
};

impl Connection {
    /// Not repeated: what came twice would count twice.
    pub(crate) async fn report_engagement(
        &self,
        profile: &ProfileId,
        origin: &str,
        report: &EngagementReport,
    ) -> Result<EngagementScore, ClientError> {
        let request = into_report_request(profile, origin, report);
        let answer = self
            .call(Repeat::Never, |channel| {
                let request = request.clone();
                async move { background_sync::client(channel).report_engagement(request).await }
            })
            .await?;
        Ok(engagement_score(answer))
    }

    pub(crate) async fn engagement(
        &self,
        filter: &EngagementFilter,
    ) -> Result<Vec<Engagement>, ClientError> {
        let request = into_engagement_request(filter);
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { admin::client(channel).get_engagement(request).await }
            })
            .await?;
        answer.engagements.into_iter().map(|one| engagement(Some(one))).collect()
    }

    pub(crate) async fn set_engagement(&self, new: &NewScore) -> Result<Engagement, ClientError> {
        let request = into_score_request(new);
        let answer = self
            .call(Repeat::Never, |channel| {
                let request = request.clone();
                async move { admin::client(channel).set_engagement(request).await }
            })
            .await?;
        engagement(answer.engagement)
    }
}
