//! Who is at the other end of a connection.
//!
//! The kernel says which uid connected; NSS says what that uid is called and whether it
//! administers. Both are asked once, when the connection is accepted, never per call. Nothing a
//! caller sends is evidence of who it is.

use std::{ffi::CString, sync::Arc, time::Duration};

use nix::{
    errno::Errno,
    unistd::{Gid, Group, Uid, User, getgrouplist},
};
use pwasync_core::{Caller, Viewer, key::OwnerId};
use tokio::{
    net::{UnixStream, unix::UCred},
    sync::Semaphore,
    time::timeout,
};
use tonic::Request;

use super::{guest::Guest, owners::Name, status::Refusal};

/// Members of this group administer, like root.
const ADMINISTRATORS: &str = "pwasync-admin";
/// NSS may ask the network.
const LOOKUP_LIMIT: Duration = Duration::from_secs(5);
/// Look-ups that may run at once; one that hangs keeps its place until NSS lets it go, so that
/// the threads of the runtime do not run out.
const LOOKUPS: usize = 32;

/// Who connected, or why that is not known.
#[derive(Clone, Debug)]
pub(super) struct Identified(Result<Arc<Identity>, Refusal>);

impl Identified {
    /// The caller, where it is known.
    pub(super) fn caller(&self) -> Option<Caller> {
        self.0.as_ref().ok().map(|identity| identity.caller.clone())
    }

    /// Whether it has a login name. One that was not found out counts as one.
    pub(super) fn name(&self) -> Name {
        match &self.0 {
            Ok(identity) if is_number(&identity.caller.name) => Name::Unknown,
            Ok(_) | Err(_) => Name::Known,
        }
    }
}

/// The other end of a connection; each of its calls is answered by it.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    identified: Identified,
    guest: Guest,
}

impl Peer {
    pub(super) fn new(identified: Identified, guest: Guest) -> Self {
        Self { identified, guest }
    }

    /// How its connection behaves.
    pub(super) fn guest(&self) -> Guest {
        self.guest.clone()
    }

    /// See [`Guest::may_say`].
    pub(super) fn may_say(&self, bytes: usize) -> bool {
        self.guest.may_say(bytes)
    }
}

/// A caller that is known.
#[derive(Debug)]
pub(super) struct Identity {
    /// Owner and login name.
    pub(super) caller: Caller,
    /// Whose records it may see.
    pub(super) viewer: Viewer,
    /// A label for people, no proof: the number may have passed to another process.
    pub(super) process_id: Option<u32>,
}

/// The caller of a request.
///
/// # Errors
/// When the connection's uid may own nothing, or could not be looked up.
pub(super) fn identity<T>(request: &Request<T>) -> Result<Arc<Identity>, Refusal> {
    peer(request)?.identified.0.clone()
}

/// The connection of a request.
///
/// # Errors
/// When it has none.
pub(super) fn guest<T>(request: &Request<T>) -> Result<Guest, Refusal> {
    peer(request).map(Peer::guest)
}

fn peer<T>(request: &Request<T>) -> Result<&Peer, Refusal> {
    let peer = request.extensions().get::<Peer>();
    peer.ok_or_else(|| Refusal::Internal("a request without a connection".into()))
}

/// A uid without a login name is called so.
fn is_number(name: &str) -> bool {
    name.starts_with('#')
}

/// Looks callers up, a bounded number at once.
#[derive(Clone, Debug)]
pub(super) struct Lookups(Arc<Semaphore>);

impl Default for Lookups {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS)))
    }
}

impl Lookups {
    /// Finds out who connected.
    pub(super) async fn identify(&self, credentials: UCred) -> Identified {
        let found = timeout(LOOKUP_LIMIT, self.look_up(credentials));
        Identified(found.await.unwrap_or(Err(Refusal::Unidentified("NSS does not answer"))))
    }

    async fn look_up(&self, credentials: UCred) -> Result<Arc<Identity>, Refusal> {
        let owner = OwnerId::from_uid(credentials.uid()).map_err(|_| Refusal::Nobody)?;
        let closed = || Refusal::Internal("look-ups have ended".into());
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(|_| closed())?;
        let found = tokio::task::spawn_blocking(move || {
            let found = ask_nss(owner);
            drop(place);
            found
        });
        let Account { name, administers } =
            found.await.map_err(|error| Refusal::Internal(format!("look-up: {error}")))??;
        let viewer = if administers { Viewer::Administrator } else { Viewer::Owner(owner) };
        // The kernel says 0 for a process outside its view.
        let process_id = credentials.pid().and_then(|pid| u32::try_from(pid).ok());
        let process_id = process_id.filter(|pid| *pid != 0);
        Ok(Arc::new(Identity { caller: Caller { owner, name }, viewer, process_id }))
    }
}

/// The credentials of whoever called connect.
///
/// # Errors
/// When the kernel does not tell.
pub(super) fn credentials(stream: &UnixStream) -> std::io::Result<UCred> {
    stream.peer_cred()
}

struct Account {
    name: Arc<str>,
    administers: bool,
}

/// Blocks. A name that could not be looked up is no answer: taking another name for the owner's
/// would look like a uid that has come to belong to somebody else.
fn ask_nss(owner: OwnerId) -> Result<Account, Refusal> {
    let unknown = |error: Errno| {
        tracing::warn!(%error, "NSS cannot look a user up");
        Refusal::Unidentified("NSS fails")
    };
    let user = match User::from_uid(Uid::from_raw(owner.uid())) {
        Ok(user) => user,
        // Without any account file.
        Err(Errno::ENOENT | Errno::ESRCH) => None,
        Err(error) => return Err(unknown(error)),
    };
    let Some(user) = user else {
        let name = format!("#{}", owner.uid()).into();
        return Ok(Account { name, administers: owner.uid() == 0 });
    };
    let administers = owner.uid() == 0 || is_administrator(&user).map_err(unknown)?;
    Ok(Account { name: user.name.into(), administers })
}

fn is_administrator(user: &User) -> Result<bool, Errno> {
    let group: Gid = match Group::from_name(ADMINISTRATORS) {
        Ok(Some(group)) => group.gid,
        Ok(None) | Err(Errno::ENOENT | Errno::ESRCH) => return Ok(false),
        Err(error) => return Err(error),
    };
    let name = CString::new(user.name.as_str()).map_err(|_| Errno::EINVAL)?;
    Ok(getgrouplist(&name, user.gid)?.contains(&group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn root_administers_and_is_called_so() {
        let (one, _other) = UnixStream::pair().unwrap();
        let Identified(identity) = Lookups::default().identify(credentials(&one).unwrap()).await;
        let identity = identity.unwrap();
        let own = nix::unistd::getuid().as_raw();
        assert_eq!(identity.caller.owner.uid(), own);
        assert_eq!(identity.process_id, Some(std::process::id()));
        if own == 0 {
            assert_eq!(identity.viewer, Viewer::Administrator);
            assert_eq!(&*identity.caller.name, "root");
        }
    }

    #[test]
    fn a_uid_that_nss_does_not_know_is_called_by_its_number() {
        let account = ask_nss(OwnerId::from_uid(3_999_999_990).unwrap()).unwrap();
        assert_eq!(&*account.name, "#3999999990");
        assert!(!account.administers);
    }

    #[tokio::test]
    async fn a_request_without_a_connection_is_our_mistake() {
        let refusal = identity(&Request::new(())).unwrap_err();
        assert!(matches!(refusal, Refusal::Internal(_)));
    }
}
