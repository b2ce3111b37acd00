//! `doctor`: looks at everything that syncs depend on, and says of each part whether it is in order
//! and how to mend it. A part that many hosts lack is in order without it.

mod checks;
mod local;

use std::error::Error;

use pwasync_client::{ClientError, SessionInfo, Status};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::DoctorDocument;
use crate::settings::Format;
use crate::text::{Look, Paint, counted, escape};
use local::Local;

/// Longest name of a check, and a gap.
const NAME_WIDTH: usize = 16;

/// How it stands with one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// In order.
    Ok,
    /// Syncs run, but not as well as they could.
    Warn,
    /// Syncs cannot run, or could be lost.
    Fail,
}

/// One part, and how it stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) says: String,
    /// What to do about it; none: nothing is to be done.
    pub(crate) mend: Option<String>,
}

impl Verdict {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    fn paint(self) -> Paint {
        match self {
            Self::Ok => Paint::Good,
            Self::Warn => Paint::Busy,
            Self::Fail => Paint::Bad,
        }
    }
}

impl Check {
    fn ok(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, says: says.into(), mend: None }
    }

    fn warn(name: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warn, says: says.into(), mend: Some(mend.into()) }
    }

    fn fail(name: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fail, says: says.into(), mend: Some(mend.into()) }
    }
}

pub(super) async fn run(context: &mut Context) -> Result<Exit, Failure> {
    let local = Local::read();
    let (checks, exit) = match seen(context).await {
        Ok((status, sessions)) => {
            let checks = checks::all(&status, &sessions, &local, context);
            let fails = checks.iter().any(|check| check.verdict == Verdict::Fail);
            (checks, if fails { Exit::Error } else { Exit::Ok })
        }
        Err(error) => {
            let is_down = matches!(error, ClientError::NotRunning { .. });
            let exit = if is_down { Exit::NotRunning } else { Exit::Error };
            (without_daemon(&error, &local), exit)
        }
    };
    match context.format {
        Format::People => context.output.text(&page(&checks, &context.look))?,
        Format::Json => context.output.json(&DoctorDocument::new(&checks))?,
    }
    Ok(exit)
}

async fn seen(context: &Context) -> Result<(Status, Vec<SessionInfo>), ClientError> {
    Ok((context.client.status().await?, context.client.sessions().await?))
}

/// No daemon answers: what can be said all the same.
fn without_daemon(error: &ClientError, local: &Local) -> Vec<Check> {
    let why = error.source().map_or(String::new(), |why| format!(": {why}"));
    let mend = error.hint().unwrap_or_else(|| "see its log with `journalctl -u pwasyncd`".into());
    let mut checks = vec![Check::fail("daemon", format!("{error}{why}"), mend)];
    checks.extend(local.checks());
    checks
}

fn page(checks: &[Check], look: &Look) -> String {
    let mut text = String::new();
    for Check { name, verdict, says, mend } in checks {
        let gap = NAME_WIDTH.saturating_sub(name.chars().count()).max(1);
        let verdict_text = look.paint(verdict.paint(), &format!("{:<5}", verdict.as_str()));
        let name = look.paint(Paint::Heading, name);
        text.push_str(&format!("{verdict_text} {name}{:gap$}{}\n", "", escape(says)));
        if let Some(mend) = mend {
            text.push_str(&format!(
                "{:width$}mend: {}\n",
                "",
                escape(mend),
                width = 6 + NAME_WIDTH
            ));
        }
    }
    let count = |wanted| checks.iter().filter(|check| check.verdict == wanted).count();
    let (warns, fails) = (count(Verdict::Warn), count(Verdict::Fail));
    text.push_str(&match (warns, fails) {
        (0, 0) => format!("{} in order\n", counted_checks(checks.len())),
        (warns, fails) => format!(
            "{}: {} in order, {warns} could be better, {fails} failed\n",
            counted_checks(checks.len()),
            count(Verdict::Ok)
        ),
    });
    text
}

fn counted_checks(count: usize) -> String {
    counted(u32::try_from(count).unwrap_or(u32::MAX), "check")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_page_says_what_is_wrong_and_how_to_mend_it() {
        let checks = [
            Check::ok("daemon", "running"),
            Check::warn("connectivity", "not checked", "let it be checked"),
            Check::fail("store", "read-only\u{7}", "make room"),
        ];
        expect![[r"
            ok    daemon          running
            warn  connectivity    not checked
                                  mend: let it be checked
            fail  store           read-only\u{7}
                                  mend: make room
            3 checks: 1 in order, 1 could be better, 1 failed
        "]]
        .assert_eq(&page(&checks, &Look::plain()));
        expect![[r#"
            {"version":1,"checks":[{"name":"daemon","verdict":"ok","says":"running","mend":null},{"name":"connectivity","verdict":"warn","says":"not checked","mend":"let it be checked"},{"name":"store","verdict":"fail","says":"read-only\u0007","mend":"make room"}]}
        "#]]
        .assert_eq(&documented(&DoctorDocument::new(&checks)));
    }
}
