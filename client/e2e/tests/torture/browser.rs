//! One browser: is woken, runs no worker, and reports how events ended: some at once, some in a
//! later life of the daemon, some never, since the browser crashes now and then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use pwasync_client::{
    AttemptId, CloseReason, Counted as ClientCounted, DetachReason, ProfileId, Session,
    SessionEvent, SessionEvents, SessionHandle, SessionOptions, SocketPath, Wake,
};
use pwasync_e2e::ledger::{AttemptName, Counted, Event, Outcome, Slot};

use crate::{
    crowd::{Phases, Word, Words},
    plan::{Plan, reported},
};

/// Events at once.
const CAPACITY: u32 = 48;
/// Events that a browser lets run for long, at most.
const MOST_HELD: usize = 24;
/// The longest text that an outcome carries: more than a record has in one piece.
const LONG_DETAIL: usize = 1_024;

pub(crate) struct Browser {
    pub(crate) socket: SocketPath,
    pub(crate) uid: u32,
    pub(crate) profile: ProfileId,
    pub(crate) slots: Vec<Slot>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) words: Words,
    pub(crate) phases: Phases,
    pub(crate) random: fastrand::Rng,
}

/// What a browser knows until it crashes.
struct Life {
    handle: SessionHandle,
    events: SessionEvents,
    attached: bool,
    /// Ready was said to this session.
    ready: bool,
    /// Events that run.
    running: BTreeMap<AttemptId, (Slot, u64)>,
    /// Outcomes that were reported and not yet recorded.
    unconfirmed: BTreeSet<AttemptName>,
}

impl Browser {
    pub(crate) async fn run(mut self) {
        let mut life = self.start();
        loop {
            let happened = tokio::select! {
                event = life.events.next() => Some(event),
                () = self.phases.changed() => None,
            };
            match happened {
                Some(Some(event)) => self.handle(&mut life, event).await,
                Some(None) => {
                    self.words.say(Word::Wrong("a session ended by itself".to_owned())).await;
                    return;
                }
                None if self.phases.is_end() => return,
                None if self.phases.is_load() => {
                    if self.random.u32(0..12) == 0 {
                        let attempts = life.unconfirmed.iter().copied().collect();
                        drop(life);
                        let slots = self.slots.clone();
                        self.words.happened(Event::Forgotten { slots, attempts }).await;
                        life = self.start();
                    }
                    self.finish_some(&mut life).await;
                }
                None => {}
            }
            if life.attached && !life.ready && self.phases.is_load() {
                life.ready = true;
                life.handle.ready().await;
            }
        }
    }

    fn start(&self) -> Life {
        let options = SessionOptions {
            profile: self.profile.clone(),
            agent: "torture".into(),
            capacity: CAPACITY,
            launch_token: None,
        };
        let (handle, events) = Session::attach(self.socket.clone(), options);
        let (running, unconfirmed) = (BTreeMap::new(), BTreeSet::new());
        Life { handle, events, attached: false, ready: false, running, unconfirmed }
    }

    async fn handle(&mut self, life: &mut Life, event: SessionEvent) {
        match event {
            SessionEvent::Attached { .. } => (life.attached, life.ready) = (true, false),
            SessionEvent::Detached { .. } => life.attached = false,
            SessionEvent::Abandon { attempts } => {
                for attempt in attempts {
                    life.running.remove(&attempt);
                }
            }
            SessionEvent::Wake(wake) => self.woken(life, wake).await,
            SessionEvent::Cancel { attempt, .. } => {
                self.finish(life, &attempt, Outcome::Aborted).await;
            }
            SessionEvent::Recorded { attempt, counted } => {
                life.running.remove(&attempt);
                let Some(attempt) = self.name(&attempt).await else { return };
                life.unconfirmed.remove(&attempt);
                let counted = match counted {
                    ClientCounted::Yes => Counted::Yes,
                    ClientCounted::No => Counted::No,
                };
                self.words.happened(Event::Recorded { attempt, counted }).await;
            }
            SessionEvent::HostChanged(_) => {}
            SessionEvent::Closed { reason } => {
                let superseded =
                    matches!(reason, DetachReason::Closing { reason: CloseReason::Superseded, .. });
                let what = format!("a session was closed for good: {reason}");
                if !superseded {
                    self.words.say(Word::Wrong(what)).await;
                }
            }
        }
    }

    async fn woken(&mut self, life: &mut Life, wake: Wake) {
        let Some(attempt) = self.name(&wake.attempt).await else { return };
        let Some(slot) = self.plan.find(self.uid, &wake.key) else {
            let what = format!("uid {} was woken for what it never registered", self.uid);
            return self.words.say(Word::Wrong(what)).await;
        };
        let id = wake.registration_id.value();
        self.words.happened(Event::Woken { slot, id, attempt }).await;
        life.running.insert(wake.attempt.clone(), (slot, id));
        if self.random.bool() {
            life.handle.started(&wake.attempt).await;
        }
        let full = life.running.len() > MOST_HELD;
        if full {
            self.finish_some(life).await;
        } else if self.random.u32(0..4) > 0 {
            let outcome = self.outcome();
            self.finish(life, &wake.attempt, outcome).await;
        }
    }

    async fn finish_some(&mut self, life: &mut Life) {
        let attempts: Vec<AttemptId> = life.running.keys().cloned().collect();
        for attempt in attempts {
            if self.random.bool() {
                let outcome = self.outcome();
                self.finish(life, &attempt, outcome).await;
            }
        }
    }

    async fn finish(&mut self, life: &mut Life, attempt: &AttemptId, outcome: Outcome) {
        let Some((slot, id)) = life.running.remove(attempt) else { return };
        let Some(name) = self.name(attempt).await else { return };
        life.unconfirmed.insert(name);
        let event = Event::Reported { slot, id, attempt: name, outcome };
        self.words.happened(event).await;
        let detail =
            if self.random.u32(0..8) == 0 { "d".repeat(LONG_DETAIL) } else { String::new() };
        life.handle.finished(attempt, reported(outcome), detail, None).await;
    }

    fn outcome(&mut self) -> Outcome {
        match self.random.u32(0..10) {
            0..=3 => Outcome::Completed,
            4..=7 => Outcome::Rejected,
            8 => Outcome::Unavailable,
            _ => Outcome::Offline,
        }
    }

    async fn name(&self, attempt: &AttemptId) -> Option<AttemptName> {
        match attempt.as_str().parse() {
            Ok(name) => Some(name),
            Err(what) => {
                self.words.say(Word::Wrong(what)).await;
                None
            }
        }
    }
}
