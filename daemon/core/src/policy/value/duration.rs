//! Durations as a policy file writes them: `500ms`, `15m`, `1h30m`.

use std::{fmt, time::Duration};

/// Units, longest first, with their milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// What is wrong with a text that should be a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong<'a> {
    /// It does not begin with a number, or is longer than can be counted.
    Form,
    /// A number has no unit.
    NoUnit,
    /// A number has a unit that does not exist.
    Unit(&'a str),
}

/// In the largest unit that leaves nothing over.
pub(super) fn show(duration: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return f.write_str("0s");
    }
    let whole = UNITS.iter().find(|(_, unit)| millis.is_multiple_of(*unit));
    let (name, unit) = whole.copied().unwrap_or(("ms", 1));
    write!(f, "{}{name}", millis / unit)
}

/// Reads numbers with units, such as `1h30m`; spaces between them do not matter.
pub(super) fn read(text: &str) -> Result<Duration, Wrong<'_>> {
    let mut rest = text.trim();
    let mut millis = 0_u64;
    if rest.is_empty() {
        return Err(Wrong::Form);
    }
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (name, after) = split(after.trim_start(), |c| !c.is_ascii_digit() && c != ' ');
        let number: u64 = number.parse().map_err(|_| Wrong::Form)?;
        if name.is_empty() {
            return Err(Wrong::NoUnit);
        }
        let unit = UNITS.iter().find(|(known, _)| *known == name).ok_or(Wrong::Unit(name))?.1;
        let part = number.checked_mul(unit).ok_or(Wrong::Form)?;
        millis = millis.checked_add(part).ok_or(Wrong::Form)?;
        rest = after.trim_start();
    }
    Ok(Duration::from_millis(millis))
}

/// The longest beginning of such characters, and what comes after it.
fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(text: &str) -> u128 {
        read(text).unwrap().as_millis()
    }

    #[test]
    fn units_add_up() {
        assert_eq!(millis("500ms"), 500);
        assert_eq!(millis("1h30m"), 5_400_000);
        assert_eq!(millis(" 1h 30 m "), 5_400_000);
        assert_eq!(millis("366d"), 366 * 86_400_000);
        assert_eq!(millis("0s"), 0);
    }

    #[test]
    fn what_is_no_duration_is_told_apart() {
        assert_eq!(read(""), Err(Wrong::Form));
        assert_eq!(read("m"), Err(Wrong::Form));
        assert_eq!(read("-5m"), Err(Wrong::Form));
        assert_eq!(read("5"), Err(Wrong::NoUnit));
        assert_eq!(read("1h 30"), Err(Wrong::NoUnit));
        assert_eq!(read("5min"), Err(Wrong::Unit("min")));
        assert_eq!(read("1.5h"), Err(Wrong::Unit(".")));
        assert_eq!(read("99999999999999999999s"), Err(Wrong::Form));
        assert_eq!(read("18446744073709551615d"), Err(Wrong::Form));
    }

    struct Shown(Duration);

    impl fmt::Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            show(self.0, f)
        }
    }

    #[test]
    fn it_shows_in_the_largest_whole_unit() {
        let shown = |millis| Shown(Duration::from_millis(millis)).to_string();
        assert_eq!(
            [0, 1, 1_500, 60_000, 5_400_000, 86_400_000].map(shown),
            ["0s", "1ms", "1500ms", "1m", "90m", "1d"]
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(millis in 0_u64..=u64::MAX) {
            let duration = Duration::from_millis(millis);
            let text = Shown(duration).to_string();
            prop_assert_eq!(read(&text), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in "[0-9a-z. µ-]{0,40}") {
            let _ = read(&text);
        }
    }
}
