//! One run of the harness: its seed, what it says meanwhile, and what it found.

use std::io::{self, Write as _};

use pwasync_e2e::{Moment, ledger::Counts, variable};

use crate::bed::Bed;

/// A line of progress after so many rounds.
const ROUNDS_OF_A_LINE: u64 = 10;

/// The randomness of a run.
pub(crate) struct Run {
    pub(crate) random: fastrand::Rng,
    began: Moment,
}

impl Run {
    /// With the seed of `$SEED`, or one that is said.
    pub(crate) fn begin() -> Result<Self, String> {
        let seed = match variable("SEED") {
            None => fastrand::u64(..),
            Some(text) => {
                let seed = text.to_str().and_then(|text| text.parse().ok());
                seed.ok_or_else(|| format!("SEED {text:?} is no number"))?
            }
        };
        say(&format!("seed {seed} (what happens at the same time still differs: SEED={seed})"));
        Ok(Self { random: fastrand::Rng::with_seed(seed), began: Moment::now() })
    }

    /// Seconds since it began.
    pub(crate) fn seconds(&self) -> f64 {
        Moment::now().millis_since(self.began) / 1_000.0
    }
}

/// What came of one kind of torture.
pub(crate) struct Tally {
    pub(crate) what: &'static str,
    pub(crate) rounds: u64,
    opens: u64,
    /// Of the lives that are over.
    counts: Counts,
    /// What each loss was.
    pub(crate) losses: Vec<String>,
    /// Further figures.
    pub(crate) notes: Vec<String>,
}

impl Tally {
    pub(crate) fn new(what: &'static str) -> Self {
        let (counts, losses, notes) = (Counts::default(), Vec::new(), Vec::new());
        Self { what, rounds: 0, opens: 0, counts, losses, notes }
    }

    /// A round is over.
    pub(crate) fn round(&mut self, run: &Run, bed: &mut Bed) {
        self.rounds += 1;
        let losses = bed.ledger.take_losses();
        for loss in &losses {
            say(&format!("LOSS in round {}: {loss}", self.rounds));
        }
        if !losses.is_empty() {
            bed.keep_state(&losses.join("\n"));
        }
        self.losses.extend(losses);
        if self.rounds.is_multiple_of(ROUNDS_OF_A_LINE) {
            let line = self.line(self.counts.and(bed.ledger.counts()), self.opens + bed.opens);
            say(&format!("{:6.1} s  {line}", run.seconds()));
        }
    }

    /// A life is over.
    pub(crate) fn end(&mut self, mut bed: Bed) {
        self.losses.extend(bed.ledger.take_losses());
        self.counts = self.counts.and(bed.ledger.counts());
        self.opens += bed.opens;
        bed.end();
    }

    /// The last word.
    pub(crate) fn summary(&self) -> String {
        let mut text = self.line(self.counts, self.opens);
        for note in &self.notes {
            text = format!("{text}\n    {note}");
        }
        text
    }

    fn line(&self, counts: Counts, opens: u64) -> String {
        let Counts { writes, reads, refused, doubtful, .. } = counts;
        let Counts { wakes, outcomes, told_again, uncounted, compared, .. } = counts;
        format!(
            "{}: {} rounds, {opens} opens; {writes} writes acknowledged, {doubtful} lost half-way, \
             {refused} refused, {reads} reads; {wakes} wakes, {outcomes} outcomes recorded, \
             {uncounted} not counted, {told_again} told again; {compared} compared; {} losses",
            self.what,
            self.rounds,
            self.losses.len()
        )
    }
}

/// To whoever waits.
pub(crate) fn say(line: &str) {
    // A closed stderr stops nothing.
    let _ = writeln!(io::stderr().lock(), "{line}");
}
