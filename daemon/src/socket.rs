//! The Unix socket: its directory, its mode, who may take its place, and its removal.
//!
//! A lock beside the socket says that a daemon uses it; the kernel lets go of it however that
//! daemon ends. Only who holds the lock removes a socket that nobody answers at. Nothing here
//! speaks gRPC.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::OFlags;
use tokio::{
    net::{UnixListener, UnixSocket, UnixStream},
    time::timeout,
};

/// Longest path of a Unix socket: `sun_path` has 108 bytes, the last is 0.
const PATH_BYTES: usize = 107;
/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1_024;
/// Whoever listens at the path is asked for so long.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Who may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// All local users; they are told apart by their uid.
    AllUsers,
    /// The daemon's own user.
    OwnUser,
}

impl Access {
    fn socket_mode(self) -> u32 {
        match self {
            Self::AllUsers => 0o666,
            Self::OwnUser => 0o600,
        }
    }

    fn directory_mode(self) -> u32 {
        match self {
            Self::AllUsers => 0o755,
            Self::OwnUser => 0o700,
        }
    }
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The path names no file in a directory.
    #[error("socket `{}` is no path of a file", .0.display())]
    NoFile(PathBuf),
    /// The path does not fit.
    #[error("socket `{}` is longer than {PATH_BYTES} bytes ({})", .0.display(), .0.as_os_str().len())]
    LongPath(PathBuf),
    /// The directory is missing and could not be made.
    #[error("cannot make the directory `{}`", .0.display())]
    Directory(PathBuf, #[source] io::Error),
    /// The lock file could not be opened or locked.
    #[error("cannot lock `{}`", .0.display())]
    Lock(PathBuf, #[source] io::Error),
    /// Somebody uses the path.
    #[error("another daemon listens at `{}`", .0.display())]
    AnotherDaemon(PathBuf),
    /// Something else is in the way.
    #[error("`{}` is in the way: it is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// It could not be found out whether somebody listens.
    #[error("cannot find out whether anybody listens at `{}`", .0.display())]
    Ask(PathBuf, #[source] io::Error),
    /// The socket could not be made.
    #[error("cannot listen at `{}`", .0.display())]
    Listen(PathBuf, #[source] io::Error),
}

impl SocketError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoFile(_) | Self::LongPath(_) => "name another one with `--socket PATH`",
            Self::AnotherDaemon(_) => {
                "`syncctl status` asks it; a second daemon needs a `--socket PATH` of its own"
            }
            Self::NotASocket(_) => "move it away, or name another path with `--socket PATH`",
            Self::Directory(..) | Self::Lock(..) | Self::Ask(..) | Self::Listen(..) => {
                "start it with `systemctl start pwasyncd`, or for one user with `pwasyncd --session`"
            }
        }
    }
}

/// A path that is ours: no other daemon listens there, or will.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    access: Access,
    lock: File,
}

/// The socket's file. It is removed when this is dropped, if it is still ours.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
    /// Held until the file is gone.
    _lock: File,
}

/// Makes the path ours: makes its directory, locks it, and removes a socket that a daemon which
/// was killed has left.
///
/// # Errors
/// When another daemon listens there, or something is in the way.
pub async fn claim(path: &Path, access: Access) -> Result<Claim, SocketError> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(SocketError::NoFile(path.to_owned()));
    };
    if path.as_os_str().len() > PATH_BYTES {
        return Err(SocketError::LongPath(path.to_owned()));
    }
    make_directory(directory, access)?;
    let mut lock_name = OsString::from(name);
    lock_name.push(".lock");
    let lock = lock(&directory.join(lock_name), path)?;
    remove_stale(path).await?;
    Ok(Claim { path: path.to_owned(), access, lock })
}

impl Claim {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn listen(self) -> Result<(UnixListener, SocketFile), SocketError> {
        let Self { path, access, lock } = self;
        let refused = |error| SocketError::Listen(path.clone(), error);
        let socket = UnixSocket::new_stream().map_err(refused)?;
        socket.bind(&path).map_err(refused)?;
        let metadata = fs::symlink_metadata(&path).map_err(refused)?;
        let (device, inode) = (metadata.dev(), metadata.ino());
        let file = SocketFile { path: path.clone(), device, inode, _lock: lock };
        // Until `listen` nobody can connect, whatever mode the umask has given.
        fs::set_permissions(&path, Permissions::from_mode(access.socket_mode()))
            .map_err(refused)?;
        let listener = socket.listen(BACKLOG).map_err(refused)?;
        Ok((listener, file))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.inode));
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "cannot remove the socket");
        }
    }
}

/// The umask has no say in the mode.
fn make_directory(directory: &Path, access: Access) -> Result<(), SocketError> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        return Ok(());
    }
    let mode = access.directory_mode();
    let made = DirBuilder::new().mode(mode).create(directory);
    made.and_then(|()| fs::set_permissions(directory, Permissions::from_mode(mode)))
        .map_err(|error| SocketError::Directory(directory.to_owned(), error))
}

fn lock(lock: &Path, socket: &Path) -> Result<File, SocketError> {
    let refused = |error| SocketError::Lock(lock.to_owned(), error);
    // No link is followed: in a directory that others can write to it could lead anywhere.
    let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_follow)
        .open(lock)
        .map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SocketError::AnotherDaemon(socket.to_owned())),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Removes a socket that nobody answers at. Anything else is not ours to remove.
async fn remove_stale(path: &Path) -> Result<(), SocketError> {
    let unknown = |error| SocketError::Ask(path.to_owned(), error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unknown(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(SocketError::NotASocket(path.to_owned()));
        }
        Ok(_) => {}
    }
    match timeout(ANSWER_LIMIT, UnixStream::connect(path)).await {
        Ok(Ok(_)) => Err(SocketError::AnotherDaemon(path.to_owned())),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            tracing::debug!("removing a socket that nobody listens at");
            fs::remove_file(path).map_err(unknown)
        }
        Ok(Err(error)) => Err(unknown(error)),
        Err(_) => Err(unknown(io::ErrorKind::TimedOut.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::{TempDir, tempdir};

    fn place() -> (TempDir, PathBuf) {
        let directory = tempdir().unwrap();
        let path = directory.path().join("run/pwasyncd.sock");
        (directory, path)
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    async fn refused(path: &Path) -> String {
        claim(path, Access::AllUsers).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn modes_do_not_depend_on_the_umask() {
        for (access, directory_mode, socket_mode) in
            [(Access::AllUsers, 0o755, 0o666), (Access::OwnUser, 0o700, 0o600)]
        {
            let (_directory, path) = place();
            let (_listener, _file) = claim(&path, access).await.unwrap().listen().unwrap();
            assert_eq!(mode(path.parent().unwrap()), directory_mode);
            assert_eq!(mode(&path), socket_mode);
        }
    }

    #[tokio::test]
    async fn the_socket_goes_with_its_daemon() {
        let (_directory, path) = place();
        let (listener, file) = claim(&path, Access::AllUsers).await.unwrap().listen().unwrap();
        drop(listener);
        drop(file);
        assert!(!path.exists());
        claim(&path, Access::AllUsers).await.unwrap();
    }

    #[tokio::test]
    async fn a_socket_that_is_another_stays() {
        let (_directory, path) = place();
        let (_listener, file) = claim(&path, Access::AllUsers).await.unwrap().listen().unwrap();
        fs::rename(&path, path.with_extension("moved")).unwrap();
        let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn a_stale_socket_is_taken_over() {
        let (_directory, path) = place();
        fs::create_dir(path.parent().unwrap()).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "the file stays when its listener goes");
        let (_listener, _file) = claim(&path, Access::AllUsers).await.unwrap().listen().unwrap();
        UnixStream::connect(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_second_daemon_is_refused() {
        let (_directory, path) = place();
        let claimed = claim(&path, Access::AllUsers).await.unwrap();
        let wanted = format!("another daemon listens at `{}`", path.display());
        assert_eq!(refused(&path).await, wanted);
        let (_listener, _file) = claimed.listen().unwrap();
        assert_eq!(refused(&path).await, wanted);
    }

    #[tokio::test]
    async fn whoever_answers_is_left_alone() {
        let (_directory, path) = place();
        fs::create_dir(path.parent().unwrap()).unwrap();
        let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(refused(&path).await, format!("another daemon listens at `{}`", path.display()));
        assert!(path.exists());
    }

    #[tokio::test]
    async fn what_is_no_socket_is_not_removed() {
        let (_directory, path) = place();
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, "precious").unwrap();
        let wanted = format!("`{}` is in the way: it is not a socket", path.display());
        assert_eq!(refused(&path).await, wanted);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_path_must_fit_into_a_socket_address() {
        let path = PathBuf::from(format!("/{}", "x".repeat(107)));
        assert!(refused(&path).await.ends_with("is longer than 107 bytes (108)"));
        assert_eq!(refused(Path::new("/")).await, "socket `/` is no path of a file");
    }
}
