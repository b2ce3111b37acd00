//! An engine on the simulated host, driven through its channel.

use std::{sync::Arc, time::Duration};

use pwasync_core::{
    Caller, Filter, NewRegistration, NewSchedule, Reconciled, RegisterError, Registered, Viewer,
    attempt::{Finished, Outcome},
    constraints::{Constraints, Transport},
    effect::{Counted, Inhibition, Wake},
    facts::{Connectivity, Metered},
    key::{
        AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        SessionId, SyncKind, Tag, WorkerKey,
    },
    policy::Policy,
};
use pwasyncd::{
    channel::{
        Advance, AdvanceTarget, Advanced, Answered, AttemptsOut, Checks, Commits, EngineSender,
        FromSession, Input, OUTBOX, OpenSession, Request, SimulatedNetwork, SimulationRequest,
        Status, StoreFailure, ToSession, channel, inhibitions,
    },
    engine::{Engine, EngineError, EngineParts},
    host::{FirstNetwork, HostKind},
    store::Store,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

/// 2026-01-01 00:00:00 UTC.
pub(crate) const START: u64 = 1_767_225_600_000;

/// Fails a test that waits for something that does not come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it did not come")
}

/// A running engine.
pub(crate) struct Bed {
    pub(crate) engine: EngineSender,
    /// Whether sleep is to be delayed.
    pub(crate) wishes: watch::Receiver<Inhibition>,
    task: JoinHandle<Result<(), EngineError>>,
}

impl Bed {
    pub(crate) async fn start(store: impl Store + 'static) -> Self {
        Self::start_with(store, Duration::from_secs(30)).await
    }

    /// With a store that may take so long.
    pub(crate) async fn start_with(store: impl Store + 'static, patience: Duration) -> Self {
        let (engine, inputs) = channel();
        let host = HostKind::Simulated { start_unix_millis: START, network: FirstNetwork::Offline };
        let store = Box::new(store);
        let policy = Policy::default().into();
        let commits = Commits::default();
        let checks = Checks::default();
        let (inhibitions, wishes) = inhibitions();
        let parts =
            EngineParts { inputs, store, host, policy, patience, commits, checks, inhibitions };
        let task = tokio::spawn(Engine::start(parts).await.unwrap().run());
        Self { engine, wishes, task }
    }

    pub(crate) async fn stop(self) {
        self.engine.send(Input::Stop).await.unwrap();
        soon(self.task).await.unwrap().unwrap();
    }

    /// `None`: it could not be recorded.
    pub(crate) async fn register(&self, tag: &str) -> Option<Registered> {
        let answered = soon(self.send_register(tag).await).await.ok()?;
        Some(answered.value.unwrap())
    }

    pub(crate) async fn send_register(
        &self,
        tag: &str,
    ) -> oneshot::Receiver<Answered<Result<Registered, RegisterError>>> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Register { caller: ada(), new: one_off(tag), reply };
        self.engine.send(Input::Request(request)).await.unwrap();
        answer
    }

    /// Registers one that is the only one.
    pub(crate) async fn register_as(&self, kind: SyncKind, schedule: NewSchedule) {
        let mut new = one_off("only");
        (new.key.kind, new.schedule) = (kind, schedule);
        let request = |reply| Input::Request(Request::Register { caller: ada(), new, reply });
        soon(self.engine.ask(request)).await.unwrap().unwrap().value.unwrap();
    }

    pub(crate) async fn tags(&self) -> Vec<String> {
        self.tags_if_answered().await.unwrap()
    }

    pub(crate) async fn tags_if_answered(&self) -> Option<Vec<String>> {
        let kind = SyncKind::OneOff;
        let request = |reply| Input::Request(Request::GetTags { worker: worker(), kind, reply });
        let answered = soon(self.engine.ask(request)).await.unwrap()?;
        Some(answered.value.unwrap().iter().map(|tag| tag.as_str().to_owned()).collect())
    }

    /// Whether a read waits for something on its way to the disk. The test's runtime has
    /// one thread: after so many turns the engine has long taken the question.
    pub(crate) async fn held_up(&self) -> bool {
        let (reply, mut answer) = oneshot::channel();
        let request = Request::GetTags { worker: worker(), kind: SyncKind::OneOff, reply };
        self.engine.send(Input::Request(request)).await.unwrap();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        answer.try_recv().is_err()
    }

    /// What a browser that attaches does first: it tells its whole list.
    pub(crate) async fn reconcile(&self, tags: &[&str]) -> Reconciled {
        self.reconcile_if_answered(tags).await.unwrap()
    }

    pub(crate) async fn reconcile_if_answered(&self, tags: &[&str]) -> Option<Reconciled> {
        let list = tags.iter().map(|tag| one_off(tag)).collect();
        let (caller, profile) = (ada(), profile());
        let request = |reply| Input::Request(Request::Reconcile { caller, profile, list, reply });
        Some(soon(self.engine.ask(request)).await.unwrap()?.value.unwrap())
    }

    /// From here on the store fails so; `None`: it works.
    pub(crate) async fn fail_store(&self, failure: Option<StoreFailure>) {
        self.simulate(|reply| SimulationRequest::FailStore { failure, for_: None, reply }).await;
    }

    /// Tags of what people are shown.
    pub(crate) async fn listed(&self) -> Vec<String> {
        let (viewer, filter, after, limit) =
            (Viewer::Administrator, Filter::default(), RegistrationId::new(0), 100);
        let request = |reply| Input::Request(Request::List { viewer, filter, after, limit, reply });
        let listed = soon(self.engine.ask(request)).await.unwrap().unwrap().value;
        listed.views.iter().map(|view| view.registration.key.tag.as_str().to_owned()).collect()
    }

    pub(crate) async fn status(&self) -> Status {
        let viewer = Viewer::Administrator;
        let request = |reply| Input::Request(Request::Status { viewer, reply });
        soon(self.engine.ask(request)).await.unwrap().unwrap().value
    }

    pub(crate) async fn network(&self, name: Option<&str>) {
        let network = name.map(|name| SimulatedNetwork {
            name: name.to_owned(),
            connectivity: Connectivity::Full,
            metered: Metered::No,
            roaming: false,
            transport: Transport::Ethernet,
        });
        self.simulate(|reply| SimulationRequest::SetNetwork { network, reply }).await;
    }

    pub(crate) async fn advance(&self, by: Duration, attempts_out: AttemptsOut) -> Advanced {
        let target = AdvanceTarget::By(by);
        let patience = Duration::from_secs(10);
        let make =
            |reply| SimulationRequest::Advance(Advance { target, patience, attempts_out, reply });
        self.simulate(make).await.unwrap()
    }

    pub(crate) async fn simulate<T>(
        &self,
        make: impl FnOnce(pwasyncd::channel::Reply<T>) -> SimulationRequest,
    ) -> T {
        let request = |reply| Input::Simulation(make(reply));
        soon(self.engine.ask(request)).await.unwrap().unwrap().value
    }

    /// Attaches a browser and says that it is ready.
    pub(crate) async fn attach(&self) -> Browser {
        self.attach_again(&[]).await
    }

    /// The same with these events running.
    pub(crate) async fn attach_again(&self, running: &[AttemptId]) -> Browser {
        let running = running.to_vec();
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let (cut_off, cut) = oneshot::channel();
        let open = |reply| {
            Input::OpenSession(OpenSession {
                profile: profile(),
                agent: "test".into(),
                process_id: None,
                capacity: None,
                running,
                finished: Vec::new(),
                launch: None,
                outbox,
                cut_off,
                reply,
            })
        };
        let welcome = soon(self.engine.ask(open)).await.unwrap().unwrap().value;
        let engine = self.engine.clone();
        let browser = Browser { engine, id: welcome.session, messages, cut };
        browser.say(FromSession::Ready).await;
        browser
    }
}

/// An attached browser.
pub(crate) struct Browser {
    engine: EngineSender,
    pub(crate) id: SessionId,
    messages: mpsc::Receiver<ToSession>,
    pub(crate) cut: oneshot::Receiver<()>,
}

impl Browser {
    pub(crate) async fn say(&self, said: FromSession) {
        self.engine.send(Input::Session(self.id, said)).await.unwrap();
    }

    /// The next message that is not about the host; `None`: the outbox is closed.
    pub(crate) async fn next(&mut self) -> Option<ToSession> {
        loop {
            match soon(self.messages.recv()).await {
                Some(ToSession::Host(_)) => {}
                other => return other,
            }
        }
    }

    pub(crate) async fn wake(&mut self) -> Wake {
        match self.next().await {
            Some(ToSession::Wake(wake)) => wake,
            other => panic!("expected a wake: {other:?}"),
        }
    }

    /// Nothing but the host has been said so far.
    pub(crate) fn is_quiet(&mut self) -> bool {
        loop {
            match self.messages.try_recv() {
                Ok(ToSession::Host(_)) => {}
                Ok(_) => return false,
                Err(_) => return true,
            }
        }
    }

    pub(crate) async fn finish(&self, wake: &Wake, outcome: Outcome) {
        self.say(FromSession::Started(wake.attempt)).await;
        let finished =
            Finished { attempt: wake.attempt, outcome, detail: "".into(), retry_after: None };
        self.say(FromSession::Finished(finished)).await;
    }
}

/// It confirms an outcome that counted.
pub(crate) fn counts(message: Option<&ToSession>) -> bool {
    matches!(message, Some(ToSession::Recorded { counted: Counted::Yes, .. }))
}

pub(crate) fn ada() -> Caller {
    Caller { owner: OwnerId::from_uid(1_000).unwrap(), name: "ada".into() }
}

fn profile() -> ProfileKey {
    let profile = ProfileId::parse("chromium", "Default").unwrap();
    ProfileKey { owner: ada().owner, profile }
}

pub(crate) fn worker() -> WorkerKey {
    WorkerKey { profile: profile(), scope: Scope::parse("https://example.org/").unwrap() }
}

fn one_off(tag: &str) -> NewRegistration {
    let tag = Tag::parse(tag).unwrap();
    let key = RegistrationKey { worker: Arc::new(worker()), kind: SyncKind::OneOff, tag };
    let schedule = NewSchedule::OneOff { expires_in: None };
    NewRegistration { key, app: None, schedule, constraints: Constraints::default() }
}
