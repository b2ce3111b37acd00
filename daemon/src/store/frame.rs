//! How instants of the core relate to the boot clock and the wall clock, and how they are stored.
//!
//! A record keeps its instants in milliseconds of its own boot's clock, and once which boot that
//! was and how far the wall clock was ahead of it. In the same boot an instant is read back by the
//! boot clock, exactly; in another by the wall clock. Clamping what then lies too far ahead is the
//! core's work, which knows the intervals.

use pwasync_core::time::Timestamp;

/// How core time, boot clock and wall clock of this run relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockFrame {
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: [u8; 16],
    /// Core time is CLOCK_BOOTTIME plus this.
    pub offset_millis: i64,
    /// Unix time is core time plus this.
    pub wall_offset_millis: i64,
}

/// The frame in which a record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordFrame {
    pub(super) boot_id: [u8; 16],
    /// Unix time was CLOCK_BOOTTIME plus this.
    pub(super) wall_minus_boot: i64,
}

impl ClockFrame {
    /// The instant by the wall clock, for people.
    pub(super) fn wall_text(self, at: Timestamp) -> String {
        let unix = i64::try_from(at.as_millis())
            .unwrap_or(i64::MAX)
            .saturating_add(self.wall_offset_millis);
        jiff::Timestamp::from_millisecond(unix)
            .map_or_else(|_| format!("{unix} ms after 1970"), |at| format!("{at:.0}"))
    }

    /// What a record written now keeps of this frame.
    pub(super) fn of_record(self) -> RecordFrame {
        RecordFrame {
            boot_id: self.boot_id,
            wall_minus_boot: self.offset_millis.saturating_add(self.wall_offset_millis),
        }
    }

    /// The instant on this boot's clock. Before the boot it is negative.
    pub(super) fn stored(self, at: Timestamp) -> i64 {
        saturate(i128::from(at.as_millis()) - i128::from(self.offset_millis))
    }

    /// The instant that a record of `written` holds, in this run's core time.
    pub(super) fn restored(self, stored: i64, written: RecordFrame) -> Timestamp {
        let core = if written.boot_id == self.boot_id {
            i128::from(stored) + i128::from(self.offset_millis)
        } else {
            let unix = i128::from(stored) + i128::from(written.wall_minus_boot);
            unix - i128::from(self.wall_offset_millis)
        };
        Timestamp::from_millis(u64::try_from(core.max(0)).unwrap_or(u64::MAX))
    }
}

/// The nearest value that fits.
fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Started at Unix time 1,000,000,000, 5 s after boot.
    const FIRST: ClockFrame =
        ClockFrame { boot_id: [1; 16], offset_millis: 999_995_000, wall_offset_millis: 0 };

    #[test]
    fn in_the_same_boot_the_boot_clock_counts() {
        let stored = FIRST.stored(Timestamp::from_millis(1_000_060_000));
        assert_eq!(stored, 65_000);
        // The daemon started again after the wall clock was set back by an hour.
        let later = ClockFrame { offset_millis: FIRST.offset_millis - 3_600_000, ..FIRST };
        let read = later.restored(stored, FIRST.of_record());
        assert_eq!(read.as_millis() as i64 - later.offset_millis, 65_000);
    }

    #[test]
    fn in_another_boot_the_wall_clock_counts() {
        let stepped = ClockFrame { wall_offset_millis: 500, ..FIRST };
        let stored = stepped.stored(Timestamp::from_millis(1_000_060_000));
        let other = ClockFrame { boot_id: [2; 16], offset_millis: 77, wall_offset_millis: 20 };
        let read = other.restored(stored, stepped.of_record());
        assert_eq!(read.as_millis(), 1_000_060_500 - 20);
    }

    #[test]
    fn an_instant_before_the_boot_is_kept() {
        let early = Timestamp::from_millis(999_000_000);
        assert!(FIRST.stored(early) < 0);
        assert_eq!(FIRST.restored(FIRST.stored(early), FIRST.of_record()), early);
    }

    #[test]
    fn nothing_overflows() {
        let wild =
            ClockFrame { boot_id: [3; 16], offset_millis: i64::MIN, wall_offset_millis: i64::MIN };
        for at in [0, u64::MAX] {
            let stored = wild.stored(Timestamp::from_millis(at));
            let _ = FIRST.restored(stored, wild.of_record());
            let _ = wild.restored(stored, FIRST.of_record());
        }
    }
}
