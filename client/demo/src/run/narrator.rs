//! What the person in front of the terminal reads. Knows nothing of the scene.

use std::io::{self, Write};

use pwasync_e2e::Moment;

/// Whether escape sequences may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    On,
    Off,
}

/// Writes the story, a line at a time.
pub(crate) struct Narrator<'a> {
    out: &'a mut dyn Write,
    colour: Colour,
}

const LABEL_WIDTH: usize = 12;

impl<'a> Narrator<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, colour: Colour) -> Self {
        Self { out, colour }
    }

    /// A heading with an empty line before it.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        let bold = self.styled("1", text);
        writeln!(self.out, "\n{bold}")?;
        self.out.flush()
    }

    /// A line with who acts, and what happens.
    pub(crate) fn line(&mut self, who: &str, what: &str) -> io::Result<()> {
        let who = self.styled("36", &format!("{who:<LABEL_WIDTH$}"));
        writeln!(self.out, "  {who}  {what}")?;
        self.out.flush()
    }

    /// A line with the time since the link came back.
    pub(crate) fn timed(&mut self, at: Moment, zero: Moment, what: &str) -> io::Result<()> {
        let time = self.styled("33", &format!("{:<LABEL_WIDTH$}", since(at, zero)));
        writeln!(self.out, "  {time}  {what}")?;
        self.out.flush()
    }

    /// Text of another program, set in a little.
    pub(crate) fn quote(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            writeln!(self.out, "    {line}")?;
        }
        self.out.flush()
    }

    /// The last line.
    pub(crate) fn verdict(&mut self, good: Verdict, text: &str) -> io::Result<()> {
        let text = self.styled(if good == Verdict::Arrived { "1;32" } else { "1;31" }, text);
        writeln!(self.out, "\n{text}")?;
        self.out.flush()
    }

    fn styled(&self, code: &str, text: &str) -> String {
        match self.colour {
            Colour::On => format!("\x1b[{code}m{text}\x1b[0m"),
            Colour::Off => text.to_owned(),
        }
    }
}

/// How the demo ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The message came through.
    Arrived,
    /// It did not.
    Lost,
}

/// `+0.012 s`.
pub(crate) fn since(at: Moment, zero: Moment) -> String {
    format!("{:+.3} s", at.millis_since(zero) / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(colour: Colour) -> String {
        let mut out = Vec::new();
        let zero = Moment::from_unix_millis(1_000.0);
        let at = Moment::from_unix_millis(1_012.4);
        Narrator::new(&mut out, colour).timed(at, zero, "the server has it").unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_count_from_the_link() {
        assert_eq!(told(Colour::Off), "  +0.012 s      the server has it\n");
    }

    #[test]
    fn escape_sequences_come_with_colour_only() {
        assert!(told(Colour::On).contains('\x1b'));
        assert!(!told(Colour::Off).contains('\x1b'));
    }
}
