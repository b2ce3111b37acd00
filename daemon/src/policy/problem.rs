//! What is wrong with policy files, and where.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Tables of sites.
pub(super) const ORIGIN: &str = "origin";
pub(super) const APP: &str = "app";

/// Mistakes that are told; a file of rubbish has more than anybody reads.
const TOLD: usize = 1_000;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// On the command line.
    Flag(&'static str),
    /// In a file.
    File {
        /// Which.
        path: Arc<Path>,
        /// From 1.
        line: u32,
        /// From 1, in characters.
        column: u32,
    },
}

/// As `syncctl policy` shows it: the flag, or file and line.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// In which file.
    pub file: PathBuf,
    /// From 1; 0: in no single line.
    pub line: u32,
    /// From 1, in characters; 0: in no single line.
    pub column: u32,
    /// Which key, as the file should spell it; empty: none.
    pub key: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

/// As compilers write it: `file:line:column: key: message`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        if !self.key.is_empty() {
            write!(f, " key `{}`:", self.key)?;
        }
        write!(f, " {}", self.message)
    }
}

/// Everything that is wrong with the policy files, by file and line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblems {
    /// The mistakes.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub untold: usize,
}

impl Problem {
    /// For the log, which names no site and no network.
    pub fn without_sites(&self) -> String {
        let names = [ORIGIN, APP].into_iter().chain(pwasync_core::place::Place::KINDS);
        let of_site = names.into_iter().any(|name| name == self.key);
        // The name of a site may also stand where a key should.
        let url = || self.key.contains("://") || self.message.contains("://");
        if !of_site && !url() {
            return self.to_string();
        }
        let message = "names no site rightly: see `pwasyncd --check-config`".to_owned();
        Self { key: String::new(), message, ..self.clone() }.to_string()
    }
}

impl PolicyProblems {
    /// How many mistakes there are.
    pub fn count(&self) -> usize {
        self.problems.len() + self.untold
    }
}

impl fmt::Display for PolicyProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count();
        write!(f, "{count} {} in the policy", if count == 1 { "mistake" } else { "mistakes" })?;
        for problem in &self.problems {
            write!(f, "\n{problem}")?;
        }
        if self.untold > 0 {
            write!(f, "\nand {} more", self.untold)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyProblems {}

/// Mistakes as they are found.
#[derive(Debug, Default)]
pub(super) struct Collected {
    problems: Vec<Problem>,
    untold: usize,
}

impl Collected {
    /// Takes a mistake; what is not told need not be worked out.
    pub(super) fn add(&mut self, problem: impl FnOnce() -> Problem) {
        if self.problems.len() < TOLD {
            self.problems.push(problem());
        } else {
            self.untold += 1;
        }
    }

    pub(super) fn into_result(mut self) -> Result<(), PolicyProblems> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort();
        Err(PolicyProblems { problems: self.problems, untold: self.untold })
    }
}
