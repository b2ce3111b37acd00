//! `history`: what was decided, newest first.

use clap::Args;
use pwasync_client::{HistoryEntry, HistoryFilter, ProfileId, RegistrationId};

use super::parse::Since;
use super::{Context, demand_id, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::HistoryDocument;
use crate::settings::Format;
use crate::text::{Look, Names, Paint, fact_words, history_line};

/// Entries on a page of the daemon's.
const PAGE: u32 = 1_000;

/// What may follow `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArguments {
    /// Only of this registration, which may be gone
    #[arg(value_parser = parse::id)]
    id: Option<RegistrationId>,
    /// Only of this origin, such as `https://app.example`
    #[arg(long, value_name = "ORIGIN", value_parser = parse::name)]
    origin: Option<String>,
    /// Only of this browser profile, such as `chromium/Default`
    #[arg(long, value_name = "BROWSER/PROFILE", value_parser = parse::profile)]
    profile: Option<ProfileId>,
    /// Only of this user; for administrators
    #[arg(long, value_name = "UID")]
    owner: Option<u32>,
    /// Not before this: so long ago, such as 2h, or an instant, such as 2026-03-01T07:00
    #[arg(long, value_name = "TIME", value_parser = parse::since)]
    since: Option<Since>,
    /// At most so many decisions
    #[arg(long, value_name = "N", default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Show the host as it was at each of them
    #[arg(long)]
    facts: bool,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: HistoryArguments,
) -> Result<Exit, Failure> {
    let HistoryArguments { id, origin, profile, owner, since, limit, facts } = arguments;
    let id = id.map(demand_id).transpose()?;
    let since = match since {
        None => None,
        Some(Since::At(at)) => Some(at),
        Some(Since::Ago(by)) => context.now().await?.and_then(|now| now.checked_sub(by)),
    };
    let filter = HistoryFilter { id, origin, profile, owner_uid: owner, since };
    let entries = read(context, filter, limit).await?;
    match context.format {
        Format::People => {
            let facts = if facts { FactLines::Shown } else { FactLines::Left };
            context.output.text(&lines(&entries, facts, &context.look))?;
        }
        Format::Json => context.output.json(&HistoryDocument::new(&entries))?,
    }
    Ok(Exit::Ok)
}

async fn read(
    context: &Context,
    filter: HistoryFilter,
    limit: u32,
) -> Result<Vec<HistoryEntry>, Failure> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut pages = context.client.history(filter, limit.min(PAGE));
    let mut entries = Vec::new();
    while entries.len() < wanted
        && let Some(page) = pages.next().await?
    {
        entries.extend(page);
    }
    entries.truncate(wanted);
    Ok(entries)
}

/// Whether each decision has a line on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FactLines {
    Shown,
    Left,
}

fn lines(entries: &[HistoryEntry], facts: FactLines, look: &Look) -> String {
    if entries.is_empty() {
        return "nothing was decided\n".to_owned();
    }
    let mut lines = String::new();
    for entry in entries {
        lines.push_str(&history_line(entry, Names::Shown, look));
        lines.push('\n');
        match facts {
            FactLines::Left => {}
            FactLines::Shown => {
                let words = look.paint(Paint::Faint, &fact_words(&entry.facts));
                lines.push_str(&format!("    host: {words}\n"));
            }
        }
    }
    lines
}

#[cfg(test)]
pub(super) mod tests {
    use expect_test::expect;
    use pwasync_client::{
        AttemptEnd, BlockerCode, Decision, HostFacts, Metered, Outcome, RemovalReason, Transport,
    };

    use super::super::show::tests::registration;
    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn each_decision_has_a_line() {
        let entries = entries();
        expect![[r#"
            2023-11-14 22:23:20  held             12 one-off `outbox` https://app.example/ chromium/Default: METERED, BATTERY_LOW
            2023-11-14 22:23:20  finished         12 one-off `outbox` https://app.example/ chromium/Default: rejected, charged, attempt 7-1 (number 1), next 2023-11-14 22:28:20: TypeError: \u{1b}[2J
            2023-11-14 22:23:20  removed          12 one-off `outbox` https://app.example/ chromium/Default: revoked
            2023-11-14 22:23:20  paused           user 1000: until \u{1b}[2J 23:00
        "#]].assert_eq(&lines(&entries, FactLines::Left, &Look::plain()));
        let with_facts = lines(&entries, FactLines::Shown, &Look::plain());
        expect![[r#"
            2023-11-14 22:23:20  held             12 one-off `outbox` https://app.example/ chromium/Default: METERED, BATTERY_LOW
                host: online, cellular, metered, on battery, battery 15 %"#]].assert_eq(&with_facts.lines().take(2).collect::<Vec<_>>().join("\n"));
        assert_eq!(with_facts.lines().count(), 2 * entries.len());
        assert_eq!(lines(&[], FactLines::Shown, &Look::plain()), "nothing was decided\n");
    }

    #[test]
    fn json_says_the_same() {
        let entries = entries();
        let document = documented(&HistoryDocument::new(&entries));
        expect![[r#"{"version":1,"entries":[{"seq":9,"at":"2023-11-14T22:23:20.000Z","decision":"held","owner_uid":1000,"id":12,"kind":"one-off","tag":"outbox","scope":"https://app.example/","browser":"chromium","profile":"Default","reasons":["METERED","BATTERY_LOW"],"attempt":null,"charged":false,"next_at":null,"removal_reason":null,"facts":{"online":true,"connectivity":null,"metered":"guess-yes","roaming":null,"transport":"cellular","network":null,"battery_percent":15,"on_battery":true,"charging":null,"power_saver":null},"detail":null"#]].assert_eq(document.split("},{\"seq\"").next().unwrap());
    }

    /// Decisions about a registration, and a pause.
    #[test]
    fn what_was_fulfilled_has_no_price() {
        let mut entry = entries()[1].clone();
        entry.charged = false;
        let free = lines(std::slice::from_ref(&entry), FactLines::Left, &Look::plain());
        assert!(free.contains(": rejected, free, attempt 7-1"), "{free}");
        if let Some(attempt) = &mut entry.attempt {
            attempt.end = Some(AttemptEnd::Outcome(Outcome::Completed));
        }
        let fulfilled = lines(&[entry], FactLines::Left, &Look::plain());
        assert!(fulfilled.contains(": completed, attempt 7-1"), "{fulfilled}");
    }

    pub(in crate::verbs) fn entries() -> Vec<HistoryEntry> {
        let (registration, now) = registration();
        let attempt = registration.last_attempt;
        let plain = HistoryEntry {
            seq: 9,
            at: now,
            registration_id: Some(registration.id),
            owner_uid: 1_000,
            key: Some(registration.key),
            decision: Decision::Held,
            reasons: vec![BlockerCode::Metered, BlockerCode::BatteryLow],
            attempt: None,
            charged: false,
            next_at: None,
            removal_reason: None,
            facts: HostFacts {
                online: Some(true),
                metered: Some(Metered::GuessYes),
                transport: Some(Transport::Cellular),
                battery_percent: Some(15),
                on_battery: Some(true),
                ..HostFacts::default()
            },
            detail: None,
        };
        let finished = HistoryEntry {
            seq: 8,
            decision: Decision::Finished,
            reasons: vec![],
            attempt,
            charged: true,
            next_at: registration.next_at,
            ..plain.clone()
        };
        let removed = HistoryEntry {
            seq: 7,
            decision: Decision::Removed,
            reasons: vec![],
            removal_reason: Some(RemovalReason::Revoked),
            ..plain.clone()
        };
        let paused = HistoryEntry {
            seq: 6,
            registration_id: None,
            key: None,
            decision: Decision::Paused,
            reasons: vec![],
            detail: Some("until \u{1b}[2J 23:00".to_owned()),
            ..plain.clone()
        };
        vec![plain, finished, removed, paused]
    }
}
