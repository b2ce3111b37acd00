//! The other end of a bed's cables: routers that lead to one small internet, and what answers
//! there to a check of the connection.

use std::{collections::BTreeMap, io, net::SocketAddr, time::Duration};

use netlink_packet_route::link::LinkFlags;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::options::{Addressing, LinkOptions};
use crate::{
    bed::room::Room,
    environment::Moment,
    error::HarnessError,
    link::set_up,
    namespace::Namespace,
    process::{Command, Process},
};

/// Where the check is answered.
pub(super) const CHECK_ADDRESS: &str = "10.98.0.1";
const CHECK_PORT: u16 = 80;
/// A program that asks and then says nothing is not waited for.
const ASK_LIMIT: Duration = Duration::from_secs(5);
const DHCP_LIMIT: Duration = Duration::from_secs(10);

/// What is behind a cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Internet {
    /// All of it.
    Open,
    /// A page to log in at.
    Captive,
    /// Nothing that answers.
    Silent,
}

/// Whether a cable is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plug {
    /// It is.
    In,
    /// It is not: there is no carrier.
    Out,
}

#[derive(Debug)]
pub(super) struct Provider {
    /// DHCP servers.
    servers: Vec<Process>,
    answering: JoinHandle<()>,
    /// By the number of the link.
    internet: watch::Sender<BTreeMap<u8, Internet>>,
    network: Namespace,
}

impl Provider {
    /// Lays the cables and answers at their other end.
    pub(super) async fn create(room: &Room, links: &[LinkOptions]) -> Result<Self, HarnessError> {
        let network = Namespace::create()?;
        network.ip(&["address", "add", &format!("{CHECK_ADDRESS}/32"), "dev", "lo"])?;
        let far = network.path().display().to_string();
        let mut servers = Vec::new();
        for (number, link) in (0_u8..).zip(links) {
            let far_link = far_link(&link.name);
            room.network().ip(&[
                "link", "add", &link.name, "type", "veth", "peer", "name", &far_link, "netns", &far,
            ])?;
            let address = format!("{}/24", gateway(number));
            network.ip(&["address", "add", &address, "dev", &far_link])?;
            network.ip(&["link", "set", &far_link, "up"])?;
            if let Addressing::Dhcp { options } = &link.addressing {
                let command = dhcp_server(&far_link, number).arguments(options);
                let server = room.spawn_at(&network, command)?;
                let started = |line: &str| line.contains("started").then_some(());
                let what = "the DHCP server to start";
                server.wait_for_error_line(0, what, DHCP_LIMIT, started).await?;
                servers.push(server);
            }
        }
        let (internet, seen) = watch::channel(BTreeMap::new());
        let answering = tokio::spawn(answer_all(listen(&network)?, seen));
        Ok(Self { servers, answering, internet, network })
    }

    /// Puts something else behind a cable.
    pub(super) fn set_internet(&self, link: u8, internet: Internet) {
        self.internet.send_modify(|all| {
            all.insert(link, internet);
        });
    }

    /// Has another router at the far end, with the address of the one before.
    pub(super) fn replace_router(&self, link: &str, hardware: &str) -> Result<(), HarnessError> {
        self.network.ip(&["link", "set", &far_link(link), "address", hardware])
    }

    /// Plugs a cable in or out. The instant just before the kernel was asked.
    pub(super) fn plug(&self, link: &str, plug: Plug) -> Result<Moment, HarnessError> {
        let flags = match plug {
            Plug::In => LinkFlags::Up,
            Plug::Out => LinkFlags::empty(),
        };
        set_up(&self.network, &far_link(link), flags)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.answering.abort();
        self.servers.clear();
    }
}

/// The address of a link's router.
pub(super) fn gateway(number: u8) -> String {
    format!("10.99.{number}.1")
}

/// The address of a link's near end, where it is not asked for.
pub(super) fn static_address(number: u8) -> String {
    format!("10.99.{number}.2")
}

fn far_link(name: &str) -> String {
    format!("far-{name}")
}

/// Without the ping that looks for a free address, which takes 3 s.
fn dhcp_server(link: &str, number: u8) -> Command {
    Command::new("/usr/sbin/dnsmasq")
        .arguments(["--keep-in-foreground", "--port=0", "--bind-dynamic", "--no-ping"])
        .arguments(["--log-facility=-", "--user=root", "--pid-file", "--conf-file=/dev/null"])
        .argument(format!("--interface={link}"))
        .argument(format!("--dhcp-range=10.99.{number}.50,10.99.{number}.99,1h"))
        .argument(format!("--dhcp-leasefile=/run/leases-{number}"))
}

fn listen(network: &Namespace) -> Result<TcpListener, HarnessError> {
    let handle = Handle::current();
    let listening = network.enter(|| {
        let _runtime = handle.enter();
        let listener = std::net::TcpListener::bind((CHECK_ADDRESS, CHECK_PORT))?;
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    })?;
    listening.map_err(|source| HarnessError::system("answer the check", source))
}

async fn answer_all(listener: TcpListener, internet: watch::Receiver<BTreeMap<u8, Internet>>) {
    let mut answers = JoinSet::new();
    while let Ok((stream, from)) = listener.accept().await {
        while answers.try_join_next().is_some() {}
        let all = internet.borrow().clone();
        let internet = number_of(from).and_then(|number| all.get(&number).copied());
        answers.spawn(answer(stream, internet.unwrap_or(Internet::Open)));
    }
}

/// Which link a program asks through.
fn number_of(from: SocketAddr) -> Option<u8> {
    match from {
        SocketAddr::V4(from) => Some(from.ip().octets()[2]),
        SocketAddr::V6(_) => None,
    }
}

async fn answer(mut stream: TcpStream, internet: Internet) -> io::Result<()> {
    let head = match internet {
        Internet::Open => "200 OK\r\nX-NetworkManager-Status: online",
        Internet::Captive => "302 Found\r\nLocation: http://10.98.0.1/login",
        Internet::Silent => return Ok(()),
    };
    let mut asked = Vec::new();
    let whole = async {
        while !asked.ends_with(b"\r\n\r\n") && stream.read_buf(&mut asked).await? > 0 {}
        io::Result::Ok(())
    };
    timeout(ASK_LIMIT, whole).await??;
    let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await
}
