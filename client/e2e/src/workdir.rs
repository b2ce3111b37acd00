//! A temporary folder for one scene.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{error::HarnessError, user::User};

/// A folder that is removed with this value. Others may pass through it, not list it.
#[derive(Debug)]
pub struct Workdir {
    folder: TempDir,
}

impl Workdir {
    /// Makes the folder below the system's place for temporary files.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create() -> Result<Self, HarnessError> {
        let folder = tempfile::Builder::new()
            .prefix("pwasync-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir()
            .map_err(|source| HarnessError::system("make a temporary folder", source))?;
        Ok(Self { folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a folder in it: private to `owner`, or, without one, this user's and open to pass
    /// through.
    ///
    /// # Errors
    /// When it cannot be made or given away.
    pub fn folder(&self, name: &str, owner: Option<User>) -> Result<PathBuf, HarnessError> {
        let path = self.folder.path().join(name);
        let mode = if owner.is_some() { 0o700 } else { 0o755 };
        let made = fs::create_dir(&path)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(mode)))
            .and_then(|()| match owner {
                Some(user) => chown(&path, Some(user.uid()), Some(user.gid())),
                None => Ok(()),
            });
        made.map_err(|source| HarnessError::system(format!("make the folder `{name}`"), source))?;
        Ok(path)
    }
}
