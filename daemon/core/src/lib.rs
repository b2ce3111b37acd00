//! What pwasync decides, and nothing else: which sync may run when, what its outcome means, and
//! what must be on disk before what leaves.
//!
//! This crate does no I/O, reads no clock, no environment and no random source, and knows neither
//! a runtime nor a wire format: the same inputs give the same decisions.

pub mod attempt;
pub mod blocker;
mod by_worker;
mod calls;
pub mod change;
pub mod constraints;
mod dense;
pub mod effect;
pub mod engagement;
mod entries;
pub mod event;
pub mod facts;
mod field;
pub mod history;
pub mod holdings;
pub mod hours;
pub mod key;
mod launchers;
pub mod lease;
mod leases;
mod needs;
mod neighbours;
mod outcome;
pub mod period;
pub mod place;
pub mod policy;
pub mod profile;
mod ready;
pub mod registration;
pub mod registrations;
mod retry;
pub mod saved;
mod scheduler;
mod sessions;
pub mod site;
pub mod time;
mod timers;
pub mod wall;

pub use field::FieldError;
pub use scheduler::{
    AppsChanged, Caller, Denial, Engaged, EngagementReport, FORECAST_EVENTS, Filter, Force,
    Forecast, ForecastQuestion, Foreseen, Foresight, Import, ImportError, ImportMode,
    ImportRefused, Imported, LONGEST_FORECAST, LeaseError, Loaded, NewLease, NewRegistration,
    NewSchedule, NewSession, OpenedSession, Page, Reconciled, RegisterChange, RegisterError,
    Registered, RegistrationView, RunNow, SavedCursor, SavedPage, Scheduler, SessionView,
    ShareSpent, SiteError, StateCounts, Supposition, Tally, Unregistered, Viewer, WakeReason,
    Wakes,
};
