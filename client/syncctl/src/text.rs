//! Words for people: escaped, aligned, in local time. Knows no daemon and writes nowhere.

mod attempts;
mod blockers;
mod count;
mod escape;
mod facts;
mod history;
mod host;
mod look;
mod subject;
mod table;
mod time;

pub(crate) use attempts::attempt_words;
pub(crate) use blockers::{NOT_BEFORE, blocker_lines, code_words, codes, earliest_words};
pub(crate) use count::counted;
pub(crate) use escape::{escape, is_unsafe, shorten};
pub(crate) use facts::Facts;
pub(crate) use history::{Names, history_line};
pub(crate) use host::{fact_words, host_words};
pub(crate) use look::{Color, Look, Paint};
pub(crate) use subject::subject_words;
pub(crate) use table::{Cell, Table};
pub(crate) use time::{compact, length};
