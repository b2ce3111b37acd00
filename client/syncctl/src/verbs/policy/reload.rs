//! `policy reload`: the daemon reads its files again.

use pwasync_client::{PolicyChange, PolicyReload};

use super::{Context, problem_lines};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::PolicyReloadDocument;
use crate::settings::Format;
use crate::text::escape;

pub(super) async fn run(context: &mut Context) -> Result<Exit, Failure> {
    let reload = context.client.reload_policy().await?;
    match context.format {
        Format::People => context.output.text(&lines(&reload))?,
        Format::Json => context.output.json(&PolicyReloadDocument::new(&reload))?,
    }
    match reload.problems.len() {
        0 => Ok(Exit::Ok),
        problems => {
            let problems = u32::try_from(problems).unwrap_or(u32::MAX);
            Err(Failure::PolicyKept { problems })
        }
    }
}

/// Mistakes, or else what is different.
fn lines(reload: &PolicyReload) -> String {
    if !reload.problems.is_empty() {
        return problem_lines(&reload.problems);
    }
    if reload.changed.is_empty() {
        return "nothing is different\n".to_owned();
    }
    let line = |change: &PolicyChange| {
        let PolicyChange { key, section, before, after } = change;
        let section = section.as_ref().map(|one| format!(" for {one}")).unwrap_or_default();
        let before = before.as_deref().unwrap_or("nothing");
        let after = after.as_deref().unwrap_or("nothing");
        format!("{}\n", escape(&format!("{key}{section}: {after}, was {before}")))
    };
    reload.changed.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::policy;
    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn what_is_different_is_said_before_and_after() {
        let change = PolicyChange {
            key: "network.settle".to_owned(),
            section: None,
            before: Some("1s".to_owned()),
            after: Some("2s".to_owned()),
        };
        let gone =
            PolicyChange { section: Some("app \"a\"".to_owned()), after: None, ..change.clone() };
        let mut reload =
            PolicyReload { changed: vec![change, gone], problems: vec![], files: vec![] };
        assert_eq!(
            lines(&reload),
            "network.settle: 2s, was 1s\nnetwork.settle for app \"a\": nothing, was 1s\n"
        );
        documented(&PolicyReloadDocument::new(&reload));
        reload.changed.clear();
        assert_eq!(lines(&reload), "nothing is different\n");
        reload.problems = policy().problems;
        assert!(lines(&reload).starts_with("/etc/pwasync/pwasyncd.toml:3:7: key `network.settel`"));
    }
}
