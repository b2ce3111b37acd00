//! What can go wrong while a scene is set up or watched.

use std::{io, time::Duration};

/// Why a part of the test bed did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A call to the operating system failed.
    #[error("could not {doing}")]
    System {
        /// What was tried, as an infinitive.
        doing: String,
        /// The answer of the system.
        #[source]
        source: io::Error,
    },
    /// A program that is needed is not there.
    #[error("program `{name}` was not found in `{place}`\nhint: {hint}")]
    NoProgram {
        /// File name of the program.
        name: String,
        /// Where it was looked for.
        place: String,
        /// The next command.
        hint: String,
    },
    /// A helper program ended with an error.
    #[error("`{command}` failed: {output}")]
    Command {
        /// The command line.
        command: String,
        /// What it wrote to stderr.
        output: String,
    },
    /// Something that was waited for did not come.
    #[error("waited {limit:?} for {what}, which did not come{tail}")]
    TimeOut {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// The last lines of the program concerned, each on its own line; or nothing.
        tail: String,
    },
    /// A program ended that should run.
    #[error("`{program}` ended while {what} was waited for{tail}")]
    Ended {
        /// The program.
        program: String,
        /// What was waited for.
        what: String,
        /// Its last lines.
        tail: String,
    },
    /// A service on a bus answered with an error, or not as expected.
    #[error("could not {doing} over the bus: {answer}")]
    Bus {
        /// What was tried, as an infinitive or the name of a method or property.
        doing: String,
        /// What came back.
        answer: String,
    },
    /// Chromium answered a call with an error, or with something else than expected.
    #[error("chromium: {doing}: {answer}")]
    Chromium {
        /// The call.
        doing: String,
        /// What came back, shortened.
        answer: String,
    },
}

impl HarnessError {
    pub(crate) fn system(doing: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::System { doing: doing.into(), source: source.into() }
    }

    pub(crate) fn chromium(doing: impl Into<String>, answer: impl ToString) -> Self {
        let answer = answer.to_string().chars().take(400).collect();
        Self::Chromium { doing: doing.into(), answer }
    }
}
