//! Instants as text: the wall clock, in RFC 3339 with milliseconds.

use std::{borrow::Cow, fmt};

use jiff::Timestamp as Instant;
use pwasync_core::{time::Timestamp, wall::WallTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::store::frame::{ClockFrame, RecordFrame};

/// The years 0 to 9999, less the last days of the latter.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_207_200_000;

/// Milliseconds of the wall clock since 1970. Outside of the years that RFC 3339 can write it is
/// a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wall(pub(super) i64);

/// Between instants of the core and the wall clock of what is written or read.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::snapshot) struct Clock {
    frame: ClockFrame,
    written: RecordFrame,
}

impl Clock {
    /// To write in this frame.
    pub(in crate::store::snapshot) fn writing(frame: ClockFrame) -> Self {
        Self { frame, written: frame.of_record() }
    }

    /// To read what was written in another.
    pub(in crate::store::snapshot) fn reading(frame: ClockFrame, written: RecordFrame) -> Self {
        Self { frame, written }
    }

    pub(super) fn written(self) -> RecordFrame {
        self.written
    }

    /// As it is written.
    pub(super) fn wall(self, at: Timestamp) -> Wall {
        Wall(self.frame.stored(at).saturating_add(self.written.wall_minus_boot))
    }

    /// As it is read.
    pub(super) fn at(self, Wall(unix): Wall) -> Timestamp {
        self.frame.restored(unix.saturating_sub(self.written.wall_minus_boot), self.written)
    }
}

impl From<WallTime> for Wall {
    fn from(at: WallTime) -> Self {
        Self(at.as_millis())
    }
}

impl From<Wall> for WallTime {
    fn from(Wall(at): Wall) -> Self {
        Self::from_millis(at)
    }
}

impl Serialize for Wall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let instant = Instant::from_millisecond(self.0).ok();
        match instant.filter(|_| WRITABLE.contains(&self.0)) {
            Some(instant) => serializer.collect_str(&format_args!("{instant:.3}")),
            None => serializer.serialize_i64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Wall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WallVisitor)
    }
}

struct WallVisitor;

impl de::Visitor<'_> for WallVisitor {
    type Value = Wall;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant such as `2026-01-01T07:00:00.000Z`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Wall, E> {
        let instant: Instant =
            text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))?;
        Ok(Wall(instant.as_millisecond()))
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Wall, E> {
        Ok(Wall(millis))
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Wall, E> {
        let wrong = |_| E::invalid_value(de::Unexpected::Unsigned(millis), &self);
        i64::try_from(millis).map(Wall).map_err(wrong)
    }
}

/// Text that is borrowed when it is written and owned when it is read.
pub(super) type Text<'a> = Cow<'a, str>;
