//! What is looked at where a daemon answers, one part after the other.

use pwasync_client::{Connectivity, Fact, SessionInfo, SleepInhibitor, Status, StoreState};

use super::{Check, local::Local};
use crate::text::{Look, counted};
use crate::verbs::{Context, status};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const SEE_LOG: &str = "see its log with `journalctl -u pwasyncd`";

/// All checks, in the order of the page.
pub(super) fn all(
    status: &Status,
    sessions: &[SessionInfo],
    local: &Local,
    context: &Context,
) -> Vec<Check> {
    let mut checks = vec![daemon(status), Check::ok("socket", context.socket.to_string())];
    checks.extend(store(status));
    checks.push(policy(status));
    checks.extend(local.checks());
    checks.extend(network(status, &context.look));
    checks.extend(power(status, &context.look));
    checks.push(logind(status, &context.look));
    checks.extend(alarm(status, &context.look));
    checks.push(clock(status, &context.look));
    checks.push(browsers(sessions));
    checks.push(agents(status));
    checks
}

fn daemon(status: &Status) -> Check {
    let running = format!("version {}, process {}", status.daemon_version, status.process_id);
    if status.simulated {
        let says = format!("{running}, on a simulated host: nothing of the real one counts");
        return Check::warn("daemon", says, "start it without `--simulate`");
    }
    if status.daemon_version != VERSION {
        let says = format!("{running}; syncctl is version {VERSION}");
        return Check::warn("daemon", says, "restart it with `systemctl restart pwasyncd`");
    }
    Check::ok("daemon", running)
}

fn store(status: &Status) -> Vec<Check> {
    let mut checks = match &status.store {
        StoreState::Writable => vec![Check::ok("store", "writable")],
        StoreState::ReadOnly(problem) => vec![Check::fail(
            "store",
            format!("read-only, nothing can be registered or woken: {problem}"),
            "make room on its disk, or mend it: the daemon goes on by itself",
        )],
    };
    let keep = "browsers give back what they know when they attach; delete the directory when all \
                is there again";
    checks.extend(status.store_losses.iter().map(|loss| Check::warn("store", loss, keep)));
    if status.records_set_aside > 0 {
        let records = counted(status.records_set_aside, "damaged record");
        checks.push(Check::warn(
            "store",
            format!("{records} set aside"),
            "see which with `syncctl db check`",
        ));
    }
    checks
}

fn policy(status: &Status) -> Check {
    match &status.policy_problem {
        None => Check::ok("policy", "as the files say"),
        Some(problem) => Check::warn(
            "policy",
            format!("the one before is in force: {problem}"),
            "mend the file, then `syncctl policy reload`",
        ),
    }
}

fn network(status: &Status, look: &Look) -> Vec<Check> {
    let host = &status.host;
    let says = |value: &str, fact: &Fact| status::with_source(value, fact, status, look);
    let online = match host.online {
        None => Check::fail("network", "no source has told of it yet", SEE_LOG),
        Some(true) => Check::ok("network", says("online", &host.online_source)),
        Some(false) => Check::ok("network", says("offline", &host.online_source)),
    };
    let managed = [&host.connectivity_source, &host.metered_source, &host.transport_source]
        .into_iter()
        .any(|fact| fact.source.as_deref() == Some("networkmanager"));
    let connectivity = match host.connectivity {
        Some(connectivity) => {
            Check::ok("connectivity", says(connectivity.as_str(), &host.connectivity_source))
        }
        None if managed => Check::warn(
            "connectivity",
            "NetworkManager does not check it: a captive portal is not noticed",
            "set `uri` in section `[connectivity]` of NetworkManager.conf; Debian has it in package \
             network-manager-config-connectivity-debian",
        ),
        None => Check::ok(
            "connectivity",
            "no connection manager tells of the link: a default route counts as online",
        ),
    };
    let portal = host.connectivity == Some(Connectivity::Portal);
    let portal =
        portal.then(|| Check::warn("portal", "the network wants a login", "log in with a browser"));
    [online, connectivity].into_iter().chain(portal).collect()
}

fn power(status: &Status, look: &Look) -> Vec<Check> {
    let host = &status.host;
    let power = match host.on_battery {
        Some(_) => {
            let power = status::power(host);
            Check::ok("power", status::with_source(power, &host.power_source, status, look))
        }
        None => Check::ok("power", "no battery is known: syncs run as on mains"),
    };
    let saver = host.power_saver.map(|on| {
        let value = if on { "on: periodic syncs wait" } else { "off" };
        Check::ok("power saver", status::with_source(value, &host.power_saver_source, status, look))
    });
    [power].into_iter().chain(saver).collect()
}

fn logind(status: &Status, look: &Look) -> Check {
    const NAME: &str = "sleep";
    let Some((_, sleep)) = status::sleep(status) else {
        return Check::ok(NAME, "logind is not there: nobody tells when the machine goes to sleep");
    };
    let refused = &status.sleep.inhibitor;
    let says = status::with_source(sleep, &status.host.suspending_source, status, look);
    match refused {
        Some(SleepInhibitor::Refused(_)) => Check::warn(
            NAME,
            says,
            "let polkit allow `org.freedesktop.login1.inhibit-delay-sleep` to user pwasync",
        ),
        None | Some(SleepInhibitor::Free | SleepInhibitor::Held) => Check::ok(NAME, says),
    }
}

/// A clock that is wrong loses nothing; it shifts what people read, and local hours.
fn clock(status: &Status, look: &Look) -> Check {
    const NAME: &str = "clock";
    let clock = status::clock(&status.clock);
    let says = status::with_source(clock, &status.clock.source, status, look);
    if status.clock.synchronised {
        return Check::ok(NAME, says);
    }
    Check::warn(NAME, says, "let it be set over the network, as with `timedatectl set-ntp true`")
}

/// Only where the policy wants the machine to be woken.
fn alarm(status: &Status, look: &Look) -> Option<Check> {
    const NAME: &str = "alarm";
    if let Some(problem) = &status.sleep.alarm_problem {
        let says = format!("the machine is not woken for syncs: {problem}");
        let mend = "give it the capability with docs/examples/wake-alarm.conf, or set policy's \
                    `suspend.wake` to `never`";
        return Some(Check::warn(NAME, says, mend));
    }
    let at = status.sleep.alarm_at?;
    Some(Check::ok(NAME, format!("wakes the machine at {}", look.absolute(at))))
}

fn browsers(sessions: &[SessionInfo]) -> Check {
    const NAME: &str = "browsers";
    let count = u32::try_from(sessions.len()).unwrap_or(u32::MAX);
    let unready: Vec<_> =
        sessions.iter().filter(|one| !one.ready).map(|one| one.profile.to_string()).collect();
    if sessions.is_empty() {
        let mend = "start a browser that speaks to pwasyncd, or one with its bridge";
        return Check::warn(NAME, "none is attached: nothing can be woken now", mend);
    }
    let says = format!("{} attached", counted(count, "browser"));
    if unready.is_empty() {
        return Check::ok(NAME, says);
    }
    let says = format!("{says}, not ready yet: {}", unready.join(", "));
    Check::warn(NAME, says, "look at it with `syncctl sessions`; start it again if it stays so")
}

fn agents(status: &Status) -> Check {
    match status.launchers {
        0 => {
            Check::ok("agent", "none is attached: a closed browser's syncs wait until it is opened")
        }
        count => Check::ok("agent", format!("{} attached", counted(count, "agent"))),
    }
}
