//! Real links, real browsers, built programs: what the end-to-end tests and the demo share.
//!
//! Everything made here goes away with the value that holds it: network namespaces have no name
//! and end with their last process, programs are killed with all their children, folders are
//! removed. Nothing here touches the machine's own network. No crate of the project is linked
//! in: the programs under test are the built ones.

pub mod bed;
mod binaries;
mod browser;
mod chromium;
mod daemon;
mod descendants;
mod disk;
mod environment;
mod error;
pub mod ledger;
mod lines;
mod link;
mod namespace;
mod needs;
mod process;
mod server;
mod switches;
mod user;
mod wait;
mod workdir;

pub use binaries::{Binaries, on_path};
pub use browser::{Browser, BrowserSetup, Sandbox, Scheduler, Screen};
pub use chromium::{Chromium, Page};
pub use daemon::{Daemon, DaemonSetup, HostKind, Supplies};
pub use descendants::descendants_of;
pub use disk::{LoopDisk, mount_privately};
pub use environment::{Moment, variable};
pub use error::HarnessError;
pub use lines::{Line, Lines};
pub use link::{Cable, CableEnd, CarrierState, CarrierWatch, FAR_ADDRESS, NEAR_ADDRESS};
pub use namespace::Namespace;
pub use needs::{can_run, missing_program, missing_root};
pub use process::{Command, Ending, Output, Process, Signal};
pub use server::{SentMessage, Server, ServerEvent};
pub use switches::{Count, Switches};
pub use user::{User, is_root, sandbox_works};
pub use wait::until;
pub use workdir::Workdir;
