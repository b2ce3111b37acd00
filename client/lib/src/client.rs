//! The calls that any process may make, with or without a session.

use std::time::{Duration, SystemTime};

use crate::connection::{Connection, WatchStream};
use crate::{
    Advance, Advanced, ClientError, ClockStep, Filter, Follow, Force, HeldRegistration, HostState,
    NetworkState, NewRegistration, Power, ProfileId, Reconciled, Registered, Registration,
    RegistrationId, RegistrationKey, RunNow, SessionInfo, SocketPath, Status, StoreFailure,
    SyncKind, UnregisterChange, WatchedChange,
};

/// Makes calls to the daemon. A clone shares the connection, which is made at the first call and
/// again after it was lost.
///
/// Each call ends within 10 s ([`Client::advance`] within an hour). A browser's calls and those
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
    pub async fn step_clock(&self, step: ClockStep) -> Result<Option<SystemTime>, ClientError> {
        self.connection.step_clock(step).await
    }

    /// Simulated: what is not on disk is gone; the answer is the new epoch.
    pub async fn cut_power(&self) -> Result<u64, ClientError> {
        self.connection.cut_power().await
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
