//! `policy`: every value that decides, and where it comes from.

mod reload;

use clap::{Args, Subcommand};
use pwasync_client::{ClientError, Policy, PolicyProblem, PolicyValue};

use super::{Context, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::PolicyDocument;
use crate::settings::Format;
use crate::text::{Cell, Facts, Look, Paint, Table, escape};

const DEFAULT: &str = "default";
const LONGEST_CELL: usize = 60;

/// What may follow `policy`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    verb: Option<PolicyVerb>,
    /// Only this key, or those below it, such as `network`
    #[arg(value_parser = parse::name)]
    key: Option<String>,
    /// Only what is not the default
    #[arg(long)]
    changed: bool,
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    /// Let the daemon read its files again; with a mistake in them the policy stays as it is
    Reload,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: PolicyArguments,
) -> Result<Exit, Failure> {
    let PolicyArguments { verb, key, changed } = arguments;
    if let Some(PolicyVerb::Reload) = verb {
        return reload::run(context).await;
    }
    let mut policy = match (context.client.policy(key.as_deref()).await, &key) {
        // The only field of the request.
        (Err(ClientError::Invalid { .. }), Some(key)) => {
            return Err(Failure::NoSuchKey { key: key.clone() });
        }
        (policy, _) => policy?,
    };
    if changed {
        policy.values.retain(|value| value.source != DEFAULT);
    }
    match context.format {
        Format::People => {
            let text = match (&key, policy.values.as_slice()) {
                (Some(key), [value]) if value.key == *key => page(value, &context.look),
                _ => table(&policy, &context.look),
            };
            context.output.text(&format!("{text}{}", problem_lines(&policy.problems)))?;
        }
        Format::Json => context.output.json(&PolicyDocument::new(&policy))?,
    }
    Ok(Exit::Ok)
}

fn table(policy: &Policy, look: &Look) -> String {
    if policy.values.is_empty() {
        return "all values are the defaults\n".to_owned();
    }
    let mut table = Table::new(&["KEY", "VALUE", "UNIT", "FROM", "FOR"]);
    for value in &policy.values {
        let paint = if value.source == DEFAULT { Paint::Plain } else { Paint::Busy };
        table.row(vec![
            Cell::new(&value.key),
            Cell::short(&value.value, LONGEST_CELL).paint(paint),
            Cell::new(&value.unit),
            Cell::new(&value.source),
            Cell::new(value.section.as_deref().unwrap_or("-")),
        ]);
    }
    table.render(look)
}

fn page(value: &PolicyValue, look: &Look) -> String {
    let mut facts = Facts::new(look);
    facts.fact("key", &value.key);
    facts.fact("about", &value.about);
    facts.fact("value", &value.value);
    facts.fact("unit", &value.unit);
    facts.fact("range", value.range.as_deref().unwrap_or("-"));
    facts.fact("default", &value.default_value);
    facts.fact("from", &value.source);
    if let Some(section) = &value.section {
        facts.fact("for", section);
    }
    if let Some(rule) = &value.rule {
        facts.fact("rule", rule);
    }
    facts.into_text()
}

/// `file:line:column: key: message`, as far as they are known, escaped.
fn problem_lines(problems: &[PolicyProblem]) -> String {
    let line = |problem: &PolicyProblem| {
        let PolicyProblem { file, line, column, key, message } = problem;
        let mut place = file.clone().unwrap_or_default();
        if *line > 0 {
            place.push_str(&format!(":{line}"));
        }
        if *line > 0 && *column > 0 {
            place.push_str(&format!(":{column}"));
        }
        if !place.is_empty() {
            place.push_str(": ");
        }
        let key = key.as_ref().map(|key| format!("key `{key}`: ")).unwrap_or_default();
        format!("{}\n", escape(&format!("{place}{key}{message}")))
    };
    problems.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_table_says_where_each_value_comes_from() {
        expect![[r#"
            KEY                    VALUE  UNIT      FROM                           FOR
            network.settle         1s     duration  default                        -
            periodic.min_interval  6h     duration  /etc/pwasync/pwasyncd.toml:12  origin "https://app.example"
        "#]].assert_eq(&table(&policy(), &Look::plain()));
        let nothing = Policy { values: vec![], ..policy() };
        assert_eq!(table(&nothing, &Look::plain()), "all values are the defaults\n");
    }

    #[test]
    fn one_key_has_a_page() {
        expect![[r#"
            key           periodic.min_interval
            about         the floor of intervals
            value         6h
            unit          duration
            range         0s to 10m
            default       12h
            from          /etc/pwasync/pwasyncd.toml:12
            for           origin "https://app.example"
            rule          K-08
        "#]]
        .assert_eq(&page(&policy().values[1], &Look::plain()));
    }

    #[test]
    fn a_problem_says_as_much_of_its_place_as_is_known() {
        let mut problems = policy().problems;
        let whole = problems[0].clone();
        problems.push(PolicyProblem { column: 0, ..whole.clone() });
        problems.push(PolicyProblem { line: 0, key: None, ..whole.clone() });
        problems.push(PolicyProblem { file: None, line: 0, ..whole });
        expect![[r#"
            /etc/pwasync/pwasyncd.toml:3:7: key `network.settel`: unknown; did you mean `network.settle`?\u{1b}[2J
            /etc/pwasync/pwasyncd.toml:3: key `network.settel`: unknown; did you mean `network.settle`?\u{1b}[2J
            /etc/pwasync/pwasyncd.toml: unknown; did you mean `network.settle`?\u{1b}[2J
            key `network.settel`: unknown; did you mean `network.settle`?\u{1b}[2J
        "#]].assert_eq(&problem_lines(&problems));
    }

    #[test]
    fn json_says_the_same() {
        expect![[r#"
            {"version":1,"values":[{"key":"network.settle","value":"1s","unit":"duration","default":"1s","range":"0s to 10m","about":"how long a network must be there","rule":null,"from":"default","section":null},{"key":"periodic.min_interval","value":"6h","unit":"duration","default":"12h","range":"0s to 10m","about":"the floor of intervals","rule":"K-08","from":"/etc/pwasync/pwasyncd.toml:12","section":"origin \"https://app.example\""}],"files":["/etc/pwasync/pwasyncd.toml"],"problems":[{"file":"/etc/pwasync/pwasyncd.toml","line":3,"column":7,"key":"network.settel","message":"unknown; did you mean `network.settle`?\u001b[2J"}]}
        "#]].assert_eq(&documented(&PolicyDocument::new(&policy())));
    }

    pub(super) fn policy() -> Policy {
        let settle = PolicyValue {
            key: "network.settle".to_owned(),
            value: "1s".to_owned(),
            unit: "duration".to_owned(),
            default_value: "1s".to_owned(),
            range: Some("0s to 10m".to_owned()),
            about: "how long a network must be there".to_owned(),
            rule: None,
            source: DEFAULT.to_owned(),
            section: None,
        };
        let floor = PolicyValue {
            key: "periodic.min_interval".to_owned(),
            value: "6h".to_owned(),
            default_value: "12h".to_owned(),
            about: "the floor of intervals".to_owned(),
            rule: Some("K-08".to_owned()),
            source: "/etc/pwasync/pwasyncd.toml:12".to_owned(),
            section: Some("origin \"https://app.example\"".to_owned()),
            ..settle.clone()
        };
        let problem = PolicyProblem {
            file: Some("/etc/pwasync/pwasyncd.toml".to_owned()),
            line: 3,
            column: 7,
            key: Some("network.settel".to_owned()),
            message: "unknown; did you mean `network.settle`?\u{1b}[2J".to_owned(),
        };
        let files = vec!["/etc/pwasync/pwasyncd.toml".to_owned()];
        Policy { values: vec![settle, floor], files, problems: vec![problem] }
    }
}
