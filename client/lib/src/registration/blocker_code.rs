//! The codes of what holds a registration. They are stable: scripts match on them.

/// What kind of reason holds a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockerCode {
    /// Not every source of facts has spoken since the daemon started.
    Starting,
    /// Its period has not passed.
    NotDue,
    /// The last attempt failed.
    Backoff,
    /// No network.
    Offline,
    /// The network is there, and not for long enough.
    Settling,
    /// The network answers no check.
    Limited,
    /// The network wants a person to sign in.
    CaptivePortal,
    /// The network costs by volume.
    Metered,
    /// The network is a foreign one.
    Roaming,
    /// The network is of the wrong kind.
    Transport,
    /// The app was never used on this network.
    UnknownNetwork,
    /// Too little battery for periodic syncs.
    BatteryLow,
    /// Too little battery for any sync.
    BatteryCritical,
    /// It wants a charger.
    NotCharging,
    /// The power saver is on.
    PowerSaver,
    /// The machine is about to sleep.
    Suspending,
    /// The user does not use the app.
    EngagementNone,
    /// The app is not installed.
    NotInstalled,
    /// User, browser or administrator said no.
    PermissionDenied,
    /// It was paused.
    Paused,
    /// The budget of the day is spent.
    BudgetSpent,
    /// It waits for the hour before the app is usually used.
    LearnedHour,
    /// Another event of its origin ran too shortly before.
    OriginGap,
    /// It waits for the next slot, to share a wake.
    Grid,
    /// Enough events run.
    Concurrency,
    /// No browser of its profile is attached.
    BrowserClosed,
    /// Its browser is being started.
    BrowserLaunching,
    /// Nothing could start its browser.
    NoLauncher,
    /// What runs cannot be recorded.
    StoreReadOnly,
    /// A code of a newer daemon.
    Other(i32),
}

impl BlockerCode {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "STARTING",
            Self::NotDue => "NOT_DUE",
            Self::Backoff => "BACKOFF",
            Self::Offline => "OFFLINE",
            Self::Settling => "SETTLING",
            Self::Limited => "LIMITED",
            Self::CaptivePortal => "CAPTIVE_PORTAL",
            Self::Metered => "METERED",
            Self::Roaming => "ROAMING",
            Self::Transport => "TRANSPORT",
            Self::UnknownNetwork => "UNKNOWN_NETWORK",
            Self::BatteryLow => "BATTERY_LOW",
            Self::BatteryCritical => "BATTERY_CRITICAL",
            Self::NotCharging => "NOT_CHARGING",
            Self::PowerSaver => "POWER_SAVER",
            Self::Suspending => "SUSPENDING",
            Self::EngagementNone => "ENGAGEMENT_NONE",
            Self::NotInstalled => "NOT_INSTALLED",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::Paused => "PAUSED",
            Self::BudgetSpent => "BUDGET_SPENT",
            Self::LearnedHour => "LEARNED_HOUR",
            Self::OriginGap => "ORIGIN_GAP",
            Self::Grid => "GRID",
            Self::Concurrency => "CONCURRENCY",
            Self::BrowserClosed => "BROWSER_CLOSED",
            Self::BrowserLaunching => "BROWSER_LAUNCHING",
            Self::NoLauncher => "NO_LAUNCHER",
            Self::StoreReadOnly => "STORE_READ_ONLY",
            Self::Other(_) => "OTHER",
        }
    }
}
