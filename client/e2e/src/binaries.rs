//! Where the built programs are: beside the running one, or where a variable says.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{environment::variable, error::HarnessError};

/// Names another folder of built programs, such as an installed one.
const FOLDER_VARIABLE: &str = "PWASYNC_BIN_DIR";

/// The folder of the built programs.
#[derive(Clone, Debug)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Finds the folder: `$PWASYNC_BIN_DIR`, or that of the running program (a test runs in the
    /// folder `deps` below it).
    ///
    /// # Errors
    /// When the running program's own path cannot be read.
    pub fn find() -> Result<Self, HarnessError> {
        if let Some(folder) = variable(FOLDER_VARIABLE) {
            return Ok(Self { folder: folder.into() });
        }
        let program = env::current_exe()
            .map_err(|source| HarnessError::system("find the running program", source))?;
        let mut folder = program.parent().unwrap_or(Path::new("/")).to_owned();
        if folder.ends_with("deps") {
            folder.pop();
        }
        Ok(Self { folder })
    }

    /// A folder of this name beside that of the programs, for what is made with them.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }

    /// The built program of this name.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn program(&self, name: &str) -> Result<PathBuf, HarnessError> {
        let path = self.folder.join(name);
        if path.is_file() {
            return Ok(path);
        }
        Err(HarnessError::NoProgram {
            name: name.to_owned(),
            place: self.folder.display().to_string(),
            hint: "build it with `cargo build --workspace`".to_owned(),
        })
    }
}

/// Looks a program of the system up in `$PATH`.
#[must_use]
pub fn on_path(name: &str) -> Option<PathBuf> {
    let folders = variable("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}
