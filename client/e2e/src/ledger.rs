//! What a daemon must hold, worked out from what it was asked and what it answered.
//!
//! Each name has the set of states in which it can be: one state while every call was answered,
//! more while calls are under way or were lost half-way. What the daemon then shows must be one of
//! them, and is the only one from there on; what none of them explains is a loss. It is told of a
//! call before the call leaves and of the answer after it came, so that any order the daemon may
//! have taken is among the orders tried. Knows neither gRPC nor time, and decides nothing about
//! the load.

mod counts;
mod event;
mod possible;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use counts::Counts;
pub use event::{
    Again, Answer, AttemptName, Call, Change, Counted, Event, Kind, Outcome, Shown, Slot,
};
use possible::{Finish, Op, Possible, Told, Wake};

/// Losses that are kept; what follows them is counted only.
const KEPT_LOSSES: usize = 40;
/// Events of a name that are told with its loss.
const TRAIL: usize = 12;

/// The whole of it.
#[derive(Debug)]
pub struct Ledger {
    names: Vec<Name>,
    /// To which name an id belongs, for ever.
    ids: BTreeMap<u64, Slot>,
    /// Ids that are known to have been given.
    born: BTreeSet<u64>,
    /// What stood when everything stood still last.
    still: Still,
    woken: BTreeSet<AttemptName>,
    /// Outcomes that wait for their confirmation.
    reported: BTreeMap<AttemptName, (Slot, u64)>,
    /// The newest outcome of each registration that counted.
    confirmed: BTreeMap<u64, (AttemptName, Outcome)>,
    /// Those of them that were known before the daemon was asked.
    expected: BTreeMap<u64, (AttemptName, Outcome)>,
    /// Names that one lost call was to clear: all of them, or none.
    cleared: Vec<Vec<Slot>>,
    epoch: u64,
    /// How an outcome is told that is reported now.
    light: Told,
    counts: Counts,
    losses: Vec<String>,
}

#[derive(Debug)]
struct Name {
    possible: Possible,
    /// The call that is under way.
    call: Option<u64>,
    /// Its browser has gone in this life of the daemon.
    forgotten: bool,
    /// What happened last, the oldest first.
    trail: VecDeque<Event>,
}

#[derive(Debug, Default)]
struct Still {
    ids: BTreeSet<u64>,
    newest: u64,
}

impl Ledger {
    /// A ledger for names of these kinds, of which nothing is registered; a one-off is given up
    /// after so many charged attempts.
    #[must_use]
    pub fn new(kinds: &[Kind], max_attempts: u32) -> Self {
        let name = |kind: &Kind| {
            let possible = Possible::new(*kind, max_attempts);
            Name { possible, call: None, forgotten: false, trail: VecDeque::new() }
        };
        Self {
            names: kinds.iter().map(name).collect(),
            ids: BTreeMap::new(),
            born: BTreeSet::new(),
            still: Still::default(),
            woken: BTreeSet::new(),
            reported: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            expected: BTreeMap::new(),
            cleared: Vec::new(),
            epoch: 0,
            light: Told::Once,
            counts: Counts::default(),
            losses: Vec::new(),
        }
    }

    /// How often things happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What was lost since this was asked last.
    pub fn take_losses(&mut self) -> Vec<String> {
        std::mem::take(&mut self.losses)
    }

    /// Something that is no registration's is not as it must be.
    pub fn lose(&mut self, what: String) {
        self.counts.losses += 1;
        if self.losses.len() < KEPT_LOSSES {
            self.losses.push(what);
        }
    }

    /// Takes what happened, in its order.
    pub fn handle(&mut self, event: Event) {
        self.trace(&event);
        match event {
            Event::Called { slots, call } => self.called(&slots, call),
            Event::Answered { slot, answer } => self.answered(slot, &answer),
            Event::Cleared { slots } => {
                for slot in slots {
                    self.answered(slot, &Answer::Cleared);
                }
                self.counts.writes += 1;
            }
            Event::Refused { slots } => {
                self.counts.refused += 1;
                for slot in slots {
                    if let Some(call) = self.names[slot.0].call.take() {
                        self.names[slot.0].possible.refuse(call);
                    }
                }
            }
            Event::Doubtful { slots } => self.doubt(slots),
            Event::Woken { slot, id, attempt } => self.woken(slot, id, attempt),
            Event::Reported { slot, id, attempt, outcome } => {
                // Whether it stays is no longer the clearing's doing alone.
                self.cleared.iter_mut().for_each(|slots| slots.retain(|other| *other != slot));
                let finish = Finish { id, outcome, told: self.light };
                let op = self.names[slot.0].possible.begin(Op::Finish(finish));
                if let Some((slot, older)) = self.reported.insert(attempt, (slot, op)) {
                    self.names[slot.0].possible.settle(&[older]);
                }
            }
            Event::Recorded { attempt, counted } => self.recorded(attempt, counted),
            Event::Forgotten { slots, attempts } => {
                for slot in slots {
                    self.names[slot.0].forgotten = true;
                    self.names[slot.0].possible.orphan();
                }
                for attempt in attempts {
                    // Its call stays open until everything stands still.
                    self.reported.remove(&attempt);
                }
            }
        }
    }

    /// The daemon knows its host: a failure is not the network's.
    pub fn lighten(&mut self) {
        self.light = Told::Once;
    }

    /// Nothing is under way at the daemon: what was without an answer is done or never will be.
    /// Until [`Self::lighten`] it may not know its host.
    pub fn settle(&mut self) {
        self.light = Told::Again;
        for name in &mut self.names {
            name.call = None;
            name.forgotten = false;
        }
        let mut remembered: BTreeMap<Slot, Vec<u64>> = BTreeMap::new();
        for (slot, op) in self.reported.values() {
            remembered.entry(*slot).or_default().push(*op);
        }
        for (number, name) in self.names.iter_mut().enumerate() {
            let keep = remembered.get(&Slot(number)).map_or(&[][..], Vec::as_slice);
            name.possible.settle_all_but(keep);
        }
    }

    /// A daemon has started, and says that this is its epoch.
    pub fn started(&mut self, epoch: u64) {
        if epoch <= self.epoch {
            self.lose(format!("epoch {epoch} after epoch {}", self.epoch));
        }
        self.epoch = epoch;
    }

    /// The daemon is about to be asked for all that it holds. No call is under way, but outcomes
    /// may be told meanwhile.
    pub fn ask(&mut self) {
        self.expected.clone_from(&self.confirmed);
        for name in &mut self.names {
            name.call = Some(name.possible.begin(Op::Look));
        }
    }

    /// The answer to [`Self::ask`].
    pub fn compare(&mut self, shown: &BTreeMap<Slot, Shown>) {
        for number in 0..self.names.len() {
            let slot = Slot(number);
            let found = shown.get(&slot);
            self.counts.compared += u64::from(found.is_some());
            if let Some(found) = found {
                self.owns(slot, found.id);
                self.born.insert(found.id);
                self.check_confirmed(slot, found);
            }
            self.observe(slot, found);
        }
        for slots in std::mem::take(&mut self.cleared) {
            let there = slots.iter().filter(|slot| shown.contains_key(slot)).count();
            if there != 0 && there != slots.len() {
                let all = slots.len();
                self.lose(format!("a lost call cleared {} of {all} registrations", all - there));
            }
        }
        let ids: BTreeSet<u64> = shown.values().map(|one| one.id).collect();
        let newest = ids.last().copied().unwrap_or(0).max(self.still.newest);
        self.still = Still { ids, newest };
    }

    fn called(&mut self, slots: &[Slot], call: Call) {
        for slot in slots {
            let op = match call {
                Call::Register { version } => Op::Register { version },
                Call::Unregister | Call::Clear => Op::Remove,
                Call::Look => Op::Look,
            };
            let name = &mut self.names[slot.0];
            name.call = Some(name.possible.begin(op));
        }
    }

    fn answered(&mut self, slot: Slot, answer: &Answer) {
        let Some(call) = self.names[slot.0].call.take() else {
            return self.lose(format!("name {}: an answer without a call", slot.0));
        };
        match answer {
            Answer::Registered { change, shown } => {
                self.counts.writes += 1;
                self.owns(slot, shown.id);
                match change {
                    Change::Created => self.gave(slot, shown.id),
                    Change::Kept => {
                        self.born.insert(shown.id);
                    }
                }
            }
            Answer::Unregistered { .. } => self.counts.writes += 1,
            Answer::Cleared => {}
            Answer::Looked(shown) => {
                self.counts.reads += 1;
                if let Some(shown) = shown {
                    self.owns(slot, shown.id);
                }
            }
        }
        let wake = self.wake(slot, answer);
        if let Err(states) = self.names[slot.0].possible.answer(call, answer, wake) {
            self.lose_name(slot, &format!("answered {answer:?}, possible were {states}"));
        }
    }

    /// Whether the attempt that an answer shows can have got lost on its way.
    fn wake(&self, slot: Slot, answer: &Answer) -> Wake {
        let last = match answer {
            Answer::Registered { shown, .. } => shown.last,
            Answer::Unregistered { .. } | Answer::Cleared | Answer::Looked(_) => None,
        };
        match last {
            Some((attempt, None)) if attempt.epoch < self.epoch => Wake::MayBeLost,
            Some((_, None)) if self.names[slot.0].forgotten => Wake::MayBeLost,
            Some(_) | None => Wake::Arrives,
        }
    }

    fn doubt(&mut self, slots: Vec<Slot>) {
        self.counts.doubtful += 1;
        let mut sure = Vec::new();
        for slot in slots {
            let name = &mut self.names[slot.0];
            let Some(call) = name.call.take() else { continue };
            if name.possible.is_held_unless(call) {
                sure.push(slot);
            }
        }
        if sure.len() > 1 {
            self.cleared.push(sure);
        }
    }

    fn woken(&mut self, slot: Slot, id: u64, attempt: AttemptName) {
        self.counts.wakes += 1;
        self.owns(slot, id);
        if !self.woken.insert(attempt) {
            self.lose(format!("attempt {attempt} came twice"));
        }
        if attempt.epoch > self.epoch {
            self.lose(format!("attempt {attempt} came in epoch {}", self.epoch));
        }
        let dead = id <= self.still.newest && !self.still.ids.contains(&id);
        if attempt.epoch == self.epoch && dead {
            self.lose(format!("attempt {attempt} woke registration {id}, which was gone"));
        }
    }

    fn recorded(&mut self, attempt: AttemptName, counted: Counted) {
        let Some((slot, op)) = self.reported.remove(&attempt) else { return };
        let told = self.names[slot.0].possible.told(op);
        if told == Some(Told::Again) {
            self.counts.told_again += 1;
        }
        match counted {
            Counted::No => {
                self.counts.uncounted += 1;
                self.names[slot.0].possible.settle(&[op]);
            }
            Counted::Yes => {
                self.counts.outcomes += 1;
                match self.names[slot.0].possible.count(op) {
                    Ok(Finish { id, outcome, .. }) => {
                        self.confirmed.insert(id, (attempt, outcome));
                    }
                    Err(states) => {
                        let what = format!("attempt {attempt} was counted, possible were {states}");
                        self.lose_name(slot, &what);
                    }
                }
            }
        }
    }

    fn observe(&mut self, slot: Slot, found: Option<&Shown>) {
        let name = &mut self.names[slot.0];
        let Some(call) = name.call.take() else { return };
        if let Err(states) = name.possible.observe(call, found) {
            self.lose_name(slot, &format!("is {found:?}, possible were {states}"));
        }
    }

    /// A loss of a name, with what led to it.
    fn lose_name(&mut self, slot: Slot, what: &str) {
        let trail = self.names[slot.0].trail.iter().map(|event| format!("\n    {event:?}"));
        let trail: String = trail.collect();
        self.lose(format!("name {}: {what}, after{trail}", slot.0));
    }

    fn trace(&mut self, event: &Event) {
        let slots = if let Event::Recorded { attempt, .. } = event {
            self.reported.get(attempt).map_or(&[][..], |(slot, _)| std::slice::from_ref(slot))
        } else {
            event.slots()
        };
        for slot in slots {
            let trail = &mut self.names[slot.0].trail;
            if trail.len() == TRAIL {
                trail.pop_front();
            }
            trail.push_back(event.clone());
        }
    }

    /// An id was given: never before, and above all that were there before.
    fn gave(&mut self, slot: Slot, id: u64) {
        if !self.born.insert(id) || id <= self.still.newest {
            self.lose(format!("name {}: id {id} was given again", slot.0));
        }
    }

    fn owns(&mut self, slot: Slot, id: u64) {
        let owner = *self.ids.entry(id).or_insert(slot);
        if owner != slot {
            self.lose(format!("id {id} was name {}'s and is name {}'s", owner.0, slot.0));
        }
    }

    /// An outcome that was recorded still stands, or a later attempt does.
    fn check_confirmed(&mut self, slot: Slot, shown: &Shown) {
        let Some((attempt, outcome)) = self.expected.get(&shown.id).copied() else { return };
        let fine = match shown.last {
            Some((last, end)) if last == attempt => end == Some(outcome),
            Some((last, _)) => last > attempt,
            None => false,
        };
        if !fine {
            let last = shown.last;
            let what = format!("{outcome:?} of {attempt} was recorded, the last is {last:?}");
            self.lose_name(slot, &what);
        }
    }
}

#[cfg(test)]
mod tests;
