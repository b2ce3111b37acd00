//! Waiting for something that nobody announces: a condition is looked at again and again, up to
//! a limit that fails the caller.

use std::time::Duration;

use tokio::time::{interval, timeout};

use crate::error::HarnessError;

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks until `look` finds something.
///
/// # Errors
/// When `limit` passes first; `what` says in the error what was waited for.
pub async fn until<T>(
    limit: Duration,
    what: &str,
    mut look: impl FnMut() -> Option<T>,
) -> Result<T, HarnessError> {
    let mut ticks = interval(LOOK_EVERY);
    let found = timeout(limit, async {
        loop {
            ticks.tick().await;
            if let Some(found) = look() {
                return found;
            }
        }
    });
    found.await.map_err(|_| HarnessError::TimeOut {
        what: what.to_owned(),
        limit,
        tail: String::new(),
    })
}
