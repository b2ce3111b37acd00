//! Words for people: escaped, aligned, in local time. Knows no daemon and writes nowhere.

mod blockers;
mod escape;
mod facts;
mod look;
mod table;
mod time;

pub(crate) use blockers::{blocker_lines, codes};
pub(crate) use escape::{escape, is_unsafe, shorten};
pub(crate) use facts::Facts;
pub(crate) use look::{Color, Look, Paint};
pub(crate) use table::{Cell, Table};
pub(crate) use time::{compact, length};
