//! The client of pwasync: what browsers, bridges and `syncctl` speak to the daemon with.
//!
//! Its types are plain: generated messages stay inside `wire` and `connection`. A [`Client`] makes
//! calls, each with a time limit, and connects by itself when it must. A [`Session`] is one running
//! browser profile: it carries wakes to the browser and outcomes back, attaches again after a loss,
//! and neither loses an outcome nor runs an event twice on the way. Both need a tokio runtime.
//!
//! What is valid is the daemon's to say: nothing is checked here that it checks.
//!
//! ```no_run
//! use pwasync_client::{
//!     Client, Lookup, NewRegistration, Outcome, ProfileId, RegistrationKey, Session,
//!     SessionEvent, SessionOptions, SocketPath, SyncKind,
//! };
//!
//! # async fn browser() -> Result<(), pwasync_client::ClientError> {
//! let socket = SocketPath::find(Lookup::from_environment(None));
//! let profile = ProfileId { browser: "example".into(), profile: "default".into() };
//!
//! // A page called `registration.sync.register("outbox")`.
//! let key = RegistrationKey {
//!     profile: profile.clone(),
//!     scope: "https://app.example/".into(),
//!     kind: SyncKind::OneOff,
//!     tag: "outbox".into(),
//! };
//! let client = Client::new(socket.clone());
//! let registered = client.register(&NewRegistration::new(key)).await?;
//! println!("registration {}: {:?}", registered.registration.id, registered.change);
//!
//! // The browser runs: it takes wakes for its profile.
//! let options =
//!     SessionOptions { profile, agent: "example 1.0".into(), capacity: 4, launch_token: None };
//! let (handle, mut events) = Session::attach(socket, options);
//! while let Some(event) = events.next().await {
//!     match event {
//!         SessionEvent::Attached { .. } => handle.ready().await,
//!         SessionEvent::Wake(wake) => {
//!             handle.started(&wake.attempt).await;
//!             // Here the service worker's event runs; a real browser does not wait for it.
//!             handle.finished(&wake.attempt, Outcome::Completed, "", None).await;
//!         }
//!         other => println!("{other:?}"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod admin;
mod client;
mod connection;
mod engagement;
mod environment;
mod error;
mod explanation;
mod history;
mod host;
mod key;
mod launcher;
mod lease;
mod permission;
mod policy;
mod registration;
mod session;
mod simulation;
mod socket;
mod transfer;
mod wire;

pub use admin::{
    Change, ClockState, Filter, Follow, Force, RegistrationChange, RegistrationEvent,
    RemovalReason, RunNow, SessionChange, SessionInfo, SleepInhibitor, SleepState, Status,
    StoreState, WatchedChange,
};
pub use client::{Client, HistoryPages, RegistrationPages, Watch};
pub use engagement::{
    Engagement, EngagementEvent, EngagementEventKind, EngagementFilter, EngagementLevel,
    EngagementReport, EngagementScore, NewScore,
};
pub use error::ClientError;
pub use explanation::{Certainty, Explanation, Forecast, ForecastItem, ForecastQuestion, Outlook};
pub use history::{Decision, HistoryEntry, HistoryFilter};
pub use host::{Connectivity, Fact, HostFacts, HostState, Metered, Transport};
pub use key::{AttemptId, ProfileId, RegistrationId, RegistrationKey, SyncKind};
pub use launcher::{Launcher, LauncherEvent, LauncherOptions};
pub use lease::{
    FactValue, Lease, Leased, NetworkName, NewOverride, NewPause, Paused, Resumed, Subject,
};
pub use permission::{AppsChanged, InstalledApp, PermissionState};
pub use policy::{Policy, PolicyChange, PolicyProblem, PolicyReload, PolicyValue};
pub use registration::{
    Attempt, AttemptEnd, Blocker, BlockerCode, Constraints, HeldRegistration, LastChance,
    NewRegistration, Outcome, Reconciled, RegisterChange, Registered, Registration,
    RegistrationState, UnregisterChange,
};
pub use session::{
    CancelReason, CloseReason, Counted, DetachReason, Limits, Session, SessionEvent, SessionEvents,
    SessionHandle, SessionOptions, Wake, reconnect_delay,
};
pub use simulation::{
    Advance, AdvanceTarget, Advanced, ClockChange, ClockStep, LetTimeOut, NetworkState, Power,
    PowerSupply, SimulatedNetwork, StoreFailure,
};
pub use socket::{Lookup, SocketOrigin, SocketPath};
pub use transfer::{CheckReport, Checked, Export, ImportMode, ImportTally, Imported, StoreCheck};
