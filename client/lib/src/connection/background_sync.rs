//! The calls of a browser.

use pwasync_proto::v1;
use pwasync_proto::v1::background_sync_client::BackgroundSyncClient;
use tonic::transport::Channel;

use super::{Connection, MESSAGE_LIMIT, Repeat};
use crate::wire::{
    apps_changed, into_apps_request, into_key, into_kind, into_permission_request, into_profile,
    into_register_request, registered, registration, unregister_change,
};
use crate::{
    AppsChanged, ClientError, InstalledApp, NewRegistration, PermissionState, ProfileId,
    Registered, Registration, RegistrationKey, SyncKind, UnregisterChange,
};

pub(super) fn client(channel: Channel) -> BackgroundSyncClient<Channel> {
    BackgroundSyncClient::new(channel).max_decoding_message_size(MESSAGE_LIMIT)
}

impl Connection {
    pub(crate) async fn register(&self, new: &NewRegistration) -> Result<Registered, ClientError> {
        let request = into_register_request(new);
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).register(request).await }
            })
            .await?;
        registered(answer)
    }

    pub(crate) async fn get_registration(
        &self,
        key: &RegistrationKey,
    ) -> Result<Option<Registration>, ClientError> {
        let request = v1::GetRegistrationRequest { key: Some(into_key(key)) };
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).get_registration(request).await }
            })
            .await;
        match answer {
            Ok(answer) => registration(answer.registration).map(Some),
            Err(ClientError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn get_tags(
        &self,
        profile: &ProfileId,
        scope: &str,
        kind: SyncKind,
    ) -> Result<Vec<String>, ClientError> {
        let request = v1::GetTagsRequest {
            profile: Some(into_profile(profile)),
            scope: scope.to_owned(),
            kind: into_kind(kind).into(),
        };
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).get_tags(request).await }
            })
            .await?;
        Ok(answer.tags)
    }

    pub(crate) async fn unregister(
        &self,
        key: &RegistrationKey,
    ) -> Result<UnregisterChange, ClientError> {
        let request = v1::UnregisterRequest { key: Some(into_key(key)) };
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).unregister(request).await }
            })
            .await?;
        unregister_change(answer)
    }

    pub(crate) async fn remove_scope(
        &self,
        profile: &ProfileId,
        scope: &str,
    ) -> Result<u32, ClientError> {
        let request = v1::RemoveScopeRequest {
            profile: Some(into_profile(profile)),
            scope: scope.to_owned(),
        };
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).remove_scope(request).await }
            })
            .await?;
        Ok(answer.removed)
    }

    pub(crate) async fn clear_origin(
        &self,
        profile: &ProfileId,
        origin: &str,
    ) -> Result<u32, ClientError> {
        let request = v1::ClearOriginRequest {
            profile: Some(into_profile(profile)),
            origin: origin.to_owned(),
        };
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).clear_origin(request).await }
            })
            .await?;
        Ok(answer.removed)
    }

    pub(crate) async fn set_permission(
        &self,
        profile: &ProfileId,
        origin: &str,
        kind: SyncKind,
        state: PermissionState,
    ) -> Result<u32, ClientError> {
        let request = into_permission_request(profile, origin, kind, state);
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).set_permission(request).await }
            })
            .await?;
        Ok(answer.removed)
    }

    pub(crate) async fn set_installed_apps(
        &self,
        profile: &ProfileId,
        apps: &[InstalledApp],
    ) -> Result<AppsChanged, ClientError> {
        let request = into_apps_request(profile, apps);
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).set_installed_apps(request).await }
            })
            .await?;
        Ok(apps_changed(answer))
    }
}
