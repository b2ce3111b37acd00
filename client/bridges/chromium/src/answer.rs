//! Decides a call of the sync interfaces: may this caller say this, and what does the daemon say?
//!
//! Origin and scope are what Chromium tells of the caller; the payload can only choose among what
//! is the caller's own. The order of the checks is the specification's (S-O-15).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use url::Url;

use crate::{
    call::{ApiCall, ApiError, ExceptionName, Kind, MAX_TAG_BYTES, Operation},
    cdp::{CallError, value_of},
    pages::Document,
    registry::{Lookup, can_sync},
    shared::{Outstanding, QUICK, Shared},
};

/// The world in which the bridge asks a document for permissions, out of the page's reach.
const WORLD: &str = "pwasync";
/// Longer than any interval that a daemon could mean, and inside what the protocol can carry.
const MAX_INTERVAL: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Who calls, as Chromium says.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A script in a document.
    Document(Document),
    /// The service worker of a scope.
    Worker {
        /// Its registration's scope.
        scope: String,
    },
}

/// Answers a call.
pub(crate) async fn answer(
    shared: &Shared,
    caller: &Caller,
    call: &ApiCall,
) -> Result<Value, ApiError> {
    let scope = own_scope(caller, call)?;
    let is_active = is_active(shared, &scope).await;
    match call.operation {
        Operation::Register { min_interval_ms } => {
            if !is_active {
                return Err(ApiError::new(
                    ExceptionName::InvalidStateError,
                    "Registration failed - no active Service Worker",
                ));
            }
            check_window(shared, caller, call.kind, &scope).await?;
            check_tag(&call.tag)?;
            // What went with the scope's former registration must not take this one along.
            let mut removing = shared.removing.clone();
            let removed = removing.wait_for(|scopes| !scopes.contains(&scope));
            drop(timeout(QUICK, removed).await);
            let interval = Duration::from_millis(min_interval_ms).min(MAX_INTERVAL);
            shared.daemon.register(&scope, call.kind, &call.tag, interval).await?;
            Ok(Value::Null)
        }
        Operation::GetTags if is_active => {
            shared.daemon.get_tags(&scope, call.kind).await.map(|tags| json!(tags))
        }
        Operation::GetTags => Ok(json!([])),
        Operation::Unregister if is_active && call.tag.len() <= MAX_TAG_BYTES => {
            shared.daemon.unregister(&scope, call.kind, &call.tag).await?;
            Ok(Value::Null)
        }
        // There is nothing to remove.
        Operation::Unregister => Ok(Value::Null),
    }
}

/// Marks a registration as under way, until its answer has reached the site.
pub(crate) fn enter(
    outstanding: &Outstanding,
    caller: &Caller,
    call: &ApiCall,
) -> Option<crate::shared::OutstandingCall> {
    match call.operation {
        Operation::Register { .. } => {
            let scope = own_scope(caller, call).ok()?;
            Some(outstanding.enter((scope, call.kind, call.tag.clone())))
        }
        Operation::GetTags | Operation::Unregister => None,
    }
}

/// The scope that the call is about: a worker's is its own, a document may name those of its origin.
fn own_scope(caller: &Caller, call: &ApiCall) -> Result<String, ApiError> {
    let refused = |message| ApiError::new(ExceptionName::InvalidAccessError, message);
    let (scope, origin) = match caller {
        Caller::Worker { scope } => (scope, None),
        Caller::Document(document) => (&call.scope, Some(&document.origin)),
    };
    let url = Url::parse(scope).map_err(|_| refused("the scope is not a URL"))?;
    if origin.is_some_and(|origin| url.origin().ascii_serialization() != *origin) {
        tracing::debug!("a page named a scope of another origin and was refused");
        return Err(refused("the scope is not of this origin"));
    }
    if !can_sync(&url) {
        return Err(refused("background sync needs https, or http on this machine"));
    }
    Ok(scope.clone())
}

/// S-O-10. A page may be a moment ahead of what Chromium has told the bridge.
async fn is_active(shared: &Shared, scope: &str) -> bool {
    let mut registry = shared.registry.clone();
    let listed = registry.wait_for(|registry| match registry.look_up(scope) {
        Lookup::Present { active, .. } => active,
        Lookup::Absent | Lookup::Unsettled => false,
    });
    matches!(timeout(shared.tuning.listing_limit, listed).await, Ok(Ok(_)))
}

/// S-O-11 and S-O-12: the permission is asked in a document of the origin, and a window there must
/// be.
async fn check_window(
    shared: &Shared,
    caller: &Caller,
    kind: Kind,
    scope: &str,
) -> Result<(), ApiError> {
    let origin = Url::parse(scope).map(|url| url.origin().ascii_serialization()).ok();
    let window =
        shared.windows.borrow().values().find(|w| Some(&w.origin) == origin.as_ref()).cloned();
    let asked = match caller {
        Caller::Document(document) => Some(document),
        Caller::Worker { .. } => window.as_ref(),
    };
    if let Some(document) = asked {
        check_permission(shared, document, kind).await?;
    }
    if window.is_none() {
        return Err(ApiError::new(
            ExceptionName::InvalidAccessError,
            "Registration failed - not called from a main frame or window client",
        ));
    }
    Ok(())
}

async fn check_permission(
    shared: &Shared,
    document: &Document,
    kind: Kind,
) -> Result<(), ApiError> {
    let state = permission(shared, document, kind).await.map_err(|error| {
        tracing::debug!(%error, "a permission could not be asked for");
        ApiError::new(ExceptionName::UnknownError, "the permission could not be asked for")
    })?;
    let granted = match kind {
        // Only a denial keeps one-off syncs away (S-O-06).
        Kind::OneOff => state.as_str().is_some_and(|state| state != "denied"),
        Kind::Periodic => state == "granted",
    };
    if granted {
        return Ok(());
    }
    Err(ApiError::new(ExceptionName::NotAllowedError, "Permission denied."))
}

async fn permission(shared: &Shared, document: &Document, kind: Kind) -> Result<Value, CallError> {
    let params = json!({ "frameId": document.frame, "worldName": WORLD });
    let session = Some(&document.session);
    let world = shared.connection.call(session, "Page.createIsolatedWorld", params, QUICK).await?;
    let name = match kind {
        Kind::OneOff => "background-sync",
        Kind::Periodic => "periodic-background-sync",
    };
    let params = json!({
        "expression": format!("navigator.permissions.query({{name: '{name}'}}).then((s) => s.state)"),
        "contextId": world["executionContextId"],
        "awaitPromise": true,
        "returnByValue": true,
    });
    let result = shared.connection.call(session, "Runtime.evaluate", params, QUICK).await?;
    value_of(result)
}

fn check_tag(tag: &str) -> Result<(), ApiError> {
    if tag.len() <= MAX_TAG_BYTES {
        return Ok(());
    }
    Err(ApiError::new(
        ExceptionName::TypeError,
        format!("the tag is longer than the limit of {MAX_TAG_BYTES} bytes"),
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_page_speaks_for_scopes_of_its_own_origin_only() {
        for (scope, expected) in [
            ("https://a.example/", true),
            ("https://a.example/deep/er", true),
            ("https://a.example:8443/", false),
            ("http://a.example/", false),
            ("https://b.example/", false),
            ("https://a.example@b.example/", false),
            ("nonsense", false),
            ("", false),
        ] {
            let result = own_scope(&document("https://a.example"), &call(scope));
            assert_eq!(result.is_ok(), expected, "{scope}");
        }
    }

    #[test]
    fn an_opaque_origin_has_no_scope() {
        for origin in ["null", "://", ""] {
            for scope in ["data:text/html,x", "about:blank", "https://a.example/"] {
                assert!(own_scope(&document(origin), &call(scope)).is_err(), "{origin} {scope}");
            }
        }
    }

    #[test]
    fn a_worker_speaks_for_its_own_scope_whatever_it_says() {
        let caller = Caller::Worker { scope: "https://a.example/".to_owned() };
        assert_eq!(own_scope(&caller, &call("https://b.example/")).unwrap(), "https://a.example/");
    }

    #[test]
    fn the_tag_limit_is_in_bytes() {
        assert!(check_tag(&"ü".repeat(MAX_TAG_BYTES / 2)).is_ok());
        let error = check_tag(&format!("{}x", "ü".repeat(MAX_TAG_BYTES / 2))).unwrap_err();
        assert_eq!(error.name, ExceptionName::TypeError);
    }

    fn document(origin: &str) -> Caller {
        Caller::Document(Document {
            session: Arc::from("S"),
            frame: "F".to_owned(),
            origin: origin.to_owned(),
            context: "U".to_owned(),
        })
    }

    fn call(scope: &str) -> ApiCall {
        ApiCall {
            id: 1,
            operation: Operation::Register { min_interval_ms: 0 },
            kind: Kind::OneOff,
            scope: scope.to_owned(),
            tag: "t".to_owned(),
        }
    }
}
