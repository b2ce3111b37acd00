//! Pages of named facts: a word, then what it is. Values are escaped here.

use super::escape::escape;
use super::look::{Look, Paint};

const WIDTH: usize = 14;

/// A page that grows fact by fact.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    look: &'a Look,
    text: String,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(look: &'a Look) -> Self {
        Self { look, text: String::new() }
    }

    pub(crate) fn fact(&mut self, name: &str, value: impl AsRef<str>) {
        self.painted(name, Paint::Plain, value);
    }

    pub(crate) fn painted(&mut self, name: &str, paint: Paint, value: impl AsRef<str>) {
        let value = self.look.paint(paint, &escape(value.as_ref()));
        self.text.push_str(&self.look.paint(Paint::Heading, name));
        let gap = WIDTH.saturating_sub(name.chars().count()).max(1);
        self.text.extend(std::iter::repeat_n(' ', gap));
        self.text.push_str(&value);
        self.text.push('\n');
    }

    /// A name over lines that were escaped already.
    pub(crate) fn lines(&mut self, name: &str, lines: &str) {
        self.text.push_str(&self.look.paint(Paint::Heading, name));
        self.text.push('\n');
        self.text.push_str(lines);
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}
