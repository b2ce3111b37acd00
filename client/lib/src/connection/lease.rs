//! The calls about pauses and overrides.

use pwasync_proto::v1;

use super::admin::client;
use super::{Connection, Repeat};
use crate::wire::{
    into_override_request, into_pause_request, into_subject, lease, leases, paused, resumed,
};
use crate::{ClientError, Lease, NewOverride, NewPause, Paused, Resumed, Subject};

impl Connection {
    pub(crate) async fn pause(&self, new: &NewPause) -> Result<Paused, ClientError> {
        let request = into_pause_request(new);
        let answer = self
            .call(Repeat::Never, |channel| {
                let request = request.clone();
                async move { client(channel).pause(request).await }
            })
            .await?;
        paused(answer)
    }

    pub(crate) async fn end_pause(&self, subject: &Subject) -> Result<Resumed, ClientError> {
        let request = v1::AdminResumeRequest { subject: Some(into_subject(subject)) };
        let answer = self
            .call(Repeat::Never, |channel| {
                let request = request.clone();
                async move { client(channel).resume(request).await }
            })
            .await?;
        resumed(answer)
    }

    pub(crate) async fn set_override(&self, new: &NewOverride) -> Result<Lease, ClientError> {
        let request = into_override_request(new);
        let answer = self
            .call(Repeat::Never, |channel| {
                let request = request.clone();
                async move { client(channel).set_override(request).await }
            })
            .await?;
        lease(answer.lease)
    }

    /// An empty fact stands for all of them.
    pub(crate) async fn clear_override(
        &self,
        subject: &Subject,
        fact: &str,
    ) -> Result<u32, ClientError> {
        let subject = Some(into_subject(subject));
        let request = v1::ClearOverrideRequest { subject, fact: fact.to_owned() };
        let answer = self
            .call(Repeat::Never, |channel| {
                let request = request.clone();
                async move { client(channel).clear_override(request).await }
            })
            .await?;
        Ok(answer.cleared)
    }

    pub(crate) async fn leases(&self) -> Result<Vec<Lease>, ClientError> {
        let answer = self
            .call(Repeat::Once, |channel| async move {
                client(channel).list_leases(v1::ListLeasesRequest {}).await
            })
            .await?;
        leases(answer.leases)
    }
}
