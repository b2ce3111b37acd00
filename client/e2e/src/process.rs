//! Programs of a scene: started in a namespace as a user, read line by line, and ended with all
//! their children.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, kill_process};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin},
    runtime::Handle,
    time::{error::Elapsed, timeout},
};

use crate::{
    descendants,
    error::HarnessError,
    lines::{Line, Lines},
    namespace::Namespace,
    user::User,
};

const TAIL_LINES: usize = 15;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How to start a program. It gets no environment but what is named here.
#[derive(Debug)]
pub struct Command {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<OsString, OsString>,
    user: Option<User>,
}

impl Command {
    /// The program at this path.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let environment = BTreeMap::from([("PATH".into(), PATH.into())]);
        Self { program: program.into(), arguments: Vec::new(), environment, user: None }
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn variable(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Runs it as `user` (from root), with no further groups.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// Runs it as `user` with `home` as its home, its temporary files below it, and no session bus.
    #[must_use]
    pub fn home_of(self, user: User, home: &Path) -> Self {
        self.user(user)
            .variable("HOME", home)
            .variable("TMPDIR", home)
            .variable("LANG", "C.UTF-8")
            .variable("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    }

    /// Starts it, in `namespace` where one is given.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(self, namespace: Option<&Namespace>) -> Result<Process, HarnessError> {
        let handle = Handle::current();
        self.spawn_by(|command| match namespace {
            None => command.spawn(),
            Some(namespace) => {
                let entered = namespace.enter(|| {
                    let _runtime = handle.enter();
                    command.spawn()
                });
                entered.map_err(io::Error::other)?
            }
        })
    }

    /// Starts it where `spawn` does so.
    pub(crate) fn spawn_by(
        self,
        spawn: impl FnOnce(&mut tokio::process::Command) -> io::Result<Child>,
    ) -> Result<Process, HarnessError> {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(user) = self.user {
            command.uid(user.uid()).gid(user.gid());
        }
        let mut child = spawn(&mut command)
            .map_err(|source| HarnessError::system(format!("start `{name}`"), source))?;
        Ok(Process {
            leader: child.id().unwrap_or_default(),
            stdin: child.stdin.take(),
            stdout: Lines::read(child.stdout.take()),
            stderr: Lines::read(child.stderr.take()),
            strays: Vec::new(),
            child,
            name,
        })
    }

    /// Starts it and waits for its end.
    ///
    /// # Errors
    /// When it cannot be started, or still runs after `limit`.
    pub async fn run(
        self,
        namespace: Option<&Namespace>,
        limit: Duration,
    ) -> Result<Output, HarnessError> {
        self.spawn(namespace)?.output(limit).await
    }
}

/// What a program left that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub ending: Ending,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

/// A signal to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ends it at once, with nothing left to say.
    Kill,
    /// Asks it to end.
    Terminate,
    /// As Ctrl-C does.
    Interrupt,
    /// It stands still, whatever comes.
    Freeze,
    /// It goes on.
    Thaw,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Exit status 0.
    Good,
    /// This other exit status.
    Status(i32),
    /// By a signal.
    Signal,
}

/// A running program. Dropping it kills it and all its children, and waits until they are gone.
#[derive(Debug)]
pub struct Process {
    name: String,
    /// Process id and, at the same time, id of its process group.
    leader: u32,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines,
    stderr: Lines,
    /// Children seen before the leader was killed: nobody's children since.
    strays: Vec<OwnedFd>,
}

impl Process {
    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.leader
    }

    /// What it wrote to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> &Lines {
        &self.stdout
    }

    /// What it wrote to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> &Lines {
        &self.stderr
    }

    /// Writes a line to its stdin.
    ///
    /// # Errors
    /// When it does not read any more.
    pub async fn write_line(&mut self, line: &str) -> Result<(), HarnessError> {
        let doing = || format!("write to `{}`", self.name);
        let Some(stdin) = &mut self.stdin else {
            return Err(HarnessError::system(doing(), io::ErrorKind::BrokenPipe));
        };
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .map_err(|source| HarnessError::system(format!("write to `{}`", self.name), source))
    }

    /// Waits for a line of stdout from position `from` on in which `pick` finds something, and
    /// returns it with the position after that line.
    ///
    /// # Errors
    /// When it does not come inside `limit`, or the program ends first.
    pub async fn wait_for_line<T>(
        &self,
        from: usize,
        what: &str,
        limit: Duration,
        pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<(usize, T), HarnessError> {
        self.judge(timeout(limit, self.stdout.find(from, pick)).await, what, limit)
    }

    /// As [`Self::wait_for_line`], on stderr.
    ///
    /// # Errors
    /// When it does not come inside `limit`, or the program ends first.
    pub async fn wait_for_error_line<T>(
        &self,
        from: usize,
        what: &str,
        limit: Duration,
        pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<(usize, T), HarnessError> {
        self.judge(timeout(limit, self.stderr.find(from, pick)).await, what, limit)
    }

    fn judge<T>(
        &self,
        found: Result<Option<T>, Elapsed>,
        what: &str,
        limit: Duration,
    ) -> Result<T, HarnessError> {
        match found {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(HarnessError::Ended {
                program: self.name.clone(),
                what: what.to_owned(),
                tail: self.tail(),
            }),
            Err(_) => {
                Err(HarnessError::TimeOut { what: what.to_owned(), limit, tail: self.tail() })
            }
        }
    }

    /// The last lines it wrote, each on a line of its own, for an error message.
    #[must_use]
    pub fn tail(&self) -> String {
        let (out, err) = (self.stdout.all(), self.stderr.all());
        let last = |lines: &[Line]| {
            let skip = lines.len().saturating_sub(TAIL_LINES);
            lines[skip..]
                .iter()
                .map(|line| format!("\n  {}: {}", self.name, line.text))
                .collect::<String>()
        };
        last(&out) + &last(&err)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends it (alone, not its children) a signal.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn signal(&mut self, signal: Signal) -> Result<(), HarnessError> {
        self.strays.extend(descendants::family(self.leader));
        let signal = match signal {
            Signal::Kill => rustix::process::Signal::KILL,
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Interrupt => rustix::process::Signal::INT,
            Signal::Freeze => rustix::process::Signal::STOP,
            Signal::Thaw => rustix::process::Signal::CONT,
        };
        let target = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        target
            .ok_or(rustix::io::Errno::SRCH)
            .and_then(|target| kill_process(target, signal))
            .map_err(|source| HarnessError::system(format!("signal `{}`", self.name), source))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it still runs after `limit`.
    pub async fn ended(&mut self, limit: Duration) -> Result<Ending, HarnessError> {
        // A program that reads its stdin to the end must see that end.
        drop(self.stdin.take());
        match timeout(limit, self.child.wait()).await {
            Ok(Ok(status)) => Ok(match status.code() {
                Some(0) => Ending::Good,
                Some(code) => Ending::Status(code),
                None => Ending::Signal,
            }),
            Ok(Err(source)) => {
                Err(HarnessError::system(format!("wait for the end of `{}`", self.name), source))
            }
            Err(_) => Err(HarnessError::TimeOut {
                what: format!("the end of `{}`", self.name),
                limit,
                tail: self.tail(),
            }),
        }
    }

    /// Waits for its end and for all that it wrote.
    ///
    /// # Errors
    /// When it still runs after `limit`.
    pub async fn output(mut self, limit: Duration) -> Result<Output, HarnessError> {
        let ending = self.ended(limit).await?;
        let (stdout, stderr) = (self.stdout.whole(), self.stderr.whole());
        let (stdout, stderr) = timeout(limit, async { (stdout.await, stderr.await) })
            .await
            .map_err(|_| HarnessError::TimeOut {
                what: format!("the last lines of `{}`", self.name),
                limit,
                tail: self.tail(),
            })?;
        Ok(Output { ending, stdout, stderr })
    }

    /// Asks it to end and waits for that.
    ///
    /// # Errors
    /// When it still runs after `limit`.
    pub async fn stop(&mut self, limit: Duration) -> Result<Ending, HarnessError> {
        self.signal(Signal::Terminate)?;
        self.ended(limit).await
    }

    /// `kill -9` of it alone, as a crash would be.
    ///
    /// # Errors
    /// When it had ended already.
    pub async fn crash(&mut self) -> Result<(), HarnessError> {
        self.signal(Signal::Kill)?;
        self.ended(Duration::from_secs(5)).await.map(drop)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        descendants::end(&self.strays);
        descendants::end_family(self.leader);
        // Reaps it; it has ended, so this does not wait.
        let _ = self.child.try_wait();
    }
}
