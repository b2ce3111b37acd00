//! `status`: the home page. It tells the truth about a daemon that is down, too.

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use pwasync_client::{
    ClientError, ClockState, Connectivity, Fact, HostState, Metered, SleepInhibitor, SocketPath,
    Status, StoreState, Transport,
};

use super::Context;
use crate::exit::Exit;
use crate::failure::{Failure, hint_line};
use crate::json::{NotRunningDocument, StatusDocument};
use crate::settings::Format;
use crate::text::{Facts, Look, Paint, compact, length};

pub(super) async fn run(context: &mut Context) -> Result<Exit, Failure> {
    match context.client.status().await {
        Ok(status) => {
            match context.format {
                Format::People => {
                    context.output.text(&page(&status, &context.socket, &context.look))?;
                }
                Format::Json => {
                    context.output.json(&StatusDocument::new(&status, &context.socket))?;
                }
            }
            Ok(Exit::Ok)
        }
        Err(error @ ClientError::NotRunning { .. }) => {
            let problem = error.source().map(ToString::to_string).unwrap_or_default();
            match context.format {
                Format::People => {
                    let page = page_without_daemon(&context.socket, &problem, &context.look);
                    context.output.text(&page)?;
                    if let Some(hint) = error.hint() {
                        // The page said it; this is one help more.
                        let _ = io::stderr().lock().write_all(hint_line(&hint).as_bytes());
                    }
                }
                Format::Json => {
                    let document = NotRunningDocument::new(&context.socket, problem);
                    context.output.json(&document)?;
                }
            }
            Ok(Exit::NotRunning)
        }
        Err(error) => Err(error.into()),
    }
}

fn page_without_daemon(socket: &SocketPath, problem: &str, look: &Look) -> String {
    let mut facts = Facts::new(look);
    facts.painted("pwasyncd", Paint::Bad, "not running");
    facts.fact("socket", format!("{socket}: {problem}"));
    facts.into_text()
}

fn page(status: &Status, socket: &SocketPath, look: &Look) -> String {
    let now = status.now;
    let mut facts = Facts::new(look);
    let simulated = if status.simulated { ", simulated" } else { "" };
    let running = format!(
        "running, version {}, process {}{simulated}",
        status.daemon_version, status.process_id
    );
    facts.painted("pwasyncd", Paint::Good, running);
    facts.fact("socket", socket.to_string());
    facts.fact("since", look.both(now, status.started_at));
    if status.simulated {
        facts.fact("simulated now", look.both(None, now));
    }
    host_facts(&mut facts, status, look);
    match &status.store {
        StoreState::Writable => facts.fact("store", "writable"),
        StoreState::ReadOnly(problem) => {
            facts.painted("store", Paint::Bad, format!("read-only: {problem}"));
        }
    }
    for loss in &status.store_losses {
        facts.painted("lost", Paint::Bad, loss);
    }
    if status.records_set_aside > 0 {
        let count = status.records_set_aside;
        facts.painted("lost", Paint::Bad, format!("{count} damaged records were set aside"));
    }
    if let Some(problem) = &status.policy_problem {
        facts.painted("policy", Paint::Bad, problem);
    }
    facts.fact("browsers", status.sessions.to_string());
    if status.launchers > 0 {
        facts.fact("launchers", status.launchers.to_string());
    }
    facts.fact(
        "syncs",
        format!(
            "{} pending, {} waiting, {} firing, {} suspended",
            status.pending, status.waiting, status.firing, status.suspended
        ),
    );
    facts.fact("wakes", format!("{}, and {} saved", status.wakes, status.wakes_saved));
    if status.leases > 0 {
        let what = match status.leases {
            1 => "1 pause or override".to_owned(),
            count => format!("{count} pauses and overrides"),
        };
        let held = format!("{what}, listed by `syncctl override`");
        facts.painted("set by hand", Paint::Busy, held);
    }
    let next = match status.next_wake_at {
        None => "nothing is due".to_owned(),
        Some(at) => format!("{}: {}", look.both(now, Some(at)), status.next_wake_reason),
    };
    facts.fact("next", next);
    facts.into_text()
}

/// Each fact with who says so; what nobody says and nothing hangs on is left out.
fn host_facts(facts: &mut Facts<'_>, status: &Status, look: &Look) {
    let host = &status.host;
    let (paint, network) = network(host);
    facts.painted("network", paint, with_source(network, &host.online_source, status, look));
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
    let known = [
        ("connectivity", host.connectivity.map(Connectivity::as_str), &host.connectivity_source),
        ("transport", host.transport.map(Transport::as_str), &host.transport_source),
        ("metered", host.metered.map(Metered::as_str), &host.metered_source),
        ("roaming", host.roaming.map(yes_or_no), &host.roaming_source),
        ("known as", host.network.as_deref(), &host.network_source),
    ];
    for (name, value, source) in known {
        if let Some(value) = value {
            facts.fact(name, with_source(value, source, status, look));
        }
    }
    facts.fact("power", with_source(power(host), &host.power_source, status, look));
    let known = [
        ("charging", host.charging, &host.charging_source),
        ("power saver", host.power_saver, &host.power_saver_source),
    ];
    for (name, value, source) in known {
        if let Some(value) = value {
            facts.fact(name, with_source(yes_or_no(value), source, status, look));
        }
    }
    if let Some((paint, sleep)) = sleep(status) {
        let sleep = with_source(sleep, &host.suspending_source, status, look);
        facts.painted("sleep", paint, sleep);
    }
    facts.fact("clock", with_source(clock(&status.clock), &status.clock.source, status, look));
    if let Some(problem) = &status.sleep.alarm_problem {
        facts.painted("wake-ups", Paint::Bad, problem);
    }
    if let Some(at) = status.sleep.alarm_at {
        facts.fact("wakes up", look.both(status.now, Some(at)));
    }
    if !host.overridden.is_empty() {
        facts.painted("overridden", Paint::Busy, host.overridden.join(", "));
    }
}

fn network(host: &HostState) -> (Paint, &'static str) {
    match (host.online, host.settled) {
        (None, _) => (Paint::Busy, "not known yet"),
        (Some(false), _) => (Paint::Bad, "offline"),
        (Some(true), false) => (Paint::Busy, "online, settling"),
        (Some(true), true) => (Paint::Good, "online"),
    }
}

pub(super) fn power(host: &HostState) -> String {
    let source = match host.on_battery {
        None => "not known",
        Some(true) => "on battery",
        Some(false) => "on mains",
    };
    let percent = host.battery_percent.map(|percent| format!(", battery {percent} %"));
    format!("{source}{}", percent.unwrap_or_default())
}

/// How the wall clock stands.
pub(super) fn clock(clock: &ClockState) -> String {
    let known = if clock.synchronised { "synchronised" } else { "not known to be right" };
    let sign = if clock.utc_offset_seconds < 0 { '-' } else { '+' };
    let minutes = clock.utc_offset_seconds.unsigned_abs() / 60;
    let zone = clock.zone.as_deref().map_or_else(String::new, |zone| format!(" ({zone})"));
    let stepped = match clock.stepped_millis {
        0 => String::new(),
        by => {
            let way = if by < 0 { "back" } else { "forward" };
            format!(", set {way} by {}", length(Duration::from_millis(by.unsigned_abs())))
        }
    };
    format!("{known}, UTC{sign}{:02}:{:02}{zone}{stepped}", minutes / 60, minutes % 60)
}

/// Whether the machine goes to sleep, and whether what runs delays that; none: nobody says.
pub(super) fn sleep(status: &Status) -> Option<(Paint, String)> {
    status.host.suspending_source.source.as_ref()?;
    let (paint, state) = match status.host.suspending {
        true => (Paint::Busy, "suspending"),
        false => (Paint::Plain, "awake"),
    };
    Some(match &status.sleep.inhibitor {
        None | Some(SleepInhibitor::Free) => (paint, state.to_owned()),
        Some(SleepInhibitor::Held) => (Paint::Busy, format!("{state}, delayed while syncs run")),
        Some(SleepInhibitor::Refused(problem)) => {
            (Paint::Bad, format!("{state}, syncs may not delay it: {problem}"))
        }
    })
}

pub(super) fn with_source(
    fact: impl Into<String>,
    from: &Fact,
    status: &Status,
    look: &Look,
) -> String {
    let fact = fact.into();
    let Some(source) = &from.source else { return fact };
    match from.since {
        None => format!("{fact} ({source})"),
        Some(since) => {
            let ago = compact(status.now, Some(since));
            format!("{fact} ({source}, since {}, {ago})", look.absolute(since))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use expect_test::expect;
    use pwasync_client::SleepState;

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_daemon_that_runs_shows_what_it_sees() {
        let status = status();
        expect![[r#"
            pwasyncd      running, version 0.1.0, process 42, simulated
            socket        /run/x.sock
            since         2023-11-14 22:13:20 (1h ago)
            simulated now 2023-11-14 23:13:20
            network       online, settling (netlink, since 2023-11-14 23:12:20, 1m ago)
            connectivity  limited
            transport     wifi
            metered       guess-yes (networkmanager, since 2023-11-14 23:12:20, 1m ago)
            roaming       no
            known as      3f9a
            power         on battery, battery 57 %
            charging      no
            power saver   yes
            sleep         awake, delayed while syncs run (logind, since 2023-11-14 23:12:20, 1m ago)
            clock         synchronised, UTC+05:30 (Asia/Kolkata), set back by 1d (kernel, since 2023-11-14 23:12:20, 1m ago)
            wake-ups      the capability CAP_WAKE_ALARM is missing
            overridden    metered
            store         read-only: no space left on device
            lost          the store was damaged and is kept as `/s/store.damaged-1`
            lost          2 damaged records were set aside
            policy        pwasyncd.toml:3: key `x` is unknown
            browsers      1
            launchers     1
            syncs         3 pending, 1 waiting, 0 firing, 2 suspended
            wakes         12, and 30 saved
            set by hand   2 pauses and overrides, listed by `syncctl override`
            next          2023-11-14 23:18:20 (in 5m): back-off of 12
        "#]]
        .assert_eq(&page(&status, &SocketPath::at("/run/x.sock"), &Look::plain()));
    }

    #[test]
    fn a_daemon_that_is_down_is_said_with_its_socket() {
        let socket = SocketPath::at("/run/x.sock");
        expect![[r#"
            pwasyncd      not running
            socket        /run/x.sock: No such file or directory
        "#]]
        .assert_eq(&page_without_daemon(&socket, "No such file or directory", &Look::plain()));
        documented(&NotRunningDocument::new(&socket, String::new()));
    }

    #[test]
    fn json_names_the_same() {
        let status = status();
        let document = StatusDocument::new(&status, &SocketPath::at("/run/x.sock"));
        expect![[r#"
            {"version":1,"running":true,"socket":"/run/x.sock","socket_origin":"explicit","daemon_version":"0.1.0","process_id":42,"started_at":"2023-11-14T22:13:20.000Z","now":"2023-11-14T23:13:20.000Z","simulated":true,"epoch":3,"store_writable":false,"store_problem":"no space left on device","host":{"online":true,"online_source":{"source":"netlink","since":"2023-11-14T23:12:20.000Z"},"settled":false,"connectivity":"limited","connectivity_source":{"source":null,"since":null},"metered":"guess-yes","metered_source":{"source":"networkmanager","since":"2023-11-14T23:12:20.000Z"},"roaming":false,"roaming_source":{"source":null,"since":null},"transport":"wifi","transport_source":{"source":null,"since":null},"network":"3f9a","network_source":{"source":null,"since":null},"battery_percent":57,"on_battery":true,"power_source":{"source":null,"since":null},"charging":false,"charging_source":{"source":null,"since":null},"power_saver":true,"power_saver_source":{"source":null,"since":null},"suspending":false,"suspending_source":{"source":"logind","since":"2023-11-14T23:12:20.000Z"},"overridden":["metered"]},"pending":3,"waiting":1,"firing":0,"suspended":2,"sessions":1,"next_wake_at":"2023-11-14T23:18:20.000Z","next_wake_reason":"back-off of 12","wakes":12,"wakes_saved":30,"leases":2,"policy_problem":"pwasyncd.toml:3: key `x` is unknown","launchers":1,"store_losses":["the store was damaged and is kept as `/s/store.damaged-1`"],"records_set_aside":2,"sleep":{"inhibitor":"held","inhibitor_problem":null,"inhibitor_since":"2023-11-14T23:12:20.000Z","alarm_problem":"the capability CAP_WAKE_ALARM is missing","alarm_at":null},"clock":{"stepped_ms":-86400000,"source":{"source":"kernel","since":"2023-11-14T23:12:20.000Z"},"synchronised":true,"zone":"Asia/Kolkata","utc_offset_s":19800}}
        "#]]
        .assert_eq(&documented(&document));
    }

    fn status() -> Status {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let now = start + Duration::from_secs(3_600);
        let since = Some(now - Duration::from_secs(60));
        Status {
            daemon_version: "0.1.0".to_owned(),
            process_id: 42,
            started_at: Some(start),
            now: Some(now),
            simulated: true,
            epoch: 3,
            store: StoreState::ReadOnly("no space left on device".to_owned()),
            host: HostState {
                online: Some(true),
                online_source: Fact { source: Some("netlink".to_owned()), since },
                connectivity: Some(Connectivity::Limited),
                metered: Some(Metered::GuessYes),
                metered_source: Fact { source: Some("networkmanager".to_owned()), since },
                roaming: Some(false),
                transport: Some(Transport::Wifi),
                network: Some("3f9a".to_owned()),
                charging: Some(false),
                power_saver: Some(true),
                overridden: vec!["metered".to_owned()],
                battery_percent: Some(57),
                on_battery: Some(true),
                suspending_source: Fact { source: Some("logind".to_owned()), since },
                ..HostState::default()
            },
            pending: 3,
            waiting: 1,
            firing: 0,
            suspended: 2,
            sessions: 1,
            next_wake_at: Some(now + Duration::from_secs(300)),
            next_wake_reason: "back-off of 12".to_owned(),
            wakes: 12,
            wakes_saved: 30,
            leases: 2,
            policy_problem: Some("pwasyncd.toml:3: key `x` is unknown".to_owned()),
            launchers: 1,
            store_losses: vec!["the store was damaged and is kept as `/s/store.damaged-1`".into()],
            records_set_aside: 2,
            sleep: SleepState {
                inhibitor: Some(SleepInhibitor::Held),
                inhibitor_since: since,
                alarm_problem: Some("the capability CAP_WAKE_ALARM is missing".to_owned()),
                alarm_at: None,
            },
            clock: ClockState {
                stepped_millis: -86_400_000,
                source: Fact { source: Some("kernel".to_owned()), since },
                synchronised: true,
                zone: Some("Asia/Kolkata".to_owned()),
                utc_offset_seconds: 19_800,
            },
        }
    }
}
