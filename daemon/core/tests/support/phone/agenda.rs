//! What comes next in the phone's life: its own steps and the answers of its workers, in one
//! order for everybody who plays it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pwasync_core::{attempt::Finished, key::AttemptId, time::Timestamp};

use super::{Answer, Browser, Does, Step, answer, steps};

/// What is to be done now.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// A worker has ended.
    Finish(Browser, Finished),
    /// A step of the phone itself.
    Does(Does),
}

/// Whether a woken worker starts, which it says at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starts {
    Yes,
    No,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Agenda {
    steps: VecDeque<Step>,
    answers: BTreeSet<(Timestamp, AttemptId)>,
    /// The events that run, where, and how they will end.
    running: BTreeMap<AttemptId, (Browser, Answer)>,
    /// How often each registration was woken.
    woken: BTreeMap<String, u64>,
}

impl Agenda {
    pub(crate) fn new(days: u64) -> Self {
        Self {
            steps: steps(days).into(),
            answers: BTreeSet::new(),
            running: BTreeMap::new(),
            woken: BTreeMap::new(),
        }
    }

    /// When something comes next, unless a wake comes first.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let step = self.steps.front().map(|step| step.at);
        let answer = self.answers.first().map(|(at, _)| *at);
        [step, answer].into_iter().flatten().min()
    }

    /// What is to be done at this instant: first what workers say, by the ids of their attempts.
    pub(crate) fn take(&mut self, now: Timestamp) -> Option<Act> {
        if let Some((at, attempt)) = self.answers.first().copied()
            && at <= now
        {
            self.answers.pop_first();
            let (browser, answer) = self.running.remove(&attempt)?;
            let Answer::Ends { outcome, retry_after, .. } = answer else { return None };
            let finished = Finished { attempt, outcome, detail: "".into(), retry_after };
            return Some(Act::Finish(browser, finished));
        }
        let step = self.steps.pop_front_if(|step| step.at <= now)?;
        Some(Act::Does(step.does))
    }

    /// The worker of a registration is woken.
    pub(crate) fn woken(
        &mut self,
        now: Timestamp,
        attempt: AttemptId,
        (browser, name): (Browser, &str),
    ) -> Starts {
        let time = self.woken.entry(name.to_owned()).or_default();
        *time += 1;
        let answer = answer(name, *time);
        let starts = match answer {
            Answer::Silent => Starts::No,
            Answer::Hangs => Starts::Yes,
            Answer::Ends { after, .. } => {
                self.answers.insert((now + after, attempt));
                Starts::Yes
            }
        };
        self.running.insert(attempt, (browser, answer));
        starts
    }

    /// A browser is closed: what ran in it is never heard of again.
    pub(crate) fn closed(&mut self, browser: Browser) {
        self.running.retain(|_, (one, _)| *one != browser);
        self.answers.retain(|(_, attempt)| self.running.contains_key(attempt));
    }
}
