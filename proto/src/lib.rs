//! The protocol of pwasync as generated code, and how its messages become bytes.
//!
//! The `.proto` files beside this crate are the source; `docs/protocol.md` is their text for
//! integrators. Conversions to domain types live at the edges: `grpc` in the daemon, `wire` in
//! the client.

pub mod codec;

/// Package `pwasync.v1`.
pub mod v1 {
    tonic::include_proto!("pwasync.v1");

    /// The encoded descriptors of the package, for server reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] =
        include_bytes!(concat!(env!("OUT_DIR"), "/pwasync_descriptor.bin"));
}
