//! What goes over a launcher's stream.

use std::{collections::BTreeSet, time::Duration};

use pwasync_core::{
    FieldError,
    attempt::DETAIL_BYTES,
    key::{LaunchToken, LauncherId, ProfileId},
};
use pwasync_proto::v1 as wire;
use wire::launcher_attach_response::Message as Down;

use super::{
    keys::profile_id_from_proto,
    limits::{at_most_so_many, text_from_proto},
    sessions::{AGENT_BYTES, closing_reason, launch_token_from_proto},
    time::duration_to_proto,
};
use crate::channel::ToLauncher;

/// Profiles that one launcher can start.
const PROFILES: usize = 64;

/// The first message of a launcher: what it can start, and its name.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn launcher_hello_from_proto(
    hello: wire::LauncherHello,
) -> Result<(BTreeSet<ProfileId>, String), FieldError> {
    let profiles = profiles_from_proto(&hello.profiles)?;
    Ok((profiles, text_from_proto("agent", hello.agent, AGENT_BYTES)?))
}

/// What a launcher can start.
///
/// # Errors
/// When there are too many, or a name breaks its rule.
pub(crate) fn profiles_from_proto(
    profiles: &[wire::ProfileId],
) -> Result<BTreeSet<ProfileId>, FieldError> {
    at_most_so_many("profiles", profiles.len(), PROFILES)?;
    profiles.iter().map(profile_id_from_proto).collect()
}

/// A browser that did not start, and why.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn launch_failed_from_proto(
    failed: wire::LaunchFailed,
) -> Result<(LaunchToken, Box<str>), FieldError> {
    let token = launch_token_from_proto(&failed.launch_token)?;
    Ok((token, text_from_proto("reason", failed.reason, DETAIL_BYTES)?.into()))
}

/// The daemon's first message.
pub(crate) fn launcher_welcome_to_proto(id: LauncherId) -> wire::LauncherAttachResponse {
    message(Down::Welcome(wire::LauncherWelcome {
        launcher_id: id.number(),
        daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

/// A message to an attached launcher.
pub(crate) fn to_launcher_to_proto(said: &ToLauncher) -> wire::LauncherAttachResponse {
    let text = |LaunchToken(id): &LaunchToken| id.to_string();
    match said {
        ToLauncher::Launch { profile, token, time_limit } => message(Down::Launch(wire::Launch {
            profile: Some(wire::ProfileId {
                browser: profile.browser().to_owned(),
                profile: profile.profile().to_owned(),
            }),
            launch_token: text(token),
            time_limit: Some(duration_to_proto(*time_limit)),
        })),
        ToLauncher::Cancel(token) => {
            message(Down::LaunchCancel(wire::LaunchCancel { launch_token: text(token) }))
        }
        ToLauncher::Closing { reason, reconnect_after } => {
            launcher_closing_to_proto(closing_reason(*reason), *reconnect_after, String::new())
        }
    }
}

/// The last message of a launcher's stream; `detail` names field, value and limit.
pub(crate) fn launcher_closing_to_proto(
    reason: wire::ClosingReason,
    reconnect_after: Option<Duration>,
    detail: String,
) -> wire::LauncherAttachResponse {
    message(Down::Closing(wire::Closing {
        reason: reason.into(),
        reconnect_after: reconnect_after.map(duration_to_proto),
        detail,
    }))
}

fn message(message: Down) -> wire::LauncherAttachResponse {
    wire::LauncherAttachResponse { message: Some(message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pwasync_core::key::AttemptId;

    fn profiles(count: usize) -> Vec<wire::ProfileId> {
        let profile = |number: usize| format!("p{number}");
        let one = |number| wire::ProfileId { browser: "chromium".into(), profile: profile(number) };
        (0..count).map(one).collect()
    }

    #[test]
    fn a_launcher_keeps_its_limits() {
        let hello = |profiles, agent: &str| {
            let hello = wire::LauncherHello { profiles, agent: agent.into() };
            launcher_hello_from_proto(hello).map_err(|error| error.to_string())
        };
        assert_eq!(hello(profiles(64), "agent 1.0").unwrap().0.len(), 64);
        let wrong = hello(profiles(65), "").unwrap_err();
        assert_eq!(wrong, "field `profiles`: value `65` is more than 64 entries");
        let wrong = hello(vec![], &"a".repeat(257)).unwrap_err();
        assert!(wrong.ends_with("is longer than 256 bytes (257)"), "{wrong}");
        let nameless = wire::ProfileId { browser: "chromium".into(), profile: String::new() };
        assert!(hello(vec![nameless], "").unwrap_err().starts_with("field `profile.profile`"));
    }

    #[test]
    fn launches_are_named_by_their_tokens() {
        let token = LaunchToken(AttemptId { epoch: 2, counter: 7 });
        let launch = ToLauncher::Launch {
            profile: ProfileId::parse("chromium", "p").unwrap(),
            token,
            time_limit: Duration::from_secs(60),
        };
        let Some(Down::Launch(launch)) = to_launcher_to_proto(&launch).message else {
            panic!("expected a launch");
        };
        assert_eq!((launch.launch_token.as_str(), launch.time_limit.unwrap().seconds), ("2-7", 60));
        let failed = |launch_token: &str, reason: &str| {
            let (launch_token, reason) = (launch_token.into(), reason.into());
            let failed = wire::LaunchFailed { launch_token, reason };
            launch_failed_from_proto(failed).map_err(|error| error.to_string())
        };
        assert_eq!(failed("2-7", "no"), Ok((token, "no".into())));
        let wrong = failed("", "").unwrap_err();
        assert_eq!(wrong, "field `launch_token`: value `` is not `epoch-counter`");
        let wrong = failed("2-7", &"x".repeat(1_025)).unwrap_err();
        assert!(wrong.ends_with("is longer than 1024 bytes (1025)"), "{wrong}");
    }
}
