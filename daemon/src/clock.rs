//! The clocks: suspend-aware core time, the timer that waits for it, and the wall clock.
//!
//! The only module of the daemon that reads a clock.

mod sleep;
mod zone;

use std::{fs, io, os::fd::OwnedFd};

use jiff::tz::TimeZone;
use pwasync_core::{
    time::{Timestamp, WallClock},
    wall::UtcOffset,
};
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::{Interest, unix::AsyncFd};

use crate::channel::{EngineGone, WallClockSender};
pub use sleep::AlarmError;
pub(crate) use sleep::{Alarm, SleepWatch};
use zone::ZoneWatch;
pub use zone::zone_name;

/// The time zone of the machine.
const LOCAL_TIME: &str = "/etc/localtime";

/// Where the kernel names the boot.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// There once systemd-timesyncd has set the clock (systemd-timesyncd.service(8)).
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// A wall clock that moved by less than this against core time has only been slewed.
const STEP_MILLIS: i64 = 500;

/// Which time zone is the local one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalZone {
    /// That of the machine.
    #[default]
    Machine,
    /// The one that `TZ` names.
    Environment,
}

impl LocalZone {
    fn read(self) -> TimeZone {
        let machine = || TimeZone::tzif(LOCAL_TIME, &fs::read(LOCAL_TIME).ok()?).ok();
        match self {
            // Its rules are in the file. To find its name, which nobody asks for, the names of all
            // zones would be read and kept.
            Self::Machine => machine().unwrap_or_else(TimeZone::system),
            Self::Environment => TimeZone::system(),
        }
    }
}

/// Whether the wall clock is known to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronised {
    /// systemd-timesyncd says that it has set it since the boot.
    Yes,
    /// Nobody says: it may be, or not yet.
    Unknown,
}

/// Whether the machine's wall clock is known to be right. The kernel knows (adjtimex(2)), but there
/// is no way to ask it that the compiler could check.
pub(crate) fn synchronised() -> Synchronised {
    match fs::exists(SYNCHRONISED) {
        Ok(true) => Synchronised::Yes,
        Ok(false) | Err(_) => Synchronised::Unknown,
    }
}

/// Core time of the real host: CLOCK_BOOTTIME plus an offset fixed when the daemon starts.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    offset_millis: i64,
    boot_id: [u8; 16],
    zone: LocalZone,
}

impl SystemClock {
    /// Fixes the offset, so that core time equals Unix time now.
    ///
    /// # Errors
    /// When the kernel does not name the boot.
    pub fn start(zone: LocalZone) -> io::Result<Self> {
        let boot_id = parse_boot_id(&fs::read_to_string(BOOT_ID)?)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, BOOT_ID))?;
        let offset_millis = millis(ClockId::Realtime) - millis(ClockId::Boottime);
        Ok(Self { offset_millis, boot_id, zone })
    }

    /// Core time.
    pub fn now(&self) -> Timestamp {
        let now = millis(ClockId::Boottime).saturating_add(self.offset_millis);
        Timestamp::from_millis(u64::try_from(now).unwrap_or(0))
    }

    /// The wall clock against core time.
    pub fn wall(&self) -> WallClock {
        let unix = millis(ClockId::Realtime);
        let offset_millis = unix - millis(ClockId::Boottime) - self.offset_millis;
        WallClock { offset_millis, utc_offset: utc_offset(&self.zone.read(), unix) }
    }

    /// See [`crate::store::frame::ClockFrame::offset_millis`].
    pub fn offset_millis(&self) -> i64 {
        self.offset_millis
    }

    /// Core time when the machine booted.
    pub(crate) fn booted_at(&self) -> Timestamp {
        Timestamp::from_millis(u64::try_from(self.offset_millis).unwrap_or(0))
    }

    /// Names this boot.
    pub fn boot_id(&self) -> [u8; 16] {
        self.boot_id
    }
}

/// Waits for instants of core time; the wait goes on while the machine sleeps.
#[derive(Debug)]
pub struct Timer {
    descriptor: AsyncFd<OwnedFd>,
    clock: SystemClock,
}

impl Timer {
    /// A timer on CLOCK_BOOTTIME; tokio's own stands still in suspend.
    ///
    /// # Errors
    /// When the kernel gives no timer.
    pub fn new(clock: SystemClock) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let descriptor = timerfd_create(TimerfdClockId::Boottime, flags)?;
        let descriptor = readable(descriptor)?;
        Ok(Self { descriptor, clock })
    }

    /// Waits until the instant has come; at once when it has passed; for ever without one.
    ///
    /// # Errors
    /// When the kernel refuses the timer.
    pub async fn wait(&self, until: Option<Timestamp>) -> io::Result<()> {
        let Some(until) = until else { return std::future::pending().await };
        // The clock decides, not the timer: it may have fired for an earlier wish.
        while self.clock.now() < until {
            let at = i64::try_from(until.as_millis()).unwrap_or(i64::MAX);
            let boot = at.saturating_sub(self.clock.offset_millis).max(1);
            let value = Itimerspec { it_interval: timespec(0), it_value: timespec(boot) };
            timerfd_settime(self.descriptor.get_ref(), TimerfdTimerFlags::ABSTIME, &value)?;
            self.descriptor.readable().await?.clear_ready();
        }
        Ok(())
    }
}

/// Reports steps of the wall clock, other time zones, and changes between summer and winter time
/// until the engine is gone.
///
/// # Errors
/// When the kernel gives no timer.
pub async fn watch_wall_clock(clock: SystemClock, sender: WallClockSender) -> io::Result<()> {
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let descriptor = timerfd_create(TimerfdClockId::Realtime, flags)?;
    let descriptor = readable(descriptor)?;
    // What everybody begins with. A step that came before this, while the store was being opened
    // as at boot, is told at once.
    let mut last = WallClock::default();
    // Where the kernel gives none, another zone is noticed with the next step.
    let mut zones = match ZoneWatch::begin() {
        Ok(zones) => Some(zones),
        Err(error) => {
            tracing::warn!(%error, "the time zone cannot be watched");
            None
        }
    };
    loop {
        // Before its time comes it becomes readable only when the clock is set
        // (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
        let at = next_transition(&clock.zone.read(), millis(ClockId::Realtime));
        let armed =
            Itimerspec { it_interval: timespec(0), it_value: timespec(at.unwrap_or(i64::MAX / 2)) };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        timerfd_settime(descriptor.get_ref(), flags, &armed)?;
        let mut wall = clock.wall();
        if (wall.offset_millis - last.offset_millis).abs() < STEP_MILLIS {
            wall.offset_millis = last.offset_millis;
        }
        if wall != last {
            last = wall;
            if sender.send(wall).await == Err(EngineGone) {
                return Ok(());
            }
        }
        let other_zone = async {
            match &mut zones {
                Some(zones) => zones.changed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ready = descriptor.readable() => {
                // Where the clock was set the read ends with ECANCELED; it takes the event away.
                let _ = rustix::io::read(descriptor.get_ref(), &mut [0_u8; 8]);
                ready?.clear_ready();
            }
            changed = other_zone => if let Err(error) = changed {
                tracing::warn!(%error, "the watch on the time zone has ended");
                zones = None;
            },
        }
    }
}

/// From UTC to a zone's local time at an instant in milliseconds since 1970.
fn utc_offset(zone: &TimeZone, unix_millis: i64) -> UtcOffset {
    jiff::Timestamp::from_millisecond(unix_millis)
        .map_or(UtcOffset::UTC, |at| UtcOffset::from_seconds(zone.to_offset(at).seconds()))
}

/// When that changes next after an instant, in milliseconds since 1970.
fn next_transition(zone: &TimeZone, unix_millis: i64) -> Option<i64> {
    let after = jiff::Timestamp::from_millisecond(unix_millis).ok()?;
    zone.following(after).next().map(|transition| transition.timestamp().as_millisecond())
}

/// Registers a descriptor with the runtime, to wait until it can be read.
#[expect(
    deprecated,
    reason = "its successor is unsafe for types whose descriptor can change; an OwnedFd's cannot"
)]
fn readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}

fn millis(clock: ClockId) -> i64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    tv_sec.saturating_mul(1_000).saturating_add(tv_nsec / 1_000_000)
}

/// Rounded up to the next millisecond by nature: callers give whole milliseconds.
fn timespec(millis: i64) -> Timespec {
    Timespec { tv_sec: millis / 1_000, tv_nsec: (millis % 1_000) * 1_000_000 }
}

/// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
fn parse_boot_id(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> = text
        .trim()
        .chars()
        .filter(|character| *character != '-')
        .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect();
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Input, channel};
    use std::time::Duration;

    #[test]
    fn a_boot_id_is_sixteen_bytes() {
        let id = parse_boot_id("00010203-0405-0607-0809-0a0b0c0d0eff\n").unwrap();
        assert_eq!(id, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(parse_boot_id("nonsense"), None);
        assert_eq!(parse_boot_id("0001"), None);
    }

    #[tokio::test]
    async fn a_step_before_the_watch_began_is_told() {
        let clock = SystemClock::start(LocalZone::Machine).unwrap();
        let stepped = SystemClock { offset_millis: clock.offset_millis - 10_000, ..clock };
        let (sender, mut inputs) = channel();
        let watch = watch_wall_clock(stepped, sender.wall_clock());
        let told = tokio::select! {
            ended = watch => panic!("the watch ended: {ended:?}"),
            told = tokio::time::timeout(Duration::from_secs(20), inputs.recv()) => told,
        };
        let Ok(Some(Input::WallClock(wall))) = told else { panic!("not told: {told:?}") };
        assert!((9_500..10_500).contains(&wall.offset_millis), "{wall:?}");
    }

    #[test]
    fn the_zone_of_the_machine_has_the_rules_that_the_system_names() {
        let (own, named) = (LocalZone::Machine.read(), TimeZone::system());
        for unix in [0, 1_767_225_600_000, 1_783_000_000_000] {
            assert_eq!(utc_offset(&own, unix), utc_offset(&named, unix));
        }
    }

    #[test]
    fn local_time_changes_with_summer_time() {
        // Such as Berlin: from the last Sunday of March to that of October one more hour.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let january = 1_767_225_600_000;
        assert_eq!(utc_offset(&zone, january).as_seconds(), 3_600);
        let march = next_transition(&zone, january).unwrap();
        // 2026-03-29 01:00 UTC.
        assert_eq!(march, 1_774_746_000_000);
        assert_eq!(utc_offset(&zone, march - 1).as_seconds(), 3_600);
        assert_eq!(utc_offset(&zone, march).as_seconds(), 7_200);
        assert!(next_transition(&zone, march).unwrap() > march);
        assert_eq!(next_transition(&TimeZone::UTC, january), None);
        assert_eq!(utc_offset(&zone, i64::MAX), UtcOffset::UTC);
    }

    #[tokio::test]
    async fn the_timer_waits_for_core_time() {
        let clock = SystemClock::start(LocalZone::Machine).unwrap();
        let timer = Timer::new(clock).unwrap();
        let until = clock.now() + Duration::from_millis(20);
        timer.wait(Some(until)).await.unwrap();
        assert!(clock.now() >= until);
        timer.wait(Some(until)).await.unwrap();
    }
}
