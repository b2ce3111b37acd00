//! When a bus that cannot be used is tried again.
//!
//! One whose socket is not there is waited for where it would appear: a host without a bus costs
//! nothing, and a bus that comes is found at once. One that is there and does not answer is tried
//! again after pauses.

use std::{
    future::pending,
    io,
    mem::MaybeUninit,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::inotify::{self, CreateFlags, Reader, WatchFlags},
    io::Errno,
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::timeout,
};

use super::BusError;
use crate::pause::Pause;

/// A socket is there before somebody listens on it, or it may be used. So many tries are made after
/// something has happened to it, some 3 s in all.
const TRIES: u32 = 6;
/// Events of one read; more come with the next.
const EVENTS_BYTES: usize = 4_096;

/// See the module.
#[derive(Debug)]
pub(super) struct Retry {
    socket: Option<PathBuf>,
    pause: Pause,
    tries: u32,
    watch: Option<Watch>,
}

impl Retry {
    /// For the bus at this address.
    pub(super) fn new(address: &str) -> Self {
        Self { socket: socket_of(address), pause: Pause::new(), tries: 0, watch: None }
    }

    /// It was heard: what comes next is another story.
    pub(super) fn reset(&mut self) {
        (self.pause, self.tries, self.watch) = (Pause::new(), 0, None);
    }

    /// Waits until it is worth another try.
    pub(super) async fn wait(&mut self, error: &BusError) {
        let limit = self.next_limit(error);
        let happened = async {
            match &mut self.watch {
                Some(watch) => watch.something().await,
                None => pending().await,
            }
        };
        let happened = match limit {
            Some(limit) => timeout(limit, happened).await.is_ok(),
            None => {
                happened.await;
                true
            }
        };
        if happened {
            self.reset();
        }
    }

    /// How long at most; `None`: until something happens.
    fn next_limit(&mut self, error: &BusError) -> Option<Duration> {
        let pause = self.pause.next_length();
        if !is_absence(error) {
            return Some(pause);
        }
        if self.watch.is_none() {
            self.watch = self.socket.as_deref().and_then(Watch::begin);
        }
        self.tries += 1;
        (self.watch.is_none() || self.tries < TRIES).then_some(pause)
    }
}

/// Nobody is at the socket, or it cannot be used yet.
fn is_absence(error: &BusError) -> bool {
    let BusError::Bus(zbus::Error::Connection(error, ..)) = error else { return false };
    let kinds = [
        io::ErrorKind::NotFound,
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::PermissionDenied,
    ];
    kinds.contains(&error.kind())
}

/// The socket's place in the file system, where the address has one alone.
fn socket_of(address: &str) -> Option<PathBuf> {
    let (transport, keys) = address.split_once(':')?;
    let path = keys.split(',').find_map(|key| key.strip_prefix("path="))?;
    let plain = transport == "unix" && !address.contains([';', '%']) && path.starts_with('/');
    plain.then(|| path.into())
}

/// A watch on the folder of the socket, or on the nearest one that there is.
#[derive(Debug)]
struct Watch {
    inotify: AsyncFd<OwnedFd>,
    /// What is waited for in it.
    name: PathBuf,
}

impl Watch {
    /// `None`: the kernel gives none.
    fn begin(socket: &Path) -> Option<Self> {
        let mut wanted = socket;
        loop {
            let folder = wanted.parent()?;
            match Self::of(folder, Path::new(wanted.file_name()?)) {
                Ok(watch) => return Some(watch),
                Err(Errno::NOENT | Errno::NOTDIR) => wanted = folder,
                Err(error) => {
                    tracing::debug!(%error, "the place of the bus cannot be watched");
                    return None;
                }
            }
        }
    }

    fn of(folder: &Path, name: &Path) -> Result<Self, Errno> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let flags = WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        inotify::add_watch(&inotify, folder, flags)?;
        let inotify =
            readable(inotify).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(Self { inotify, name: name.into() })
    }

    /// Waits until something happens to the socket, or to a folder on the way to it.
    async fn something(&mut self) {
        loop {
            // Where the runtime stops there is nothing to wait for.
            let Ok(mut ready) = self.inotify.readable().await else { return };
            match self.read() {
                Ok(Seen::Wanted) => return,
                Ok(Seen::Other) => ready.clear_ready(),
                Err(error) => {
                    tracing::debug!(%error, "the watch on the place of the bus ends");
                    return;
                }
            }
        }
    }

    /// All events that are there.
    fn read(&self) -> Result<Seen, Errno> {
        let mut buffer = [MaybeUninit::uninit(); EVENTS_BYTES];
        let mut events = Reader::new(self.inotify.get_ref(), &mut buffer);
        let mut seen = Seen::Other;
        loop {
            match events.next() {
                Ok(event) => {
                    let name = event.file_name().map(|name| name.to_bytes());
                    // One without a name is about the folder itself.
                    if name.is_none_or(|name| name == self.name.as_os_str().as_encoded_bytes()) {
                        seen = Seen::Wanted;
                    }
                }
                Err(Errno::WOULDBLOCK) => return Ok(seen),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for types whose descriptor can change; an OwnedFd's cannot"
)]
fn readable(inotify: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(inotify, Interest::READABLE)
}

/// What events were about.
#[derive(Clone, Copy)]
enum Seen {
    /// What is waited for.
    Wanted,
    /// Its neighbours.
    Other,
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::net::UnixListener};

    use super::*;
    use crate::{bus::Bus, pause};

    const LIMIT: Duration = Duration::from_secs(20);

    /// What comes of using a bus that is not there.
    async fn absent(address: &str) -> BusError {
        Bus::connect(address).await.unwrap_err()
    }

    #[test]
    fn the_socket_is_found_in_the_address() {
        let path = |address| socket_of(address);
        let expected = Some(PathBuf::from("/run/dbus/system_bus_socket"));
        assert_eq!(path("unix:path=/run/dbus/system_bus_socket"), expected);
        assert_eq!(path("unix:guid=12,path=/run/dbus/system_bus_socket"), expected);
        for other in [
            "",
            "unix:abstract=/tmp/bus",
            "tcp:host=localhost,port=1",
            "unix:path=/a;unix:path=/b",
            "unix:path=/a%20b",
            "unix:path=bus",
        ] {
            assert_eq!(path(other), None, "{other}");
        }
    }

    /// Neighbours wake it, and do not end the wait; folders on the way may be missing.
    #[tokio::test]
    async fn a_socket_that_appears_ends_the_wait() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("dbus");
        let socket = folder.join("socket");
        let watch = || Watch::begin(&socket).unwrap();

        let mut first = watch();
        fs::write(place.path().join("other"), "").unwrap();
        assert!(matches!(first.read(), Ok(Seen::Other)));
        fs::create_dir(&folder).unwrap();
        timeout(LIMIT, first.something()).await.unwrap();

        let mut second = watch();
        fs::write(folder.join("other"), "").unwrap();
        assert!(matches!(second.read(), Ok(Seen::Other)));
        let listener = UnixListener::bind(&socket).unwrap();
        timeout(LIMIT, second.something()).await.unwrap();

        let mut third = watch();
        // It holds on to the folder.
        drop(listener);
        fs::remove_dir_all(&folder).unwrap();
        timeout(LIMIT, third.something()).await.unwrap();
    }

    #[tokio::test]
    async fn a_bus_that_is_not_there_is_waited_for_without_a_timer() {
        let place = tempfile::tempdir().unwrap();
        let socket = place.path().join("socket");
        let address = format!("unix:path={}", socket.display());
        let mut retry = Retry::new(&address);
        let absent = absent(&address).await;
        let limits: Vec<_> = (0..=TRIES).map(|_| retry.next_limit(&absent)).collect();
        let (timed, untimed) = limits.split_at(limits.len() - 2);
        assert!(timed.iter().all(Option::is_some), "{limits:?}");
        assert_eq!(untimed, [None, None]);
        let listener = UnixListener::bind(&socket).unwrap();
        timeout(LIMIT, retry.wait(&absent)).await.unwrap();
        assert_eq!((retry.tries, retry.pause), (0, Pause::new()));
        // What a bus that was killed leaves behind.
        drop(listener);
        let refused = Bus::connect(&address).await.unwrap_err();
        assert!(is_absence(&refused), "{refused:?}");
    }

    #[tokio::test]
    async fn one_that_does_not_answer_is_tried_again_after_pauses() {
        let place = tempfile::tempdir().unwrap();
        let mut retry = Retry::new(&format!("unix:path={}/socket", place.path().display()));
        let silent = || BusError::Silent(LIMIT);
        let longest = (0..20).filter_map(|_| retry.next_limit(&silent())).max();
        assert_eq!(longest, Some(pause::LONGEST));
        assert!(retry.watch.is_none());
        // One that is not in the file system.
        let address = "unix:abstract=pwasync-absent";
        let mut retry = Retry::new(address);
        let absent = absent(address).await;
        assert!(is_absence(&absent), "{absent:?}");
        assert!((0..20).all(|_| retry.next_limit(&absent).is_some()));
    }
}
