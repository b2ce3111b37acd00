//! Filters and pages of lists.

use prost::Message;
use pwasync_core::{
    FieldError, Filter, Page,
    key::{OwnerId, RegistrationId, Scope},
    registration::StateName,
    time::WallClock,
};
use pwasync_proto::v1 as wire;

use super::{
    keys::{kind_from_proto, profile_id_from_proto},
    limits::{none_of, number_from_proto},
    registrations::registration_to_proto,
};

/// Registrations on one page.
const PAGE: u32 = 1_000;
/// Bytes of a page that has more than one registration: gRPC clients take 4 MiB if nobody tells
/// them otherwise, and a page of long tags has more.
const PAGE_BYTES: usize = 2 << 20;

/// What is to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// Which registrations.
    pub(crate) filter: Filter,
    /// Those after this one.
    pub(crate) after: RegistrationId,
    /// At most so many.
    pub(crate) limit: usize,
}

/// What is to be listed.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn list_from_proto(
    request: &wire::ListRegistrationsRequest,
) -> Result<List, FieldError> {
    let size = match number_from_proto("page_size", request.page_size, PAGE)? {
        0 => PAGE,
        size => size,
    };
    let filter = Filter {
        owner: request.owner_uid.map(owner_from_proto).transpose()?,
        profile: request.profile.as_ref().map(profile_id_from_proto).transpose()?,
        origin: given(&request.origin).map(origin_from_proto).transpose()?,
        kind: Some(request.kind).filter(|kind| *kind != 0).map(kind_from_proto).transpose()?,
        id: Some(request.id).filter(|id| *id != 0).map(RegistrationId::new),
        state: state_from_proto(request.state)?,
    };
    Ok(List {
        filter,
        after: after_from_proto(&request.page_token)?,
        limit: usize::try_from(size).unwrap_or(usize::MAX),
    })
}

/// A text that is there.
pub(crate) fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// An owner by its uid.
///
/// # Errors
/// When it is nobody's.
pub(crate) fn owner_from_proto(uid: u32) -> Result<OwnerId, FieldError> {
    OwnerId::from_uid(uid).map_err(|error| FieldError { field: "owner_uid", ..error })
}

/// Scheme, host and port, normalised as scopes are; a slash at the end does not matter.
///
/// # Errors
/// When it is anything else.
pub(crate) fn origin_from_proto(origin: &str) -> Result<String, FieldError> {
    let scope = Scope::parse(origin).map_err(|error| FieldError { field: "origin", ..error })?;
    if scope.as_str().strip_suffix('/') != Some(scope.origin()) {
        return Err(FieldError::text("origin", origin, "must be scheme, host and port alone"));
    }
    Ok(scope.origin().to_owned())
}

fn state_from_proto(state: i32) -> Result<Option<StateName>, FieldError> {
    use wire::RegistrationState as State;
    match State::try_from(state) {
        Ok(State::Unspecified) => Ok(None),
        Ok(State::Pending) => Ok(Some(StateName::Pending)),
        Ok(State::Waiting) => Ok(Some(StateName::Waiting)),
        Ok(State::Firing) => Ok(Some(StateName::Firing)),
        Ok(State::ReregisteredWhileFiring) => Ok(Some(StateName::ReregisteredWhileFiring)),
        Ok(State::Suspended) => Ok(Some(StateName::Suspended)),
        Err(_) => Err(none_of("state", state, "a RegistrationState (0 to 5)")),
    }
}

/// A page token is the number of the last registration before the page.
fn after_from_proto(token: &str) -> Result<RegistrationId, FieldError> {
    let number = given(token).map(token_from_proto).transpose()?;
    Ok(RegistrationId::new(number.unwrap_or(0)))
}

/// The number that a page token is.
///
/// # Errors
/// When it is none of ours.
pub(crate) fn token_from_proto(token: &str) -> Result<u64, FieldError> {
    let wrong = || FieldError::text("page_token", token, "is no `next_page_token` of an answer");
    let plain = token.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| token.parse().ok()).flatten().ok_or_else(wrong)
}

/// A page of registrations.
pub(crate) fn page_to_proto(wall: WallClock, page: &Page) -> wire::ListRegistrationsResponse {
    let mut registrations: Vec<wire::Registration> = Vec::new();
    let (mut bytes, mut next) = (0, page.next);
    for view in &page.views {
        let shown = registration_to_proto(wall, view);
        bytes += shown.encoded_len();
        if let Some(last) = registrations.last()
            && bytes > PAGE_BYTES
        {
            next = Some(RegistrationId::new(last.id));
            break;
        }
        registrations.push(shown);
    }
    let next_page_token = next.map_or(String::new(), |id| id.to_string());
    wire::ListRegistrationsResponse { registrations, next_page_token }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(request: wire::ListRegistrationsRequest) -> Result<List, String> {
        list_from_proto(&request).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_request_lists_all_by_1000() {
        let list = parse(Default::default()).unwrap();
        assert_eq!(list.filter, Filter::default());
        assert_eq!((list.after.number(), list.limit), (0, 1_000));
    }

    #[test]
    fn each_filter_is_checked() {
        let request = || wire::ListRegistrationsRequest::default();
        let refused = |request| parse(request).unwrap_err();
        assert_eq!(
            refused(wire::ListRegistrationsRequest { page_size: 1_001, ..request() }),
            "field `page_size`: value `1001` is more than 1000"
        );
        assert_eq!(
            refused(wire::ListRegistrationsRequest { page_token: "x9".into(), ..request() }),
            "field `page_token`: value `x9` is no `next_page_token` of an answer"
        );
        assert_eq!(
            refused(wire::ListRegistrationsRequest { kind: 9, ..request() }),
            "field `kind`: value `9` must be ONE_OFF (1) or PERIODIC (2)"
        );
        assert_eq!(
            refused(wire::ListRegistrationsRequest { state: -1, ..request() }),
            "field `state`: value `-1` must be a RegistrationState (0 to 5)"
        );
        assert_eq!(
            refused(wire::ListRegistrationsRequest { owner_uid: Some(65_534), ..request() }),
            "field `owner_uid`: value `65534` is the kernel's overflow uid: no user"
        );
        let origin = |origin: &str| wire::ListRegistrationsRequest {
            origin: origin.into(),
            ..Default::default()
        };
        assert_eq!(
            refused(origin("https://example.org/app/")),
            "field `origin`: value `https://example.org/app/` must be scheme, host and port alone"
        );
        assert!(refused(origin("example")).starts_with("field `origin`: value `example` is not"));
        let list = parse(origin("https://Example.org:443")).unwrap();
        assert_eq!(list.filter.origin.unwrap(), "https://example.org");
    }

    #[test]
    fn a_state_can_be_asked_for_and_pages_go_on() {
        let list = parse(wire::ListRegistrationsRequest {
            state: wire::RegistrationState::Suspended.into(),
            page_token: "41".into(),
            page_size: 7,
            ..Default::default()
        });
        let list = list.unwrap();
        assert_eq!(list.filter.state, Some(StateName::Suspended));
        assert_eq!((list.after.number(), list.limit), (41, 7));
    }
}
