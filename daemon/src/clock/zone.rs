//! The time zone of the machine: its name, and when it becomes another.

use std::{fs, io, mem::MaybeUninit, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::inotify::{self, CreateFlags, Reader, WatchFlags},
    io::Errno,
};
use tokio::io::unix::AsyncFd;

use super::{LOCAL_TIME, readable};

/// Below it zones have their names.
const ZONES: &str = "zoneinfo/";
/// Longer ones are none.
const NAME_BYTES: usize = 64;
/// Events of one read; more come with the next.
const EVENTS_BYTES: usize = 4_096;

/// The name of the machine's zone, such as `Europe/Berlin`; `None`: it has none.
pub fn zone_name() -> Option<String> {
    name_of(&fs::read_link(LOCAL_TIME).ok()?)
}

fn name_of(link: &Path) -> Option<String> {
    let (_, name) = link.to_str()?.rsplit_once(ZONES)?;
    (!name.is_empty() && name.len() <= NAME_BYTES).then(|| name.to_owned())
}

/// Notices that the file of the machine's zone is another. It is replaced as a whole.
#[derive(Debug)]
pub(super) struct ZoneWatch {
    inotify: AsyncFd<OwnedFd>,
    name: Box<[u8]>,
}

impl ZoneWatch {
    pub(super) fn begin() -> io::Result<Self> {
        Self::of(Path::new(LOCAL_TIME))
    }

    fn of(file: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let flags = WatchFlags::CREATE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_TO
            | WatchFlags::ONLYDIR;
        inotify::add_watch(&inotify, folder, flags)?;
        Ok(Self { inotify: readable(inotify)?, name: name.as_encoded_bytes().into() })
    }

    /// Waits until something happens to it.
    pub(super) async fn changed(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.inotify.readable().await?;
            if read(self.inotify.get_ref(), &self.name)? {
                return Ok(());
            }
            ready.clear_ready();
        }
    }
}

/// Takes all events that are there; whether one is about this file.
fn read(inotify: &OwnedFd, name: &[u8]) -> io::Result<bool> {
    let mut buffer = [MaybeUninit::uninit(); EVENTS_BYTES];
    let mut events = Reader::new(inotify, &mut buffer);
    let mut seen = false;
    loop {
        match events.next() {
            Ok(event) => seen |= event.file_name().is_some_and(|one| one.to_bytes() == name),
            Err(Errno::WOULDBLOCK) => return Ok(seen),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, time::Duration};

    use super::*;

    #[test]
    fn a_zone_has_the_name_of_its_file() {
        let name = |link: &str| name_of(Path::new(link));
        assert_eq!(name("/usr/share/zoneinfo/Asia/Kolkata").as_deref(), Some("Asia/Kolkata"));
        assert_eq!(name("../usr/share/zoneinfo/UTC").as_deref(), Some("UTC"));
        assert_eq!(name("/etc/other"), None);
        assert_eq!(name("/usr/share/zoneinfo/"), None);
        assert_eq!(name(&format!("/usr/share/zoneinfo/{}", "x".repeat(65))), None);
    }

    /// As systemd-timedated does it: a new link under another name is moved to its place.
    #[tokio::test]
    async fn a_zone_that_is_replaced_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("localtime");
        symlink("/usr/share/zoneinfo/UTC", &file).unwrap();
        let mut watch = ZoneWatch::of(&file).unwrap();
        fs::write(folder.path().join("other"), "").unwrap();
        assert!(!read(watch.inotify.get_ref(), &watch.name).unwrap());
        let new = folder.path().join(".#localtime");
        symlink("/usr/share/zoneinfo/Asia/Kolkata", &new).unwrap();
        fs::rename(&new, &file).unwrap();
        let changed = tokio::time::timeout(Duration::from_secs(20), watch.changed());
        changed.await.unwrap().unwrap();
    }
}
