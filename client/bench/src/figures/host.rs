//! The daemon on a host of its own, with a real NetworkManager, for several entries.

use std::{fs, time::Duration};

use anyhow::Context;
use pwasync_e2e::{
    Daemon, DaemonSetup,
    bed::{Bed, BedOptions, system_root},
    is_root,
};
use pwasync_proto::v1::{self as wire, admin_client::AdminClient};
use tokio::time::{interval, timeout};
use tonic::{Streaming, transport::Channel};

use crate::{
    drive::connect,
    stage::{POLICY, Stage},
};

/// What does not come within this time does not come.
pub(super) const LIMIT: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// See the module.
pub(super) struct Host {
    pub(super) setup: DaemonSetup,
    pub(super) daemon: Daemon,
    pub(super) bed: Bed,
}

impl Host {
    /// Starts it; `settle`: how long a network must be there before it counts.
    ///
    /// # Errors
    /// When the system of the tests is not built, or a part does not start.
    pub(super) async fn start(
        stage: &Stage<'_>,
        options: BedOptions,
        settle: Option<Duration>,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(is_root(), "only root can make a host");
        let built = system_root().is_some();
        anyhow::ensure!(
            built,
            "the system of the tests is not built\nhint: run \
             `packaging/test-host/root.sh`"
        );
        let bed = Bed::with_network_manager(options).await?;
        let mut setup = bed.daemon(stage.binaries)?;
        fs::write(setup.policy(), POLICY).context("cannot write the policy")?;
        "warn".clone_into(&mut setup.log);
        setup.settle = settle;
        let daemon = bed.start(&setup).await?;
        Ok(Self { setup, daemon, bed })
    }

    async fn admin(&self) -> anyhow::Result<AdminClient<Channel>> {
        Ok(AdminClient::new(connect(self.setup.socket()).await?))
    }

    /// All that happens from now on.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub(super) async fn watch(&self) -> anyhow::Result<Streaming<wire::WatchResponse>> {
        Ok(self.admin().await?.watch(wire::WatchRequest::default()).await?.into_inner())
    }

    /// Waits until the network is there and has settled.
    ///
    /// # Errors
    /// When it does not come.
    pub(super) async fn until_online(&self) -> anyhow::Result<()> {
        self.until(|host| host.online == Some(true) && host.settled).await
    }

    /// Waits until the host is as wanted, in the daemon's eyes.
    ///
    /// # Errors
    /// When it does not become so.
    pub(super) async fn until(
        &self,
        wanted: impl Fn(&wire::HostState) -> bool,
    ) -> anyhow::Result<()> {
        let mut admin = self.admin().await?;
        let mut looks = interval(LOOK_EVERY);
        let seen = timeout(LIMIT, async {
            loop {
                looks.tick().await;
                let status = admin.get_status(wire::GetStatusRequest::default()).await?;
                let host = status.into_inner().host.unwrap_or_default();
                if wanted(&host) {
                    return anyhow::Ok(());
                }
            }
        });
        seen.await.context("the host does not become as wanted")?
    }
}
