//! SQLite with its log synced at each commit (WAL, FULL), a transaction for each insert, by its
//! own shell. There is one writer, so more callers would not be faster.

use std::{path::Path, time::Duration};

use pwasync_e2e::Command;

use super::installed;
use crate::{clock::Moment, stage::Stage};

const LIMIT: Duration = Duration::from_secs(120);
const SETUP: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
                     CREATE TABLE queue (id INTEGER PRIMARY KEY, body TEXT);";

/// Inserts a second, from the time of `inserts` of them.
///
/// # Errors
/// When it is not installed or fails.
pub(crate) async fn rate(stage: &Stage<'_>, name: &str, inserts: u32) -> anyhow::Result<f64> {
    let folder = stage.workdir.folder(name, None)?;
    let insert = format!("INSERT INTO queue (body) VALUES ('{}');\n", "x".repeat(200));
    let script = folder.join("script");
    let body = insert.repeat(usize::try_from(inserts)?);
    std::fs::write(&script, format!("{SETUP}\n.shell echo begun\n{body}.shell echo ended\n"))?;
    let mut shell = Command::new(installed("sqlite3")?)
        .arguments(["-batch", "-init", "/dev/null"])
        .argument(folder.join("database"))
        .argument(reading(&script))
        .spawn(None)?;
    let found = |wanted: &'static str| move |line: &str| (line == wanted).then_some(());
    let (next, ()) = shell.wait_for_line(0, "the begin", LIMIT, found("begun")).await?;
    let begun = Moment::now();
    shell.wait_for_line(next, "the end", LIMIT, found("ended")).await?;
    let took = begun.elapsed();
    shell.ended(LIMIT).await?;
    Ok(f64::from(inserts) / took.as_secs_f64())
}

fn reading(script: &Path) -> String {
    format!(".read {}", script.display())
}
