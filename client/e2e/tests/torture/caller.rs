//! One caller: registers, changes, takes back and asks for the names of one site, several at a
//! time, as fast as it is answered.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use pwasync_client::{
    Client, ClientError, EngagementEvent, EngagementEventKind, EngagementReport, NewRegistration,
    RegisterChange, SyncKind, UnregisterChange,
};
use pwasync_e2e::ledger::{Answer, Call, Change, Event, Slot};

use crate::{
    crowd::{Phases, Word, Words},
    plan::{Plan, Site, USED, app, shown},
};

/// Calls at a time.
const MOST_CALLS: usize = 6;
const INTERVAL: Duration = Duration::from_secs(1);

/// What callers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Diet {
    /// Everything.
    Mixed,
    /// Nothing but writes.
    Writes,
}

pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) plan: Arc<Plan>,
    pub(crate) site: Site,
    pub(crate) words: Words,
    pub(crate) phases: Phases,
    pub(crate) random: fastrand::Rng,
    pub(crate) diet: Diet,
    /// Versions rise from here.
    pub(crate) version: u64,
    /// The version that was asked for last.
    pub(crate) versions: BTreeMap<Slot, u64>,
}

/// How a call ended that was not answered.
enum Failure {
    /// It was not done.
    Refused,
    /// It is perhaps done.
    Doubtful,
    /// It must not end like this.
    Wrong(String),
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Going,
    /// The daemon does not answer.
    Stuck,
}

impl Caller {
    pub(crate) async fn run(mut self) {
        while self.phases.next_load().await {
            while self.phases.is_load() && self.act().await == Mood::Going {}
            self.words.say(Word::Idle).await;
        }
    }

    async fn act(&mut self) -> Mood {
        match self.random.u32(0..100) {
            0 => self.clear().await,
            1..=3 if self.site.profile.profile == USED => self.use_site().await,
            _ => self.call_some().await,
        }
    }

    async fn call_some(&mut self) -> Mood {
        let mut slots = self.site.slots.clone();
        self.random.shuffle(&mut slots);
        slots.truncate(self.random.usize(1..=MOST_CALLS));
        let calls: Vec<_> = slots.into_iter().map(|slot| (slot, self.choose(slot))).collect();
        for (slot, call) in &calls {
            let (slots, call) = (vec![*slot], *call);
            self.words.happened(Event::Called { slots, call }).await;
        }
        let moods = join_all(calls.into_iter().map(|(slot, call)| self.call(slot, call))).await;
        if moods.contains(&Mood::Stuck) { Mood::Stuck } else { Mood::Going }
    }

    fn choose(&mut self, slot: Slot) -> Call {
        match (self.random.u32(0..20), self.diet) {
            (0..=9, _) | (16.., Diet::Writes) => {
                self.version += 1;
                self.versions.insert(slot, self.version);
                Call::Register { version: self.version }
            }
            // Just as it was.
            (10..=11, _) => Call::Register { version: *self.versions.entry(slot).or_insert(0) },
            (12..=15, _) => Call::Unregister,
            (16.., Diet::Mixed) => Call::Look,
        }
    }

    async fn call(&self, slot: Slot, call: Call) -> Mood {
        let answered = match call {
            Call::Register { version } => self.register(slot, version).await,
            Call::Unregister | Call::Clear => self.unregister(slot).await,
            Call::Look => self.look(slot).await,
        };
        match answered {
            Ok(answer) => {
                self.words.happened(Event::Answered { slot, answer }).await;
                Mood::Going
            }
            Err(failure) => self.failed(vec![slot], failure).await,
        }
    }

    async fn register(&self, slot: Slot, version: u64) -> Result<Answer, Failure> {
        let key = self.plan.names[slot.0].key.clone();
        let periodic = key.kind == SyncKind::Periodic;
        let new = NewRegistration {
            min_interval: periodic.then_some(INTERVAL),
            app_id: Some(app(version)),
            ..NewRegistration::new(key)
        };
        let registered = self.client.register(&new).await.map_err(failure)?;
        let change = match registered.change {
            RegisterChange::Created => Change::Created,
            RegisterChange::Updated | RegisterChange::Unchanged | RegisterChange::Rearmed => {
                Change::Kept
            }
        };
        let shown = shown(&registered.registration).map_err(Failure::Wrong)?;
        Ok(Answer::Registered { change, shown })
    }

    async fn unregister(&self, slot: Slot) -> Result<Answer, Failure> {
        let key = &self.plan.names[slot.0].key;
        let change = self.client.unregister(key).await.map_err(failure)?;
        Ok(Answer::Unregistered { removed: change == UnregisterChange::Removed })
    }

    async fn look(&self, slot: Slot) -> Result<Answer, Failure> {
        let key = &self.plan.names[slot.0].key;
        let found = self.client.get_registration(key).await.map_err(failure)?;
        let shown = found.as_ref().map(shown).transpose().map_err(Failure::Wrong)?;
        Ok(Answer::Looked(shown))
    }

    /// The user clears the site.
    async fn clear(&mut self) -> Mood {
        let slots = self.site.slots.clone();
        self.words.happened(Event::Called { slots: slots.clone(), call: Call::Clear }).await;
        match self.client.clear_origin(&self.site.profile, &self.site.origin).await {
            Ok(_) => {
                self.words.happened(Event::Cleared { slots }).await;
                Mood::Going
            }
            Err(error) => self.failed(slots, failure(error)).await,
        }
    }

    /// The user uses the site. Losing that is allowed.
    async fn use_site(&mut self) -> Mood {
        let kind = EngagementEventKind::Navigation;
        let report = EngagementReport::Events(vec![EngagementEvent { kind, at: None }]);
        let (profile, origin) = (&self.site.profile, &self.site.origin);
        match self.client.report_engagement(profile, origin, &report).await {
            Ok(_) => Mood::Going,
            Err(error) => self.failed(Vec::new(), failure(error)).await,
        }
    }

    async fn failed(&self, slots: Vec<Slot>, failure: Failure) -> Mood {
        match failure {
            Failure::Refused => {
                self.words.happened(Event::Refused { slots }).await;
                Mood::Going
            }
            Failure::Doubtful => {
                self.words.happened(Event::Doubtful { slots }).await;
                Mood::Stuck
            }
            Failure::Wrong(what) => {
                self.words.happened(Event::Doubtful { slots }).await;
                self.words.say(Word::Wrong(format!("a call ended with: {what}"))).await;
                Mood::Stuck
            }
        }
    }
}

fn failure(error: ClientError) -> Failure {
    match error {
        ClientError::NotRunning { .. }
        | ClientError::Disconnected { .. }
        | ClientError::TimedOut { .. }
        | ClientError::DeadlineExceeded { .. }
        | ClientError::Unavailable { .. } => Failure::Doubtful,
        ClientError::Exhausted { .. } => Failure::Refused,
        ClientError::SocketRefused { .. }
        | ClientError::Invalid { .. }
        | ClientError::NotFound { .. }
        | ClientError::PermissionDenied { .. }
        | ClientError::Refused { .. }
        | ClientError::Unsupported { .. }
        | ClientError::Internal { .. }
        | ClientError::Malformed { .. } => Failure::Wrong(error.to_string()),
    }
}
