//! Permissions and installed apps.

use pwasync_proto::v1;

use super::key::{into_kind, into_profile};
use crate::{AppsChanged, InstalledApp, PermissionState, ProfileId, SyncKind};

pub(crate) fn into_permission_request(
    profile: &ProfileId,
    origin: &str,
    kind: SyncKind,
    state: PermissionState,
) -> v1::SetPermissionRequest {
    let state = match state {
        PermissionState::Granted => v1::PermissionState::Granted,
        PermissionState::Denied => v1::PermissionState::Denied,
        PermissionState::Prompt => v1::PermissionState::Prompt,
    };
    v1::SetPermissionRequest {
        profile: Some(into_profile(profile)),
        origin: origin.to_owned(),
        kind: into_kind(kind).into(),
        state: state.into(),
    }
}

pub(crate) fn into_apps_request(
    profile: &ProfileId,
    apps: &[InstalledApp],
) -> v1::SetInstalledAppsRequest {
    let app = |InstalledApp { app_id, scope }: &InstalledApp| v1::InstalledApp {
        app_id: app_id.clone(),
        scope: scope.clone(),
    };
    v1::SetInstalledAppsRequest {
        profile: Some(into_profile(profile)),
        apps: apps.iter().map(app).collect(),
    }
}

pub(crate) fn apps_changed(wire: v1::SetInstalledAppsResponse) -> AppsChanged {
    let v1::SetInstalledAppsResponse { added, removed } = wire;
    AppsChanged { added, removed }
}
