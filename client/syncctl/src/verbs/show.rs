//! `show`: all about one registration, and all that holds it.

use std::time::SystemTime;

use clap::Args;
use pwasync_client::{Attempt, Constraints, Filter, LastChance, Registration, RegistrationId};

use super::list::{next_at, state_paint};
use super::run::not_found;
use super::{Context, demand_id, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ShowDocument;
use crate::settings::Format;
use crate::text::{Facts, Look, blocker_lines, length};

/// What may follow `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The registration's id, as `list` shows it
    #[arg(value_parser = parse::id)]
    id: RegistrationId,
}

pub(super) async fn run(context: &mut Context, arguments: &ShowArguments) -> Result<Exit, Failure> {
    let registration = find(context, arguments.id).await?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&page(&registration, now, &context.look))?;
        }
        Format::Json => context.output.json(&ShowDocument::new(&registration))?,
    }
    Ok(Exit::Ok)
}

async fn find(context: &Context, id: RegistrationId) -> Result<Registration, Failure> {
    let filter = Filter { id: Some(demand_id(id)?), ..Filter::default() };
    let found = context.client.list_all(filter).await.map_err(|error| not_found(error, id))?;
    found.into_iter().find(|one| one.id == id).ok_or(Failure::NoSuchRegistration(id))
}

fn page(registration: &Registration, now: Option<SystemTime>, look: &Look) -> String {
    let key = &registration.key;
    let mut facts = Facts::new(look);
    facts.fact("registration", registration.id.to_string());
    facts.painted("state", state_paint(registration.state), registration.state.as_str());
    facts.fact("kind", key.kind.as_str());
    facts.fact("tag", &key.tag);
    facts.fact("scope", &key.scope);
    facts.fact("browser", key.profile.to_string());
    facts.fact("owner", registration.owner_uid.to_string());
    facts.fact("app", registration.app_id.as_deref().unwrap_or("-"));
    if let Some(asked) = registration.min_interval {
        let granted = registration.effective_interval.map(length);
        let granted = granted.unwrap_or_else(|| "-".to_owned());
        facts.fact("interval", format!("{granted}, asked for {}", length(asked)));
    }
    facts.fact("registered", look.both(now, registration.registered_at));
    if registration.expires_at.is_some() {
        facts.fact("expires", look.both(now, registration.expires_at));
    }
    if let Some(asks) = asks(&registration.constraints) {
        facts.fact("asks for", asks);
    }
    if registration.due_at.is_some() {
        facts.fact("due", look.both(now, registration.due_at));
    }
    match next_at(registration, now) {
        None if !registration.blockers.is_empty() => facts.fact("next", "when nothing holds it"),
        at => facts.fact("next", look.both(now, at)),
    }
    let (attempts, max_attempts) = (registration.attempts, registration.max_attempts);
    facts.fact("attempts", format!("{attempts} of {max_attempts}"));
    if let Some(attempt) = &registration.last_attempt {
        attempt_facts(&mut facts, attempt, now, look);
    }
    if registration.blockers.is_empty() {
        facts.fact("held by", "nothing");
    } else {
        facts.lines("held by", &blocker_lines(&registration.blockers, now, look));
    }
    facts.into_text()
}

/// What it asks of the host beyond policy; none: nothing.
pub(super) fn asks(constraints: &Constraints) -> Option<String> {
    let Constraints { unmetered, transports, charging, battery_not_low, known_network } =
        constraints;
    let transports: Vec<&str> = transports.iter().map(|one| one.as_str()).collect();
    let asks = [
        unmetered.then(|| "an unmetered network".to_owned()),
        (!transports.is_empty()).then(|| transports.join(" or ")),
        charging.then(|| "charging".to_owned()),
        battery_not_low.then(|| "a battery that is not low".to_owned()),
        known_network.then(|| "a known network".to_owned()),
    ];
    let asks: Vec<String> = asks.into_iter().flatten().collect();
    (!asks.is_empty()).then(|| asks.join(", "))
}

fn attempt_facts(facts: &mut Facts<'_>, attempt: &Attempt, now: Option<SystemTime>, look: &Look) {
    let last_chance = match attempt.last_chance {
        LastChance::Yes => ", last chance",
        LastChance::No => "",
    };
    facts.fact("last attempt", format!("{}, number {}{last_chance}", attempt.id, attempt.number));
    facts.fact("  sent", look.both(now, attempt.sent_at));
    facts.fact("  started", look.both(now, attempt.started_at));
    facts.fact("  finished", look.both(now, attempt.finished_at));
    if let Some(end) = attempt.end {
        facts.fact("  outcome", end.as_str());
    }
    if !attempt.detail.is_empty() {
        facts.fact("  detail", &attempt.detail);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use expect_test::expect;
    use pwasync_client::{
        AttemptEnd, AttemptId, Blocker, BlockerCode, Outcome, ProfileId, RegistrationKey,
        RegistrationState, SyncKind, Transport,
    };

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_page_says_all_that_is_known() {
        let (registration, now) = registration();
        expect![[r#"
            registration  12
            state         waiting
            kind          one-off
            tag           outbox
            scope         https://app.example/
            browser       chromium/Default
            owner         1000
            app           -
            registered    2023-11-14 22:13:20 (10m ago)
            expires       2023-12-14 22:13:20 (in 29d 23h)
            next          2023-11-14 22:28:20 (in 5m)
            attempts      1 of 3
            last attempt  7-1, number 1
              sent        2023-11-14 22:18:20 (5m ago)
              started     2023-11-14 22:18:20 (5m ago)
              finished    2023-11-14 22:23:20 (now)
              outcome     rejected
              detail      TypeError: \u{1b}[2J
            held by
              BACKOFF  the back-off passes; since 2023-11-14 22:23:20 (now); by itself not before 2023-11-14 22:28:20 (in 5m)
              OFFLINE  the network comes back; since 2023-11-14 22:21:20 (2m ago)
        "#]]
        .assert_eq(&page(&registration, now, &Look::plain()));
    }

    #[test]
    fn a_periodic_one_says_what_was_asked_for_and_granted() {
        let (mut registration, now) = registration();
        registration.key.kind = SyncKind::Periodic;
        registration.min_interval = Some(Duration::from_secs(60));
        registration.effective_interval = Some(Duration::from_secs(43_200));
        registration.blockers.clear();
        registration.due_at = registration.next_at;
        registration.constraints = Constraints {
            unmetered: true,
            transports: vec![Transport::Wifi, Transport::Ethernet],
            charging: true,
            battery_not_low: true,
            known_network: true,
        };
        let page = page(&registration, now, &Look::plain());
        assert!(page.contains("\ninterval      12h, asked for 1m\n"), "{page}");
        let due = "\ndue           2023-11-14 22:28:20 (in 5m)\n";
        assert!(page.contains(due), "{page}");
        let asks = "\nasks for      an unmetered network, wifi or ethernet, charging, \
                    a battery that is not low, a known network\n";
        assert!(page.contains(asks), "{page}");
        assert!(page.ends_with("\nheld by       nothing\n"), "{page}");
    }

    #[test]
    fn json_says_the_same() {
        let (registration, _) = registration();
        expect![[r#"
            {"version":1,"registration":{"id":12,"owner_uid":1000,"kind":"one-off","tag":"outbox","scope":"https://app.example/","browser":"chromium","profile":"Default","app_id":null,"state":"waiting","min_interval_ms":null,"effective_interval_ms":null,"registered_at":"2023-11-14T22:13:20.000Z","expires_at":"2023-12-14T22:13:20.000Z","next_at":"2023-11-14T22:28:20.000Z","attempts":1,"max_attempts":3,"last_attempt":{"id":"7-1","number":1,"last_chance":false,"sent_at":"2023-11-14T22:18:20.000Z","started_at":"2023-11-14T22:18:20.000Z","finished_at":"2023-11-14T22:23:20.000Z","outcome":"rejected","detail":"TypeError: \u001b[2J"},"blockers":[{"code":"BACKOFF","since":"2023-11-14T22:23:20.000Z","clears":"the back-off passes","earliest":"2023-11-14T22:28:20.000Z"},{"code":"OFFLINE","since":"2023-11-14T22:21:20.000Z","clears":"the network comes back","earliest":null}],"constraints":{"unmetered":false,"transports":[],"charging":false,"battery_not_low":false,"known_network":false},"due_at":null}}
        "#]]
        .assert_eq(&documented(&ShowDocument::new(&registration)));
    }

    /// One that failed once and is held, and the time.
    pub(in crate::verbs) fn registration() -> (Registration, Option<SystemTime>) {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        let registration = Registration {
            id: RegistrationId::new(12),
            owner_uid: 1_000,
            key: RegistrationKey {
                profile: ProfileId {
                    browser: "chromium".to_owned(),
                    profile: "Default".to_owned(),
                },
                scope: "https://app.example/".to_owned(),
                kind: SyncKind::OneOff,
                tag: "outbox".to_owned(),
            },
            app_id: None,
            state: RegistrationState::Waiting,
            min_interval: None,
            effective_interval: None,
            registered_at: Some(start),
            expires_at: at(30 * 86_400),
            next_at: at(900),
            attempts: 1,
            max_attempts: 3,
            last_attempt: Some(Attempt {
                id: AttemptId::new("7-1"),
                number: 1,
                last_chance: LastChance::No,
                sent_at: at(300),
                started_at: at(300),
                finished_at: at(600),
                end: Some(AttemptEnd::Outcome(Outcome::Rejected)),
                detail: "TypeError: \u{1b}[2J".to_owned(),
            }),
            constraints: Constraints::default(),
            due_at: None,
            blockers: vec![
                Blocker {
                    code: BlockerCode::Backoff,
                    since: at(600),
                    clears: "the back-off passes".to_owned(),
                    earliest: at(900),
                },
                Blocker {
                    code: BlockerCode::Offline,
                    since: at(480),
                    clears: "the network comes back".to_owned(),
                    earliest: None,
                },
            ],
        };
        (registration, at(600))
    }
}
