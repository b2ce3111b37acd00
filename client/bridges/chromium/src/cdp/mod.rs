//! The Chrome DevTools Protocol over a pair of pipes: frames, messages, calls.
//!
//! Knows no domain of the protocol beyond what ends a session; what the bridge says over it stands
//! in the modules that say it.

mod connection;
mod message;
mod transport;

pub(crate) use connection::value_of;
pub use connection::{CallError, Connection, Driver, Pending, SessionId};
pub use message::{Event, Incoming, MessageError, ProtocolError, parse};
pub use transport::{FrameBuffer, MAX_FRAME_BYTES};
