//! What this machine says without the daemon.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::Check;
use crate::environment;

/// Where the system bus is unless `$DBUS_SYSTEM_BUS_ADDRESS` says otherwise (dbus-daemon(1)).
const SYSTEM_BUS: &str = "/run/dbus/system_bus_socket";
const UID_MAP: &str = "/proc/self/uid_map";

/// See the module.
#[derive(Debug)]
pub(super) struct Local {
    /// Where the bus is, and whether it takes a connection; none: its address is no path.
    bus: Option<(PathBuf, io::Result<()>)>,
    /// `/proc/self/uid_map`, see user_namespaces(7).
    uid_map: io::Result<String>,
}

impl Local {
    pub(super) fn read() -> Self {
        let bus = bus_path(environment::system_bus_address().as_deref());
        let bus = bus.map(|path| {
            let connected = UnixStream::connect(&path).map(drop);
            (path, connected)
        });
        Self { bus, uid_map: fs::read_to_string(UID_MAP) }
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        self.bus().into_iter().chain([self.user_namespace()]).collect()
    }

    fn bus(&self) -> Option<Check> {
        let (path, connected) = self.bus.as_ref()?;
        let path = path.display();
        Some(match connected {
            Ok(()) => Check::ok("bus", format!("system bus at {path}")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Check::ok(
                "bus",
                format!("no system bus at {path}: NetworkManager, UPower and logind are not asked"),
            ),
            Err(error) => Check::warn(
                "bus",
                format!("the system bus at {path} takes no connection: {error}"),
                "see `systemctl status dbus`",
            ),
        })
    }

    fn user_namespace(&self) -> Check {
        const NAME: &str = "user namespace";
        match &self.uid_map {
            Ok(map) if is_initial(map) => Check::ok(NAME, "none: the daemon sees who calls"),
            Ok(_) => Check::warn(
                NAME,
                "this shell runs in one: the daemon may take its user for another, or for nobody",
                "call it from a shell outside of the container",
            ),
            Err(error) => Check::warn(
                NAME,
                format!("{UID_MAP} cannot be read: {error}"),
                "mount proc, as every distribution does",
            ),
        }
    }
}

/// The path of the first address that has one.
fn bus_path(address: Option<&str>) -> Option<PathBuf> {
    let Some(address) = address.filter(|address| !address.is_empty()) else {
        return Some(Path::new(SYSTEM_BUS).to_owned());
    };
    let unix = address.split(';').filter_map(|one| one.strip_prefix("unix:"));
    let keys = unix.flat_map(|keys| keys.split(','));
    keys.filter_map(|key| key.strip_prefix("path=")).map(PathBuf::from).next()
}

/// Every uid stands for itself.
fn is_initial(map: &str) -> bool {
    map.split_whitespace().eq(["0", "0", "4294967295"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::doctor::Verdict;

    #[test]
    fn the_bus_is_where_its_address_says() {
        assert_eq!(bus_path(None), Some(SYSTEM_BUS.into()));
        assert_eq!(bus_path(Some("")), Some(SYSTEM_BUS.into()));
        assert_eq!(bus_path(Some("unix:path=/a/b,guid=7;unix:path=/c")), Some("/a/b".into()));
        assert_eq!(bus_path(Some("unix:abstract=x")), None);
        assert_eq!(bus_path(Some("tcp:host=::1")), None);
    }

    #[test]
    fn a_user_namespace_is_seen() {
        assert!(is_initial("         0          0 4294967295\n"));
        assert!(!is_initial("0 1000 1\n"));
        assert!(!is_initial(""));
    }

    #[test]
    fn a_bus_that_is_not_there_is_no_fault_and_one_that_refuses_is() {
        let with = |error: io::ErrorKind| Local {
            bus: Some(("/b".into(), Err(error.into()))),
            uid_map: Ok("0 0 4294967295".into()),
        };
        let verdicts =
            |local: Local| local.checks().iter().map(|one| one.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(with(io::ErrorKind::NotFound)), [Verdict::Ok, Verdict::Ok]);
        assert_eq!(verdicts(with(io::ErrorKind::ConnectionRefused)), [Verdict::Warn, Verdict::Ok]);
    }
}
