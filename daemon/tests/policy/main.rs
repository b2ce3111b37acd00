//! The policy as an administrator meets it: the documents, and the program that reads the files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documents;
mod program;
