//! The counts that are kept in the tree, and the tools by which they were made: another compiler
//! or C library makes other instructions of the same program.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::PathBuf,
    process::Command,
};

use crate::walk::Walk;

/// In percent; what is less comes from the compiler's mood.
const GROWN: u64 = 10;

/// Counts by path and length of the queue.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Baseline {
    tools: Vec<String>,
    counts: BTreeMap<(String, u64), u64>,
}

impl Baseline {
    pub(crate) fn new(counts: &[(Walk, u64, u64)]) -> io::Result<Self> {
        let tools =
            [("rustc", "--version"), ("ldd", "--version"), ("valgrind", "--version")].into_iter();
        let tools = tools.map(|(program, word)| first_line(program, word));
        let counts = counts.iter();
        let counts =
            counts.map(|(walk, count, number)| ((walk.name().to_owned(), *count), *number));
        Ok(Self { tools: tools.collect::<io::Result<_>>()?, counts: counts.collect() })
    }

    /// What is kept.
    pub(crate) fn read() -> io::Result<Self> {
        let text = fs::read_to_string(path())?;
        let tools = text.lines().filter_map(|line| line.strip_prefix("# "));
        let counts = text.lines().filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [walk, count, number] = words.as_slice() else { return None };
            Some(((walk.to_string(), count.parse().ok()?), number.parse().ok()?))
        });
        Ok(Self { tools: tools.map(str::to_owned).collect(), counts: counts.collect() })
    }

    /// Keeps it.
    pub(crate) fn write(&self) -> io::Result<()> {
        fs::write(path(), self.to_text())
    }

    pub(crate) fn to_text(&self) -> String {
        let tools = self.tools.iter().map(|tool| format!("# {tool}\n"));
        let counts = self.counts.iter();
        let counts =
            counts.map(|((walk, count), number)| format!("{walk:<10}{count:>8}{number:>10}\n"));
        tools.chain(counts).collect()
    }

    /// What takes more than it did; nothing where other tools counted.
    pub(crate) fn grown_since(
        &self,
        before: &Self,
        out: &mut impl Write,
    ) -> io::Result<Vec<String>> {
        if self.tools != before.tools {
            let was = before.tools.join(", ");
            writeln!(out, "The counts that are kept are of other tools ({was}).")?;
            writeln!(out, "hint: keep those of a good revision: `make instructions WRITE=1`")?;
            return Ok(Vec::new());
        }
        let grown = |((walk, count), number): (&(String, u64), &u64)| {
            let was = before.counts.get(&(walk.clone(), *count))?;
            let fault = format!(
                "`{walk}` takes {number} instructions with {count} registrations: it took {was}"
            );
            (number * 100 > was * (100 + GROWN)).then_some(fault)
        };
        Ok(self.counts.iter().filter_map(grown).collect())
    }
}

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "benches", "instructions", "baseline.txt"].iter().collect()
}

fn first_line(program: &str, word: &str) -> io::Result<String> {
    let output = Command::new(program).arg(word).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
