//! Compiles the protocol without `protoc`: protox is a protobuf compiler in Rust.

use std::{env, error::Error, fs, path::PathBuf};

const FILES: [&str; 11] = [
    "pwasync/v1/types.proto",
    "pwasync/v1/engagement.proto",
    "pwasync/v1/history.proto",
    "pwasync/v1/lease.proto",
    "pwasync/v1/explanation.proto",
    "pwasync/v1/policy.proto",
    "pwasync/v1/session.proto",
    "pwasync/v1/background_sync.proto",
    "pwasync/v1/launcher.proto",
    "pwasync/v1/admin.proto",
    "pwasync/v1/simulation.proto",
];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by its environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=pwasync");
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("pwasync_descriptor.bin");
    fs::write(out, prost::Message::encode_to_vec(&descriptors))?;
    tonic_prost_build::configure().codec_path("crate::codec::Codec").compile_fds(descriptors)?;
    Ok(())
}
