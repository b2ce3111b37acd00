//! The ordinary user as whom browsers run. No user is made on the machine: a number suffices.

use std::{path::Path, time::Duration};

use nix::unistd::{Uid, User as Entry};

use crate::{
    error::HarnessError,
    process::{Command, Ending},
    workdir::Workdir,
};

/// Numbers that neither login tools nor systemd give away.
const FREE: std::ops::Range<u32> = 60_600..61_100;
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// A user and group id of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// A number that belongs to nobody on this machine; another `nth` is another user.
    ///
    /// # Errors
    /// When all numbers of the range are taken.
    pub fn unused(nth: usize) -> Result<Self, HarnessError> {
        let mut free = FREE.filter(|uid| matches!(Entry::from_uid(Uid::from_raw(*uid)), Ok(None)));
        let uid = free.nth(nth).ok_or_else(|| HarnessError::TimeOut {
            what: format!("a free user id in {FREE:?}"),
            limit: Duration::ZERO,
            tail: String::new(),
        })?;
        Ok(Self { uid, gid: uid })
    }

    /// The user with these ids.
    #[must_use]
    pub fn with_ids(uid: u32, gid: u32) -> Self {
        Self { uid, gid }
    }

    /// User id.
    #[must_use]
    pub fn uid(self) -> u32 {
        self.uid
    }

    /// Group id.
    #[must_use]
    pub fn gid(self) -> u32 {
        self.gid
    }
}

/// Whether the program runs as root.
#[must_use]
pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// Starts Chromium once as `user` to see whether this kernel lets it build its sandbox.
///
/// # Errors
/// When Chromium cannot be started at all, or does not end.
pub async fn sandbox_works(chromium: &Path, user: User) -> Result<bool, HarnessError> {
    let workdir = Workdir::create()?;
    let home = workdir.folder("home", Some(user))?;
    let mut process = Command::new(chromium)
        .arguments(["--headless=new", "--disable-gpu", "--no-first-run", "--dump-dom"])
        .argument(format!("--user-data-dir={}", home.join("profile").display()))
        .argument("about:blank")
        .home_of(user, &home)
        .spawn(None)?;
    Ok(process.ended(PROBE_LIMIT).await? == Ending::Good)
}
