//! `sessions`: attached browsers in a table.

use std::time::SystemTime;

use pwasync_client::{AttemptId, SessionInfo};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::SessionsDocument;
use crate::settings::Format;
use crate::text::{Cell, Look, Table, compact};

const LONGEST_CELL: usize = 48;

pub(super) async fn run(context: &mut Context) -> Result<Exit, Failure> {
    let sessions = context.client.sessions().await?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&table(&sessions, now, &context.look))?;
        }
        Format::Json => context.output.json(&SessionsDocument::new(&sessions))?,
    }
    Ok(Exit::Ok)
}

fn table(sessions: &[SessionInfo], now: Option<SystemTime>, look: &Look) -> String {
    if sessions.is_empty() {
        return "no browser is attached\n".to_owned();
    }
    let headings =
        ["ID", "OWNER", "PROCESS", "ATTACHED", "READY", "CAPACITY", "RUNNING", "BROWSER", "AGENT"];
    let mut table = Table::new(&headings);
    for session in sessions {
        let running: Vec<&str> = session.running.iter().map(AttemptId::as_str).collect();
        let running = if running.is_empty() { "-".to_owned() } else { running.join(", ") };
        table.row(vec![
            Cell::new(session.id.to_string()),
            Cell::new(session.owner_uid.to_string()),
            Cell::new(session.process_id.to_string()),
            Cell::new(compact(now, session.attached_at)),
            Cell::new(if session.ready { "yes" } else { "no" }),
            Cell::new(session.capacity.to_string()),
            Cell::short(&running, LONGEST_CELL),
            Cell::short(&session.profile.to_string(), LONGEST_CELL),
            Cell::short(&session.agent, LONGEST_CELL),
        ]);
    }
    table.render(look)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;
    use pwasync_client::ProfileId;

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_table_shows_what_runs() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let session = SessionInfo {
            id: 3,
            owner_uid: 1_000,
            profile: ProfileId { browser: "chromium".to_owned(), profile: "Default".to_owned() },
            agent: "pwasync-chromium\u{7} 0.1.0".to_owned(),
            process_id: 77,
            attached_at: Some(start),
            ready: true,
            capacity: 4,
            running: vec![AttemptId::new("2-1"), AttemptId::new("2-2")],
        };
        let now = Some(start + Duration::from_secs(61));
        let sessions = [session];
        expect![[r#"
            ID  OWNER  PROCESS  ATTACHED   READY  CAPACITY  RUNNING   BROWSER           AGENT
            3   1000   77       1m 1s ago  yes    4         2-1, 2-2  chromium/Default  pwasync-chromium\u{7} 0.1.0
        "#]]
        .assert_eq(&table(&sessions, now, &Look::plain()));
        expect![[r#"
            {"version":1,"sessions":[{"id":3,"owner_uid":1000,"browser":"chromium","profile":"Default","agent":"pwasync-chromium\u0007 0.1.0","process_id":77,"attached_at":"2023-11-14T22:13:20.000Z","ready":true,"capacity":4,"running":["2-1","2-2"]}]}
        "#]]
        .assert_eq(&documented(&SessionsDocument::new(&sessions)));
    }
}
