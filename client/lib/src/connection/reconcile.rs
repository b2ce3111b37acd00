//! The browser's whole list, cut into messages.

use pwasync_proto::v1;
use tokio_stream as stream;

use super::background_sync::client;
use super::{Connection, Repeat};
use crate::wire::{into_held, into_profile, reconciled};
use crate::{ClientError, HeldRegistration, ProfileId, Reconciled};

/// What the protocol allows in one message.
const MESSAGE_ENTRIES: usize = 1_000;
/// Well below the 4 MiB at which gRPC servers refuse a message.
const MESSAGE_BYTES: usize = 1 << 20;

impl Connection {
    pub(crate) async fn reconcile(
        &self,
        profile: &ProfileId,
        held: &[HeldRegistration],
    ) -> Result<Reconciled, ClientError> {
        let messages = messages(profile, held);
        let answer = self
            .call(Repeat::Once, |channel| {
                let messages = messages.clone();
                async move { client(channel).reconcile(stream::iter(messages)).await }
            })
            .await?;
        Ok(reconciled(answer))
    }
}

/// At least one: an empty list is a list.
fn messages(profile: &ProfileId, held: &[HeldRegistration]) -> Vec<v1::ReconcileRequest> {
    let first =
        v1::ReconcileRequest { profile: Some(into_profile(profile)), registrations: Vec::new() };
    let mut done = Vec::new();
    let mut filling = first;
    let mut bytes = 0;
    for entry in held {
        let size =
            entry.scope.len() + entry.tag.len() + entry.app_id.as_ref().map_or(0, String::len);
        let full = filling.registrations.len() == MESSAGE_ENTRIES || bytes + size > MESSAGE_BYTES;
        if full && !filling.registrations.is_empty() {
            done.push(std::mem::take(&mut filling));
            bytes = 0;
        }
        filling.registrations.push(into_held(entry));
        bytes += size;
    }
    done.push(filling);
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Constraints, SyncKind};

    #[test]
    fn an_empty_list_is_sent() {
        let sent = sizes(0, 1);
        assert_eq!(sent, [0]);
    }

    #[test]
    fn lists_are_cut_by_count_and_by_size() {
        assert_eq!(sizes(2_001, 1), [1_000, 1_000, 1]);
        assert_eq!(sizes(250, 10_240), [102, 102, 46]);
    }

    /// Entries of each message; the profile stands in the first alone.
    fn sizes(entries: usize, tag_bytes: usize) -> Vec<usize> {
        let profile = ProfileId { browser: "chromium".to_owned(), profile: "p".to_owned() };
        let held = HeldRegistration {
            scope: String::new(),
            kind: SyncKind::OneOff,
            tag: "x".repeat(tag_bytes),
            min_interval: None,
            app_id: None,
            constraints: Constraints::default(),
        };
        let messages = messages(&profile, &vec![held; entries]);
        let with_profile = messages.iter().filter(|message| message.profile.is_some()).count();
        assert_eq!(with_profile, 1);
        assert!(messages[0].profile.is_some());
        messages.iter().map(|message| message.registrations.len()).collect()
    }
}
