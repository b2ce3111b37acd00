//! What the daemon runs with: the command line, filled in from the environment.
//!
//! The only module of the daemon that reads the environment.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    cli::Arguments, clock::LocalZone, host::FirstNetwork, policy::PolicyFile, socket::Access,
};

const SOCKET: &str = "pwasyncd.sock";
const DIRECTORY: &str = "pwasync";
/// A simulation must not mix its records with real ones.
const SIMULATED_DIRECTORY: &str = "pwasync-simulated";
const SYSTEM_RUNTIME: &str = "/run";
const SYSTEM_STATE: &str = "/var/lib";
const SYSTEM_CONFIGURATION: &str = "/etc";
const POLICY: &str = "pwasyncd.toml";
/// So much may be lost where the whole store is.
const SNAPSHOT_GAP: Duration = Duration::from_secs(60);
/// The same on every system, whatever else its bus listens on.
const SYSTEM_BUS: &str = "unix:path=/run/dbus/system_bus_socket";
const SYSFS: &str = "/sys";
const DEFAULT_LOG: &str = "info";
/// 2026-01-01T00:00:00Z, in milliseconds since 1970.
const DEFAULT_START: u64 = 1_767_225_600_000;

/// What the daemon runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where it listens.
    pub socket: PathBuf,
    /// Who may connect.
    pub access: Access,
    /// Where its records are.
    pub state_dir: PathBuf,
    /// What it is to do.
    pub purpose: Purpose,
    /// Where its policy is; `None`: the environment names no place for one.
    pub policy_file: Option<PolicyFile>,
    /// How long a network must stay up before syncs run, in place of what the policy says.
    pub network_settle: Option<Duration>,
    /// Where the slots of the wake grid begin, in place of the host's own offset.
    pub grid_offset: Option<Duration>,
    /// From one automatic snapshot of the records to the next at least so long.
    pub snapshot_gap: Duration,
    /// Address of the system bus, where services tell of the host.
    pub bus: String,
    /// Where the kernel's view of devices is mounted.
    pub sysfs: PathBuf,
    /// Which host it serves.
    pub host: HostChoice,
    /// Which time zone is the local one.
    pub zone: LocalZone,
    /// What it logs.
    pub log: String,
    /// Whether each line of the log has a time.
    pub log_times: LogTimes,
}

/// What the program is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Serve.
    Serve,
    /// Say what is wrong with the policy.
    CheckPolicy,
}

/// Which host the daemon serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostChoice {
    /// This machine.
    Real,
    /// A simulated one, whose clock starts here if the records do not say.
    Simulated {
        /// In milliseconds since 1970.
        start_unix_millis: u64,
        /// What is known of its network at the start.
        network: FirstNetwork,
    },
}

/// Whether each line of the log has a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTimes {
    /// It has.
    Shown,
    /// The journal adds its own.
    LeftOut,
}

/// What the environment says.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    runtime_dir: Option<OsString>,
    state_home: Option<OsString>,
    config_home: Option<OsString>,
    home: Option<OsString>,
    log: Option<OsString>,
    bus: Option<OsString>,
    journal: Option<OsString>,
    time_zone: Option<OsString>,
}

impl Environment {
    /// Reads it.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> Self {
        Self {
            runtime_dir: env::var_os("XDG_RUNTIME_DIR"),
            state_home: env::var_os("XDG_STATE_HOME"),
            config_home: env::var_os("XDG_CONFIG_HOME"),
            home: env::var_os("HOME"),
            log: env::var_os("PWASYNC_LOG"),
            bus: env::var_os("DBUS_SYSTEM_BUS_ADDRESS"),
            journal: env::var_os("JOURNAL_STREAM"),
            time_zone: env::var_os("TZ"),
        }
    }
}

/// What is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There is nowhere to put the socket.
    #[error("no socket for `--session`: XDG_RUNTIME_DIR is not set to an absolute path")]
    NoRuntimeDirectory,
    /// There is nowhere to put the records.
    #[error("no directory for records: neither XDG_STATE_HOME nor HOME is an absolute path")]
    NoStateDirectory,
    /// The filter of the log is not UTF-8.
    #[error("variable `PWASYNC_LOG`: value `{0}` is not UTF-8")]
    Log(String),
    /// The address of the system bus is not UTF-8.
    #[error("variable `DBUS_SYSTEM_BUS_ADDRESS`: value `{0}` is not UTF-8")]
    Bus(String),
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoRuntimeDirectory => "name one with `--socket PATH`",
            Self::NoStateDirectory => "name one with `--state-dir DIR`",
            Self::Log(_) => "set it to a level such as `debug`",
            Self::Bus(_) => "unset it, to use the system's own bus",
        }
    }
}

impl Config {
    /// Fills in what the command line leaves out.
    ///
    /// # Errors
    /// When the environment does not say either.
    pub fn new(arguments: Arguments, environment: &Environment) -> Result<Self, ConfigError> {
        let access = if arguments.session { Access::OwnUser } else { Access::AllUsers };
        let host = match (arguments.simulate, arguments.simulate_start) {
            (false, _) => HostChoice::Real,
            (true, start) => HostChoice::Simulated {
                start_unix_millis: start.unwrap_or(DEFAULT_START),
                network: if arguments.simulate_silent {
                    FirstNetwork::Unknown
                } else {
                    FirstNetwork::Offline
                },
            },
        };
        let socket = match arguments.socket {
            Some(socket) => socket,
            None => environment.default_socket(access)?,
        };
        let state_dir = match arguments.state_dir {
            Some(directory) => directory,
            None => environment.default_state(access, host)?,
        };
        Ok(Self {
            socket,
            access,
            state_dir,
            purpose: if arguments.check_config { Purpose::CheckPolicy } else { Purpose::Serve },
            policy_file: match arguments.config {
                Some(file) => Some(PolicyFile::Named(file)),
                None => environment.default_policy(access),
            },
            network_settle: arguments.network_settle,
            grid_offset: arguments.grid_offset,
            snapshot_gap: arguments.snapshot_gap.unwrap_or(SNAPSHOT_GAP),
            bus: environment.bus()?,
            sysfs: arguments.sysfs.unwrap_or_else(|| SYSFS.into()),
            host,
            zone: match environment.time_zone {
                Some(_) => LocalZone::Environment,
                None => LocalZone::Machine,
            },
            log: environment.log(arguments.log)?,
            log_times: match environment.journal {
                Some(_) => LogTimes::LeftOut,
                None => LogTimes::Shown,
            },
        })
    }
}

impl Environment {
    fn default_socket(&self, access: Access) -> Result<PathBuf, ConfigError> {
        let runtime = match access {
            Access::AllUsers => Some(Path::new(SYSTEM_RUNTIME)),
            Access::OwnUser => absolute(self.runtime_dir.as_ref()),
        };
        let runtime = runtime.ok_or(ConfigError::NoRuntimeDirectory)?;
        Ok(runtime.join(DIRECTORY).join(SOCKET))
    }

    fn default_state(&self, access: Access, host: HostChoice) -> Result<PathBuf, ConfigError> {
        let name = match host {
            HostChoice::Real => DIRECTORY,
            HostChoice::Simulated { .. } => SIMULATED_DIRECTORY,
        };
        let state = match access {
            Access::AllUsers => Some(PathBuf::from(SYSTEM_STATE)),
            Access::OwnUser => absolute(self.state_home.as_ref())
                .map(Path::to_owned)
                .or_else(|| Some(absolute(self.home.as_ref())?.join(".local/state"))),
        };
        Ok(state.ok_or(ConfigError::NoStateDirectory)?.join(name))
    }

    fn default_policy(&self, access: Access) -> Option<PolicyFile> {
        let configuration = match access {
            Access::AllUsers => PathBuf::from(SYSTEM_CONFIGURATION),
            Access::OwnUser => absolute(self.config_home.as_ref())
                .map(Path::to_owned)
                .or_else(|| Some(absolute(self.home.as_ref())?.join(".config")))?,
        };
        Some(PolicyFile::Default(configuration.join(DIRECTORY).join(POLICY)))
    }

    fn bus(&self) -> Result<String, ConfigError> {
        let Some(value) = self.bus.as_ref().filter(|value| !value.is_empty()) else {
            return Ok(SYSTEM_BUS.to_owned());
        };
        let address = value.to_str().map(str::to_owned);
        address.ok_or_else(|| ConfigError::Bus(value.to_string_lossy().into_owned()))
    }

    fn log(&self, argument: Option<String>) -> Result<String, ConfigError> {
        if let Some(argument) = argument {
            return Ok(argument);
        }
        match &self.log {
            None => Ok(DEFAULT_LOG.to_owned()),
            Some(value) => value
                .to_str()
                .map(str::to_owned)
                .ok_or_else(|| ConfigError::Log(value.to_string_lossy().into_owned())),
        }
    }
}

/// The XDG rule: a path that is not absolute counts as not set.
fn absolute(value: Option<&OsString>) -> Option<&Path> {
    value.map(Path::new).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment {
            runtime_dir: Some("/run/user/1000".into()),
            home: Some("/users/ada".into()),
            ..Environment::default()
        }
    }

    fn config(arguments: Arguments) -> Config {
        Config::new(arguments, &environment()).unwrap()
    }

    #[test]
    fn the_system_service_has_fixed_places() {
        let config = config(Arguments::default());
        assert_eq!(config.socket, Path::new("/run/pwasync/pwasyncd.sock"));
        assert_eq!(config.state_dir, Path::new("/var/lib/pwasync"));
        let policy = PolicyFile::Default("/etc/pwasync/pwasyncd.toml".into());
        assert_eq!((config.policy_file, config.purpose), (Some(policy), Purpose::Serve));
        assert_eq!((config.access, config.host), (Access::AllUsers, HostChoice::Real));
        assert_eq!((config.log.as_str(), config.log_times), ("info", LogTimes::Shown));
    }

    #[test]
    fn a_session_keeps_to_the_users_own_places() {
        let session = || Arguments { session: true, ..Arguments::default() };
        let ours = config(session());
        assert_eq!(ours.socket, Path::new("/run/user/1000/pwasync/pwasyncd.sock"));
        assert_eq!(ours.state_dir, Path::new("/users/ada/.local/state/pwasync"));
        assert_eq!(ours.access, Access::OwnUser);
        let policy = |path: &str| Some(PolicyFile::Default(path.into()));
        assert_eq!(ours.policy_file, policy("/users/ada/.config/pwasync/pwasyncd.toml"));
        let own = Environment {
            state_home: Some("/state".into()),
            config_home: Some("/config".into()),
            ..environment()
        };
        let ours = Config::new(session(), &own).unwrap();
        assert_eq!(ours.policy_file, policy("/config/pwasync/pwasyncd.toml"));
        assert_eq!(ours.state_dir, Path::new("/state/pwasync"));
        let relative = Environment { runtime_dir: Some("run".into()), ..environment() };
        let error = Config::new(session(), &relative).unwrap_err();
        assert_eq!(error, ConfigError::NoRuntimeDirectory);
        let error = Environment { home: None, ..environment() };
        let error = Config::new(session(), &error).unwrap_err();
        assert_eq!(error, ConfigError::NoStateDirectory);
    }

    #[test]
    fn a_simulation_has_records_of_its_own() {
        let simulated = config(Arguments { simulate: true, ..Arguments::default() });
        assert_eq!(simulated.state_dir, Path::new("/var/lib/pwasync-simulated"));
        let start_unix_millis = DEFAULT_START;
        let network = FirstNetwork::Offline;
        assert_eq!(simulated.host, HostChoice::Simulated { start_unix_millis, network });
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        let journal =
            Environment { log: Some("debug".into()), journal: Some("8:1".into()), ..environment() };
        let read = Config::new(Arguments::default(), &journal).unwrap();
        assert_eq!((read.log.as_str(), read.log_times), ("debug", LogTimes::LeftOut));
        let arguments = Arguments {
            log: Some("trace".into()),
            socket: Some("/s".into()),
            state_dir: Some("/d".into()),
            config: Some("/c".into()),
            session: true,
            ..Arguments::default()
        };
        let read = Config::new(arguments, &Environment::default()).unwrap();
        assert_eq!(
            (read.log.as_str(), read.socket, read.state_dir),
            ("trace", "/s".into(), "/d".into())
        );
        assert_eq!(read.policy_file, Some(PolicyFile::Named("/c".into())));
        assert_eq!(read.zone, LocalZone::Machine);
        let abroad = Environment { time_zone: Some("Asia/Tokyo".into()), ..environment() };
        assert_eq!(
            Config::new(Arguments::default(), &abroad).unwrap().zone,
            LocalZone::Environment
        );
    }
}
