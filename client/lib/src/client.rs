//! The calls that any process may make, with or without a session.

use std::time::{Duration, SystemTime};

use crate::connection::{Connection, WatchStream};
use crate::{
    Advance, Advanced, AppsChanged, ClientError, ClockChange, ClockStep, Engagement,
    EngagementFilter, EngagementReport, EngagementScore, Explanation, Export, Filter, Follow,
    Force, Forecast, ForecastQuestion, HeldRegistration, HistoryEntry, HistoryFilter, HostState,
    ImportMode, Imported, InstalledApp, Lease, NetworkState, NewOverride, NewPause,
    NewRegistration, NewScore, Paused, PermissionState, Policy, PolicyReload, Power, ProfileId,
    Reconciled, Registered, Registration, RegistrationId, RegistrationKey, Resumed, RunNow,
    SessionInfo, SocketPath, Status, StoreCheck, StoreFailure, Subject, SyncKind, UnregisterChange,
    WatchedChange,
};

/// Makes calls to the daemon. A clone shares the connection, which is made at the first call and
/// again after it was lost.
///
/// Each call ends within 10 s ([`Client::forecast`] within a minute, [`Client::advance`] within an
/// hour). A browser's calls and those
/// that only read are made a second time when their connection was lost, or after the delay that a
/// spent share of calls asks for, where that fits into the limit.
///
/// # Errors
///
/// Each call may fail with any [`ClientError`]; what is particular stands with it.
#[derive(Clone, Debug)]
pub struct Client {
    connection: Connection,
}

#[expect(clippy::missing_errors_doc, reason = "they stand once, at the type")]
impl Client {
    /// A client of the daemon at a socket. Connects to nothing yet.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(socket: SocketPath) -> Self {
        Self { connection: Connection::new(socket) }
    }

    /// Registers a sync, or changes it. The answer says which, and is on disk when it comes.
    pub async fn register(&self, new: &NewRegistration) -> Result<Registered, ClientError> {
        self.connection.register(new).await
    }

    /// One registration by name; none: there is none.
    pub async fn get_registration(
        &self,
        key: &RegistrationKey,
    ) -> Result<Option<Registration>, ClientError> {
        self.connection.get_registration(key).await
    }

    /// The tags of a scope, in order of registration.
    pub async fn get_tags(
        &self,
        profile: &ProfileId,
        scope: &str,
        kind: SyncKind,
    ) -> Result<Vec<String>, ClientError> {
        self.connection.get_tags(profile, scope, kind).await
    }

    /// Takes a registration back.
    pub async fn unregister(&self, key: &RegistrationKey) -> Result<UnregisterChange, ClientError> {
        self.connection.unregister(key).await
    }

    /// Takes all registrations of a scope back; says how many there were.
    pub async fn remove_scope(&self, profile: &ProfileId, scope: &str) -> Result<u32, ClientError> {
        self.connection.remove_scope(profile, scope).await
    }

    /// Tells all that the browser holds for a profile, so that the daemon holds the same.
    pub async fn reconcile(
        &self,
        profile: &ProfileId,
        held: &[HeldRegistration],
    ) -> Result<Reconciled, ClientError> {
        self.connection.reconcile(profile, held).await
    }

    /// Forgets an origin, of which the user cleared all data; says how many registrations went.
    pub async fn clear_origin(
        &self,
        profile: &ProfileId,
        origin: &str,
    ) -> Result<u32, ClientError> {
        self.connection.clear_origin(profile, origin).await
    }

    /// Tells what the browser's user decided; says how many registrations went.
    pub async fn set_permission(
        &self,
        profile: &ProfileId,
        origin: &str,
        kind: SyncKind,
        state: PermissionState,
    ) -> Result<u32, ClientError> {
        self.connection.set_permission(profile, origin, kind, state).await
    }

    /// Tells all apps that are installed in a profile.
    pub async fn set_installed_apps(
        &self,
        profile: &ProfileId,
        apps: &[InstalledApp],
    ) -> Result<AppsChanged, ClientError> {
        self.connection.set_installed_apps(profile, apps).await
    }

    /// Tells how the user uses an origin. Not made a second time: it would count twice.
    pub async fn report_engagement(
        &self,
        profile: &ProfileId,
        origin: &str,
        report: &EngagementReport,
    ) -> Result<EngagementScore, ClientError> {
        self.connection.report_engagement(profile, origin, report).await
    }

    /// The daemon and what it is about to do.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.connection.status().await
    }

    /// Registrations by id, page by page.
    #[must_use]
    pub fn list(&self, filter: Filter) -> RegistrationPages {
        let next = Some(String::new());
        RegistrationPages { connection: self.connection.clone(), filter, next }
    }

    /// All registrations that a filter lets pass, by id.
    pub async fn list_all(&self, filter: Filter) -> Result<Vec<Registration>, ClientError> {
        let mut pages = self.list(filter);
        let mut all = Vec::new();
        while let Some(page) = pages.next().await? {
            all.extend(page);
        }
        Ok(all)
    }

    /// Attached browsers.
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, ClientError> {
        self.connection.sessions().await
    }

    /// Changes as they are recorded, after so many past ones.
    pub async fn watch(&self, recent: u32, follow: Follow) -> Result<Watch, ClientError> {
        self.connection.watch(recent, follow).await.map(|stream| Watch { stream })
    }

    /// Runs a registration's event now, if it may.
    pub async fn run_now(&self, id: RegistrationId, force: Force) -> Result<RunNow, ClientError> {
        self.connection.run_now(id, force).await
    }

    /// Removes a registration; the answer says what it was.
    pub async fn remove(&self, id: RegistrationId) -> Result<Registration, ClientError> {
        self.connection.remove(id).await
    }

    /// Why a registration does not run, when it will, and the last decisions about it, at most so
    /// many; 0 stands for the daemon's default.
    pub async fn explain(
        &self,
        id: RegistrationId,
        trail: u32,
    ) -> Result<Explanation, ClientError> {
        self.connection.explain(id, trail).await
    }

    /// Decisions, newest first, so many a page; 0 stands for the daemon's default.
    #[must_use]
    pub fn history(&self, filter: HistoryFilter, limit: u32) -> HistoryPages {
        let next = Some(String::new());
        HistoryPages { connection: self.connection.clone(), filter, limit, next }
    }

    /// What would happen under stated conditions. Touches nothing.
    pub async fn forecast(&self, question: &ForecastQuestion) -> Result<Forecast, ClientError> {
        self.connection.forecast(question).await
    }

    /// The policy, or its part with this key or below it.
    pub async fn policy(&self, key: Option<&str>) -> Result<Policy, ClientError> {
        self.connection.policy(key.unwrap_or_default()).await
    }

    /// Everything that the daemon keeps, as lines of JSON: of one user, or of all that the caller
    /// may see.
    pub async fn export(&self, owner_uid: Option<u32>) -> Result<Export, ClientError> {
        self.connection.export(owner_uid).await.map(Export::new)
    }

    /// Takes an export over: all of it or nothing. `next` gives its next bytes, and none behind
    /// the last; its own error ends the import, of which nothing is taken over then. What is wrong
    /// with the export stands in the answer.
    pub async fn import<E>(
        &self,
        mode: ImportMode,
        next: impl AsyncFnMut() -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Result<Imported, ClientError>, E> {
        self.connection.import(mode, next).await
    }

    /// Has the daemon read its store back and compare it with what is in memory.
    pub async fn check_store(&self) -> Result<StoreCheck, ClientError> {
        self.connection.check_store().await.map(StoreCheck::new)
    }

    /// Reads the policy's files again. With a mistake in them the policy stays as it is, which is
    /// no error here.
    pub async fn reload_policy(&self) -> Result<PolicyReload, ClientError> {
        self.connection.reload_policy().await
    }

    /// How users use web apps.
    pub async fn engagement(
        &self,
        filter: &EngagementFilter,
    ) -> Result<Vec<Engagement>, ClientError> {
        self.connection.engagement(filter).await
    }

    /// Sets a score by hand.
    pub async fn set_engagement(&self, new: &NewScore) -> Result<Engagement, ClientError> {
        self.connection.set_engagement(new).await
    }

    /// Lets nothing of a subject run for a while.
    pub async fn pause(&self, new: &NewPause) -> Result<Paused, ClientError> {
        self.connection.pause(new).await
    }

    /// Ends the pause of exactly this subject.
    pub async fn end_pause(&self, subject: &Subject) -> Result<Resumed, ClientError> {
        self.connection.end_pause(subject).await
    }

    /// Lets a fact have another value for a while.
    pub async fn set_override(&self, new: &NewOverride) -> Result<Lease, ClientError> {
        self.connection.set_override(new).await
    }

    /// Ends a subject's override of a fact, or all of its overrides; says how many there were.
    pub async fn clear_override(
        &self,
        subject: &Subject,
        fact: Option<&str>,
    ) -> Result<u32, ClientError> {
        self.connection.clear_override(subject, fact.unwrap_or_default()).await
    }

    /// Pauses and overrides that hold now, by when they end.
    pub async fn leases(&self) -> Result<Vec<Lease>, ClientError> {
        self.connection.leases().await
    }

    /// Simulated: the network comes or goes.
    pub async fn set_network(&self, network: NetworkState) -> Result<HostState, ClientError> {
        self.connection.set_network(network).await
    }

    /// Simulated: battery and charger.
    pub async fn set_power(&self, power: Power) -> Result<HostState, ClientError> {
        self.connection.set_power(power).await
    }

    /// Simulated: the machine goes to sleep.
    pub async fn suspend(&self) -> Result<(), ClientError> {
        self.connection.suspend().await
    }

    /// Simulated: the machine wakes after it slept so long; the answer is the time then.
    pub async fn resume(&self, after: Duration) -> Result<Option<SystemTime>, ClientError> {
        self.connection.resume(after).await
    }

    /// Simulated: time passes, from one deadline to the next.
    pub async fn advance(&self, advance: Advance) -> Result<Advanced, ClientError> {
        self.connection.advance(advance).await
    }

    /// Simulated: the wall clock is set; no time passes. The answer is what it shows then.
    pub async fn step_clock(&self, change: ClockChange) -> Result<Option<SystemTime>, ClientError> {
        self.connection.step_clock(change).await
    }

    /// Simulated: what is not on disk is gone; the answer is the new epoch.
    pub async fn cut_power(&self) -> Result<u64, ClientError> {
        self.connection.cut_power(None).await
    }

    /// Simulated: the same, and the machine boots, with its clock wrong by so much.
    pub async fn boot(&self, clock_error: ClockStep) -> Result<u64, ClientError> {
        self.connection.cut_power(Some(clock_error)).await
    }

    /// Simulated: writes to the store fail, for so long, or until the next such call.
    pub async fn fail_store(
        &self,
        failure: StoreFailure,
        lasting: Option<Duration>,
    ) -> Result<(), ClientError> {
        self.connection.fail_store(failure, lasting).await
    }
}

/// Pages of registrations.
#[derive(Debug)]
pub struct RegistrationPages {
    connection: Connection,
    filter: Filter,
    /// Token of the next page; none: the last one was read.
    next: Option<String>,
}

impl RegistrationPages {
    /// The next page; none: there is none.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; the same page may be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Registration>>, ClientError> {
        let Some(token) = self.next.clone() else { return Ok(None) };
        let (page, token) = self.connection.list_page(&self.filter, token).await?;
        self.next = Some(token).filter(|token| !token.is_empty());
        Ok(Some(page))
    }
}

/// Pages of decisions.
#[derive(Debug)]
pub struct HistoryPages {
    connection: Connection,
    filter: HistoryFilter,
    limit: u32,
    /// Token of the next page; none: the last one was read.
    next: Option<String>,
}

impl HistoryPages {
    /// The next page; none: there is none.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; the same page may be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<HistoryEntry>>, ClientError> {
        let Some(token) = self.next.clone() else { return Ok(None) };
        let (page, token) = self.connection.history_page(&self.filter, self.limit, token).await?;
        self.next = Some(token).filter(|token| !token.is_empty());
        Ok(Some(page))
    }
}

/// Changes as they come.
#[derive(Debug)]
pub struct Watch {
    stream: WatchStream,
}

impl Watch {
    /// The next change; none: the past ones were all, or the daemon stops.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; the watch is over then.
    pub async fn next(&mut self) -> Result<Option<WatchedChange>, ClientError> {
        self.stream.next().await
    }
}
