//! Colour and time zone: how things look here.

use jiff::tz::TimeZone;

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    On,
    Off,
}

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Heading,
    Good,
    Busy,
    Bad,
    Faint,
}

/// How things look here.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) color: Color,
    pub(crate) zone: TimeZone,
}

impl Look {
    /// Text that was escaped already, in a colour.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match (self.color, paint) {
            (Color::Off, _) | (Color::On, Paint::Plain) => return text.to_owned(),
            (Color::On, Paint::Heading) => "1",
            (Color::On, Paint::Good) => "32",
            (Color::On, Paint::Busy) => "33",
            (Color::On, Paint::Bad) => "31",
            (Color::On, Paint::Faint) => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// How tests look.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { color: Color::Off, zone: TimeZone::UTC }
    }
}
