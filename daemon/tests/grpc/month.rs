//! A month of a phone, played to the daemon over gRPC: what is sent out, when, and what comes of
//! it are the same as in the core's own world.

mod words;

use std::collections::BTreeMap;

use futures_util::FutureExt;
use pwasync_core::{
    attempt::Finished,
    key::{AttemptId, RegistrationId},
    policy::Policy,
    time::Timestamp,
};
use pwasync_proto::v1 as wire;
use tonic::Streaming;
use wire::{
    RegistrationChangeKind as Kind, attach_request::Message as Up,
    attach_response::Message as Down, watch_response::Change,
};

use crate::{
    bed::{Client, Daemon, START, advance_by, duration, soon},
    core_tests::{
        life,
        phone::{self, Act, Agenda, Attempted, Browser, Does, Lived, Starts},
    },
    session::Session,
};
use words::{
    event, instant, network_to_proto, outcome_from_proto, outcome_to_proto, power_to_proto,
    profile, register_request,
};

const DAYS: u64 = 30;

#[tokio::test]
async fn a_month_of_a_phone_is_the_same_as_in_the_cores_world() {
    assert_eq!(phone::START.as_millis(), START);
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let watch = client.watch(0).await;
    let mut life = Life {
        client,
        watch,
        now: phone::START,
        agenda: Agenda::new(DAYS),
        browsers: BTreeMap::new(),
        woken: Vec::new(),
        lived: Lived::default(),
    };
    life.live().await;
    let (world, _) = life::live(Policy::default(), DAYS, &mut ());
    let (lived, world) = (life.lived.trace(), world.trace());
    assert!(world.lines().count() > 3_000, "{} attempts", world.lines().count());
    let differs = lived.lines().zip(world.lines()).find(|(lived, world)| lived != world);
    assert_eq!(differs, None, "over gRPC, and in the world");
    assert!(lived == world, "one of them ends earlier");
    daemon.stop().await;
}

struct Life {
    client: Client,
    watch: Streaming<wire::WatchResponse>,
    now: Timestamp,
    agenda: Agenda,
    browsers: BTreeMap<Browser, Attached>,
    /// Wakes that were watched and have not been taken yet, by their attempts' ids.
    woken: Vec<(AttemptId, wire::RegistrationKey)>,
    lived: Lived,
}

/// A browser's session.
struct Attached {
    session: Session,
    /// Wakes that came while something else was waited for.
    wakes: Vec<String>,
}

impl Life {
    /// One driver does it all, in the order of the agenda: nothing depends on who is faster.
    async fn live(&mut self) {
        loop {
            let due = self.collect().await;
            let Some(next) = self.agenda.next() else { break };
            let due = due.filter(|due| *due <= next);
            self.advance(due.unwrap_or(next)).await;
            if due.is_some() {
                continue;
            }
            while let Some(act) = self.agenda.take(self.now) {
                self.act(act).await;
            }
        }
        let status = self.status().await;
        let out = |lived: &Lived| lived.0.values().filter(|one| one.ended.is_none()).count();
        while out(&self.lived) > status.firing as usize {
            self.watched().await;
        }
    }

    async fn advance(&mut self, to: Timestamp) {
        let by = to.saturating_since(self.now);
        let advanced = soon(self.client.simulation.advance(advance_by(by, true))).await.unwrap();
        self.now = self.now + by;
        assert_eq!(instant(advanced.into_inner().now), self.now);
    }

    async fn status(&mut self) -> wire::GetStatusResponse {
        let request = wire::GetStatusRequest {};
        soon(self.client.admin.get_status(request)).await.unwrap().into_inner()
    }

    /// Lets the workers take their wakes; when the daemon has something to do next.
    async fn collect(&mut self) -> Option<Timestamp> {
        while let Some(seen) = self.watch.message().now_or_never() {
            self.note(seen.unwrap().unwrap());
        }
        loop {
            let status = self.status().await;
            // Each attempt needed a wake or saved one.
            let sent = usize::try_from(status.wakes + status.wakes_saved).unwrap();
            while self.lived.0.len() < sent {
                self.watched().await;
            }
            if self.woken.is_empty() {
                return status.next_wake_at.map(|at| instant(Some(at)));
            }
            for (attempt, key) in std::mem::take(&mut self.woken) {
                self.wake(attempt, &key).await;
            }
        }
    }

    /// Waits for the next change, and notes it; the attempt that it says has started.
    async fn watched(&mut self) -> Option<AttemptId> {
        let seen = soon(self.watch.message()).await.unwrap().unwrap();
        self.note(seen)
    }

    fn note(&mut self, seen: wire::WatchResponse) -> Option<AttemptId> {
        let change = match seen.change.unwrap() {
            Change::Registration(change) => change,
            Change::Skipped(number) => panic!("{number} changes were skipped"),
            Change::Host(_) | Change::Session(_) => return None,
        };
        let kind = change.kind();
        let (attempt, key) = (change.attempt?, change.key.unwrap());
        let id = AttemptId::parse(&attempt.id).unwrap();
        match kind {
            Kind::Woken => {
                let attempted = Attempted {
                    registration: RegistrationId::new(change.id),
                    name: phone::name(&key.scope, &key.tag),
                    sent_at: instant(attempt.sent_at),
                    ended: None,
                };
                self.lived.sent(id, attempted);
                self.woken.push((id, key));
            }
            Kind::Started => return Some(id),
            Kind::Finished => {
                let outcome = outcome_from_proto(attempt.outcome());
                self.lived.ended(id, (outcome, instant(attempt.finished_at)));
            }
            Kind::Unspecified
            | Kind::Created
            | Kind::Updated
            | Kind::Rearmed
            | Kind::Removed
            | Kind::Suspended
            | Kind::Revived
            | Kind::BroughtForward => panic!("{kind:?} of an attempt"),
        }
        None
    }

    /// A worker is woken, and says whether it has started.
    async fn wake(&mut self, attempt: AttemptId, key: &wire::RegistrationKey) {
        let profile = key.profile.as_ref().unwrap();
        let browser = Browser::of((&profile.browser, &profile.profile));
        let name = phone::name(&key.scope, &key.tag);
        let id = attempt.to_string();
        let attached = self.browsers.get_mut(&browser).unwrap();
        while !attached.wakes.contains(&id) {
            attached.hear().await;
        }
        attached.wakes.retain(|one| *one != id);
        match self.agenda.woken(self.now, attempt, (browser, &name)) {
            Starts::Yes => {
                attached.session.say(Up::Started(wire::Started { attempt_id: id })).await;
                while self.watched().await != Some(attempt) {}
            }
            Starts::No => {}
        }
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Finish(browser, finished) => {
                let attached = self.browsers.get_mut(&browser).unwrap();
                attached.finish(finished).await;
            }
            Act::Does(does) => {
                if let Does::Close(_) | Does::SleepUntil(_) = does {
                    // Whether a worker had started matters when its browser closes.
                    self.collect().await;
                }
                self.does(does).await;
            }
        }
    }

    async fn does(&mut self, does: Does) {
        let simulation = &mut self.client.simulation;
        match does {
            Does::Clock(utc_offset) => {
                let utc_offset_seconds = Some(utc_offset.as_seconds());
                let request = wire::StepClockRequest { by: None, utc_offset_seconds };
                soon(simulation.step_clock(request)).await.unwrap();
            }
            Does::Network(network) => {
                soon(simulation.set_network(network_to_proto(network))).await.unwrap();
            }
            Does::Power(power, saver) => {
                soon(simulation.set_power(power_to_proto(power, saver))).await.unwrap();
            }
            Does::Suspend => {
                soon(simulation.suspend(wire::SuspendRequest {})).await.unwrap();
            }
            Does::SleepUntil(at) => {
                let after = Some(duration(at.saturating_since(self.now)));
                soon(simulation.resume(wire::ResumeRequest { after })).await.unwrap();
                self.now = at;
            }
            Does::Open(browser) => {
                let profile = Some(profile(browser));
                let hello =
                    wire::Hello { profile, agent: "phone 1.0".into(), ..Default::default() };
                let (mut session, _) = Session::hello(&mut self.client, hello).await;
                session.say(Up::Ready(wire::Ready {})).await;
                self.browsers.insert(browser, Attached { session, wakes: Vec::new() });
                while self.ready_sessions().await < self.browsers.len() {}
            }
            Does::Close(browser) => {
                self.browsers.remove(&browser);
                while self.ready_sessions().await > self.browsers.len() {}
                self.agenda.closed(browser);
            }
            Does::Register(ask) => {
                let request = register_request(&ask);
                soon(self.client.sync.register(request)).await.unwrap();
            }
            Does::Use(browser, site, kinds) => {
                let events = kinds.iter().map(|kind| event(*kind)).collect();
                let events = wire::EngagementEvents { events };
                let request = wire::ReportEngagementRequest {
                    profile: Some(profile(browser)),
                    origin: site.origin(),
                    report: Some(wire::report_engagement_request::Report::Events(events)),
                };
                soon(self.client.sync.report_engagement(request)).await.unwrap();
            }
        }
    }

    async fn ready_sessions(&mut self) -> usize {
        let request = wire::ListSessionsRequest {};
        let listed = soon(self.client.admin.list_sessions(request)).await.unwrap().into_inner();
        listed.sessions.iter().filter(|session| session.ready).count()
    }
}

impl Attached {
    /// Says how an event ended, and waits until that is on disk.
    async fn finish(&mut self, finished: Finished) {
        let attempt_id = finished.attempt.to_string();
        let said = wire::Finished {
            attempt_id: attempt_id.clone(),
            outcome: outcome_to_proto(finished.outcome).into(),
            detail: String::new(),
            retry_after: finished.retry_after.map(duration),
        };
        self.session.say(Up::Finished(said)).await;
        while self.hear().await.as_ref() != Some(&attempt_id) {}
    }

    /// Takes the next message; the attempt whose outcome is on disk.
    async fn hear(&mut self) -> Option<String> {
        match self.session.next().await.unwrap().unwrap() {
            Down::Wake(wake) => {
                self.wakes.push(wake.attempt_id);
                None
            }
            Down::Recorded(recorded) => Some(recorded.attempt_id),
            // A worker that hangs does not listen.
            Down::Cancel(_) => None,
            other @ (Down::Welcome(_) | Down::HostState(_) | Down::Closing(_)) => {
                panic!("unexpected: {other:?}")
            }
        }
    }
}
