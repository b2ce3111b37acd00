//! Waits that go on while the machine sleeps: it may wake with another charge.

use std::{future::pending, io, os::fd::OwnedFd, time::Duration};

use rustix::{
    io::Errno,
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
};
use tokio::io::{Interest, unix::AsyncFd};

/// A timer on CLOCK_BOOTTIME; tokio's own stands still in suspend.
#[derive(Debug)]
pub(super) struct Timer {
    descriptor: AsyncFd<OwnedFd>,
}

impl Timer {
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let descriptor = timerfd_create(TimerfdClockId::Boottime, flags)?;
        Ok(Self { descriptor: readable(descriptor)? })
    }

    /// Waits for so long; without a time for ever.
    pub(super) async fn pass(&self, time: Option<Duration>) {
        let Some(time) = time else { return pending().await };
        if let Err(error) = self.run(time).await {
            tracing::warn!(%error, "no timer: batteries are looked at only when they say so");
            pending().await
        }
    }

    async fn run(&self, time: Duration) -> io::Result<()> {
        let nanoseconds = i64::from(time.subsec_nanos());
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let value = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        // Set anew, it has forgotten that it ran out for a wait that nobody waited for.
        timerfd_settime(self.descriptor.get_ref(), TimerfdTimerFlags::empty(), &once)?;
        loop {
            let mut ready = self.descriptor.readable().await?;
            match rustix::io::read(self.descriptor.get_ref(), &mut [0_u8; 8]) {
                Ok(_) => return Ok(()),
                Err(Errno::WOULDBLOCK) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for types whose descriptor can change; an OwnedFd's cannot"
)]
fn readable(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_wait_that_was_left_does_not_end_the_next_one() {
        let timer = Timer::new().unwrap();
        let moment = Some(Duration::from_millis(5));
        timer.pass(moment).await;
        assert!(timer.pass(moment).now_or_never().is_none());
        // It has run out by then, and nobody took note.
        timer.descriptor.readable().await.unwrap().retain_ready();
        let long = Some(Duration::from_secs(3_600));
        assert!(timer.pass(long).now_or_never().is_none());
        timer.pass(moment).await;
        assert!(timer.pass(None).now_or_never().is_none());
    }
}
