//! Why a registration does not run: standing facts with stable codes.

use crate::{lease::Fact, time::Timestamp};

/// One reason, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// What kind of reason.
    pub code: BlockerCode,
    /// Since when it holds.
    pub since: Timestamp,
    /// The earliest instant at which it can end; `None`: cannot be known.
    pub earliest: Option<Timestamp>,
}

/// The stable codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockerCode {
    /// Not each source of facts has spoken since the start.
    Starting,
    /// The next period has not come.
    NotDue,
    /// The delay after a failed attempt.
    BackOff,
    /// No network.
    Offline,
    /// Online, but not for long enough.
    Settling,
    /// The connectivity check has no answer.
    Limited,
    /// Behind a captive portal.
    CaptivePortal,
    /// On a metered network.
    Metered,
    /// Roaming.
    Roaming,
    /// On the wrong kind of network.
    Transport,
    /// On a network that is not known.
    UnknownNetwork,
    /// Low battery.
    BatteryLow,
    /// Very low battery.
    BatteryCritical,
    /// Not charging.
    NotCharging,
    /// The power saver is on.
    PowerSaver,
    /// The machine is going to sleep.
    Suspending,
    /// No engagement.
    EngagementNone,
    /// The app is not installed.
    NotInstalled,
    /// No permission.
    PermissionDenied,
    /// Paused.
    Paused,
    /// The budget is spent.
    BudgetSpent,
    /// Waits for a learned hour.
    LearnedHour,
    /// Too soon after another event of the origin.
    OriginGap,
    /// Waits for the wake grid.
    Grid,
    /// All slots are taken.
    Concurrency,
    /// The browser is not attached.
    BrowserClosed,
    /// The browser is being started.
    BrowserLaunching,
    /// Nothing can start the browser.
    NoLauncher,
    /// No records can be written.
    StoreReadOnly,
}

impl BlockerCode {
    /// The fact that it is about; `None`: it is about something else.
    pub(crate) fn fact(self) -> Option<Fact> {
        match self {
            Self::Offline | Self::Settling | Self::Limited | Self::CaptivePortal => {
                Some(Fact::Network)
            }
            Self::Metered => Some(Fact::Metered),
            Self::Roaming => Some(Fact::Roaming),
            Self::Transport => Some(Fact::Transport),
            Self::BatteryLow | Self::BatteryCritical => Some(Fact::Battery),
            Self::NotCharging => Some(Fact::Charging),
            Self::PowerSaver => Some(Fact::PowerSaver),
            Self::Starting
            | Self::UnknownNetwork
            | Self::NotDue
            | Self::BackOff
            | Self::Suspending
            | Self::EngagementNone
            | Self::NotInstalled
            | Self::PermissionDenied
            | Self::Paused
            | Self::BudgetSpent
            | Self::LearnedHour
            | Self::OriginGap
            | Self::Grid
            | Self::Concurrency
            | Self::BrowserClosed
            | Self::BrowserLaunching
            | Self::NoLauncher
            | Self::StoreReadOnly => None,
        }
    }

    /// What holds the registration, as a sentence.
    pub fn holds(self) -> &'static str {
        match self {
            Self::Starting => "the daemon has just started and does not know the host yet",
            Self::NotDue => "its interval has not passed",
            Self::BackOff => "it waits after an attempt that failed",
            Self::Offline => "there is no network",
            Self::Settling => "the network has come up only now",
            Self::Limited => {
                "the network does not reach the internet, as far as its check can tell"
            }
            Self::CaptivePortal => "the network wants a login first (captive portal)",
            Self::Metered => "the network is metered",
            Self::Roaming => "the mobile network is a foreign one (roaming)",
            Self::Transport => "it asked for another kind of network than this",
            Self::UnknownNetwork => "it may only run on known networks, and this is none",
            Self::BatteryLow => "the battery is low",
            Self::BatteryCritical => "the battery is nearly empty",
            Self::NotCharging => "it asked for the charger, which is not plugged in",
            Self::PowerSaver => "the power saver is on",
            Self::Suspending => "the machine is going to sleep",
            Self::EngagementNone => "the user does not use the site",
            Self::NotInstalled => "its app is not installed any more",
            Self::PermissionDenied => "it has no permission",
            Self::Paused => "syncs are paused",
            Self::BudgetSpent => "its app has spent the budget of the day",
            Self::LearnedHour => "it waits for the hour before the app is usually used",
            Self::OriginGap => "another event of its origin is too near",
            Self::Grid => "it waits for the next common wake",
            Self::Concurrency => "as many events run as may run at once",
            Self::BrowserClosed => "the browser is not running",
            Self::BrowserLaunching => "the browser is being started",
            Self::NoLauncher => "nothing is there that could start the browser",
            Self::StoreReadOnly => "the daemon cannot write its records",
        }
    }

    /// What ends it, as a sentence.
    pub fn clears(self) -> &'static str {
        match self {
            Self::Starting => "the sources of facts speak, or three seconds after the start",
            Self::NotDue => "the interval passes",
            Self::BackOff => "the delay after the failed attempt passes",
            Self::Offline => "a network with a default route comes up",
            Self::Settling => "the network stays up for the settle time",
            Self::Limited => "the connectivity check succeeds",
            Self::CaptivePortal => "the captive portal is passed",
            Self::Metered => "an unmetered network is joined",
            Self::Roaming => "roaming ends",
            Self::Transport => "a network of the wanted kind is joined",
            Self::UnknownNetwork => "a known network is joined",
            Self::BatteryLow | Self::BatteryCritical => "the battery is charged",
            Self::NotCharging => "the charger is plugged in",
            Self::PowerSaver => "the power saver is turned off",
            Self::Suspending => "the machine wakes up",
            Self::EngagementNone => "the user uses the site",
            Self::NotInstalled => "the app is installed",
            Self::PermissionDenied => "the permission is granted",
            Self::Paused => "the pause ends",
            Self::BudgetSpent => "the day ends",
            Self::LearnedHour => "the usual hour comes near",
            Self::OriginGap => "enough time passes since the origin's last event",
            Self::Grid => "the next slot of the wake grid comes",
            Self::Concurrency => "a running event ends",
            Self::BrowserClosed => "the browser is started",
            Self::BrowserLaunching => "the browser has started",
            Self::NoLauncher => "a launcher is started, or the browser by hand",
            Self::StoreReadOnly => "the store can be written again",
        }
    }
}
