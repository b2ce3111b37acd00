//! Connections as they come in: bounded in number, each with the identity of its peer.

use std::{
    collections::BTreeSet,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tonic::transport::server::Connected;

use crate::channel::{EngineSender, Input};

use super::{
    peer::{Lookups, Peer, credentials},
    places::PlacesOfEach,
};

/// Connections of all users: far fewer than descriptors that the unit allows.
const CONNECTIONS: usize = 4_096;
/// Connections of one user: a browser, its bridges and many tools, but not all there are.
const CONNECTIONS_OF_ONE: usize = 128;
/// Connections whose peer is being looked up; more wait in the socket's backlog.
const BEING_IDENTIFIED: usize = 64;
/// Pause after the kernel refused to accept (no descriptors left): trying on at once would spin.
const PAUSE: Duration = Duration::from_millis(100);

/// An accepted connection with its peer. Its places are free again when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    peer: Peer,
    _places: [OwnedSemaphorePermit; 2],
}

/// Accepts connections for ever, and tells the engine who has come before the first call does.
pub(super) fn connections(
    listener: UnixListener,
    engine: EngineSender,
) -> impl Stream<Item = Result<Connection, io::Error>> {
    let lookups = Lookups::default();
    stream::unfold((listener, Places::default()), |(listener, mut places)| async move {
        let accepted = places.accept(&listener).await;
        Some((accepted, (listener, places)))
    })
    .map(move |(stream, places)| identify(lookups.clone(), engine.clone(), stream, places))
    // One slow look-up does not hold up those who come after it.
    .buffer_unordered(BEING_IDENTIFIED)
}

async fn identify(
    lookups: Lookups,
    engine: EngineSender,
    stream: UnixStream,
    places: [OwnedSemaphorePermit; 2],
) -> Result<Connection, io::Error> {
    let peer = lookups.identify(credentials(&stream)?).await;
    if let Some(caller) = peer.caller() {
        // When the engine is gone, each call is told so.
        let _ = engine.send(Input::Connected(caller)).await;
    }
    Ok(Connection { stream, peer, _places: places })
}

/// Free places, in all and by user.
struct Places {
    all: Arc<Semaphore>,
    by_user: PlacesOfEach,
    /// Users whose connections are being closed: the log says so once.
    turned_away: BTreeSet<u32>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(CONNECTIONS)),
            by_user: PlacesOfEach::new(CONNECTIONS_OF_ONE),
            turned_away: BTreeSet::new(),
        }
    }
}

impl Places {
    /// The next connection that there is a place for; others are closed at once.
    async fn accept(&mut self, listener: &UnixListener) -> (UnixStream, [OwnedSemaphorePermit; 2]) {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let Ok(peer) = credentials(&stream) else { continue };
            let uid = peer.uid();
            if let Some(places) = self.take(uid) {
                self.turned_away.remove(&uid);
                return (stream, places);
            }
            if self.turned_away.insert(uid) {
                tracing::warn!(uid, "too many connections: more are closed at once");
            }
        }
    }

    fn take(&mut self, uid: u32) -> Option<[OwnedSemaphorePermit; 2]> {
        let all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some([all, self.by_user.take(uid)?])
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

/// Not vectored: where it is, each message above 256 bytes is written by a call of its own, and wakes
/// its reader; here answers of up to 1 KiB are gathered first.
impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
