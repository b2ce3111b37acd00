//! The one way into the core, which keeps its last inputs with their times and the state they
//! start from: what a bug report replays.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pwasync_core::{
    AppsChanged, Caller, Engaged, EngagementReport, Force, Import, ImportRefused, Imported,
    LeaseError, NewLease, NewRegistration, NewSession, OpenedSession, Reconciled, RegisterError,
    Registered, RegistrationView, RunNow, Scheduler, SiteError, Unregistered, Viewer,
    attempt::Finished,
    engagement::{EventKind, Points},
    event::Event,
    facts::Manager,
    key::{
        AppId, AttemptId, LauncherId, OwnerId, ProfileId, ProfileKey, RegistrationId,
        RegistrationKey, Scope, SyncKind, WorkerKey,
    },
    lease::{Fact, Lease, Subject},
    policy::Policy,
    site::{PermissionState, SiteKey},
    time::Timestamp,
    wall::WallTime,
};

/// Inputs kept in each half; both halves together are what a replay has.
const HALF: usize = 2_048;

/// A half is full too when its inputs hold about so much: a browser's whole list, or its outcomes,
/// are megabytes in one input, and must not fill the memory by being repeated.
const HALF_BYTES: usize = 4 << 20;

/// Above so many registrations the state is not copied: the copy would hold the engine up.
const COPIED_REGISTRATIONS: usize = 10_000;

/// A call of the core that changes it.
pub trait CoreCall: Clone + Into<CoreInput> {
    /// What the core answers.
    type Output;

    /// Makes the call.
    fn call(self, core: &mut Scheduler, now: Timestamp) -> Self::Output;
}

/// Declares the calls: a struct for each, an enum of them all, and how each is made.
macro_rules! core_calls {
    ($(#[doc = $doc:literal] $name:ident($($field:ident: $type:ty),*) -> $output:ty
        = |$core:ident, $now:ident| $body:expr;)*) => {
        $(
            #[doc = $doc]
            #[derive(Clone, Debug)]
            pub struct $name($(pub $type),*);

            impl CoreCall for $name {
                type Output = $output;

                fn call(self, $core: &mut Scheduler, $now: Timestamp) -> $output {
                    let Self($($field),*) = self;
                    $body
                }
            }

            impl From<$name> for CoreInput {
                fn from(call: $name) -> Self {
                    Self::$name(call)
                }
            }
        )*

        /// An input of the core, as it is kept.
        #[derive(Clone, Debug)]
        pub enum CoreInput {
            $(#[doc = $doc] $name($name)),*
        }

        impl CoreInput {
            fn replay(self, core: &mut Scheduler, now: Timestamp) {
                match self {
                    $(Self::$name(call) => drop(call.call(core, now))),*
                }
            }
        }
    };
}

core_calls! {
    /// Something happened outside.
    Happened(event: Event) -> () = |core, now| core.handle_event(now, event);
    /// A time has come.
    TimePassed() -> () = |core, now| core.handle_timeout(now);
    /// A sync is registered.
    Register(caller: Caller, new: NewRegistration) -> Result<Registered, RegisterError>
        = |core, now| core.register(now, &caller, new);
    /// A sync is unregistered.
    Unregister(caller: Caller, key: RegistrationKey) -> Unregistered
        = |core, now| core.unregister(now, &caller, &key);
    /// A worker's registrations go.
    RemoveScope(caller: Caller, worker: WorkerKey) -> usize
        = |core, now| core.remove_scope(now, &caller, &worker);
    /// A browser tells its whole list.
    Reconcile(caller: Caller, profile: ProfileKey, list: Vec<NewRegistration>)
        -> Result<Reconciled, RegisterError>
        = |core, now| core.reconcile(now, &caller, &profile, list);
    /// Somebody has connected.
    Identify(caller: Caller) -> () = |core, _now| core.identify(&caller);
    /// A browser attaches.
    Open(session: NewSession) -> OpenedSession = |core, now| core.open_session(now, session);
    /// Another policy holds.
    SetPolicy(policy: Box<Policy>) -> () = |core, now| core.set_policy(now, *policy);
    /// A launcher attaches.
    AttachLauncher(owner: OwnerId, profiles: BTreeSet<ProfileId>) -> LauncherId
        = |core, now| core.open_launcher(now, owner, profiles);
    /// A browser's user clears an origin.
    ClearOrigin(caller: Caller, site: SiteKey) -> usize
        = |core, now| core.clear_origin(now, &caller, &site);
    /// A browser tells of a permission.
    SetPermission(caller: Caller, site: SiteKey, kind: SyncKind, state: PermissionState)
        -> Result<usize, SiteError>
        = |core, now| core.set_permission(now, &caller, &site, kind, state);
    /// A browser tells which apps are installed.
    SetInstalledApps(caller: Caller, profile: ProfileKey, apps: BTreeMap<AppId, Scope>)
        -> Result<AppsChanged, SiteError>
        = |core, now| core.set_installed_apps(now, &caller, &profile, apps);
    /// A browser tells how a site is used.
    ReportEngagement(caller: Caller, site: SiteKey, report: EngagementReport)
        -> Result<Engaged, SiteError>
        = |core, now| core.report_engagement(now, &caller, &site, &report);
    /// Somebody wants a sync to run now.
    Run(viewer: Viewer, id: RegistrationId, force: Force) -> Option<RunNow>
        = |core, now| core.run_now(now, viewer, id, force);
    /// Somebody pauses syncs, or overrides a fact.
    TakeLease(viewer: Viewer, new: NewLease) -> Result<Lease, LeaseError>
        = |core, now| core.lease(now, viewer, new);
    /// Somebody ends a pause.
    Resume(viewer: Viewer, subject: Subject) -> Result<usize, LeaseError>
        = |core, now| core.resume(now, viewer, &subject);
    /// Somebody ends overrides.
    ClearOverride(viewer: Viewer, subject: Subject, fact: Option<Fact>)
        -> Result<usize, LeaseError>
        = |core, now| core.clear_override(now, viewer, &subject, fact);
    /// Somebody sets a score.
    SetEngagement(site: SiteKey, points: Points) -> Option<Engaged>
        = |core, now| core.set_engagement(now, &site, points);
    /// Somebody takes over what was exported.
    TakeImport(viewer: Viewer, caller: Caller, import: Import) -> Result<Imported, ImportRefused>
        = |core, now| core.import(now, viewer, &caller, &import);
    /// Somebody removes a registration.
    Remove(viewer: Viewer, id: RegistrationId) -> Option<RegistrationView>
        = |core, now| core.remove_by_id(now, viewer, id);
}

/// The scheduler with the record of what went into it.
#[derive(Debug)]
pub struct RecordedCore {
    core: Scheduler,
    older: Half,
    current: Half,
}

/// Some inputs, and the state before the first of them.
#[derive(Debug, Default)]
struct Half {
    start: Option<Box<Scheduler>>,
    inputs: VecDeque<(Timestamp, CoreInput)>,
    /// What the inputs hold, see [`CoreInput::bytes`].
    bytes: usize,
}

impl RecordedCore {
    /// Begins to record.
    pub fn new(core: Scheduler) -> Self {
        let current = Half::starting_from(&core);
        Self { core, older: Half::default(), current }
    }

    /// Keeps the input, then makes the call.
    pub fn call<C: CoreCall>(&mut self, now: Timestamp, call: C) -> C::Output {
        if self.current.is_full() {
            let current = Half::starting_from(&self.core);
            self.older = std::mem::replace(&mut self.current, current);
        }
        let input: CoreInput = call.clone().into();
        self.current.bytes = self.current.bytes.saturating_add(input.bytes());
        self.current.inputs.push_back((now, input));
        call.call(&mut self.core, now)
    }

    /// Forgets the inputs: what is kept begins with the state that there is.
    pub fn begin_again(&mut self) {
        self.older = Half::default();
        self.current = Half::starting_from(&self.core);
    }

    /// To read, and to drain.
    pub fn scheduler(&mut self) -> &mut Scheduler {
        &mut self.core
    }

    /// The state that the kept inputs lead to from the state they start from.
    ///
    /// `None`: there were too many registrations to copy.
    pub fn replay(&self) -> Option<Scheduler> {
        let first = if self.older.start.is_some() { &self.older } else { &self.current };
        let mut core = first.start.as_deref()?.clone();
        for (now, input) in self.older.inputs.iter().chain(&self.current.inputs) {
            input.clone().replay(&mut core, *now);
            while core.poll_effect().is_some() {}
        }
        Some(core)
    }
}

impl Half {
    fn starting_from(core: &Scheduler) -> Self {
        let small = core.len() <= COPIED_REGISTRATIONS;
        let start = small.then(|| Box::new(core.clone()));
        Self { start, inputs: VecDeque::new(), bytes: 0 }
    }

    fn is_full(&self) -> bool {
        self.inputs.len() >= HALF || self.bytes >= HALF_BYTES
    }
}

impl CoreInput {
    /// About what it holds in memory; only what callers can make long is counted exactly.
    fn bytes(&self) -> usize {
        /// The fixed parts of an input, or of an entry of its list.
        const ENTRY: usize = 256;
        let new = |new: &NewRegistration| {
            let RegistrationKey { worker, kind: _, tag } = &new.key;
            let app = new.app.as_ref().map_or(0, |app| app.as_str().len());
            ENTRY + worker.scope.as_str().len() + tag.as_str().len() + app
        };
        let ended = |finished: &Finished| ENTRY + finished.detail.len();
        let held = match self {
            Self::Happened(Happened(event)) => match event {
                Event::NetlinkChanged(facts) => {
                    (facts.links.len() + facts.default_routes.len()) * ENTRY
                }
                Event::AttemptFinished { session: _, finished } => ended(finished),
                Event::LauncherProfiles { launcher: _, profiles } => profiles.len() * ENTRY,
                Event::LaunchFailed { launcher: _, token: _, reason } => reason.len(),
                Event::ManagerChanged(Manager::Present(managed)) => managed.links.len() * ENTRY,
                Event::ManagerChanged(Manager::Absent | Manager::Awaited)
                | Event::ConnectionChecked(_)
                | Event::PowerSaverChanged(_)
                | Event::LauncherClosed(_)
                | Event::PowerChanged(_)
                | Event::SleepChanged(_)
                | Event::Slept(_)
                | Event::WallClockChanged(_)
                | Event::StoreChanged(_)
                | Event::SessionReady(_)
                | Event::AttemptStarted { .. }
                | Event::SessionClosed(_) => 0,
            },
            Self::Register(Register(_, registration)) => new(registration),
            Self::Unregister(Unregister(_, key)) => {
                key.worker.scope.as_str().len() + key.tag.as_str().len()
            }
            Self::RemoveScope(RemoveScope(_, worker)) => worker.scope.as_str().len(),
            Self::Reconcile(Reconcile(_, _, list)) => list.iter().map(new).sum(),
            Self::Open(Open(session)) => {
                let running = session.running.len() * size_of::<AttemptId>();
                running + session.finished.iter().map(ended).sum::<usize>()
            }
            Self::SetPolicy(SetPolicy(policy)) => {
                (policy.origins.len() + policy.apps.len()) * ENTRY
            }
            Self::TakeLease(TakeLease(_, new)) => new.reason.len(),
            Self::Resume(_) | Self::ClearOverride(_) | Self::SetEngagement(_) => 0,
            Self::AttachLauncher(AttachLauncher(_, profiles)) => profiles.len() * ENTRY,
            Self::ClearOrigin(ClearOrigin(_, site))
            | Self::SetPermission(SetPermission(_, site, _, _)) => site.origin.len(),
            Self::SetInstalledApps(SetInstalledApps(_, _, apps)) => {
                let app = |(id, scope): (&AppId, &Scope)| {
                    ENTRY + id.as_str().len() + scope.as_str().len()
                };
                apps.iter().map(app).sum()
            }
            Self::ReportEngagement(ReportEngagement(_, site, report)) => {
                let events = match report {
                    EngagementReport::Events(events) => events.len(),
                    EngagementReport::Score(_) | EngagementReport::Level(_) => 0,
                };
                site.origin.len() + events * size_of::<(EventKind, WallTime)>()
            }
            Self::TakeImport(TakeImport(_, _, import)) => {
                (import.saved.registrations.len() + import.saved.history.len()) * 2 * ENTRY
            }
            Self::TimePassed(_) | Self::Identify(_) | Self::Run(_) | Self::Remove(_) => 0,
        };
        ENTRY + held
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pwasync_core::{
        NewSchedule, constraints::Constraints, key::Tag, policy::Policy, saved::Saved,
    };

    use super::*;

    fn new(tag: &str) -> (Caller, NewRegistration) {
        let owner = OwnerId::from_uid(1_000).unwrap();
        let profile = ProfileId::parse("chromium", "Default").unwrap();
        let worker = WorkerKey {
            profile: ProfileKey { owner, profile },
            scope: Scope::parse("https://example.org/").unwrap(),
        };
        let (kind, tag) = (SyncKind::OneOff, Tag::parse(tag).unwrap());
        let key = RegistrationKey { worker: Arc::new(worker), kind, tag };
        let schedule = NewSchedule::OneOff { expires_in: None };
        let constraints = Constraints::default();
        let new = NewRegistration { key, app: None, schedule, constraints };
        (Caller { owner, name: "ada".into() }, new)
    }

    #[test]
    fn a_replay_of_the_kept_inputs_ends_where_the_core_is() {
        let start = Timestamp::from_millis(1_000_000);
        let core = Scheduler::restore(start, Policy::default(), 1, Saved::default());
        let mut recorded = RecordedCore::new(core);
        // More inputs than one half keeps, so that the start state has moved on.
        for round in 0..u64::try_from(3 * HALF).unwrap() {
            let (caller, registration) = new(&format!("tag{}", round % 7));
            let now = Timestamp::from_millis(1_000_000 + round);
            if round % 3 == 0 {
                recorded.call(now, Unregister(caller, registration.key));
            } else {
                recorded.call(now, Register(caller, registration)).unwrap();
            }
            while recorded.scheduler().poll_effect().is_some() {}
        }
        let replayed = recorded.replay().unwrap();
        assert_eq!(replayed.to_saved(), recorded.scheduler().to_saved());
        assert!(recorded.current.inputs.len() + recorded.older.inputs.len() <= 2 * HALF);
    }

    #[test]
    fn what_browsers_and_launchers_say_is_replayed_too() {
        let (caller, registration) = new("mail");
        let profile = registration.key.worker.profile.clone();
        let site = SiteKey::of(&registration.key);
        let apps = BTreeMap::from([(
            AppId::parse("app").unwrap(),
            Scope::parse("https://example.org/").unwrap(),
        )]);
        let core = Scheduler::restore(Timestamp::ZERO, Policy::default(), 1, Saved::default());
        let mut recorded = RecordedCore::new(core);
        let at = Timestamp::from_millis;
        let owner = profile.owner;
        recorded.call(at(1), AttachLauncher(owner, BTreeSet::from([profile.profile.clone()])));
        recorded.call(at(2), SetInstalledApps(caller.clone(), profile, apps)).unwrap();
        recorded.call(at(3), Register(caller.clone(), registration)).unwrap();
        let event = (EventKind::Navigation, WallTime::from_millis(4));
        let report = EngagementReport::Events(vec![event]);
        recorded.call(at(4), ReportEngagement(caller.clone(), site.clone(), report)).unwrap();
        let saved = recorded.scheduler().to_saved();
        assert!(!saved.sites.is_empty() && !saved.profiles.is_empty());
        let replayed = recorded.replay().unwrap();
        assert_eq!(replayed.to_saved(), saved);
        assert_eq!(replayed.last_launcher(), recorded.scheduler().last_launcher());

        let (kind, denied) = (SyncKind::OneOff, PermissionState::Denied);
        let call = SetPermission(caller.clone(), site.clone(), kind, denied);
        assert_eq!(recorded.call(at(5), call), Ok(1));
        assert_eq!(recorded.replay().unwrap().to_saved(), recorded.scheduler().to_saved());
        recorded.call(at(6), ClearOrigin(caller, site));
        assert!(recorded.scheduler().to_saved().sites.is_empty());
        assert_eq!(recorded.replay().unwrap().to_saved(), recorded.scheduler().to_saved());
    }

    #[test]
    fn great_inputs_that_are_repeated_do_not_pile_up() {
        let (caller, one) = new("");
        let profile = one.key.worker.profile.clone();
        let list: Vec<_> = (0..100).map(|n| new(&format!("{n:010240}")).1).collect();
        let core = Scheduler::restore(Timestamp::ZERO, Policy::default(), 1, Saved::default());
        let mut recorded = RecordedCore::new(core);
        for round in 0..100 {
            let call = Reconcile(caller.clone(), profile.clone(), list.clone());
            recorded.call(Timestamp::from_millis(round), call).unwrap();
            while recorded.scheduler().poll_effect().is_some() {}
        }
        // Each is about 1 MiB; both halves together hold 8 MiB and a little.
        assert!(recorded.current.inputs.len() + recorded.older.inputs.len() < 12);
        assert_eq!(recorded.replay().unwrap().to_saved(), recorded.scheduler().to_saved());
    }
}
