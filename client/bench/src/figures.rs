//! The list of all entries: one file each, in the order of the document.

mod carrier_loss;
mod churn;
mod fairness;
mod fan_out;
mod host;
mod idle;
mod idle_host;
mod link_up;
mod memory;
mod million;
mod portal_end;
mod register_latency;
mod register_rate;
mod status;

use std::{future::Future, pin::Pin, time::Duration};

use crate::{
    figure::{Figure, Promise},
    stage::Stage,
};

/// A daemon, or a tool, that does not end within it hangs.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Figures that are measured together.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Names it for `ONLY=`.
    pub(crate) name: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// How it is measured and what stands beside it, as Markdown.
    pub(crate) about: &'static str,
    /// Every figure that it has.
    pub(crate) promises: &'static [Promise],
    /// Measures them.
    pub(crate) measure: for<'a> fn(&'a Stage<'a>) -> Measuring<'a>,
}

/// A measurement under way.
pub(crate) type Measuring<'a> = Pin<Box<dyn Future<Output = anyhow::Result<Outcome>> + 'a>>;

/// What an entry found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Its figures; those that are not here are missing.
    pub(crate) figures: Vec<Figure>,
    /// What the document says below them, as Markdown: a table, a curve.
    pub(crate) notes: Vec<String>,
}

/// All entries.
pub(crate) static ENTRIES: &[Entry] = &[
    memory::ENTRY,
    idle::ENTRY,
    link_up::ENTRY,
    carrier_loss::ENTRY,
    portal_end::ENTRY,
    idle_host::ENTRY,
    status::ENTRY,
    register_latency::ENTRY,
    register_rate::ENTRY,
    fan_out::ENTRY,
    million::ENTRY,
    churn::ENTRY,
    fairness::ENTRY,
];

impl Outcome {
    /// Nothing was measured.
    pub(crate) fn all_missing(entry: &Entry, why: &str) -> Self {
        let figures = entry.promises.iter().map(|promise| promise.missing(why)).collect();
        Self { figures, notes: Vec::new() }
    }

    /// With a missing figure for each promise that was passed over.
    pub(crate) fn filled(mut self, entry: &Entry) -> Self {
        for promise in entry.promises {
            if !self.figures.iter().any(|figure| figure.promise.name == promise.name) {
                self.figures.push(promise.missing("it was not measured"));
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_figure_has_a_name_of_its_own() {
        let names: Vec<_> =
            ENTRIES.iter().flat_map(|entry| entry.promises).map(|promise| promise.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        assert!(ENTRIES.iter().all(|entry| !entry.promises.is_empty()));
    }

    #[test]
    fn what_an_entry_passes_over_is_missing() {
        let entry = &ENTRIES[0];
        let figures = vec![entry.promises[0].is(1.0)];
        let filled = Outcome { figures, notes: Vec::new() }.filled(entry);
        assert_eq!(filled.figures.len(), entry.promises.len());
        assert!(filled.figures[0].value.is_ok());
        assert!(filled.figures[1..].iter().all(|figure| figure.value.is_err()));
    }
}
