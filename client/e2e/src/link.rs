//! A cable between two namespaces: a veth pair whose far end can be pulled out and put back.
//!
//! The switch and the watch speak netlink themselves, since starting `ip` takes longer than
//! what is measured.

use std::{io, time::Duration};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::{
    RouteNetlinkMessage,
    link::{LinkAttribute, LinkFlags, LinkMessage},
};
use netlink_sys::{
    AsyncSocket, AsyncSocketExt, Socket, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE,
};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle, time::timeout};

use crate::{environment::Moment, error::HarnessError, namespace::Namespace};

/// Address of the browser's end.
pub const NEAR_ADDRESS: &str = "10.77.0.2";
/// Address of the server's end.
pub const FAR_ADDRESS: &str = "10.77.0.1";

const NEAR_LINK: &str = "near0";
const FAR_LINK: &str = "far0";
/// Locally administered hardware addresses.
const NEAR_HARDWARE: &str = "02:00:00:00:00:02";
const FAR_HARDWARE: &str = "02:00:00:00:00:01";
/// The group of link messages, as a bit of the bind mask.
const LINK_GROUP: u32 = 1;

/// Which end a switch acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CableEnd {
    /// The browser's own interface is set down: its routes go too.
    Near,
    /// The other end goes down: the browser's interface loses its carrier, as when a cable is
    /// pulled out; its addresses and routes stay.
    Far,
}

/// Two namespaces and the cable between them.
#[derive(Debug)]
pub struct Cable {
    near: Namespace,
    far: Namespace,
}

impl Cable {
    /// Makes both namespaces and the cable, addresses and the near end's default route, all up.
    ///
    /// # Errors
    /// When the kernel refuses a part of it.
    pub fn create() -> Result<Self, HarnessError> {
        let (near, far) = (Namespace::create()?, Namespace::create()?);
        let far_path = far.path().display().to_string();
        near.ip(&[
            "link",
            "add",
            NEAR_LINK,
            "address",
            NEAR_HARDWARE,
            "type",
            "veth",
            "peer",
            "name",
            FAR_LINK,
            "address",
            FAR_HARDWARE,
            "netns",
            &far_path,
        ])?;
        far.ip(&["address", "add", &format!("{FAR_ADDRESS}/24"), "dev", FAR_LINK])?;
        near.ip(&["address", "add", &format!("{NEAR_ADDRESS}/24"), "dev", NEAR_LINK])?;
        far.ip(&["link", "set", FAR_LINK, "up"])?;
        near.ip(&["link", "set", NEAR_LINK, "up"])?;
        far.ip(&["neighbour", "add", NEAR_ADDRESS, "lladdr", NEAR_HARDWARE, "dev", FAR_LINK])?;
        let cable = Self { near, far };
        cable.add_routes()?;
        Ok(cable)
    }

    /// Where browser, bridge and daemon run.
    #[must_use]
    pub fn near(&self) -> &Namespace {
        &self.near
    }

    /// Where the server runs.
    #[must_use]
    pub fn far(&self) -> &Namespace {
        &self.far
    }

    /// Takes an end down. Returns the instant just before the kernel was asked.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn down(&self, end: CableEnd) -> Result<Moment, HarnessError> {
        let (namespace, link) = self.end(end);
        set_up(namespace, link, LinkFlags::empty())
    }

    /// Brings an end up. Returns the instant just before the kernel was asked.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn up(&self, end: CableEnd) -> Result<Moment, HarnessError> {
        let (namespace, link) = self.end(end);
        let asked = set_up(namespace, link, LinkFlags::Up)?;
        // The kernel drops the routes of a link that is set down, not of one without carrier.
        if end == CableEnd::Near {
            self.add_routes()?;
        }
        Ok(asked)
    }

    /// Watches the carrier of the near end, from the kernel's own messages.
    ///
    /// # Errors
    /// When the netlink socket cannot be made.
    pub fn watch_carrier(&self) -> Result<CarrierWatch, HarnessError> {
        CarrierWatch::of(&self.near, NEAR_LINK)
    }

    fn end(&self, end: CableEnd) -> (&Namespace, &'static str) {
        match end {
            CableEnd::Near => (&self.near, NEAR_LINK),
            CableEnd::Far => (&self.far, FAR_LINK),
        }
    }

    /// The kernel asks for an unknown neighbour once a second, so whoever sends during an outage
    /// delays all others after it by up to that. This is luck, and not what is measured: both
    /// ends know each other.
    fn add_routes(&self) -> Result<(), HarnessError> {
        let near = &self.near;
        near.ip(&["neighbour", "replace", FAR_ADDRESS, "lladdr", FAR_HARDWARE, "dev", NEAR_LINK])?;
        near.ip(&["route", "replace", "default", "via", FAR_ADDRESS, "dev", NEAR_LINK])
    }
}

/// A link's carrier over time.
#[derive(Debug)]
pub struct CarrierWatch {
    changes: mpsc::Receiver<(Moment, LinkFlags)>,
    task: JoinHandle<()>,
}

impl CarrierWatch {
    /// Watches the carrier of a link, from the kernel's own messages.
    ///
    /// # Errors
    /// When the netlink socket cannot be made.
    pub fn of(namespace: &Namespace, link: &str) -> Result<Self, HarnessError> {
        let handle = Handle::current();
        let socket = namespace.enter(|| {
            let _runtime = handle.enter();
            let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
            socket.socket_mut().bind(&SocketAddr::new(0, LINK_GROUP))?;
            io::Result::Ok(socket)
        })?;
        let socket = socket.map_err(|source| HarnessError::system("watch the links", source))?;
        // A switch is thrown a few times a second at most; what nobody reads may wait here.
        let (sender, changes) = mpsc::channel(256);
        let task = tokio::spawn(forward_carrier(socket, link.to_owned(), sender));
        Ok(Self { changes, task })
    }

    /// Waits for the carrier to come (`true`) or go, and says when the kernel told it.
    ///
    /// # Errors
    /// When it does not happen inside `limit`.
    pub async fn carrier(
        &mut self,
        up: CarrierState,
        limit: Duration,
    ) -> Result<Moment, HarnessError> {
        let seen = timeout(limit, async {
            while let Some((at, flags)) = self.changes.recv().await {
                if flags.contains(LinkFlags::LowerUp) == (up == CarrierState::Present) {
                    return Some(at);
                }
            }
            None
        });
        seen.await.ok().flatten().ok_or_else(|| HarnessError::TimeOut {
            what: format!("the carrier to be {up:?}"),
            limit,
            tail: String::new(),
        })
    }
}

impl Drop for CarrierWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether a signal is on the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarrierState {
    /// The other end is up.
    Present,
    /// The other end is down.
    Absent,
}

async fn forward_carrier(
    socket: TokioSocket,
    link: String,
    sender: mpsc::Sender<(Moment, LinkFlags)>,
) {
    while let Ok((bytes, _)) = socket.recv_from_full().await {
        let at = Moment::now();
        let Some(flags) = link_flags(&bytes, &link) else { continue };
        if sender.send((at, flags)).await.is_err() {
            return;
        }
    }
}

fn link_flags(bytes: &[u8], name: &str) -> Option<LinkFlags> {
    let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(bytes).ok()?;
    let NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) = message.payload else {
        return None;
    };
    let ours = LinkAttribute::IfName(name.to_owned());
    link.attributes.contains(&ours).then_some(link.header.flags)
}

/// Sets or clears `IFF_UP` and waits for the kernel's acknowledgement.
pub(crate) fn set_up(
    namespace: &Namespace,
    link: &str,
    flags: LinkFlags,
) -> Result<Moment, HarnessError> {
    let mut message = LinkMessage::default();
    message.header.flags = flags;
    message.header.change_mask = LinkFlags::Up;
    message.attributes.push(LinkAttribute::IfName(link.to_owned()));
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_ACK;
    header.sequence_number = 1;
    let mut packet =
        NetlinkMessage::new(header, NetlinkPayload::from(RouteNetlinkMessage::SetLink(message)));
    packet.finalize();
    let mut bytes = vec![0; packet.buffer_len()];
    packet.serialize(&mut bytes);
    namespace
        .enter(|| ask_kernel(&bytes))?
        .map_err(|source| HarnessError::system(format!("switch the link `{link}`"), source))
}

fn ask_kernel(request: &[u8]) -> io::Result<Moment> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let asked = Moment::now();
    socket.send(request, 0)?;
    let (answer, _) = socket.recv_from_full()?;
    let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer)
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let NetlinkPayload::Error(error) = answer.payload else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    // An error without a code is the acknowledgement.
    if error.code.is_some() { Err(error.to_io()) } else { Ok(asked) }
}
