//! A client that writes frames of HTTP/2 as it likes.

use std::{path::Path, time::Duration};

use prost::Message;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

/// Kinds of frames (RFC 9113, section 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// Codes of errors (section 7).
pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const PROTOCOL_ERROR: u32 = 1;
pub(crate) const FRAME_SIZE_ERROR: u32 = 6;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An answer that takes longer does not come.
const LIMIT: Duration = Duration::from_secs(20);

/// How the other end ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By a GOAWAY with this code.
    Told(u32),
    /// Without a word.
    Closed,
}

/// A frame that came.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// A connection.
pub(crate) struct Raw {
    stream: UnixStream,
    came: Vec<u8>,
}

impl Raw {
    /// Connects and says nothing.
    pub(crate) async fn silent(path: &Path) -> Self {
        Self { stream: UnixStream::connect(path).await.unwrap(), came: Vec::new() }
    }

    /// Connects, and begins with these settings.
    pub(crate) async fn begin(path: &Path, settings: &[(u16, u32)]) -> Self {
        let mut raw = Self::silent(path).await;
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend(name.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        let mut bytes = PREFACE.to_vec();
        bytes.extend(frame(SETTINGS, 0, 0, &payload));
        assert!(raw.says(&bytes).await);
        raw
    }

    /// Writes; false: the other end has closed.
    pub(crate) async fn says(&mut self, bytes: &[u8]) -> bool {
        timeout(LIMIT, self.stream.write_all(bytes)).await.expect("nobody reads").is_ok()
    }

    /// Writes as long as the other end takes it at once; how many of the repetitions it took.
    pub(crate) async fn floods(&mut self, bytes: &[u8], times: usize) -> usize {
        for time in 0..times {
            match timeout(Duration::from_secs(2), self.stream.write_all(bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return time,
            }
        }
        times
    }

    /// The next frame; `None`: the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        timeout(LIMIT, self.take()).await.expect("no frame comes")
    }

    async fn take(&mut self) -> Option<Frame> {
        loop {
            if let Some((head, rest)) = self.came.split_at_checked(9) {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
                if rest.len() >= length {
                    let kind = head[3];
                    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
                    let payload = rest[..length].to_vec();
                    self.came.drain(..9 + length);
                    return Some(Frame { kind, stream, payload });
                }
            }
            match self.stream.read_buf(&mut self.came).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Reads until the other end tells to go, or has gone.
    pub(crate) async fn end(&mut self) -> End {
        while let Some(frame) = self.next().await {
            if frame.kind == GOAWAY {
                let code = frame.payload[4..8].try_into().unwrap();
                return End::Told(u32::from_be_bytes(code));
            }
        }
        End::Closed
    }

    /// Reads until the other end has gone.
    pub(crate) async fn closed(&mut self) {
        while self.next().await.is_some() {}
    }
}

/// A frame as bytes.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Headers as literals that no table remembers (RFC 7541, section 6.2.2).
pub(crate) fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let text = |text: &str, bytes: &mut Vec<u8>| {
        let mut length = text.len();
        if length < 127 {
            bytes.push(u8::try_from(length).unwrap());
        } else {
            bytes.push(127);
            length -= 127;
            while length >= 128 {
                bytes.push(u8::try_from(length % 128).unwrap() | 128);
                length /= 128;
            }
            bytes.push(u8::try_from(length).unwrap());
        }
        bytes.extend(text.as_bytes());
    };
    for (name, value) in headers {
        bytes.push(0);
        text(name, &mut bytes);
        text(value, &mut bytes);
    }
    bytes
}

/// The headers of a call.
pub(crate) fn call_headers(path: &str) -> Vec<u8> {
    block(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ])
}

/// Opens a call that is yet to bring its message.
pub(crate) fn open(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &call_headers(path))
}

/// A message of a call.
pub(crate) fn message(stream: u32, flags: u8, message: &impl Message) -> Vec<u8> {
    let encoded = message.encode_to_vec();
    let mut payload = vec![0];
    payload.extend(u32::try_from(encoded.len()).unwrap().to_be_bytes());
    payload.extend(encoded);
    frame(DATA, flags, stream, &payload)
}

/// A whole call of one message.
pub(crate) fn call(stream: u32, path: &str, request: &impl Message) -> Vec<u8> {
    let mut bytes = open(stream, path);
    bytes.extend(message(stream, END_STREAM, request));
    bytes
}
