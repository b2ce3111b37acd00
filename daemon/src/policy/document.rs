//! The text of one policy file: which values it gives to which keys of which sections.
//!
//! Goes on after a mistake, so that one run finds them all. Does no I/O.

use std::{collections::BTreeSet, ops::Range, path::Path, sync::Arc};

use pwasync_core::{
    FieldError,
    place::Place as NetworkPlace,
    policy::{
        Raw, Section, Value,
        keys::{self, Key, Reach},
    },
};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::problem::{APP, Collected, ORIGIN, Place, Problem};

/// Names longer than this are not compared with those of keys.
const NAME_BYTES: usize = 64;
/// How much of a name is repeated.
const SHOWN_CHARS: usize = 80;
/// Bytes after the first mistake of form in which others are looked for: a file of rubbish has
/// more of them than there is memory for.
const LOOKED_AT: usize = 64 << 10;
/// Names less alike than this are not meant.
const LIKENESS: f64 = 0.75;

/// A value that a file gives to a key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) section: Section,
    pub(super) key: &'static Key,
    /// `None`: the value is wrong, which has been told.
    pub(super) value: Option<Value>,
    pub(super) place: Place,
}

/// Reads a file's text.
pub(super) fn parse(path: &Arc<Path>, text: &str, problems: &mut Collected) -> Vec<Entry> {
    let lines = Lines::new(text);
    let (document, errors) = match DeTable::parse(text) {
        Ok(document) => (document, Vec::new()),
        Err(first) => {
            let looked_at = lines.after(first.span().map_or(0, |span| span.start) + LOOKED_AT);
            let (document, mut errors) = DeTable::parse_recoverable(&text[..looked_at]);
            if looked_at < text.len() {
                let (line, column) = lines.position(looked_at);
                // A list that is cut off is no mistake.
                let cut_off = |at: Range<usize>| lines.line(at.start) + 1 >= line;
                errors.retain(|error| !error.span().is_some_and(cut_off));
                let message = "from here on the file was not looked at".to_owned();
                let file = path.to_path_buf();
                problems.add(|| Problem { file, line, column, key: String::new(), message });
            }
            (document, errors)
        }
    };
    let mut broken = BTreeSet::new();
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        // What the parser says next about the same line mostly follows from the first.
        let line = lines.line(at);
        if !broken.insert(line) {
            continue;
        }
        problems.add(|| {
            let (line, column) = lines.position(at);
            let message = error.message().to_owned();
            Problem { file: path.to_path_buf(), line, column, key: String::new(), message }
        });
    }
    let mut reader = Reader { path, lines, broken, problems, entries: Vec::new() };
    reader.document(document.get_ref());
    reader.entries
}

struct Reader<'a> {
    path: &'a Arc<Path>,
    lines: Lines<'a>,
    /// Lines whose form is wrong: what was made of them means nothing.
    broken: BTreeSet<u32>,
    problems: &'a mut Collected,
    entries: Vec<Entry>,
}

type Name<'t, 'i> = &'t Spanned<DeString<'i>>;
type Item<'t, 'i> = &'t Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn document(&mut self, document: &DeTable<'_>) {
        for (name, item) in document {
            match name.get_ref().as_ref() {
                ORIGIN => self.sites(name, item, Section::origin),
                APP => self.sites(name, item, Section::app),
                kind if NetworkPlace::KINDS.contains(&kind) => self.sites(name, item, |network| {
                    let place = NetworkPlace::parse(kind, network);
                    place.map_or_else(|| Section::app(network), |place| place.map(Section::Network))
                }),
                _ => self.group(&Section::General, name, item),
            }
        }
    }

    /// `[origin."https://news.example"]`.
    fn sites(
        &mut self,
        name: Name<'_, '_>,
        item: Item<'_, '_>,
        section: impl Fn(&str) -> Result<Section, FieldError>,
    ) {
        let Some(sites) = item.get_ref().as_table() else {
            let message = "holds sites: write `[origin.\"https://news.example\"]`, or likewise \
                           `app`, and the keys below it";
            return self.problem(item.span(), name.get_ref(), || message.to_owned());
        };
        for (site, keys) in sites {
            let section = match section(site.get_ref()) {
                Ok(section) => section,
                Err(error) => {
                    let message = || format!("value {} {}", error.value, error.rule);
                    self.problem(site.span(), name.get_ref(), message);
                    continue;
                }
            };
            let Some(groups) = keys.get_ref().as_table() else {
                let message = || "holds keys, such as `retry.max_attempts = 5`".to_owned();
                self.problem(keys.span(), name.get_ref(), message);
                continue;
            };
            for (name, item) in groups {
                self.group(&section, name, item);
            }
        }
    }

    fn group(&mut self, section: &Section, name: Name<'_, '_>, item: Item<'_, '_>) {
        let known = keys::GROUPS.iter().any(|group| group.name == name.get_ref());
        let Some(table) = item.get_ref().as_table() else {
            let message = || {
                let hint = nearest(name.get_ref());
                if known { "is a table of keys".to_owned() } else { unknown("key", hint) }
            };
            return self.problem(name.span(), name.get_ref(), message);
        };
        if !known && table.is_empty() {
            let message = || unknown("table", nearest_group(name.get_ref()));
            return self.problem(name.span(), name.get_ref(), message);
        }
        for (key, item) in table {
            let full = format!("{}.{}", name.get_ref(), key.get_ref());
            match keys::find(&full) {
                Some(key) => self.value(section, key, item),
                None => {
                    self.problem(key.span(), &full, || unknown("key", nearest(&full)));
                }
            }
        }
    }

    fn value(&mut self, section: &Section, key: &'static Key, item: Item<'_, '_>) {
        let problem = match (section, key.reach()) {
            (Section::General, _)
            | (Section::Origin(_) | Section::App(_), Reach::Site)
            | (Section::Network(_), Reach::Network) => None,
            (Section::Origin(_) | Section::App(_), Reach::General) => {
                Some("holds for everybody: a site cannot have a value of its own")
            }
            (Section::Origin(_) | Section::App(_), Reach::Network) => {
                Some("is about networks: a site cannot have a value of its own")
            }
            (Section::Network(_), Reach::General | Reach::Site) => Some("is not said of a network"),
        };
        if let Some(message) = problem {
            return self.problem(item.span(), key.name, || message.to_owned());
        }
        let value = match key.kind.read(raw(item.get_ref())) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(item.span(), key.name, || error.to_string());
                None
            }
        };
        let (line, column) = self.lines.position(item.span().start);
        let place = Place::File { path: Arc::clone(self.path), line, column };
        self.entries.push(Entry { section: section.clone(), key, value, place });
    }

    fn problem(&mut self, span: Range<usize>, key: &str, message: impl FnOnce() -> String) {
        if self.broken.contains(&self.lines.line(span.start)) {
            return;
        }
        let (line, column) = self.lines.position(span.start);
        let file = self.path.to_path_buf();
        self.problems.add(|| Problem { file, line, column, key: shorten(key), message: message() });
    }
}

/// A value as the core reads it.
fn raw<'t>(value: &'t DeValue<'_>) -> Raw<'t> {
    match value {
        DeValue::String(text) => Raw::Text(text),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Other("a number beyond all limits"), Raw::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or(Raw::Other("a number that cannot be read"), Raw::Float)
        }
        DeValue::Boolean(switch) => Raw::Boolean(*switch),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Array(_) => Raw::Other("a list"),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

fn unknown(what: &str, meant: Option<&str>) -> String {
    let meant = meant.map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
    format!("is no {what} of the policy{meant}")
}

/// The key that is most like a name, with its table or without.
fn nearest(name: &str) -> Option<&'static str> {
    if name.len() > NAME_BYTES {
        return None;
    }
    let wrong_table = name.rsplit('.').next().unwrap_or(name);
    let likeness = |key: &str| {
        let bare = key.rsplit('.').next().unwrap_or(key);
        let whole = strsim::normalized_damerau_levenshtein(key, name);
        // In another table, or in none.
        if bare == wrong_table { whole.max(0.9) } else { whole }
    };
    most_alike(keys::all().map(|key| (key.name, likeness(key.name))))
}

fn nearest_group(name: &str) -> Option<&'static str> {
    if name.len() > NAME_BYTES {
        return None;
    }
    let names = keys::GROUPS.iter().map(|group| group.name).chain([ORIGIN, APP]);
    most_alike(names.map(|known| (known, strsim::normalized_damerau_levenshtein(known, name))))
}

fn most_alike(names: impl Iterator<Item = (&'static str, f64)>) -> Option<&'static str> {
    names
        .filter(|(_, likeness)| *likeness >= LIKENESS)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(name, _)| name)
}

/// Control characters escaped, cut where it is long.
fn shorten(name: &str) -> String {
    let mut shown: String = name.escape_debug().take(SHOWN_CHARS).collect();
    if name.escape_debug().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// Where the lines of a text begin, and how many characters come before.
struct Lines<'a> {
    text: &'a [u8],
    starts: Vec<usize>,
    /// Characters before each `STEP`th byte: a line may be as long as the file.
    counted: Vec<usize>,
}

/// Bytes between two places at which characters are counted.
const STEP: usize = 1_024;

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let mut counted = vec![0];
        for step in text.as_bytes().chunks_exact(STEP) {
            counted.push(counted[counted.len() - 1] + characters(step));
        }
        let starts = std::iter::once(0).chain(ends).collect();
        Self { text: text.as_bytes(), starts, counted }
    }

    /// The line of a byte, from 1.
    fn line(&self, byte: usize) -> u32 {
        short(self.starts.partition_point(|start| *start <= byte))
    }

    /// Where the line after a byte begins, or the text ends.
    fn after(&self, byte: usize) -> usize {
        let next = self.starts.partition_point(|start| *start <= byte);
        self.starts.get(next).copied().unwrap_or(self.text.len())
    }

    /// Line and column of a byte, both from 1; the column in characters.
    fn position(&self, byte: usize) -> (u32, u32) {
        let byte = byte.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts[line - 1];
        (short(line), short(self.before(byte) - self.before(start) + 1))
    }

    fn before(&self, byte: usize) -> usize {
        let step = byte / STEP;
        self.counted[step] + characters(&self.text[step * STEP..byte])
    }
}

/// Bytes that begin a character.
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| (**byte & 0b1100_0000) != 0b1000_0000).count()
}

fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
