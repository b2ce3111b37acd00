//! Takes requests and sessions.

use pwasync_core::{
    NewSession, ShareSpent, Viewer,
    event::Event,
    facts::StoreAccess,
    key::{SessionId, WorkerKey},
};

use super::{Engine, fault::Known, sessions::Attached};
use crate::{
    channel::{FromSession, OpenSession, Request, SessionInfo, Status, Welcome},
    recording::{Open, Reconcile, Register, Remove, RemoveScope, Run, TimePassed, Unregister},
};

impl Engine {
    pub(super) fn take_request(&mut self, request: Request) {
        let changes = request.changes();
        if changes && (self.down.is_some() || self.stopping) {
            // Dropping its reply tells the caller that nothing was recorded.
            return;
        }
        let known = self.down.as_ref().map_or(Known::LastState, |down| down.known);
        if known == Known::Nothing && request.reads_records() {
            return;
        }
        if self.down.is_some() && request.is_a_page_s_read() {
            // What the failed write changed may still be in memory: a page must not go by that.
            return;
        }
        let now = self.host.now();
        match request {
            Request::Register { caller, new, reply } => {
                // The answer is gated before the wake that the registration may lead to (P-14):
                // both wait for the same batch, in this order. What is overdue goes before: its
                // wakes would end a part, and the answer leave without the registration.
                self.do_overdue();
                let worker = &new.key.worker;
                let value = match self.take_call(worker) {
                    Ok(()) => self.core.call(now, Register(caller, new)),
                    Err(spent) => Err(spent.into()),
                };
                self.answer(reply, value);
                self.take_effects();
            }
            Request::Unregister { caller, key, reply } => {
                let taken = self.take_call(&key.worker);
                let value = taken.map(|()| self.call(Unregister(caller, key)));
                self.answer(reply, value);
            }
            Request::RemoveScope { caller, worker, reply } => {
                let value = self.call(RemoveScope(caller, worker));
                self.answer(reply, value);
            }
            Request::Reconcile { caller, profile, list, reply } => {
                let value = self.call(Reconcile(caller, profile, list));
                self.answer(reply, value);
            }
            Request::RunNow { viewer, id, force, reply } => {
                let value = self.call(Run(viewer, id, force));
                self.answer(reply, value);
            }
            Request::Remove { viewer, id, reply } => {
                let value = self.call(Remove(viewer, id));
                self.answer(reply, value);
            }
            Request::Admin(request) => self.take_admin(request),
            Request::Site(request) => self.take_site(request),
            Request::GetRegistration { key, reply } => {
                let taken = self.take_call(&key.worker);
                let value = taken.map(|()| self.core.scheduler().registration(now, &key));
                self.answer(reply, value);
            }
            Request::GetTags { worker, kind, reply } => {
                let taken = self.take_call(&worker);
                let value = taken.map(|()| self.core.scheduler().tags(&worker, kind));
                self.answer(reply, value);
            }
            Request::List { viewer, filter, after, limit, reply } => {
                let value = self.core.scheduler().list(now, viewer, &filter, after, limit);
                self.answer(reply, value);
            }
            Request::Status { viewer, reply } => {
                let value = self.status(viewer);
                self.answer(reply, value);
            }
            Request::Policy { reply } => {
                let value = self.policy.view();
                self.answer(reply, value);
            }
            Request::Sessions { viewer, reply } => {
                let value = self.session_infos(viewer);
                self.answer(reply, value);
            }
            Request::Watch { viewer, recent, follow, reply } => {
                let value = self.watchers.open(viewer, recent, follow);
                self.answer(reply, value);
            }
        }
    }

    fn do_overdue(&mut self) {
        let due = self.core.scheduler().poll_timeout();
        if due.is_some_and(|(at, _)| at <= self.host.now()) {
            self.call(TimePassed());
        }
    }

    /// What a page can cause counts against the share of its origin; what the browser or a person
    /// wants does not, so that a page cannot keep its permission from being taken.
    fn take_call(&mut self, worker: &WorkerKey) -> Result<(), ShareSpent> {
        let now = self.host.now();
        self.core.scheduler().take_call(now, worker.profile.owner, &worker.scope)
    }

    fn status(&mut self, viewer: Viewer) -> Status {
        let next_wake = match &self.down {
            Some(_) => None,
            None => self.core.scheduler().poll_timeout(),
        };
        let host = self.host_view();
        let core = self.core.scheduler();
        let sessions = self.sessions.iter().filter(|(_, one)| viewer.sees(one.profile.owner));
        Status {
            now: host.now,
            started_at: self.started_at,
            epoch: core.epoch(),
            store: match &self.down {
                Some(_) => StoreAccess::ReadOnly,
                None => StoreAccess::Writable,
            },
            store_problem: self.down.as_ref().map(|down| down.problem.clone()),
            store_losses: self.losses.stores.clone(),
            records_set_aside: self.losses.records,
            policy_problem: self.policy.problem(),
            counts: core.counts(viewer),
            wakes: core.wakes(),
            leases: core.leases(viewer).len(),
            launchers: self.launchers.seen_by(viewer),
            sessions: sessions.count(),
            next_wake,
            host,
        }
    }

    fn session_infos(&mut self, viewer: Viewer) -> Vec<SessionInfo> {
        let core = self.core.scheduler();
        let seen = self.sessions.iter().filter(|(_, one)| viewer.sees(one.profile.owner));
        seen.filter_map(|(id, attached)| {
            let session = core.session(id)?;
            Some(SessionInfo {
                id,
                profile: attached.profile.clone(),
                agent: attached.agent.clone(),
                process_id: attached.process_id,
                attached_at: attached.attached_at,
                ready: session.ready,
                capacity: session.capacity,
                running: session.running,
            })
        })
        .collect()
    }

    pub(super) fn open_session(&mut self, open: OpenSession) {
        if self.down.is_some() || self.stopping {
            return;
        }
        let OpenSession { profile, agent, process_id, capacity, .. } = open;
        let (running, finished, launch) = (open.running, open.finished, open.launch);
        let profile_key = profile.clone();
        let new = NewSession { profile: profile_key, capacity, running, finished, launch };
        let now = self.host.now();
        let opened = self.core.call(now, Open(new));
        let (outbox, cut_off) = (open.outbox, open.cut_off);
        let attached = Attached { profile, agent, process_id, attached_at: now, outbox, cut_off };
        self.sessions.insert(opened.id, attached);
        let host = self.host_view();
        let welcome = Welcome { session: opened.id, abandon: opened.abandon, host };
        // Before what the core wants done: Welcome is the first message.
        self.answer(open.reply, welcome);
        self.take_effects();
    }

    pub(super) fn session_says(&mut self, session: SessionId, said: FromSession) {
        if !self.sessions.contains(session) {
            return;
        }
        match said {
            FromSession::Ready => self.happened(Event::SessionReady(session)),
            FromSession::Started(attempt) => {
                self.happened(Event::AttemptStarted { session, attempt });
            }
            FromSession::Finished(finished) => {
                self.happened(Event::AttemptFinished { session, finished });
            }
            FromSession::Closed => {
                self.sessions.remove(session);
                self.happened(Event::SessionClosed(session));
            }
        }
    }

    /// Tells the core of sessions that were cut off or have gone.
    pub(super) fn report_lost_sessions(&mut self) {
        for session in self.sessions.take_lost() {
            self.happened(Event::SessionClosed(session));
        }
    }
}

impl Request {
    /// It changes something, and so needs a store that can be written.
    fn changes(&self) -> bool {
        match self {
            Self::Admin(request) => request.changes(),
            Self::Register { .. }
            | Self::Unregister { .. }
            | Self::RemoveScope { .. }
            | Self::Reconcile { .. }
            | Self::Site(_)
            | Self::RunNow { .. }
            | Self::Remove { .. } => true,
            Self::GetRegistration { .. }
            | Self::GetTags { .. }
            | Self::Status { .. }
            | Self::List { .. }
            | Self::Policy { .. }
            | Self::Sessions { .. }
            | Self::Watch { .. } => false,
        }
    }

    /// A page or a browser reads, and may act on it.
    fn is_a_page_s_read(&self) -> bool {
        matches!(self, Self::GetRegistration { .. } | Self::GetTags { .. })
    }

    /// What it asks for comes from the store.
    fn reads_records(&self) -> bool {
        match self {
            Self::Status { .. }
            | Self::Policy { .. }
            | Self::Sessions { .. }
            | Self::Watch { .. } => false,
            Self::Admin(_)
            | Self::Site(_)
            | Self::Register { .. }
            | Self::Unregister { .. }
            | Self::RemoveScope { .. }
            | Self::Reconcile { .. }
            | Self::RunNow { .. }
            | Self::Remove { .. }
            | Self::GetRegistration { .. }
            | Self::GetTags { .. }
            | Self::List { .. } => true,
        }
    }
}
