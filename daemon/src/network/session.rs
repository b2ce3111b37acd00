//! One netlink socket from its opening to its first trouble. After trouble it is thrown away and
//! another one reads everything anew.

use std::{io, time::Duration};

use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE};
use pwasync_core::facts::{DefaultRoute, Family, Netlink};
use rustix::io::Errno;
use thiserror::Error;
use tokio::time::timeout;

use super::{
    Settings,
    naming::Naming,
    parse::{self, Body, Change, Message, Truncated},
    request::{self, Dump},
    table::{Routes, Table},
};

/// RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR and _IPV6_ROUTE.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// RTNLGRP_NEIGH: heard only while a gateway is not known, since each neighbour that anybody talks to
/// tells something every other minute.
const NEIGHBOURS: u32 = 3;

/// The kernel fills at most 32 KiB at once.
const DATAGRAM: usize = 64 * 1024;

/// The kernel answers at once; whoever has waited this long waits in vain.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A dump is repeated this often when something changes meanwhile.
const DUMPS: u32 = 8;

/// Datagrams that are taken together, before the picture is looked at.
const BURST: u32 = 256;

/// The kernel tells of a link or an address that goes before it drops the routes through it, and
/// of IPv4 routes that go so it says nothing. They are read once more when it is quiet again.
const QUIET: Duration = Duration::from_millis(200);

#[derive(Debug, Error)]
pub(super) enum SessionError {
    #[error("netlink socket could not be set up")]
    Setup(#[source] io::Error),
    #[error("netlink socket could not be used")]
    Transfer(#[source] io::Error),
    #[error("the kernel dropped messages, since they were not read in time")]
    Overflow,
    #[error("the kernel refused the dump of {dump:?}")]
    Refused {
        dump: Dump,
        #[source]
        source: io::Error,
    },
    #[error("the kernel did not answer the dump of {0:?} within {ANSWER_LIMIT:?}")]
    Silent(Dump),
    #[error("the dump of {0:?} was overtaken by changes {DUMPS} times")]
    Overtaken(Dump),
    #[error(transparent)]
    Truncated(#[from] Truncated),
}

/// How a dump ended.
#[derive(Clone, Copy)]
enum Ending {
    Whole,
    /// Something changed meanwhile: what it says may fit no moment.
    Interrupted,
}

/// Whether the kernel tells of neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Neighbours {
    Heard,
    Unheard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SecondLook {
    Due,
    Done,
}

pub(super) struct Session {
    socket: TokioSocket,
    port: u32,
    sequence: u32,
    buffer: Vec<u8>,
    table: Table,
    routes: Routes,
    second_look: SecondLook,
    neighbours: Neighbours,
    naming: Naming,
}

impl Session {
    /// Subscribes first and dumps then, so that no change falls in between.
    pub(super) async fn open(settings: Settings) -> Result<Self, SessionError> {
        let (socket, port) = connect(settings).map_err(SessionError::Setup)?;
        let mut session = Self {
            socket,
            port,
            sequence: 0,
            buffer: Vec::with_capacity(DATAGRAM),
            table: Table::default(),
            routes: Routes::Stale,
            second_look: SecondLook::Done,
            neighbours: Neighbours::Unheard,
            naming: settings.naming,
        };
        session.dump(Dump::Links).await?;
        session.dump(Dump::Addresses).await?;
        session.refresh_routes().await?;
        Ok(session)
    }

    pub(super) fn snapshot(&self) -> Netlink {
        self.table.snapshot(&self.naming)
    }

    /// Waits for the next change and takes in what else is at hand.
    pub(super) async fn follow(&mut self) -> Result<(), SessionError> {
        if self.routes == Routes::Current {
            match self.second_look {
                SecondLook::Done => self.receive().await?,
                SecondLook::Due => {
                    if let Ok(received) = timeout(QUIET, self.receive()).await {
                        received?;
                    } else {
                        self.refresh_routes().await?;
                        self.second_look = SecondLook::Done;
                        return Ok(());
                    }
                }
            }
        }
        for _ in 0..BURST {
            if !self.receive_at_hand()? {
                break;
            }
        }
        if self.routes == Routes::Stale {
            self.second_look = SecondLook::Due;
            self.refresh_routes().await?;
        }
        self.mind_neighbours();
        Ok(())
    }

    /// Hears of neighbours while a gateway is among those that are not known.
    fn mind_neighbours(&mut self) {
        let wanted = match self.table.gateways_are_known() {
            true => Neighbours::Unheard,
            false => Neighbours::Heard,
        };
        if wanted == self.neighbours {
            return;
        }
        let socket = self.socket.socket_ref();
        let changed = match wanted {
            Neighbours::Heard => socket.add_membership(NEIGHBOURS),
            Neighbours::Unheard => socket.drop_membership(NEIGHBOURS),
        };
        match changed {
            Ok(()) => self.neighbours = wanted,
            Err(error) => tracing::debug!(%error, "gateways are not known by their hardware"),
        }
    }

    /// Reads the default routes; they stay stale where a change overtook that too.
    async fn refresh_routes(&mut self) -> Result<(), SessionError> {
        self.routes = Routes::Current;
        let mut routes = self.dump(Dump::Routes(Family::V4)).await?;
        routes.extend(self.dump(Dump::Routes(Family::V6)).await?);
        self.table.set_routes(routes);
        // Heard first and asked for then, so that no change falls in between.
        self.mind_neighbours();
        for gateway in self.table.gateways() {
            self.dump(Dump::Neighbour(gateway)).await?;
        }
        self.mind_neighbours();
        Ok(())
    }

    /// Links and addresses go into the table; the routes are handed back.
    async fn dump(&mut self, dump: Dump) -> Result<Vec<DefaultRoute>, SessionError> {
        for _ in 0..DUMPS {
            self.sequence = self.sequence.wrapping_add(1).max(1);
            let request = request::encode(dump, self.sequence);
            let mut routes = Vec::new();
            let exchange = async {
                self.socket
                    .send_to(&request, &SocketAddr::new(0, 0))
                    .await
                    .map_err(SessionError::Transfer)?;
                self.answer(dump, &mut routes).await
            };
            match timeout(ANSWER_LIMIT, exchange).await {
                Err(_) => return Err(SessionError::Silent(dump)),
                Ok(Err(error)) => return Err(error),
                Ok(Ok(Ending::Whole)) => return Ok(routes),
                Ok(Ok(Ending::Interrupted)) => {}
            }
        }
        Err(SessionError::Overtaken(dump))
    }

    async fn answer(
        &mut self,
        dump: Dump,
        routes: &mut Vec<DefaultRoute>,
    ) -> Result<Ending, SessionError> {
        let mut ending = Ending::Whole;
        loop {
            let mut ended = false;
            for message in self.datagram().await? {
                if message.port != self.port || message.sequence != self.sequence {
                    self.take(message)?;
                    continue;
                }
                if message.interrupted {
                    ending = Ending::Interrupted;
                }
                match message.body {
                    Body::Change(Change::DefaultRouteSet(hops)) => {
                        routes.extend(hops.into_iter().filter(|hop| is_wanted(dump, hop)));
                    }
                    Body::Change(change) => {
                        let _: Routes = self.table.apply(change);
                    }
                    Body::Done => ended = true,
                    Body::Refused(errno) if means_empty(dump, errno) => ended = true,
                    Body::Refused(errno) => {
                        let source = io::Error::from_raw_os_error(errno);
                        return Err(SessionError::Refused { dump, source });
                    }
                    Body::Overrun => return Err(SessionError::Overflow),
                    Body::Malformed(kind) => malformed(kind),
                    Body::Other => {}
                }
            }
            if ended {
                return Ok(ending);
            }
        }
    }

    async fn receive(&mut self) -> Result<(), SessionError> {
        for message in self.datagram().await? {
            self.take(message)?;
        }
        Ok(())
    }

    /// False when nothing is there.
    fn receive_at_hand(&mut self) -> Result<bool, SessionError> {
        self.buffer.clear();
        let (_, sender) = match self.socket.socket_ref().recv_from(&mut self.buffer, 0) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(transfer(error)),
        };
        for message in self.messages(&sender)? {
            self.take(message)?;
        }
        Ok(true)
    }

    async fn datagram(&mut self) -> Result<Vec<Message>, SessionError> {
        self.buffer.clear();
        let sender = self.socket.recv_from(&mut self.buffer).await.map_err(transfer)?;
        self.messages(&sender)
    }

    /// Any process may send here; only the kernel, port 0, is listened to.
    fn messages(&self, sender: &SocketAddr) -> Result<Vec<Message>, SessionError> {
        if sender.port_number() != 0 {
            return Ok(Vec::new());
        }
        Ok(parse::parse(&self.buffer)?)
    }

    /// Takes a message that answers no request of this session.
    fn take(&mut self, message: Message) -> Result<(), SessionError> {
        match message.body {
            Body::Change(change) => {
                if self.table.apply(change) == Routes::Stale {
                    self.routes = Routes::Stale;
                }
            }
            Body::Overrun => return Err(SessionError::Overflow),
            Body::Malformed(kind) => malformed(kind),
            Body::Done | Body::Refused(_) | Body::Other => {}
        }
        Ok(())
    }
}

fn connect(settings: Settings) -> io::Result<(TokioSocket, u32)> {
    let mut socket = <TokioSocket as AsyncSocket>::new(NETLINK_ROUTE)?;
    socket.socket_ref().set_rx_buf_sz(settings.receive_buffer)?;
    // Kernels before 4.20 do not know it. Without it dumps are longer, and not wrong.
    if let Err(error) = socket.socket_ref().set_netlink_get_strict_chk(true) {
        tracing::debug!(%error, "no strict checking of netlink requests");
    }
    socket.socket_mut().bind(&SocketAddr::new(0, GROUPS))?;
    let mut own = SocketAddr::new(0, 0);
    socket.socket_ref().get_address(&mut own)?;
    Ok((socket, own.port_number()))
}

fn transfer(error: io::Error) -> SessionError {
    if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) {
        SessionError::Overflow
    } else {
        SessionError::Transfer(error)
    }
}

/// A kernel that is asked for routes of a family that it does not have may answer for another.
fn is_wanted(dump: Dump, hop: &DefaultRoute) -> bool {
    dump == Dump::Routes(hop.family)
}

/// A family's main table does not exist before its first route, and IPv6 may be left out. Kernels
/// before 5.0 cannot be asked for a neighbour.
fn means_empty(dump: Dump, errno: i32) -> bool {
    let absent = [Errno::NOENT, Errno::OPNOTSUPP, Errno::AFNOSUPPORT];
    match dump {
        Dump::Links | Dump::Addresses => false,
        Dump::Neighbour(_) => true,
        Dump::Routes(_) => absent.iter().any(|one| one.raw_os_error() == errno),
    }
}

fn malformed(kind: u16) {
    tracing::warn!(kind, "netlink message could not be read");
}
