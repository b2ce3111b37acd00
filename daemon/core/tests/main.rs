//! The tests of the core: timelines that can be read, and a model that finds what nobody thought
//! of.

#![expect(clippy::unwrap_used, reason = "a test that meets what cannot be is to fail")]

mod model;
mod support;
mod timeline;
mod year;
