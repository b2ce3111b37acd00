//! What the clocks say of the machine's sleep, and the alarm that ends it.

use std::{fs, io, os::fd::OwnedFd, time::Duration};

use pwasync_core::time::Timestamp;
use rustix::{
    io::Errno,
    time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create,
        timerfd_settime,
    },
};

use super::{SystemClock, millis, timespec};

/// A shorter sleep changes nothing.
const NOTICED: i64 = 1_000;
/// Clocks that run on batteries.
const CLOCKS: &str = "/sys/class/rtc";

/// Notices that the machine has slept, whoever told of it: CLOCK_BOOTTIME counts the time that it
/// sleeps, and CLOCK_MONOTONIC does not.
#[derive(Debug)]
pub(crate) struct SleepWatch {
    /// How long it had slept since the boot, at most.
    at_most: i64,
}

/// Both clocks, read one after the other. Time may pass between the readings, as when the
/// processor is wanted elsewhere.
#[derive(Clone, Copy)]
struct Reading {
    before: i64,
    boot: i64,
    after: i64,
}

impl SleepWatch {
    pub(crate) fn new() -> Self {
        Self { at_most: Reading::now().at_most() }
    }

    /// How long it has slept since the last call; `None`: it has not.
    pub(crate) fn slept(&mut self) -> Option<Duration> {
        self.take(Reading::now())
    }

    fn take(&mut self, reading: Reading) -> Option<Duration> {
        let slept = reading.at_least().saturating_sub(self.at_most);
        if slept < NOTICED {
            self.at_most = self.at_most.min(reading.at_most());
            return None;
        }
        self.at_most = reading.at_most();
        Some(Duration::from_millis(u64::try_from(slept).unwrap_or(0)))
    }
}

impl Reading {
    fn now() -> Self {
        let before = millis(ClockId::Monotonic);
        let boot = millis(ClockId::Boottime);
        Self { before, boot, after: millis(ClockId::Monotonic) }
    }

    fn at_most(self) -> i64 {
        self.boot.saturating_sub(self.before)
    }

    fn at_least(self) -> i64 {
        self.boot.saturating_sub(self.after)
    }
}

/// Wakes the machine at an instant of core time. There is a capability for that, which the daemon
/// has only where its unit says so.
#[derive(Debug)]
pub(crate) struct Alarm {
    clock: SystemClock,
    descriptor: Option<OwnedFd>,
}

/// Why the machine cannot be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlarmError {
    /// The daemon has no right to.
    #[error("the capability CAP_WAKE_ALARM is missing (docs/examples/wake-alarm.conf gives it)")]
    NoCapability,
    /// Nothing is there that could.
    #[error("the machine has no clock that could wake it")]
    NoClock,
    /// The kernel does not.
    #[error("the kernel refuses: {0}")]
    Refused(Errno),
}

impl Alarm {
    pub(crate) fn new(clock: SystemClock) -> Self {
        Self { clock, descriptor: None }
    }

    /// Whether it could wake the machine.
    pub(crate) fn check(&mut self) -> Result<(), AlarmError> {
        self.descriptor().map(drop)
    }

    /// Wakes the machine then if it sleeps; `None`: it does not.
    pub(crate) fn set(&mut self, at: Option<Timestamp>) -> Result<(), AlarmError> {
        let Some(at) = at else {
            // Closed, it wakes nobody.
            self.descriptor = None;
            return Ok(());
        };
        let core = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let boot = core.saturating_sub(self.clock.offset_millis()).max(1);
        let value = Itimerspec { it_interval: timespec(0), it_value: timespec(boot) };
        let descriptor = self.descriptor()?;
        timerfd_settime(descriptor, TimerfdTimerFlags::ABSTIME, &value)
            .map(drop)
            .map_err(AlarmError::Refused)
    }

    fn descriptor(&mut self) -> Result<&OwnedFd, AlarmError> {
        let made = match self.descriptor.take() {
            Some(descriptor) => descriptor,
            None => {
                let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
                timerfd_create(TimerfdClockId::BoottimeAlarm, flags).map_err(|error| {
                    if error == Errno::PERM {
                        AlarmError::NoCapability
                    } else {
                        AlarmError::Refused(error)
                    }
                })?
            }
        };
        // The kernel takes an alarm that nothing would sound.
        if !has_waking_clock().unwrap_or(false) {
            return Err(AlarmError::NoClock);
        }
        Ok(self.descriptor.insert(made))
    }
}

fn has_waking_clock() -> io::Result<bool> {
    for clock in fs::read_dir(CLOCKS)? {
        if clock?.path().join("wakealarm").exists() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(monotonic: i64, slept: i64) -> Reading {
        Reading { before: monotonic, boot: monotonic + slept, after: monotonic }
    }

    #[test]
    fn a_sleep_is_noticed_once() {
        let mut watch = SleepWatch { at_most: reading(10_000, 500).at_most() };
        assert_eq!(watch.take(reading(20_000, 500)), None);
        assert_eq!(watch.take(reading(21_000, 60_500)), Some(Duration::from_secs(60)));
        assert_eq!(watch.take(reading(22_000, 60_500)), None);
        assert_eq!(watch.take(reading(23_000, 61_000)), None);
        assert_eq!(watch.take(reading(24_000, 62_000)), Some(Duration::from_millis(1_500)));
    }

    /// Between two readings the program may have been stopped for minutes.
    #[test]
    fn a_pause_between_the_readings_is_no_sleep() {
        for (late, early) in [(true, false), (false, true)] {
            let paused = Reading {
                before: 20_000 - if early { 90_000 } else { 0 },
                boot: 20_500,
                after: 20_000 + if late { 90_000 } else { 0 },
            };
            let mut watch = SleepWatch { at_most: reading(10_000, 500).at_most() };
            assert_eq!(watch.take(paused), None);
            assert_eq!(watch.take(reading(200_000, 500)), None);
            // Also when it was stopped at the first of all.
            let mut watch = SleepWatch { at_most: paused.at_most() };
            assert_eq!(watch.take(reading(200_000, 500)), None);
            assert_eq!(watch.take(reading(300_000, 30_500)), Some(Duration::from_secs(30)));
        }
    }
}
