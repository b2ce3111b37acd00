//! `db export`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::super::Context;
use super::ExportArguments;
use super::progress::Progress;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ExportDocument;
use crate::settings::Format;
use crate::text::escape;

pub(super) async fn run(
    context: &mut Context,
    arguments: ExportArguments,
) -> Result<Exit, Failure> {
    let ExportArguments { file, force, owner } = arguments;
    if file.as_os_str() == "-" {
        if context.format == Format::Json {
            return Err(Failure::ExportToStdout);
        }
        let mut export = context.client.export(owner).await?;
        while let Some(part) = export.next().await? {
            context.output.bytes(&part)?;
        }
        return Ok(Exit::Ok);
    }
    if !force && file.exists() {
        return Err(Failure::FileExists { file });
    }
    let mut export = context.client.export(owner).await?;
    let failed = |source| Failure::Write { file: file.clone(), source };
    let mut unfinished = Unfinished::create(&file).map_err(failed)?;
    let mut progress = Progress::bytes(0);
    let (mut bytes, mut lines) = (0, 0);
    while let Some(part) = export.next().await? {
        unfinished.write(&part).map_err(failed)?;
        bytes += part.len() as u64;
        lines += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        progress.set(bytes, 0);
    }
    let present = if force { Present::Replaced } else { Present::Kept };
    unfinished.finish(present).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure::FileExists { file: file.clone() }
        } else {
            failed(error)
        }
    })?;
    drop(progress);
    let name = file.display().to_string();
    match context.format {
        Format::People => {
            context.output.text(&format!("exported {lines} lines to {}\n", escape(&name)))?;
        }
        Format::Json => context.output.json(&ExportDocument::new(&name, bytes, lines))?,
    }
    Ok(Exit::Ok)
}

/// What becomes of a file that is there.
#[derive(Clone, Copy)]
enum Present {
    Kept,
    Replaced,
}

/// A file beside the one that it becomes, for its owner alone. It vanishes when it is not finished.
struct Unfinished {
    path: PathBuf,
    target: PathBuf,
    file: File,
    finished: bool,
}

impl Unfinished {
    fn create(target: &Path) -> io::Result<Self> {
        let mut name = target.as_os_str().to_owned();
        name.push(format!(".{}.unfinished", std::process::id()));
        let path = PathBuf::from(name);
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path)?;
        Ok(Self { path, target: target.to_owned(), file, finished: false })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn finish(mut self, present: Present) -> io::Result<()> {
        self.file.sync_all()?;
        match present {
            Present::Replaced => {
                fs::rename(&self.path, &self.target)?;
                self.finished = true;
            }
            // Unlike a rename this replaces nothing.
            Present::Kept => fs::hard_link(&self.path, &self.target)?,
        }
        let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed says by its name what it is.
            let _ = fs::remove_file(&self.path);
        }
    }
}
