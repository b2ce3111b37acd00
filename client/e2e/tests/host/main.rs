//! The daemon on a real host: NetworkManager, D-Bus and links that are the real ones, in a bed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod clock;
mod doctor;
mod kernel;
mod links;
mod machine;
mod network_manager;
mod profiles;
mod quiet;
mod radio;
mod scene;
mod supplies;
mod suspend;
mod upower;
