//! The calls about the daemon's policy.

use pwasync_proto::v1;

use super::admin::client;
use super::{Connection, Repeat};
use crate::wire::{policy, policy_reload};
use crate::{ClientError, Policy, PolicyReload};

impl Connection {
    /// An empty key stands for all of them.
    pub(crate) async fn policy(&self, key: &str) -> Result<Policy, ClientError> {
        let request = v1::GetPolicyRequest { key: key.to_owned() };
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).get_policy(request).await }
            })
            .await?;
        Ok(policy(answer))
    }

    pub(crate) async fn reload_policy(&self) -> Result<PolicyReload, ClientError> {
        let answer = self
            .call(Repeat::Never, |channel| async move {
                client(channel).reload_policy(v1::ReloadPolicyRequest {}).await
            })
            .await?;
        Ok(policy_reload(answer))
    }
}
