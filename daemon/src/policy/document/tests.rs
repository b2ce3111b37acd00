use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::policy::{files::Rank, merge::Merged, problem::PolicyProblems};

fn read(text: &str) -> (Vec<Entry>, Result<(), PolicyProblems>) {
    let mut problems = Collected::default();
    let path: Arc<Path> = Arc::from(Path::new("p.toml"));
    let entries = parse(&path, text, &mut problems);
    (entries, problems.into_result())
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let (entries, problems) = read(text);
    let mut shown = String::new();
    for Entry { section, key, value, place } in entries {
        let section = if section == Section::General { "all".into() } else { section.to_string() };
        if let (Some(value), Place::File { line, column, .. }) = (value, place) {
            shown += &format!("{line}:{column} {section}: {} = {value}\n", key.name);
        }
    }
    if let Err(problems) = problems {
        shown += &format!("{problems}\n");
    }
    expected.assert_eq(&shown);
}

#[test]
fn keys_stand_in_tables_or_are_dotted() {
    check(
        r#"
            network.settle = "2s"
            [retry]
            max_attempts = 5
            initial_delay = "10m"
            [periodic]
            learned_hours = false
            battery = 30
            metered = "allowed"
            [engagement]
            navigation = 2
            user_input = 0.7
            [budget]
            wakes_a_day = 10
            run_time_a_day = "unlimited"
        "#,
        expect![[r#"
            15:30 all: budget.run_time_a_day = unlimited
            14:27 all: budget.wakes_a_day = 10
            11:26 all: engagement.navigation = 2
            12:26 all: engagement.user_input = 0.7
            2:30 all: network.settle = 2s
            8:23 all: periodic.battery = 30
            7:29 all: periodic.learned_hours = false
            9:23 all: periodic.metered = allowed
            5:29 all: retry.initial_delay = 10m
            4:28 all: retry.max_attempts = 5
        "#]],
    );
}

#[test]
fn sites_have_sections() {
    check(
        r#"
            [origin."https://news.example"]
            retry.max_attempts = 5
            [origin."https://news.example".periodic]
            battery = 30
            [app."https://news.example/app"]
            one_off.permission = "denied"
        "#,
        expect![[r#"
            7:34 app "https://news.example/app": one_off.permission = denied
            5:23 origin "https://news.example": periodic.battery = 30
            3:34 origin "https://news.example": retry.max_attempts = 5
        "#]],
    );
}

#[test]
fn networks_have_sections() {
    check(
        r#"
            network.metered = "no"
            [interface."wwan0"]
            network.metered = "yes"
            [ssid."Phone \"home\""]
            network.metered = "yes"
            [connection."Office".network]
            online = "as-found"
            metered = "perhaps"
            [connection."Train"]
            retry.factor = 2
            network.settle = "2s"
            [interface."no-interface-has-this-name"]
            network.metered = "yes"
            [ssid.""]
            network.metered = "yes"
            [origin."https://news.example"]
            network.online = "yes"
        "#,
        expect![[r#"
            8:22 connection "Office": network.online = as-found
            4:31 interface "wwan0": network.metered = yes
            2:31 all: network.metered = no
            6:31 ssid "Phone \"home\"": network.metered = yes
            6 mistakes in the policy
            p.toml:9:23: key `network.metered`: value `perhaps` is not one of `"as-found"`, `"yes"`, `"no"`
            p.toml:11:28: key `retry.factor`: is not said of a network
            p.toml:12:30: key `network.settle`: is not said of a network
            p.toml:13:24: key `interface`: value `no-interface-has-this-name` must have 1 to 15 bytes
            p.toml:15:19: key `ssid`: value `` must have 1 to 256 bytes
            p.toml:18:30: key `network.online`: is about networks: a site cannot have a value of its own
        "#]],
    );
}

#[test]
fn every_mistake_is_told_at_once() {
    check(
        r#"
            initial_delay = "5m"
            [retry]
            inital_delay = "5m"
            max_attempts = 0
            factor = "3"
            max_delay = 40
            [network]
            settle = "5 seconds"
            starting_limit = "2h"
            [periodic]
            battery = 120
            metered = "no"
            learned_hours = "on"
            min_interval = 1979-05-27
            [grid.short]
            [gird]
            long = "5m"
            [shares]
            slots = [16]
            [origin."https://news.example/app"]
            retry.max_attempts = 5
            [origin."news.example"]
            retry.max_attempts = 5
            [origin."https://mail.example"]
            shares.slots = 3
            retry.attempts = 5
            retry = 5
            [app]
            x = 1
            [nothing]
        "#,
        expect![[r#"
            21 mistakes in the policy
            p.toml:2:13: key `initial_delay`: is no key of the policy: did you mean `retry.initial_delay`?
            p.toml:4:13: key `retry.inital_delay`: is no key of the policy: did you mean `retry.initial_delay`?
            p.toml:5:28: key `retry.max_attempts`: value `0` is below the limit `1`
            p.toml:6:22: key `retry.factor`: value `"3"` is not a whole number without a unit, such as `3`
            p.toml:7:25: key `retry.max_delay`: value `40` needs a unit, such as `40s`
            p.toml:9:22: key `network.settle`: value `5 seconds`: unit `seconds` is none of `ms`, `s`, `m`, `h`, `d`
            p.toml:10:30: key `network.starting_limit`: value `2h` is above the limit `1m`
            p.toml:12:23: key `periodic.battery`: value `120` is above the limit `100`
            p.toml:13:23: key `periodic.metered`: value `no` is not one of `"allowed"`, `"held"`
            p.toml:14:29: key `periodic.learned_hours`: value `"on"` is not `true` or `false`
            p.toml:15:28: key `periodic.min_interval`: value (a date) is not a duration, such as `"5m"`
            p.toml:16:13: key `grid.short`: value (a table) is not a duration, such as `"5m"`
            p.toml:18:13: key `gird.long`: is no key of the policy: did you mean `grid.long`?
            p.toml:20:21: key `shares.slots`: value (a list) is not a whole number without a unit, such as `3`
            p.toml:21:21: key `origin`: value `https://news.example/app` must be scheme, host and port alone, such as `https://news.example`
            p.toml:23:21: key `origin`: value `news.example` is not a URL: relative URL without a base
            p.toml:26:28: key `shares.slots`: holds for everybody: a site cannot have a value of its own
            p.toml:27:19: key `retry.attempts`: is no key of the policy: did you mean `retry.max_attempts`?
            p.toml:28:13: duplicate key
            p.toml:30:17: key `app`: holds keys, such as `retry.max_attempts = 5`
            p.toml:31:14: key `nothing`: is no table of the policy
        "#]],
    );
}

#[test]
fn c_061_all_parameters_can_be_set() {
    check(
        r#"
            one_off.permission = "denied"
            periodic.permission = "denied"
            retry.max_attempts = 100
            retry.initial_delay = "200m"
            retry.factor = 300
            event.run_limit = "500m"
            periodic.min_interval = "400m"
        "#,
        expect![[r#"
            7:31 all: event.run_limit = 500m
            2:34 all: one_off.permission = denied
            8:37 all: periodic.min_interval = 400m
            3:35 all: periodic.permission = denied
            6:28 all: retry.factor = 300
            5:35 all: retry.initial_delay = 200m
            4:34 all: retry.max_attempts = 100
        "#]],
    );
}

#[test]
fn mistakes_of_form_do_not_hide_others() {
    check(
        "[retry]\nmax_attempts = 5 x\nfactor = \n[grid]\nshort = \"5s\nlong=1\n[grid]\nmiddle=1\n",
        expect![[r#"
            5:9 all: grid.short = 5s
            6 mistakes in the policy
            p.toml:2:16: string values must be quoted, expected literal string
            p.toml:3:10: string values must be quoted, expected literal string
            p.toml:5:12: invalid basic string, expected `"`
            p.toml:6:6: key `grid.long`: value `1` needs a unit, such as `1s`
            p.toml:7:2: duplicate key
            p.toml:8:8: key `grid.middle`: value `1` needs a unit, such as `1s`
        "#]],
    );
    check(
        "[retry\nfactor = 1\n[grid]\nlong = 1\n",
        expect![[r#"
        2 mistakes in the policy
        p.toml:1:7: unclosed table, expected `]`
        p.toml:4:8: key `grid.long`: value `1` needs a unit, such as `1s`
    "#]],
    );
    check(
        "\u{feff}# ü\nretry.factor = \"ü\"",
        expect![[r#"
            1 mistake in the policy
            p.toml:2:16: key `retry.factor`: value `"ü"` is not a whole number without a unit, such as `3`
        "#]],
    );
    check(
        "ü.ü = 1 # ü\n[\"\\u001b[2J\"]\na=1",
        expect![[r#"
            2 mistakes in the policy
            p.toml:1:1: invalid unquoted key, expected letters, numbers, `-`, `_`
            p.toml:3:1: key `\u{1b}[2J.a`: is no key of the policy
        "#]],
    );
}

#[test]
fn a_column_counts_characters() {
    let text = format!("# {}\nretry.factor = 'x' # ü\n", "ü".repeat(3_000));
    let (_, problems) = read(&text);
    assert_eq!((problems.clone().unwrap_err().problems[0].line), 2);
    let long = format!("retry = {{ \"{}\" = 1, factor = 'x' }}", "ü".repeat(3_000));
    let (_, problems) = read(&long);
    let columns: Vec<u32> = problems.unwrap_err().problems.iter().map(|p| p.column).collect();
    assert_eq!(columns, [11, 3_028]);
}

#[test]
fn far_behind_a_mistake_of_form_nothing_is_looked_at() {
    let filler = "# nothing\n".repeat(10_000);
    check(
        &format!("{filler}=\n[retry]\nfactor = 'x'\n{filler}[nothing]\nx = 1\n"),
        expect![[r#"
        3 mistakes in the policy
        p.toml:10001:1: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
        p.toml:10003:10: key `retry.factor`: value `"x"` is not a whole number without a unit, such as `3`
        p.toml:16556:1: from here on the file was not looked at
    "#]],
    );
    // What is cut off is told as that alone.
    let array = format!("=\nx = [\n{}]\n", "1,\n".repeat(40_000));
    check(
        &array,
        expect![[r#"
            3 mistakes in the policy
            p.toml:1:1: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
            p.toml:2:1: key `x`: is no key of the policy
            p.toml:21846:1: from here on the file was not looked at
        "#]],
    );
}

#[test]
fn rubbish_is_told_up_to_a_limit() {
    let (_, problems) = read(&"=\n".repeat(3_000));
    let problems = problems.unwrap_err();
    assert_eq!((problems.problems.len(), problems.untold), (1_000, 2_000));
}

proptest! {
    #[test]
    fn no_text_panics(parts in prop::collection::vec(part(), 0..60)) {
        let text = parts.concat();
        let mut problems = Collected::default();
        let path: Arc<Path> = Arc::from(Path::new("p.toml"));
        let mut merged = Merged::default();
        merged.add(parse(&path, &text, &mut problems), Rank::Main, &mut problems);
        let (policy, _) = merged.finish(&mut problems);
        match problems.into_result() {
            Ok(()) => prop_assert_eq!(policy.contradictions(), []),
            Err(problems) => {
                let lines = u32::try_from(text.matches('\n').count()).unwrap() + 1;
                for problem in problems.problems {
                    prop_assert!((1..=lines).contains(&problem.line), "{}", problem);
                    prop_assert!(problem.column >= 1, "{}", problem);
                    let shown = problem.to_string();
                    prop_assert!(!shown.contains('\u{1b}'), "{}", shown);
                }
            }
        }
    }
}

/// Pieces of which policy files and their mistakes are made.
fn part() -> impl Strategy<Value = String> {
    let names: Vec<&str> = keys::GROUPS
        .iter()
        .map(|group| group.name)
        .chain(keys::all().map(|key| key.name))
        .chain(keys::all().filter_map(|key| Some(key.name.split_once('.')?.1)))
        .collect();
    let signs = [
        "[",
        "]",
        "[[",
        "]]",
        "=",
        " = ",
        ".",
        ",",
        "{",
        "}",
        "\"",
        "'",
        "\"\"\"",
        "\n",
        "\r\n",
        "#",
        "\\",
        "\\u",
        "\u{1b}",
        "ü",
        "origin",
        "app",
        "\"https://news.example\"",
        "5m",
        "-1",
        "1e400",
        "nan",
        "true",
        "\"held\"",
        "99999999999999999999",
        "0xff",
        "1979-05-27",
    ];
    prop_oneof![
        3 => prop::sample::select(names.clone()).prop_map(|name| format!("{name} = ")),
        1 => prop::sample::select(names).prop_map(str::to_owned),
        3 => prop::sample::select(signs.to_vec()).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| number.to_string()),
        1 => ".{0,5}",
        2 => Just("\n".to_owned()),
    ]
}
