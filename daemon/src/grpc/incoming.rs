//! Connections as they come in: bounded in number, no faster than their owner's share, each with
//! the identity of its peer, and told to go when it misbehaves.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{UnixListener, UnixStream},
    time::{Sleep, sleep},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::server::Connected;

use crate::channel::{EngineSender, Input};

use super::{
    guest::Guest,
    owners::{Held, Owners, Share, What},
    peer::{Lookups, Peer, credentials},
    turns::{BYTES, Seat, Turn, Turns},
};

/// Pause after the kernel refused to accept (no descriptors left): trying on at once would spin.
const PAUSE: Duration = Duration::from_millis(100);
/// HTTP/2 must begin so soon: until then nobody knows what a connection is for.
const PREFACE_LIMIT: Duration = Duration::from_secs(5);
/// What HTTP/2 begins with: the preface, and the head of the first frame.
const PREFACE: usize = 24 + 9;
/// Connections of a user of which there are few are served also when most places are taken.
const FEW: u32 = 8;

/// A place for a connection, in all and of its owner's.
#[derive(Debug)]
pub(super) struct Places {
    _own: Held,
    _all: Counted,
}

/// Counts itself, until it is dropped.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where connections come in.
pub(super) struct Door {
    listener: UnixListener,
    owners: Owners,
    count: Arc<AtomicUsize>,
    /// Connections that the descriptors allow.
    most: usize,
}

impl Door {
    pub(super) fn new(listener: UnixListener, owners: Owners, most: usize) -> Self {
        Self { listener, owners, count: Arc::default(), most }
    }

    /// The next connection that there is a place for; others are closed at once.
    pub(super) async fn accept(&self) -> (UnixStream, Places) {
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let Ok(peer) = credentials(&stream) else { continue };
            let uid = peer.uid();
            if let Some(places) = self.take(uid) {
                return (stream, places);
            }
            if self.owners.is_news(Share(uid)) {
                tracing::warn!(uid, "too many connections: more are closed at once");
            }
        }
    }

    fn take(&self, uid: u32) -> Option<Places> {
        let traffic = self.owners.traffic();
        let most = self.most.min(traffic.connections as usize);
        let count = self.count.load(Ordering::Relaxed);
        if count >= most {
            return None;
        }
        // The last quarter is for those who have few.
        let limit = if count >= most - most / 4 { FEW } else { u32::MAX };
        let limit = limit.min(traffic.owner_connections);
        let own = self.owners.hold(Share(uid), What::Connections, limit)?;
        self.count.fetch_add(1, Ordering::Relaxed);
        Some(Places { _own: own, _all: Counted(Arc::clone(&self.count)) })
    }
}

/// What a connection needs on its way in.
#[derive(Clone)]
pub(super) struct Entrance {
    pub(super) engine: EngineSender,
    pub(super) owners: Owners,
    pub(super) turns: Turns,
    pub(super) lookups: Lookups,
}

impl Entrance {
    /// Finds out whose connection it is, and tells the engine who has come before the first call
    /// does; `None`: it has gone, or there is no place for it.
    pub(super) async fn admit(&self, stream: UnixStream, places: Places) -> Option<Connection> {
        let credentials = credentials(&stream).ok()?;
        let uid = credentials.uid();
        let share = Share(uid);
        self.owners.turn_to_connect(share).await;
        let identified = self.lookups.identify(credentials).await;
        let Ok(unnamed) = self.owners.named(share, identified.name()) else {
            if self.owners.is_news(share) {
                tracing::warn!(uid, "too many users without a login name: one more is turned away");
            }
            return None;
        };
        if let Some(caller) = identified.caller() {
            // When the engine is gone, each call is told so.
            let _ = self.engine.send(Input::Connected(caller)).await;
        }
        let gone = CancellationToken::new();
        let guest = Guest::new(share, self.owners.clone());
        Some(Connection {
            stream,
            peer: Peer::new(identified, guest),
            seat: self.turns.seat(share),
            read: 0,
            preface: Some(Box::pin(sleep(PREFACE_LIMIT))),
            gone: gone.clone(),
            _gone: gone.drop_guard(),
            _places: (places, unnamed),
        })
    }
}

/// An accepted connection with its peer. Its places are free again when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    peer: Peer,
    seat: Seat,
    /// Bytes that were read.
    read: usize,
    /// Until HTTP/2 has begun.
    preface: Option<Pin<Box<Sleep>>>,
    gone: CancellationToken,
    _gone: DropGuard,
    _places: (Places, Option<Held>),
}

impl Connection {
    /// Told when it is dropped.
    pub(super) fn gone(&self) -> CancellationToken {
        self.gone.clone()
    }

    /// Who is at the other end.
    pub(super) fn guest(&self) -> Guest {
        self.peer.guest()
    }

    fn poll_stream(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Who has nothing to read, and only writes, needs no turn.
        ready!(self.stream.poll_read_ready(context))?;
        match ready!(self.seat.poll_turn(context)) {
            Turn::Free => Pin::new(&mut self.stream).poll_read(context, buffer),
            Turn::Short => {
                let room = buffer.remaining().min(BYTES);
                let mut short = ReadBuf::new(buffer.initialize_unfilled_to(room));
                ready!(Pin::new(&mut self.stream).poll_read(context, &mut short))?;
                let read = short.filled().len();
                buffer.advance(read);
                Poll::Ready(Ok(()))
            }
        }
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
        let this = self.get_mut();
        let before = buffer.filled().len();
        if let Poll::Ready(result) = this.poll_stream(context, buffer) {
            let read = buffer.filled().len() - before;
            this.read = this.read.saturating_add(read);
            if this.read >= PREFACE {
                this.preface = None;
            }
            if !this.peer.may_say(read) {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
            return Poll::Ready(result);
        }
        if let Some(preface) = &mut this.preface {
            ready!(preface.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
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
