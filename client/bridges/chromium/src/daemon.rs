//! What the bridge asks of the daemon, in the words of the sync interfaces.
//!
//! Turns the daemon's errors into the exceptions that a page sees.

use std::time::Duration;

use pwasync_client::{Client, ClientError, NewRegistration, ProfileId, RegistrationKey, SyncKind};

use crate::call::{ApiError, ExceptionName, Kind};

/// The daemon, for one profile.
#[derive(Clone, Debug)]
pub(crate) struct Daemon {
    client: Client,
    profile: ProfileId,
}

impl Daemon {
    pub(crate) fn new(client: Client, profile: ProfileId) -> Self {
        Self { client, profile }
    }

    pub(crate) async fn register(
        &self,
        scope: &str,
        kind: Kind,
        tag: &str,
        min_interval: Duration,
    ) -> Result<(), ApiError> {
        let mut new = NewRegistration::new(self.key(scope, kind, tag));
        new.min_interval = match kind {
            Kind::OneOff => None,
            Kind::Periodic => Some(min_interval),
        };
        self.client.register(&new).await.map(drop).map_err(|error| exception(&error))
    }

    pub(crate) async fn get_tags(&self, scope: &str, kind: Kind) -> Result<Vec<String>, ApiError> {
        let tags = self.client.get_tags(&self.profile, scope, sync_kind(kind)).await;
        tags.map_err(|error| exception(&error))
    }

    pub(crate) async fn unregister(
        &self,
        scope: &str,
        kind: Kind,
        tag: &str,
    ) -> Result<(), ApiError> {
        let key = self.key(scope, kind, tag);
        self.client.unregister(&key).await.map(drop).map_err(|error| exception(&error))
    }

    /// The service worker registration is gone.
    pub(crate) async fn remove_scope(&self, scope: &str) -> Result<(), ClientError> {
        self.client.remove_scope(&self.profile, scope).await.map(drop)
    }

    fn key(&self, scope: &str, kind: Kind, tag: &str) -> RegistrationKey {
        RegistrationKey {
            profile: self.profile.clone(),
            scope: scope.to_owned(),
            kind: sync_kind(kind),
            tag: tag.to_owned(),
        }
    }
}

fn sync_kind(kind: Kind) -> SyncKind {
    match kind {
        Kind::OneOff => SyncKind::OneOff,
        Kind::Periodic => SyncKind::Periodic,
    }
}

/// As the kinds of the daemon's registrations are called here.
pub(crate) fn kind(kind: SyncKind) -> Kind {
    match kind {
        SyncKind::OneOff => Kind::OneOff,
        SyncKind::Periodic => Kind::Periodic,
    }
}

/// The column "DOMException" of the protocol's table of errors.
fn exception(error: &ClientError) -> ApiError {
    tracing::debug!(%error, "the daemon did not do what a page asked for");
    let name = match error {
        ClientError::Invalid { field, .. } if field.ends_with("scope") => {
            ExceptionName::InvalidAccessError
        }
        ClientError::Invalid { .. } => ExceptionName::TypeError,
        ClientError::NotFound { .. } => ExceptionName::InvalidStateError,
        ClientError::PermissionDenied { .. } => ExceptionName::NotAllowedError,
        ClientError::NotRunning { .. }
        | ClientError::SocketRefused { .. }
        | ClientError::Disconnected { .. }
        | ClientError::TimedOut { .. }
        | ClientError::DeadlineExceeded { .. }
        | ClientError::Exhausted { .. }
        | ClientError::Unavailable { .. }
        | ClientError::Refused { .. }
        | ClientError::Unsupported { .. }
        | ClientError::Internal { .. }
        | ClientError::Malformed { .. } => ExceptionName::UnknownError,
    };
    // A page learns no more of the host than that.
    let message = match name {
        ExceptionName::UnknownError => "Background Sync is not available at the moment.".to_owned(),
        ExceptionName::TypeError
        | ExceptionName::InvalidStateError
        | ExceptionName::NotAllowedError
        | ExceptionName::InvalidAccessError => error.to_string(),
    };
    ApiError::new(name, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_the_daemon_has_its_exception() {
        let message = || "m".to_owned();
        let invalid =
            |field: &str| ClientError::Invalid { field: field.to_owned(), message: message() };
        for (error, expected) in [
            (invalid("key.scope"), ExceptionName::InvalidAccessError),
            (invalid("key.tag"), ExceptionName::TypeError),
            (ClientError::NotFound { message: message() }, ExceptionName::InvalidStateError),
            (
                ClientError::PermissionDenied { message: message(), rule: None },
                ExceptionName::NotAllowedError,
            ),
            (
                ClientError::Exhausted { message: message(), retry_after: None },
                ExceptionName::UnknownError,
            ),
            (
                ClientError::Unavailable { message: message(), retry_after: None },
                ExceptionName::UnknownError,
            ),
            (ClientError::Internal { message: message() }, ExceptionName::UnknownError),
        ] {
            assert_eq!(exception(&error).name, expected, "{error:?}");
        }
    }
}
