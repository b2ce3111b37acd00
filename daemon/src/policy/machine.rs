//! Where the slots of this machine's wake grid begin.

use std::{fs, io, time::Duration};

use siphasher::sip::SipHasher24;

/// Where the machine's id is (machine-id(5)).
const MACHINE_ID: &str = "/etc/machine-id";
/// The id itself must not be shown to anybody, not in part (machine-id(5)): it is hashed with a key
/// that no other program uses.
const KEY: &[u8; 16] = b"pwasync.grid.\0\0\x01";

/// No number drawn is above it.
const ALL: Duration = Duration::from_millis(u64::MAX);

/// Stable for a machine and different between machines, so that they do not tick together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridOffset {
    /// Drawn from the machine's id.
    Machine(u64),
    /// Given.
    Fixed(Duration),
}

impl GridOffset {
    /// The offset of this machine.
    ///
    /// # Errors
    /// When the machine has no id.
    pub fn of_machine() -> io::Result<Self> {
        let id = fs::read_to_string(MACHINE_ID)?;
        Self::of_id(&id).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, MACHINE_ID))
    }

    fn of_id(text: &str) -> Option<Self> {
        let id = text.trim();
        // While an image is being made the file says `uninitialized`.
        let whole = id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
        whole.then(|| Self::Machine(SipHasher24::new_with_key(KEY).hash(id.as_bytes())))
    }

    /// The offset in a grid whose longest slots are so long.
    pub(super) fn within(self, longest: Duration) -> Duration {
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::Machine(_) if longest == 0 => Duration::ZERO,
            Self::Machine(drawn) => Duration::from_millis(drawn % longest),
            Self::Fixed(offset) => offset,
        }
    }

    /// The machine's part of another span, which is less than the span.
    pub(super) fn part_of(self, span: Duration) -> Duration {
        let offset = u64::try_from(self.within(ALL).as_millis()).unwrap_or(u64::MAX);
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(offset.checked_rem(span).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(900);

    fn offset(id: &str) -> Option<Duration> {
        GridOffset::of_id(id).map(|offset| offset.within(LONGEST))
    }

    #[test]
    fn a_machine_keeps_its_offset() {
        let id = "0123456789abcdef0123456789abcdef\n";
        // Written out: another version must not move the machine's slots.
        assert_eq!(offset(id), Some(Duration::from_millis(689_856)));
        assert_eq!(offset(id), offset(id.trim()));
    }

    #[test]
    fn machines_spread_over_the_longest_slot() {
        let mut minutes = [0; 15];
        for machine in 0..1_500_u32 {
            let offset = offset(&format!("{machine:032x}")).unwrap();
            minutes[usize::try_from(offset.as_secs() / 60).unwrap()] += 1;
        }
        assert!(minutes.iter().all(|machines| (50..=150).contains(machines)), "{minutes:?}");
    }

    #[test]
    fn what_is_no_id_gives_no_offset() {
        for text in ["", "uninitialized\n", "0123", &"x".repeat(32)] {
            assert_eq!(offset(text), None);
        }
    }

    #[test]
    fn machines_spread_over_the_jitter_of_a_resume() {
        let mut seconds = [0; 10];
        for machine in 0..1_000_u32 {
            let part = GridOffset::of_id(&format!("{machine:032x}")).unwrap();
            let part = part.part_of(Duration::from_secs(10));
            seconds[usize::try_from(part.as_secs()).unwrap()] += 1;
        }
        assert!(seconds.iter().all(|machines| (50..=150).contains(machines)), "{seconds:?}");
        assert_eq!(GridOffset::Machine(7).part_of(Duration::ZERO), Duration::ZERO);
        let fixed = GridOffset::Fixed(Duration::from_secs(12));
        assert_eq!(fixed.part_of(Duration::from_secs(10)), Duration::from_secs(2));
    }

    #[test]
    fn without_a_grid_there_is_no_offset() {
        assert_eq!(GridOffset::Machine(7).within(Duration::ZERO), Duration::ZERO);
        assert_eq!(GridOffset::Fixed(LONGEST).within(Duration::ZERO), LONGEST);
    }
}
