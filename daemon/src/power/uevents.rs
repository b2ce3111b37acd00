//! The kernel's word that a power supply has changed.

use std::io;

use netlink_sys::{
    AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket, protocols::NETLINK_KOBJECT_UEVENT,
};
use rustix::io::Errno;

/// The kernel's own messages; udev's are in another group.
const GROUP: u32 = 1;
/// The kernel's messages have 2 KiB at most, and what is put in by hand a page.
const DATAGRAM: usize = 8 * 1024;
/// Messages that are taken together, before anybody looks what has changed.
const BURST: u32 = 256;

pub(super) struct Uevents {
    socket: TokioSocket,
    buffer: Vec<u8>,
}

impl Uevents {
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = <TokioSocket as AsyncSocket>::new(NETLINK_KOBJECT_UEVENT)?;
        socket.socket_mut().bind(&SocketAddr::new(0, GROUP))?;
        Ok(Self { socket, buffer: Vec::with_capacity(DATAGRAM) })
    }

    /// Waits until a power supply has changed, come or gone, and takes what else is at hand.
    pub(super) async fn changed(&mut self) -> io::Result<()> {
        loop {
            self.buffer.clear();
            let received = self.socket.recv_from(&mut self.buffer).await;
            if self.tells_of_power(received)? {
                break;
            }
        }
        tracing::debug!("the kernel tells of a power supply");
        for _ in 0..BURST {
            self.buffer.clear();
            match self.socket.socket_ref().recv_from(&mut self.buffer, 0) {
                Ok(_) => {}
                Err(error) if is_overflow(&error) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Any process with some rights may send here; only the kernel, port 0, is listened to.
    fn tells_of_power(&self, received: io::Result<SocketAddr>) -> io::Result<bool> {
        match received {
            Ok(sender) => Ok(sender.port_number() == 0 && is_of_power(&self.buffer)),
            // It may have been among those that were dropped.
            Err(error) if is_overflow(&error) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

fn is_overflow(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error())
}

/// Such a message is `change@/devices/...`, and then `KEY=value` again and again, each ended by a
/// zero.
pub(super) fn is_of_power(message: &[u8]) -> bool {
    message.split(|byte| *byte == 0).skip(1).any(|part| part == b"SUBSYSTEM=power_supply")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_power_supplies_count() {
        let message = |subsystem: &str| {
            format!("change@/devices/x\0ACTION=change\0SUBSYSTEM={subsystem}\0SEQNUM=7\0")
        };
        assert!(is_of_power(message("power_supply").as_bytes()));
        assert!(!is_of_power(message("power_supply2").as_bytes()));
        assert!(!is_of_power(message("net").as_bytes()));
        assert!(!is_of_power(b"SUBSYSTEM=power_supply"));
        assert!(!is_of_power(b""));
        assert!(!is_of_power(b"libudev\0\xfe\xed\xca\xfe"));
    }
}
