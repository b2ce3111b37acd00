//! `watch`: what happens, a line each.

use std::pin::pin;
use std::time::SystemTime;

use clap::Args;
use pwasync_client::{
    Change, Follow, RegistrationChange, RegistrationEvent, SessionChange, WatchedChange,
};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ChangeDocument;
use crate::output::reader_gone;
use crate::settings::Format;
use crate::text::{Look, Paint, attempt_words, host_words, shorten};

const LONGEST_NAME: usize = 60;

/// What may follow `watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    /// Begin with so many past changes
    #[arg(long, value_name = "N", default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=1_000))]
    recent: u32,
    /// End after the past changes
    #[arg(long, requires = "recent")]
    only_recent: bool,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: &WatchArguments,
) -> Result<Exit, Failure> {
    let follow = if arguments.only_recent { Follow::No } else { Follow::Yes };
    let mut watch = context.client.watch(arguments.recent, follow).await?;
    let mut reader_gone = pin!(reader_gone());
    loop {
        let change = tokio::select! {
            change = watch.next() => change?,
            // Otherwise it would be found out with the next change, which may be far.
            () = &mut reader_gone => return Ok(Exit::Ok),
        };
        let Some(change) = change else { break };
        match context.format {
            Format::People => context.output.text(&line(&change, &context.look))?,
            Format::Json => context.output.json(&ChangeDocument::new(&change))?,
        }
    }
    match follow {
        Follow::No => Ok(Exit::Ok),
        Follow::Yes => Err(Failure::WatchEnded),
    }
}

fn line(watched: &WatchedChange, look: &Look) -> String {
    let at = watched.at.map_or_else(|| "-".to_owned(), |at| look.precise(at));
    let at = look.paint(Paint::Faint, &at);
    let what = match &watched.change {
        Change::Registration(change) => registration(change, look),
        Change::Host(host) => format!("host      {}", host_words(host)),
        Change::Session(change) => session(change),
        Change::Skipped(count) => {
            look.paint(Paint::Bad, &format!("{count} changes are missing here"))
        }
    };
    format!("{at}  {what}\n")
}

fn registration(change: &RegistrationChange, look: &Look) -> String {
    let (verb, paint, more) = match &change.event {
        RegistrationEvent::Created => ("created", Paint::Plain, String::new()),
        RegistrationEvent::Updated => ("updated", Paint::Plain, String::new()),
        RegistrationEvent::Rearmed => ("rearmed", Paint::Plain, String::new()),
        RegistrationEvent::Woken(attempt) => ("woken", Paint::Busy, attempt_words(attempt)),
        RegistrationEvent::Started(attempt) => ("started", Paint::Busy, attempt_words(attempt)),
        RegistrationEvent::Finished { attempt, charged, next_at } => {
            let end = attempt.end.map_or("-", pwasync_client::AttemptEnd::as_str);
            let charged = if *charged { ", charged" } else { "" };
            let mut more = format!("{end}{charged}, {}", attempt_words(attempt));
            if let Some(at) = next_at {
                more.push_str(&format!(", next {}", look.absolute(*at)));
            }
            if !attempt.detail.is_empty() {
                more.push_str(&format!(": {}", shorten(&attempt.detail, LONGEST_NAME)));
            }
            ("finished", Paint::Good, more)
        }
        RegistrationEvent::Removed(reason) => ("removed", Paint::Plain, reason.as_str().to_owned()),
        RegistrationEvent::Suspended => ("suspended", Paint::Plain, String::new()),
        RegistrationEvent::Revived { next_at } => ("revived", Paint::Plain, next(*next_at, look)),
        RegistrationEvent::BroughtForward(attempt) => {
            ("forward", Paint::Busy, attempt_words(attempt))
        }
    };
    let key = &change.key;
    let name = format!(
        "{} {} `{}` {} {}",
        change.id,
        key.kind.as_str(),
        shorten(&key.tag, LONGEST_NAME),
        shorten(&key.scope, LONGEST_NAME),
        shorten(&key.profile.to_string(), LONGEST_NAME),
    );
    let verb = look.paint(paint, &format!("{verb:<9}"));
    if more.is_empty() { format!("{verb} {name}") } else { format!("{verb} {name}: {more}") }
}

fn next(at: Option<SystemTime>, look: &Look) -> String {
    at.map_or_else(String::new, |at| format!("next {}", look.absolute(at)))
}

fn session(change: &SessionChange) -> String {
    let SessionChange { id, owner_uid, profile, attached } = change;
    let verb = if *attached { "attached" } else { "detached" };
    let profile = shorten(&profile.to_string(), LONGEST_NAME);
    format!("{verb}  browser {profile}, session {id}, owner {owner_uid}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;
    use pwasync_client::{Connectivity, HostState, Metered, ProfileId, RemovalReason};

    use super::super::show::tests::registration as sample;
    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn each_change_has_a_line_and_a_document() {
        let changes = changes();
        let lines: String = changes.iter().map(|change| line(change, &Look::plain())).collect();
        expect![[r#"
            2023-11-14 22:13:20.007  created   12 one-off `out\u{1b}box` https://app.example/ chromium/Default
            2023-11-14 22:13:20.007  woken     12 one-off `out\u{1b}box` https://app.example/ chromium/Default: attempt 7-1 (number 1)
            2023-11-14 22:13:20.007  finished  12 one-off `out\u{1b}box` https://app.example/ chromium/Default: rejected, charged, attempt 7-1 (number 1), next 2023-11-14 22:28:20: TypeError: \u{1b}[2J
            2023-11-14 22:13:20.007  removed   12 one-off `out\u{1b}box` https://app.example/ chromium/Default: gave-up
            2023-11-14 22:13:20.007  suspended 12 one-off `out\u{1b}box` https://app.example/ chromium/Default
            2023-11-14 22:13:20.007  revived   12 one-off `out\u{1b}box` https://app.example/ chromium/Default: next 2023-11-14 22:28:20
            2023-11-14 22:13:20.007  forward   12 one-off `out\u{1b}box` https://app.example/ chromium/Default: attempt 7-1 (number 1)
            2023-11-14 22:13:20.007  host      online, settling, captive portal, metered, on battery, battery 7 %, power saver, suspending
            2023-11-14 22:13:20.007  detached  browser chromium/Default, session 3, owner 1000
            2023-11-14 22:13:20.007  9 changes are missing here
        "#]]
        .assert_eq(&lines);
        let documents: String =
            changes.iter().map(|change| documented(&ChangeDocument::new(change))).collect();
        expect![[r#"
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"created","registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"out\u001bbox","scope":"https://app.example/","browser":"chromium","profile":"Default"}}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"woken","registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"out\u001bbox","scope":"https://app.example/","browser":"chromium","profile":"Default"},"attempt":{"id":"7-1","number":1,"last_chance":false,"sent_at":"2023-11-14T22:18:20.000Z","started_at":"2023-11-14T22:18:20.000Z","finished_at":"2023-11-14T22:23:20.000Z","outcome":"rejected","detail":"TypeError: \u001b[2J"}}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"finished","registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"out\u001bbox","scope":"https://app.example/","browser":"chromium","profile":"Default"},"attempt":{"id":"7-1","number":1,"last_chance":false,"sent_at":"2023-11-14T22:18:20.000Z","started_at":"2023-11-14T22:18:20.000Z","finished_at":"2023-11-14T22:23:20.000Z","outcome":"rejected","detail":"TypeError: \u001b[2J"},"charged":true,"next_at":"2023-11-14T22:28:20.000Z"}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"removed","registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"out\u001bbox","scope":"https://app.example/","browser":"chromium","profile":"Default"},"removal_reason":"gave-up"}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"suspended","registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"out\u001bbox","scope":"https://app.example/","browser":"chromium","profile":"Default"}}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"revived","registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"out\u001bbox","scope":"https://app.example/","browser":"chromium","profile":"Default"},"next_at":"2023-11-14T22:28:20.000Z"}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"brought-forward","registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"out\u001bbox","scope":"https://app.example/","browser":"chromium","profile":"Default"},"attempt":{"id":"7-1","number":1,"last_chance":false,"sent_at":"2023-11-14T22:18:20.000Z","started_at":"2023-11-14T22:18:20.000Z","finished_at":"2023-11-14T22:23:20.000Z","outcome":"rejected","detail":"TypeError: \u001b[2J"}}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"host","host":{"online":true,"online_source":{"source":null,"since":null},"settled":false,"connectivity":"portal","connectivity_source":{"source":null,"since":null},"metered":"guess-yes","metered_source":{"source":null,"since":null},"roaming":null,"roaming_source":{"source":null,"since":null},"transport":null,"transport_source":{"source":null,"since":null},"network":null,"network_source":{"source":null,"since":null},"battery_percent":7,"on_battery":true,"power_source":{"source":null,"since":null},"charging":null,"charging_source":{"source":null,"since":null},"power_saver":true,"power_saver_source":{"source":null,"since":null},"suspending":true,"suspending_source":{"source":null,"since":null},"overridden":[]}}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"detached","session":{"id":3,"owner_uid":1000,"browser":"chromium","profile":"Default"}}
            {"version":1,"at":"2023-11-14T22:13:20.007Z","change":"skipped","skipped":9}
        "#]]
        .assert_eq(&documents);
    }

    fn changes() -> Vec<WatchedChange> {
        let (registration, _) = sample();
        let attempt = registration.last_attempt.unwrap();
        let mut key = registration.key;
        key.tag = "out\u{1b}box".to_owned();
        let finished = RegistrationEvent::Finished {
            attempt: attempt.clone(),
            charged: true,
            next_at: registration.next_at,
        };
        let events = [
            RegistrationEvent::Created,
            RegistrationEvent::Woken(attempt.clone()),
            finished,
            RegistrationEvent::Removed(RemovalReason::GaveUp),
            RegistrationEvent::Suspended,
            RegistrationEvent::Revived { next_at: registration.next_at },
            RegistrationEvent::BroughtForward(attempt),
        ];
        let mut changes: Vec<Change> = events
            .into_iter()
            .map(|event| {
                let (id, owner_uid, key) = (registration.id, registration.owner_uid, key.clone());
                Change::Registration(Box::new(RegistrationChange { id, owner_uid, key, event }))
            })
            .collect();
        changes.push(Change::Host(Box::new(HostState {
            online: Some(true),
            battery_percent: Some(7),
            on_battery: Some(true),
            suspending: true,
            metered: Some(Metered::GuessYes),
            connectivity: Some(Connectivity::Portal),
            power_saver: Some(true),
            ..HostState::default()
        })));
        changes.push(Change::Session(SessionChange {
            id: 3,
            owner_uid: 1_000,
            profile: ProfileId { browser: "chromium".to_owned(), profile: "Default".to_owned() },
            attached: false,
        }));
        changes.push(Change::Skipped(9));
        let at = Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_007));
        changes.into_iter().map(|change| WatchedChange { at, change }).collect()
    }
}
