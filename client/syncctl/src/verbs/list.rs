//! `list`: registrations in a table.

use std::collections::BTreeSet;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use pwasync_client::{Filter, ProfileId, Registration, RegistrationState, SyncKind};

use super::{Context, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ListDocument;
use crate::settings::Format;
use crate::text::{Cell, Look, Paint, Table, codes, compact};

/// Tags and scopes may be thousands of characters long; `show` has them whole.
const LONGEST_CELL: usize = 48;

/// What may follow `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only of this browser profile, such as `chromium/Default`
    #[arg(long, value_name = "BROWSER/PROFILE", value_parser = parse::profile)]
    profile: Option<ProfileId>,
    /// Only of this origin, such as `https://app.example`
    #[arg(long, value_name = "ORIGIN", value_parser = parse::name)]
    origin: Option<String>,
    /// Only of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<KindArgument>,
    /// Only in this state
    #[arg(long, value_name = "STATE")]
    state: Option<StateArgument>,
    /// Only of this user; for administrators
    #[arg(long, value_name = "UID")]
    owner: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindArgument {
    OneOff,
    Periodic,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StateArgument {
    Pending,
    Waiting,
    Firing,
    ReregisteredWhileFiring,
    Suspended,
}

impl ListArguments {
    fn into_filter(self) -> Filter {
        let Self { profile, origin, kind, state, owner } = self;
        Filter {
            profile,
            origin,
            kind: kind.map(|kind| match kind {
                KindArgument::OneOff => SyncKind::OneOff,
                KindArgument::Periodic => SyncKind::Periodic,
            }),
            state: state.map(|state| match state {
                StateArgument::Pending => RegistrationState::Pending,
                StateArgument::Waiting => RegistrationState::Waiting,
                StateArgument::Firing => RegistrationState::Firing,
                StateArgument::ReregisteredWhileFiring => {
                    RegistrationState::ReregisteredWhileFiring
                }
                StateArgument::Suspended => RegistrationState::Suspended,
            }),
            owner_uid: owner,
            id: None,
        }
    }
}

pub(super) async fn run(context: &mut Context, arguments: ListArguments) -> Result<Exit, Failure> {
    let registrations = context.client.list_all(arguments.into_filter()).await?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&table(&registrations, now, &context.look))?;
        }
        Format::Json => context.output.json(&ListDocument::new(&registrations))?,
    }
    Ok(Exit::Ok)
}

fn table(registrations: &[Registration], now: Option<SystemTime>, look: &Look) -> String {
    if registrations.is_empty() {
        return "no registrations\n".to_owned();
    }
    let owners: BTreeSet<u32> = registrations.iter().map(|one| one.owner_uid).collect();
    let mut headings = vec!["ID", "KIND", "STATE", "NEXT", "TRIES", "HELD BY", "BROWSER"];
    if owners.len() > 1 {
        headings.push("OWNER");
    }
    headings.extend(["SCOPE", "TAG"]);
    let mut table = Table::new(&headings);
    for registration in registrations {
        let mut row = vec![
            Cell::new(registration.id.to_string()),
            Cell::new(registration.key.kind.as_str()),
            Cell::new(registration.state.as_str()).paint(state_paint(registration.state)),
            Cell::new(compact(now, next_at(registration, now))),
            Cell::new(tries(registration)),
            Cell::new(codes(&registration.blockers)),
            Cell::short(&registration.key.profile.to_string(), LONGEST_CELL),
        ];
        if owners.len() > 1 {
            row.push(Cell::new(registration.owner_uid.to_string()));
        }
        row.push(Cell::short(&registration.key.scope, LONGEST_CELL));
        row.push(Cell::short(&registration.key.tag, LONGEST_CELL));
        table.row(row);
    }
    table.render(look)
}

/// When it comes next; none while something holds what could run by its own time.
pub(super) fn next_at(registration: &Registration, now: Option<SystemTime>) -> Option<SystemTime> {
    let held = !registration.blockers.is_empty();
    registration.next_at.filter(|at| !held || now.is_none_or(|now| *at > now))
}

/// Charged attempts of as many as there may be.
pub(super) fn tries(registration: &Registration) -> String {
    format!("{}/{}", registration.attempts, registration.max_attempts)
}

pub(super) fn state_paint(state: RegistrationState) -> Paint {
    match state {
        RegistrationState::Pending => Paint::Plain,
        RegistrationState::Waiting => Paint::Busy,
        RegistrationState::Firing | RegistrationState::ReregisteredWhileFiring => Paint::Good,
        RegistrationState::Suspended => Paint::Faint,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::show::tests::registration;
    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_table_shows_what_holds_and_obeys_no_tag() {
        let (mut first, now) = registration();
        first.key.tag = "a\u{1b}[31mb".to_owned();
        let mut second = first.clone();
        second.key.tag = "t".repeat(10_240);
        second.blockers.clear();
        second.state = RegistrationState::Firing;
        second.next_at = None;
        expect![[r#"
            ID  KIND     STATE    NEXT   TRIES  HELD BY           BROWSER           SCOPE                 TAG
            12  one-off  waiting  in 5m  1/3    BACKOFF, OFFLINE  chromium/Default  https://app.example/  a\u{1b}[31mb
            12  one-off  firing   -      1/3    -                 chromium/Default  https://app.example/  ttttttttttttttttttttttttttttttttttttttttttttttt…
        "#]]
        .assert_eq(&table(&[first, second], now, &Look::plain()));
    }

    #[test]
    fn what_is_due_and_held_does_not_come_now() {
        let (mut registration, now) = registration();
        assert_eq!(next_at(&registration, now), registration.next_at);
        registration.next_at = now;
        assert_eq!(next_at(&registration, now), None);
        registration.blockers.clear();
        assert_eq!(next_at(&registration, now), now);
    }

    #[test]
    fn owners_are_shown_where_there_are_several() {
        let (first, now) = registration();
        let second = Registration { owner_uid: 1_001, ..first.clone() };
        let text = table(&[first, second], now, &Look::plain());
        assert!(text.lines().next().unwrap().contains("OWNER"));
        assert!(text.lines().nth(2).unwrap().contains(" 1001 "));
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(table(&[], None, &Look::plain()), "no registrations\n");
        assert_eq!(documented(&ListDocument::new(&[])), "{\"version\":1,\"registrations\":[]}\n");
    }
}
