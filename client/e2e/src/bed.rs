//! Test beds: the real parts of a Debian system around a daemon, with nothing faked that can be
//! had.
//!
//! A bed is a room with a bus, cables that lead to a small internet, and the services that the
//! daemon learns its facts from. It starts in a fraction of a second, and all of it goes away with
//! the value that holds it.

mod bus;
mod kernel_power;
mod machine;
mod network_manager;
mod options;
mod power;
mod pretended;
mod profiles;
mod provider;
mod room;

use std::time::Duration;

use bus::Bus;
use options::{Asking, Managed};
use provider::{Provider, gateway, static_address};
use room::Room;

pub use bus::{Place, changed};
pub use kernel_power::{KernelPower, Sender};
pub use machine::{Machine, MachineOptions, missing_for_machines};
pub use network_manager::network_manager;
pub use options::{
    Addressing as BedAddressing, Asking as BedAsking, BedOptions, CheckOptions, LinkOptions,
    Managed as BedManaged,
};
pub use power::{Charge, PowerSupplies, upower, upower_daemon};
pub use pretended::Pretended;
pub use profiles::{PowerProfiles, power_profiles};
pub use provider::{Internet, Plug};
pub use room::system_root;

use crate::{
    binaries::Binaries,
    daemon::{Daemon, DaemonSetup},
    environment::Moment,
    error::HarnessError,
    namespace::Namespace,
    process::{Process, Signal},
    user::User,
    workdir::Workdir,
};

/// See the module.
#[derive(Debug)]
pub struct Bed {
    network_manager: Option<Process>,
    polkit: Option<Process>,
    asking: Asking,
    bus: Bus,
    provider: Provider,
    links: Vec<LinkOptions>,
    room: Room,
    user: User,
    workdir: Workdir,
}

impl Bed {
    /// Cables and, on top of them, nothing yet. Needs root.
    ///
    /// # Errors
    /// When the system of the tests has not been built, or the kernel refuses a part.
    pub async fn bare(options: BedOptions) -> Result<Self, HarnessError> {
        let workdir = Workdir::create()?;
        let user = User::unused(0)?;
        let room = Room::create(&workdir, user).await?;
        let provider = Provider::create(&room, &options.links).await?;
        network_manager::configure(&room, &options)?;
        let bus = Bus::new(&room)?;
        for (number, link) in (0_u8..).zip(&options.links) {
            if link.managed == Managed::ByNobody {
                bring_up(room.network(), number, &link.name)?;
            }
        }
        let BedOptions { links, asking, .. } = options;
        let (network_manager, polkit) = (None, None);
        Ok(Self { network_manager, polkit, asking, bus, provider, links, room, user, workdir })
    }

    /// Cables and a bus.
    ///
    /// # Errors
    /// As [`Self::bare`]; when the bus does not start.
    pub async fn with_bus(options: BedOptions) -> Result<Self, HarnessError> {
        let mut bed = Self::bare(options).await?;
        bed.start_bus().await?;
        Ok(bed)
    }

    /// Cables, a bus, and NetworkManager, which has finished what it does at its start.
    ///
    /// # Errors
    /// As [`Self::with_bus`]; when NetworkManager does not start.
    pub async fn with_network_manager(options: BedOptions) -> Result<Self, HarnessError> {
        let mut bed = Self::with_bus(options).await?;
        bed.start_network_manager().await?;
        Ok(bed)
    }

    /// The bus, to look at what the services say.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Where the daemon runs.
    #[must_use]
    pub fn network(&self) -> &Namespace {
        self.room.network()
    }

    /// Whom the daemon runs as: somebody whom the bus knows, and who may nothing.
    #[must_use]
    pub fn user(&self) -> User {
        self.user
    }

    /// A daemon in this bed, to be started by [`Self::start`].
    ///
    /// # Errors
    /// When it is not built.
    pub fn daemon(&self, binaries: &Binaries) -> Result<DaemonSetup, HarnessError> {
        let mut setup = DaemonSetup::new(binaries, &self.workdir, Some(self.user))?;
        setup.bus = Some(self.bus.address().to_owned());
        Ok(setup)
    }

    /// Starts a daemon where NetworkManager can see who asks it something.
    ///
    /// # Errors
    /// As [`DaemonSetup::start`].
    pub async fn start(&self, setup: &DaemonSetup) -> Result<Daemon, HarnessError> {
        setup.start_by(|command| self.room.spawn_guest(command)).await
    }

    /// Plugs a cable in or out. The instant just before the kernel was asked.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn cable(&self, link: &str, plug: Plug) -> Result<Moment, HarnessError> {
        self.provider.plug(link, plug)
    }

    /// Has another router at the far end of a cable, by its hardware address; in all else it is as
    /// the one before.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn router(&self, link: &str, hardware: &str) -> Result<(), HarnessError> {
        self.provider.replace_router(link, hardware)
    }

    /// Has somebody in the bed say something to the internet, as programs do all the time.
    ///
    /// # Errors
    /// When no way leads out.
    pub fn talk(&self) -> Result<(), HarnessError> {
        let said = self.network().enter(|| {
            let socket = std::net::UdpSocket::bind(("0.0.0.0", 0))?;
            socket.send_to(b"?", (provider::CHECK_ADDRESS, 9))
        })?;
        said.map(drop).map_err(|source| HarnessError::system("talk to the internet", source))
    }

    /// Puts something else behind a cable; whoever checks connections finds out when he does.
    pub fn internet(&self, link: &str, internet: Internet) {
        if let Some((number, _)) = (0_u8..).zip(&self.links).find(|(_, one)| one.name == link) {
            self.provider.set_internet(number, internet);
        }
    }

    /// As [`Self::internet`], and NetworkManager has checked.
    ///
    /// # Errors
    /// When NetworkManager refuses.
    pub async fn portal(&self, link: &str, internet: Internet) -> Result<(), HarnessError> {
        self.internet(link, internet);
        self.tell_network_manager(&["networking", "connectivity", "check"]).await
    }

    /// Sets whether a connection is metered, while it is up: `yes`, `no` or `unknown`.
    ///
    /// # Errors
    /// When NetworkManager refuses.
    pub async fn metered(&self, link: &str, metered: &str) -> Result<(), HarnessError> {
        self.tell_network_manager(&["connection", "modify", link, "connection.metered", metered])
            .await
    }

    /// Has NetworkManager tell so often what was sent over a link, if something was. Where it does.
    ///
    /// # Errors
    /// When NetworkManager refuses.
    pub async fn tell_of_traffic(
        &self,
        link: &str,
        every: Duration,
    ) -> Result<Place, HarnessError> {
        network_manager::tell_of_traffic(&self.room, &self.bus, (link, every)).await
    }

    /// Tells NetworkManager something in the words of `nmcli`.
    ///
    /// # Errors
    /// When it refuses.
    pub async fn tell_network_manager(&self, words: &[&str]) -> Result<(), HarnessError> {
        network_manager::tell(&self.room, &self.bus, words).await
    }

    /// Starts the bus.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_bus(&mut self) -> Result<(), HarnessError> {
        self.bus.start(&self.room).await
    }

    /// Stops the bus; the services that were on it are still there, but nobody hears them.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop_bus(&mut self) -> Result<(), HarnessError> {
        self.bus.stop().await
    }

    /// Starts NetworkManager and waits until it has finished what it does at its start.
    ///
    /// # Errors
    /// When it does not.
    pub async fn start_network_manager(&mut self) -> Result<(), HarnessError> {
        if self.asking == Asking::Allowed && self.polkit.is_none() {
            self.polkit = Some(network_manager::start_polkit(&self.room, &self.bus).await?);
        }
        self.network_manager = Some(network_manager::start(&self.room, &self.bus).await?);
        Ok(())
    }

    /// Stops it as an administrator does: what it has set up stays.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop_network_manager(&mut self) -> Result<(), HarnessError> {
        let Some(mut process) = self.network_manager.take() else { return Ok(()) };
        network_manager::stop(&mut process).await
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it has ended already.
    pub async fn kill_network_manager(&mut self) -> Result<(), HarnessError> {
        let Some(mut process) = self.network_manager.take() else { return Ok(()) };
        process.crash().await
    }

    /// Stops it and starts it again.
    ///
    /// # Errors
    /// When it does not end, or start.
    pub async fn restart_network_manager(&mut self) -> Result<(), HarnessError> {
        self.stop_network_manager().await?;
        self.start_network_manager().await
    }

    /// Power supplies, for UPower: a charger that is plugged in, and no battery yet.
    ///
    /// # Errors
    /// When a part of the system is missing.
    pub async fn power_supplies(&self) -> Result<PowerSupplies, HarnessError> {
        PowerSupplies::create(&self.room, &self.bus).await
    }

    /// Power supplies in a folder, and no UPower: what the kernel shows and says.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn kernel_power(&self) -> Result<KernelPower, HarnessError> {
        KernelPower::create(&self.workdir)
    }

    /// Starts power-profiles-daemon, and polkit, which it asks.
    ///
    /// # Errors
    /// When one of them does not start.
    pub async fn start_power_profiles(&mut self) -> Result<PowerProfiles, HarnessError> {
        if self.polkit.is_none() {
            self.polkit = Some(network_manager::start_polkit(&self.room, &self.bus).await?);
        }
        PowerProfiles::start(&self.room, &self.bus).await
    }

    /// A service that says what it is told to, and will have this name.
    ///
    /// # Errors
    /// When the bus refuses.
    pub async fn pretend(&self, name: &str) -> Result<Pretended, HarnessError> {
        Pretended::start(&self.bus, name).await
    }

    /// Chooses a power profile: `power-saver` or `balanced`.
    ///
    /// # Errors
    /// When power-profiles-daemon refuses.
    pub async fn choose_power_profile(&self, profile: &str) -> Result<(), HarnessError> {
        profiles::choose(&self.room, &self.bus, profile).await
    }

    /// Has NetworkManager stand still, or go on.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal_network_manager(&mut self, signal: Signal) -> Result<(), HarnessError> {
        self.network_manager.as_mut().map_or(Ok(()), |process| process.signal(signal))
    }
}

/// Gives a link that nobody looks after what it needs.
fn bring_up(network: &Namespace, number: u8, link: &str) -> Result<(), HarnessError> {
    let metric = (100 + u32::from(number)).to_string();
    network.ip(&["address", "add", &format!("{}/24", static_address(number)), "dev", link])?;
    network.ip(&["link", "set", link, "up"])?;
    network.ip(&[
        "route",
        "add",
        "default",
        "via",
        &gateway(number),
        "dev",
        link,
        "metric",
        &metric,
    ])
}
