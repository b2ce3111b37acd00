//! The launcher's stream, both ways.

use pwasync_proto::v1;
use pwasync_proto::v1::{launcher_attach_request, launcher_attach_response};

use super::key::{into_profile, profile};
use super::session::close_reason;
use super::time::duration;
use super::{missing, some_text};
use crate::{ClientError, LauncherEvent, ProfileId};

/// What a launcher says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FromLauncher {
    Hello { profiles: Vec<ProfileId>, agent: String },
    Started { launch_token: String },
    Failed { launch_token: String, reason: String },
    ProfilesChanged { profiles: Vec<ProfileId> },
}

/// What it hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ToLauncher {
    Welcome { launcher_id: u64, daemon_version: String },
    Event(LauncherEvent),
}

pub(crate) fn into_launcher_request(message: FromLauncher) -> v1::LauncherAttachRequest {
    use launcher_attach_request::Message;
    let profiles = |of: Vec<ProfileId>| of.iter().map(into_profile).collect();
    let message = match message {
        FromLauncher::Hello { profiles: of, agent } => {
            Message::Hello(v1::LauncherHello { profiles: profiles(of), agent })
        }
        FromLauncher::Started { launch_token } => {
            Message::LaunchStarted(v1::LaunchStarted { launch_token })
        }
        FromLauncher::Failed { launch_token, reason } => {
            Message::LaunchFailed(v1::LaunchFailed { launch_token, reason })
        }
        FromLauncher::ProfilesChanged { profiles: of } => {
            Message::ProfilesChanged(v1::ProfilesChanged { profiles: profiles(of) })
        }
    };
    v1::LauncherAttachRequest { message: Some(message) }
}

/// None: a message that only a newer client understands.
pub(crate) fn to_launcher(
    wire: v1::LauncherAttachResponse,
) -> Result<Option<ToLauncher>, ClientError> {
    use launcher_attach_response::Message;
    let Some(message) = wire.message else { return Ok(None) };
    Ok(Some(match message {
        Message::Welcome(v1::LauncherWelcome { launcher_id, daemon_version }) => {
            ToLauncher::Welcome { launcher_id, daemon_version }
        }
        Message::Launch(wire) => ToLauncher::Event(launch(wire)?),
        Message::LaunchCancel(v1::LaunchCancel { launch_token }) => {
            ToLauncher::Event(LauncherEvent::Cancel { launch_token })
        }
        Message::Closing(v1::Closing { reason, reconnect_after, detail }) => {
            ToLauncher::Event(LauncherEvent::Closing {
                reason: close_reason(reason),
                reconnect_after: duration("closing.reconnect_after", reconnect_after)?,
                detail: some_text(detail),
            })
        }
    }))
}

fn launch(wire: v1::Launch) -> Result<LauncherEvent, ClientError> {
    let v1::Launch { profile: of, launch_token, time_limit } = wire;
    Ok(LauncherEvent::Launch {
        profile: profile("launch.profile", of)?,
        launch_token,
        time_limit: duration("launch.time_limit", time_limit)?
            .ok_or_else(|| missing("launch.time_limit"))?,
    })
}
