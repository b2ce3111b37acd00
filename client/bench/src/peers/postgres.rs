//! PostgreSQL as it is installed (fsync, `synchronous_commit = on`), by its own pgbench: one
//! insert a transaction.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use pwasync_e2e::{Command, Ending, Output, Process, User, is_root, on_path};

use super::until_it_listens;
use crate::stage::Stage;

const LIMIT: Duration = Duration::from_secs(120);
const PACKAGED: &str = "/usr/lib/postgresql";
/// Its socket's name is made of its port.
const PORT: &str = "5432";

/// A server with a table.
#[derive(Debug)]
pub(crate) struct Postgres {
    process: Process,
    user: Option<User>,
    folder: PathBuf,
}

impl Postgres {
    /// Starts it; as root, as the user that its package brings, since it refuses to run as root.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub(crate) async fn start(stage: &Stage<'_>, name: &str) -> anyhow::Result<Self> {
        let user = if is_root() { Some(own_user()?) } else { None };
        let folder = stage.workdir.folder(name, user)?;
        let as_user = |command: Command| match user {
            Some(user) => command.home_of(user, &folder),
            None => command,
        };
        let data = folder.join("data");
        let init = Command::new(program("initdb")?)
            .arguments(["--auth=trust", "--username=bench", "--no-sync", "--pgdata"])
            .argument(&data);
        done(as_user(init).run(None, LIMIT).await?, "initdb")?;
        let server = Command::new(program("postgres")?)
            .argument("-D")
            .argument(&data)
            .argument("-k")
            .argument(&folder)
            .arguments(["-h", "", "-p", PORT]);
        let mut process = as_user(server).spawn(None)?;
        let socket = folder.join(format!(".s.PGSQL.{PORT}"));
        until_it_listens(&mut process, &socket).await.context("postgres")?;
        let ready = |line: &str| line.contains("ready to accept connections").then_some(());
        process.wait_for_error_line(0, "postgres to be ready", LIMIT, ready).await?;
        let postgres = Self { process, user, folder };
        postgres.script("table", "CREATE TABLE queue (id bigserial PRIMARY KEY, body text);")?;
        done(postgres.pgbench(&["-t", "1"], "table").await?, "pgbench")?;
        let insert = format!("INSERT INTO queue (body) VALUES ('{}');", "x".repeat(200));
        postgres.script("insert", &insert)?;
        Ok(postgres)
    }

    /// Inserts a second of so many callers.
    ///
    /// # Errors
    /// When pgbench fails.
    pub(crate) async fn rate(&self, callers: usize, span: Duration) -> anyhow::Result<f64> {
        let (callers, seconds) = (callers.to_string(), span.as_secs().max(1).to_string());
        let words = ["-M", "prepared", "-j", "2", "-c", &callers, "-T", &seconds];
        let output = done(self.pgbench(&words, "insert").await?, "pgbench")?;
        let rate = output.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|rate| rate.split(' ').next()?.parse().ok());
        rate.with_context(|| format!("pgbench said `{output}`"))
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it does not end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        // SIGINT is its fast shutdown.
        self.process.signal(pwasync_e2e::Signal::Interrupt)?;
        self.process.ended(LIMIT).await?;
        Ok(())
    }

    fn script(&self, name: &str, sql: &str) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, sql).context("cannot write a script")?;
        if let Some(user) = self.user {
            std::os::unix::fs::chown(&path, Some(user.uid()), Some(user.gid()))?;
        }
        Ok(())
    }

    async fn pgbench(&self, words: &[&str], script: &str) -> anyhow::Result<Output> {
        let command = Command::new(program("pgbench")?)
            .arguments(["-n", "-U", "bench", "-p", PORT, "-h"])
            .argument(&self.folder)
            .arguments(words)
            .argument("-f")
            .argument(self.folder.join(script))
            .argument("postgres");
        let command = match self.user {
            Some(user) => command.home_of(user, &self.folder),
            None => command,
        };
        Ok(command.run(None, LIMIT).await?)
    }
}

fn done(output: Output, what: &str) -> anyhow::Result<String> {
    anyhow::ensure!(output.ending == Ending::Good, "{what} failed: {}", output.stderr.trim());
    Ok(output.stdout)
}

/// The user that its package brings: it must have a name.
fn own_user() -> anyhow::Result<User> {
    let users = fs::read_to_string("/etc/passwd").context("cannot read the users")?;
    let ids = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    let (uid, gid) = ids.context("there is no user `postgres`")?;
    Ok(User::with_ids(uid, gid))
}

/// Where one of its programs is: Debian keeps the servers of all versions off the path.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    let mut versions: Vec<_> = fs::read_dir(Path::new(PACKAGED))
        .map(|folder| folder.flatten().map(|entry| entry.path().join("bin").join(name)).collect())
        .unwrap_or_default();
    versions.sort();
    let packaged = versions.into_iter().rfind(|path| path.is_file());
    packaged.or_else(|| on_path(name)).with_context(|| format!("`{name}` is not installed"))
}
