//! The states in which one name can be, while calls about it are under way.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::event::{Again, Answer, Change, Kind, Outcome, Shown};

/// Something that may take effect at the daemon, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Register { version: u64 },
    Remove,
    Look,
    Finish(Finish),
}

/// An outcome that a browser reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finish {
    pub(super) id: u64,
    pub(super) outcome: Outcome,
    pub(super) told: Told,
}

/// How often an outcome was told. A daemon that has just started may not know yet that it has a
/// network, and then a failure is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Once,
    Again,
}

/// What becomes of the wake of an attempt that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Its browser and the daemon have been there since it left.
    Arrives,
    /// One of them has gone since.
    MayBeLost,
}

/// A registration, as far as it is foretold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    /// None: it was given in an answer that was lost.
    id: Option<u64>,
    attempts: u32,
    version: u64,
    rerun: Rerun,
}

/// Whether it was registered again while its event ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rerun {
    No,
    Yes,
    /// It was, and since then its browser or the daemon has gone: where the wake got lost on the
    /// way, so is the attempt.
    Orphan,
}

/// What an operation found or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Done {
    Created(Held),
    Kept(Held),
    Removed,
    Absent,
    Saw(Option<Held>),
    Counted,
}

/// One way in which all could have gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    held: Option<Held>,
    /// Of the operations that are open, those that took effect.
    done: BTreeMap<u64, Done>,
}

/// All ways in which one name can stand.
#[derive(Debug)]
pub(super) struct Possible {
    kind: Kind,
    max_attempts: u32,
    states: BTreeSet<State>,
    open: BTreeMap<u64, Op>,
    next: u64,
}

impl Possible {
    pub(super) fn new(kind: Kind, max_attempts: u32) -> Self {
        let states = BTreeSet::from([State::default()]);
        Self { kind, max_attempts, states, open: BTreeMap::new(), next: 0 }
    }

    /// From now on it may take effect.
    pub(super) fn begin(&mut self, op: Op) -> u64 {
        self.next += 1;
        self.open.insert(self.next, op);
        self.next
    }

    /// It did not take effect, and will not.
    pub(super) fn refuse(&mut self, op: u64) {
        self.keep(|state| !state.done.contains_key(&op));
        self.open.remove(&op);
    }

    /// It has taken effect, and this is what it found.
    pub(super) fn answer(&mut self, op: u64, answer: &Answer, wake: Wake) -> Result<(), String> {
        let fitted = |state: &State| {
            let done = *state.done.get(&op)?;
            let mut state = state.clone();
            match (done, answer) {
                (Done::Kept(Held { rerun: Rerun::Orphan, .. }), _) if wake == Wake::Arrives => {
                    return None;
                }
                (Done::Created(held), Answer::Registered { change: Change::Created, shown })
                | (Done::Kept(held), Answer::Registered { change: Change::Kept, shown })
                | (Done::Saw(Some(held)), Answer::Looked(Some(shown))) => {
                    held.fits(shown).then(|| state.name(shown.id))?;
                }
                (Done::Removed, Answer::Unregistered { removed: true })
                | (Done::Absent, Answer::Unregistered { removed: false })
                | (Done::Removed | Done::Absent, Answer::Cleared)
                | (Done::Saw(None), Answer::Looked(None)) => {}
                _ => return None,
            }
            Some(state)
        };
        self.narrow(op, fitted)
    }

    /// An outcome has taken effect.
    pub(super) fn count(&mut self, op: u64) -> Result<Finish, String> {
        let Some(Op::Finish(finish)) = self.open.get(&op).copied() else {
            return Err("an outcome that nobody reported".to_owned());
        };
        self.narrow(op, |state| state.done.contains_key(&op).then(|| state.clone()))?;
        Ok(finish)
    }

    /// This is what a question to all of them found.
    pub(super) fn observe(&mut self, look: u64, found: Option<&Shown>) -> Result<(), String> {
        let answer = Answer::Looked(found.copied());
        self.answer(look, &answer, Wake::MayBeLost).inspect_err(|_| {
            // From here on what was found is the truth, so that one loss is told once.
            let held = found.map(Held::from_shown);
            self.states = BTreeSet::from([State { held, done: BTreeMap::new() }]);
        })
    }

    /// How often an outcome was told.
    pub(super) fn told(&self, op: u64) -> Option<Told> {
        match self.open.get(&op)? {
            Op::Finish(finish) => Some(finish.told),
            Op::Register { .. } | Op::Remove | Op::Look => None,
        }
    }

    /// Whether it is registered for certain, but for what this call may have done.
    pub(super) fn is_held_unless(&mut self, op: u64) -> bool {
        self.spread();
        let mut others = self.states.iter().filter(|state| !state.done.contains_key(&op));
        others.all(|state| state.held.is_some())
    }

    /// What these have not done yet they will never do.
    pub(super) fn settle(&mut self, ops: &[u64]) {
        self.spread();
        for op in ops {
            self.open.remove(op);
        }
        let states = std::mem::take(&mut self.states);
        self.states = states.into_iter().map(|state| state.without(ops)).collect();
    }

    /// The same for all but these, which are going to be told again.
    pub(super) fn settle_all_but(&mut self, remembered: &[u64]) {
        let gone: Vec<u64> =
            self.open.keys().copied().filter(|op| !remembered.contains(op)).collect();
        if !gone.is_empty() {
            self.settle(&gone);
        }
        for op in self.open.values_mut() {
            if let Op::Finish(finish) = op {
                finish.told = Told::Again;
            }
        }
        self.orphan();
    }

    /// The browser or the daemon has gone.
    pub(super) fn orphan(&mut self) {
        let states = std::mem::take(&mut self.states);
        let orphaned = states.into_iter().map(|mut state| {
            if let Some(Held { rerun: rerun @ Rerun::Yes, .. }) = &mut state.held {
                *rerun = Rerun::Orphan;
            }
            state
        });
        self.states = orphaned.collect();
    }

    fn keep(&mut self, wanted: impl Fn(&State) -> bool) {
        self.spread();
        self.states.retain(wanted);
    }

    fn narrow(&mut self, op: u64, fitted: impl Fn(&State) -> Option<State>) -> Result<(), String> {
        self.spread();
        let kept: BTreeSet<State> = self.states.iter().filter_map(fitted).collect();
        self.open.remove(&op);
        if kept.is_empty() {
            let states = self.describe();
            let states_before = std::mem::take(&mut self.states);
            self.states = states_before.into_iter().map(|state| state.without(&[op])).collect();
            return Err(states);
        }
        self.states = kept.into_iter().map(|state| state.without(&[op])).collect();
        Ok(())
    }

    /// Lets everything that is open take effect, in every order.
    fn spread(&mut self) {
        let mut fresh: Vec<State> = self.states.iter().cloned().collect();
        while let Some(state) = fresh.pop() {
            for next in self.successors(&state) {
                if self.states.insert(next.clone()) {
                    fresh.push(next);
                }
            }
        }
    }

    fn successors(&self, state: &State) -> Vec<State> {
        let mut next = Vec::new();
        for (number, op) in self.open.iter().filter(|(number, _)| !state.done.contains_key(number))
        {
            for (held, done) in self.effects(*op, state.held) {
                let mut after = State { held, done: state.done.clone() };
                after.done.insert(*number, done);
                next.push(after);
            }
        }
        if let Some(held @ Held { rerun: Rerun::Orphan, .. }) = state.held {
            let held = Some(Held { rerun: Rerun::No, attempts: 0, ..held });
            next.push(State { held, done: state.done.clone() });
        }
        if let Some(held @ Held { attempts: 1.., .. }) = state.held
            && self.kind == Kind::Suspendable
        {
            let held = Some(Held { attempts: 0, ..held });
            next.push(State { held, done: state.done.clone() });
        }
        next
    }

    fn effects(&self, op: Op, held: Option<Held>) -> Vec<(Option<Held>, Done)> {
        match op {
            Op::Register { version } => self.registered(version, held),
            Op::Remove => vec![(None, held.map_or(Done::Absent, |_| Done::Removed))],
            Op::Look => vec![(held, Done::Saw(held))],
            Op::Finish(finish) => match held {
                Some(held) if held.id.is_none_or(|id| id == finish.id) => {
                    let held = Held { id: Some(finish.id), ..held };
                    let ends = self.finished(finish, held);
                    ends.into_iter().map(|held| (held, Done::Counted)).collect()
                }
                Some(_) | None => Vec::new(),
            },
        }
    }

    fn registered(&self, version: u64, held: Option<Held>) -> Vec<(Option<Held>, Done)> {
        let Some(held) = held else {
            let held = Held { id: None, attempts: 0, version, rerun: Rerun::No };
            return vec![(Some(held), Done::Created(held))];
        };
        let held = Held { version, ..held };
        let mut after = vec![held];
        if held.rerun == Rerun::No {
            // Its event ran.
            after.push(Held { rerun: Rerun::Yes, ..held });
            after.push(Held { rerun: Rerun::Orphan, ..held });
            // It backed off.
            if self.kind == Kind::OneOff {
                after.push(Held { attempts: 0, ..held });
            }
        }
        after.into_iter().map(|held| (Some(held), Done::Kept(held))).collect()
    }

    fn finished(&self, Finish { outcome, told, .. }: Finish, held: Held) -> Vec<Option<Held>> {
        let fresh = Held { rerun: Rerun::No, attempts: 0, ..held };
        if held.rerun != Rerun::No {
            return vec![Some(fresh)];
        }
        let gone = match self.kind {
            Kind::OneOff => None,
            Kind::Periodic | Kind::Suspendable => Some(fresh),
        };
        let free = Some(held);
        match outcome {
            Outcome::Completed => vec![gone],
            Outcome::Rejected => {
                let attempts = held.attempts + 1;
                let charged = if attempts >= self.max_attempts {
                    gone
                } else {
                    Some(Held { attempts, ..held })
                };
                match told {
                    Told::Once => vec![charged],
                    Told::Again => vec![charged, free],
                }
            }
            Outcome::Unavailable | Outcome::Offline | Outcome::Aborted | Outcome::Other => {
                vec![free]
            }
        }
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        for state in self.states.iter().take(8) {
            let _ = write!(text, "\n    {:?} after {:?}", state.held, state.done);
        }
        let _ = write!(text, "\n    with {:?} open", self.open);
        text
    }
}

impl State {
    fn without(mut self, ops: &[u64]) -> Self {
        self.done.retain(|op, _| !ops.contains(op));
        self
    }

    /// The id that was given in a lost answer is known.
    fn name(&mut self, id: u64) {
        if let Some(held) = &mut self.held {
            held.id.get_or_insert(id);
        }
    }
}

impl Held {
    fn from_shown(shown: &Shown) -> Self {
        let Shown { id, attempts, version, again, .. } = *shown;
        let rerun = match again {
            Again::Yes => Rerun::Orphan,
            Again::No => Rerun::No,
        };
        Self { id: Some(id), attempts, version, rerun }
    }

    fn fits(self, shown: &Shown) -> bool {
        let again = match self.rerun {
            Rerun::No => Again::No,
            Rerun::Yes | Rerun::Orphan => Again::Yes,
        };
        let same =
            (self.attempts, self.version, again) == (shown.attempts, shown.version, shown.again);
        same && self.id.is_none_or(|id| id == shown.id)
    }
}
