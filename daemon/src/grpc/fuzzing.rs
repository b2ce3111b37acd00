//! What a fuzz target calls: requests as any local process might send them.

use prost::Message;
use pwasync_core::{
    FieldError,
    key::{LauncherId, OwnerId, SessionId},
    time::{Timestamp, WallClock},
};
use pwasync_proto::v1 as wire;
use tonic::{Code, Status};

use super::{
    attach::Attaching,
    convert::{self, apps_from_proto, held_from_proto, key_from_proto, kind_from_proto},
    dialogue::Dialogue,
    launcher::Launching,
    status::Refusal,
};

/// Text and details of a refusal travel in headers.
const REFUSAL_BYTES: usize = 2_048;

type Reader = fn(OwnerId, &[u8]) -> Result<(), Refusal>;

/// All requests with fields, each with what reads it.
const READERS: &[Reader] = &[
    |owner, bytes| {
        let request = decode::<wire::RegisterRequest>(bytes)?;
        let key = key_from_proto(owner, request.key.as_ref())?;
        let told = convert::key_to_proto(&key);
        assert_eq!(key_from_proto(owner, Some(&told))?, key);
        let new = convert::new_from_proto(key, &request)?;
        let told = convert::constraints_to_proto(new.constraints);
        assert_eq!(convert::constraints_from_proto(told.as_ref())?, new.constraints);
        Ok(())
    },
    |owner, bytes| {
        let request = decode::<wire::ReconcileRequest>(bytes)?;
        let profile = convert::profile_from_proto(owner, request.profile.as_ref())?;
        for held in &request.registrations {
            held_from_proto(&profile, held)?;
        }
        Ok(())
    },
    |_, bytes| {
        let request = decode::<wire::AttachRequest>(bytes)?;
        Attaching::hear(SessionId::new(1), request).map(drop)
    },
    |owner, bytes| {
        let hello = convert::hello_from_proto(owner, decode(bytes)?)?;
        for id in hello.running {
            assert_eq!(convert::attempt_id_from_proto(&id.to_string())?, id);
        }
        Ok(())
    },
    |_, bytes| Launching::hear(LauncherId::new(1), decode(bytes)?).map(drop),
    |_, bytes| taken(convert::launcher_hello_from_proto(decode(bytes)?)),
    |owner, bytes| {
        let request = decode::<wire::GetTagsRequest>(bytes)?;
        convert::worker_from_proto(owner, request.profile.as_ref(), &request.scope)?;
        kind_from_proto(request.kind)?;
        Ok(())
    },
    |owner, bytes| {
        let request = decode::<wire::SetPermissionRequest>(bytes)?;
        let site = convert::site_from_proto(owner, request.profile.as_ref(), &request.origin)?;
        assert_eq!(convert::origin_from_proto(&site.origin)?, *site.origin);
        convert::permission_from_proto(request.state)?;
        Ok(())
    },
    |_, bytes| taken(apps_from_proto(&decode::<wire::SetInstalledAppsRequest>(bytes)?.apps)),
    |_, bytes| {
        let request = decode::<wire::ReportEngagementRequest>(bytes)?;
        taken(convert::report_from_proto(request.report.as_ref()))
    },
    |_, bytes| taken(convert::list_from_proto(&decode(bytes)?)),
    |_, bytes| taken(convert::history_from_proto(&decode(bytes)?)),
    |_, bytes| taken(convert::question_from_proto(&decode(bytes)?)),
    |_, bytes| taken(convert::trail_from_proto(decode::<wire::ExplainRequest>(bytes)?.trail)),
    |_, bytes| taken(convert::recent_from_proto(decode::<wire::WatchRequest>(bytes)?.recent)),
    |_, bytes| taken(convert::wanted_from_proto(&decode::<wire::GetPolicyRequest>(bytes)?.key)),
    |owner, bytes| taken(convert::pause_from_proto(owner, decode(bytes)?)),
    |owner, bytes| taken(convert::override_from_proto(owner, &decode(bytes)?)),
    |owner, bytes| {
        let request = decode::<wire::ClearOverrideRequest>(bytes)?;
        convert::subject_from_proto(owner, request.subject.as_ref())?;
        convert::fact_from_proto(&request.fact)?;
        Ok(())
    },
    |_, bytes| taken(convert::network_from_proto(decode(bytes)?)),
    |_, bytes| taken(convert::power_from_proto(decode(bytes)?)),
    |_, bytes| taken(convert::resume_from_proto(&decode(bytes)?)),
    |_, bytes| taken(convert::advance_from_proto(&decode(bytes)?)),
    |_, bytes| taken(convert::step_from_proto(&decode(bytes)?)),
    |_, bytes| taken(convert::failure_from_proto(&decode(bytes)?)),
    |_, bytes| {
        let said = decode::<prost_types::Timestamp>(bytes)?;
        let millis = convert::unix_millis_from_proto("at", &said)?;
        let wall = WallClock { offset_millis: millis, ..WallClock::default() };
        let told = convert::timestamp_to_proto(wall, Timestamp::ZERO);
        assert_eq!(convert::unix_millis_from_proto("at", &told)?, millis);
        Ok(())
    },
    |_, bytes| {
        let length = convert::duration_from_proto("for", &decode(bytes)?)?;
        assert_eq!(
            convert::duration_from_proto("for", &convert::duration_to_proto(length))?,
            length
        );
        Ok(())
    },
];

/// Reads a request: the first byte says which.
///
/// # Panics
/// When a value that was read does not survive being told, or a refusal would be `UNKNOWN` or too
/// long for the headers that it travels in.
pub fn request(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let Some(read) = READERS.get(usize::from(*first)) else { return };
    let Ok(owner) = OwnerId::from_uid(1_000) else { return };
    if let Err(refusal) = read(owner, bytes) {
        let status = Status::from(refusal);
        assert!(!matches!(status.code(), Code::Unknown | Code::Ok | Code::Internal), "{status}");
        let length = status.message().len() + status.details().len();
        assert!(length <= REFUSAL_BYTES, "a refusal of {length} bytes: {status}");
    }
}

/// What it is does not matter here.
fn taken<T>(read: Result<T, FieldError>) -> Result<(), Refusal> {
    read?;
    Ok(())
}

/// What is no message is refused before it gets here.
fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Refusal> {
    let unreadable = |_| FieldError::plain("message", "", "cannot be read");
    Ok(M::decode(bytes).map_err(unreadable)?)
}
