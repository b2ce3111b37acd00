//! What a run leaves: the table, `results.jsonl` and the document.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    process::ExitCode,
};

use crate::{
    clock,
    figure::{Bound, Figure, Verdict},
    figures::{Entry, Outcome},
    machine,
};

/// An entry with what it found.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) entry: &'static Entry,
    pub(crate) outcome: Outcome,
}

/// Prints the table.
pub(crate) fn print(sections: &[Section]) -> io::Result<()> {
    let rows: Vec<_> = figures(sections).map(Row::of).collect();
    let width = |cell: fn(&Row) -> &str| {
        rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or_default()
    };
    let widths = (width(|row| row.name), width(|row| &row.value), width(|row| &row.bound));
    let mut out = io::stdout().lock();
    for row in &rows {
        let Row { name, value, bound, verdict } = row;
        let (a, b, c) = widths;
        writeln!(out, "{name:a$}  {value:>b$}  {bound:>c$}  {verdict}")?;
    }
    out.flush()
}

/// One line of JSON a figure.
pub(crate) fn lines(sections: &[Section]) -> String {
    figures(sections).map(|figure| figure.line() + "\n").collect()
}

/// Success when every bound holds.
pub(crate) fn verdict(sections: &[Section]) -> ExitCode {
    let fails = |figure: &Figure| match figure.verdict() {
        Verdict::Unbounded | Verdict::Holds => false,
        Verdict::Broken => true,
        Verdict::Missing => figure.promise.bound.is_some(),
    };
    if figures(sections).any(fails) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The document.
pub(crate) fn document(sections: &[Section]) -> String {
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `make bench`; do not edit. Measured on {}, on {}; load of the minute before \
         the end: {}.\n\n\
         Peers and limits are measured beside the daemon in the same run, since rates move by \
         tens of percent between minutes while ratios do not. A figure is the median of its \
         rounds. The daemon runs with the policy `client/bench/policy.toml`, which lifts the \
         shares that would stand in the way; all else is the default. What could not be measured \
         is missing, and counts as a bound that does not hold.\n",
        clock::today(),
        machine::machine(),
        machine::load(),
    );
    for Section { entry, outcome } in sections {
        // Writing to a string does not fail.
        let _ = write!(text, "\n## {}\n\n{}\n\n", entry.title, entry.about.trim());
        text.push_str("| figure | value | bound | |\n| --- | ---: | ---: | --- |\n");
        for figure in &outcome.figures {
            let Row { value, bound, verdict, .. } = Row::of(figure);
            let what = figure.promise.what;
            let _ = writeln!(text, "| {what} | {value} | {bound} | {verdict} |");
        }
        for note in &outcome.notes {
            let _ = write!(text, "\n{}\n", note.trim());
        }
    }
    text
}

fn figures(sections: &[Section]) -> impl Iterator<Item = &Figure> {
    sections.iter().flat_map(|section| &section.outcome.figures)
}

struct Row {
    name: &'static str,
    value: String,
    bound: String,
    verdict: String,
}

impl Row {
    fn of(figure: &Figure) -> Self {
        let verdict = match figure.verdict() {
            Verdict::Unbounded => String::new(),
            Verdict::Holds => "holds".to_owned(),
            Verdict::Broken => "**does not hold**".to_owned(),
            Verdict::Missing => {
                let why = figure.value.as_ref().err().map_or("", String::as_str);
                format!("missing: {}", why.replace('\n', " "))
            }
        };
        Self {
            name: figure.promise.name,
            value: figure.shown(),
            bound: figure.promise.bound.map_or_else(String::new, Bound::shown),
            verdict,
        }
    }
}
