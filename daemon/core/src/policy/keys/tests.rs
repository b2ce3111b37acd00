use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::{
    key::AppId,
    policy::{
        EngagementPolicy, KindRules, NetworkRules, Patch, PatchError, Section, SuspendPolicy,
        Traffic,
    },
};

/// Another value that the key takes.
fn other(kind: Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::Duration { least, most }, _) => {
            Value::Duration(if value == Value::Duration(least) { most } else { least })
        }
        (Kind::Count { least, most }, _) => {
            Value::Count(if value == Value::Count(least) { most } else { least })
        }
        (Kind::Percent, _) => Value::Count(if value == Value::Count(0) { 100 } else { 0 }),
        (Kind::Points { .. } | Kind::Proportion, Value::Number(number)) => {
            Value::Number(if number < 1.0 { 1.0 } else { 0.5 })
        }
        (Kind::Choice(words), Value::Word(word)) => {
            Value::Word(words.iter().find(|other| **other != word).unwrap())
        }
        (Kind::Switch, Value::Switch(switch)) => Value::Switch(!switch),
        (Kind::OrUnlimited(kind), _) => other(*kind, value),
        (_, value) => panic!("no such default: {value}"),
    }
}

#[test]
fn every_number_of_the_policy_has_a_key() {
    let mut changed = Policy::default();
    for key in all() {
        key.set(&mut changed, other(key.kind, key.default())).unwrap();
    }
    let default = Policy::default();
    // Without `..`, so that a new number cannot be left out.
    macro_rules! all_differ {
        ($default:expr, $changed:expr, $kind:ident { $($field:ident),+ } but { $($but:ident),* }) => {
            let $kind { $($field,)+ $($but: _),* } = $default;
            $(assert_ne!($field, &$changed.$field, "`{}` has no key", stringify!($field));)+
        };
    }
    all_differ!(&default, changed, Policy {
        start_limit, launched_start_limit, launch_limit, launch_delay, max_launch_delay,
        unavailable_delay, max_unavailable_delay, offline_delay, return_delay,
        max_brought_forward, free_offline, free_unavailable, free_lost_unstarted,
        free_lost_started, max_retry_after, max_expiry, uninstalled_hold, settle, resume_settle,
        check_limit, starting_limit, limited_grace, limited_gap, grid_short, grid_middle, grid_long, slots,
        owner_slots, owner_registrations, origin_registrations, registrations, default_capacity,
        owner_history, history, owner_sites, owner_profiles, owner_leases, max_pause, max_override,
        owner_bytes, bytes, owners, unnamed_owners
    } but { rules, origins, apps, network, networks, engagement, grid_offset, traffic, suspend });
    all_differ!(&default.network, changed.network, NetworkRules { metered, online } but {});
    all_differ!(&default.suspend, changed.suspend, SuspendPolicy { delay, resume_jitter, wake } but { resume_offset });
    all_differ!(&default.traffic, changed.traffic, Traffic {
        origin_calls, origin_burst, owner_calls, owner_burst, calls_at_once, waiting_calls,
        connections, owner_connections, unnamed_owners, owner_connects, owner_sessions
    } but {});
    all_differ!(&default.rules, changed.rules, Rules {
        max_attempts, initial_retry_delay, retry_factor, max_retry_delay, run_limit, expiry,
        min_interval_floor, stale_intervals, learned_hours, wakes_a_day, run_time_a_day
    } but { one_off, periodic });
    for (default, changed) in [
        (&default.rules.one_off, changed.rules.one_off),
        (&default.rules.periodic, changed.rules.periodic),
    ] {
        all_differ!(default, changed, KindRules {
            permission, metered, roaming, power_saver, battery, networks
        } but {});
    }
    all_differ!(&default.engagement, changed.engagement, EngagementPolicy {
        max_score, max_daily, navigation, user_input, media_visible, media_hidden, notification,
        daily_bonus, shortcut_bonus, shortcut_days, decay_period, decay_proportion, decay_points,
        max_decays, grace, cleanup, medium, high, minimal_factor, low_factor, high_factor
    } but {});
}

#[test]
fn each_key_is_one_number_and_reads_back() {
    for key in all() {
        let value = other(key.kind, key.default());
        let mut policy = Policy::default();
        key.set(&mut policy, value).unwrap();
        assert_eq!(key.value(&policy, &policy.rules), value, "{}", key.name);
        for untouched in all().filter(|untouched| *untouched != key) {
            let shown = untouched.value(&policy, &policy.rules);
            assert_eq!(shown, untouched.default(), "{} moves {}", key.name, untouched.name);
        }
    }
}

#[test]
fn every_key_takes_its_default_and_both_ends_of_its_range() {
    for key in all() {
        assert_eq!(key.kind.check(key.default()), Ok(()), "{}", key.name);
        let bare = if let Kind::OrUnlimited(kind) = key.kind { *kind } else { key.kind };
        let ends = match bare {
            Kind::Duration { least, most } => vec![Value::Duration(least), Value::Duration(most)],
            Kind::Count { least, most } => vec![Value::Count(least), Value::Count(most)],
            Kind::Percent => vec![Value::Count(0), Value::Count(100)],
            Kind::Points { most } => vec![Value::Number(0.0), Value::Number(most)],
            Kind::Proportion => vec![Value::Number(0.0), Value::Number(1.0)],
            Kind::Choice(words) => words.iter().copied().map(Value::Word).collect(),
            Kind::Switch => vec![Value::Switch(true), Value::Switch(false)],
            Kind::OrUnlimited(_) => panic!("{} is twice unlimited", key.name),
        };
        for end in ends {
            let mut policy = Policy::default();
            assert_eq!(key.set(&mut policy, end), Ok(()), "{}", key.name);
        }
    }
}

#[test]
fn names_are_those_of_their_groups_and_no_two_are_alike() {
    let mut names = BTreeSet::new();
    for group in &GROUPS {
        for key in group.keys {
            let (table, _) = key.name.split_once('.').unwrap();
            assert_eq!(table, group.name, "{}", key.name);
            assert!(names.insert(key.name), "{}", key.name);
            assert!(key.about.ends_with('.'), "{}", key.name);
            assert_eq!(find(key.name), Some(key));
        }
    }
    assert!(!GROUPS.iter().any(|group| ["origin", "app"].contains(&group.name)));
    assert_eq!(find("retry.nothing"), None);
}

#[test]
fn a_value_of_another_type_is_refused() {
    let key = find("retry.initial_delay").unwrap();
    let mut policy = Policy::default();
    for wrong in [Value::Count(5), Value::Unlimited, Value::Word("held"), Value::Switch(true)] {
        assert!(key.set(&mut policy, wrong).is_err(), "{wrong}");
        assert_eq!(policy, Policy::default());
    }
    let word = find("one_off.metered").unwrap();
    assert!(word.set(&mut policy, Value::Word("denied")).is_err());
}

/// A number that is decided has its key, its rule and its value.
#[track_caller]
fn default_of(name: &str, rule: &str, value: &str) {
    let key = find(name).unwrap();
    assert_eq!(key.default().to_string(), value, "{name}");
    assert!(key.rule.split(", ").any(|named| named == rule), "{name}: {}", key.rule);
}

#[test]
fn k_01_syncs_are_not_disabled() {
    default_of("one_off.permission", "K-01", "allowed");
    default_of("periodic.permission", "K-01", "allowed");
}

#[test]
fn k_02_three_attempts() {
    default_of("retry.max_attempts", "K-02", "3");
}

#[test]
fn k_04_the_first_delay_is_five_minutes() {
    default_of("retry.initial_delay", "K-04", "5m");
}

#[test]
fn k_05_each_delay_is_three_times_the_last() {
    default_of("retry.factor", "K-05", "3");
}

#[test]
fn k_07_an_event_runs_three_minutes() {
    default_of("event.run_limit", "K-07", "3m");
}

#[test]
fn k_08_periods_are_twelve_hours_apart() {
    default_of("periodic.min_interval", "K-08", "12h");
}

#[test]
fn k_14_a_level_multiplies_the_gap() {
    default_of("engagement.minimal_factor", "K-14", "3");
    default_of("engagement.low_factor", "K-14", "2");
    default_of("engagement.high_factor", "K-14", "1");
}

macro_rules! engagement_defaults {
    ($($test:ident: $rule:literal, $($name:literal = $value:literal),+;)+) => {
        $(#[test]
        fn $test() {
            $(default_of(concat!("engagement.", $name), $rule, $value);)+
        })+
    };
}
engagement_defaults! {
    e_01_the_highest_score: "E-01", "max_score" = "100";
    e_02_the_most_points_of_a_day: "E-02", "max_daily" = "15";
    e_03_the_points_of_a_navigation: "E-03", "navigation" = "1.5";
    e_04_the_points_of_user_input: "E-04", "user_input" = "0.6";
    e_05_the_points_of_visible_media: "E-05", "media_visible" = "0.06";
    e_06_the_points_of_hidden_media: "E-06", "media_hidden" = "0.01";
    e_07_the_points_of_a_notification: "E-07", "notification" = "1";
    e_08_the_bonus_of_a_day: "E-08", "daily_bonus" = "1.5";
    e_09_the_bonus_of_a_shortcut: "E-09", "shortcut_bonus" = "5", "shortcut_days" = "10";
    e_10_the_period_of_decay: "E-10", "decay_period" = "2h";
    e_11_the_proportion_of_decay: "E-11", "decay_proportion" = "0.984";
    e_12_the_points_of_decay: "E-12", "decay_points" = "0";
    e_13_the_most_decays: "E-13", "max_decays" = "4";
    e_14_the_grace: "E-14", "grace" = "1h";
    e_15_the_threshold_of_clean_up: "E-15", "cleanup" = "0.5";
    e_17_the_boundary_of_medium: "E-17", "medium" = "15";
    e_18_the_boundary_of_high: "E-18", "high" = "50";
}

#[test]
fn p_04_p_09_p_12_and_p_18_have_their_defaults() {
    default_of("retry.max_retry_after", "P-04", "1d");
    default_of("retry.unavailable_delay", "P-09", "30s");
    default_of("retry.max_unavailable_delay", "P-09", "1h");
    default_of("one_off.expiry", "P-12", "30d");
    default_of("periodic.learned_hours", "P-18", "true");
}

#[test]
fn p_08_sixteen_events_at_once_and_half_of_them_for_one_owner() {
    default_of("shares.slots", "P-08", "16");
    default_of("shares.owner_slots", "P-08", "8");
    default_of("shares.default_capacity", "P-08", "4");
}

#[test]
fn p_19_there_is_no_budget_by_default() {
    default_of("budget.wakes_a_day", "P-19", "unlimited");
    default_of("budget.run_time_a_day", "P-19", "unlimited");
}

fn patch(entries: &[(&str, Value)]) -> Patch {
    let mut patch = Patch::default();
    for (name, value) in entries {
        patch.set(find(name).unwrap(), *value).unwrap();
    }
    patch
}

#[test]
fn the_apps_section_stands_over_the_origins_over_the_general_part() {
    let (attempts, battery) = ("retry.max_attempts", "periodic.battery");
    let app = AppId::parse("https://news.example/app").unwrap();
    let mut policy = Policy::default();
    policy.rules.stale_intervals = 7;
    let of_origin = patch(&[(attempts, Value::Count(5)), (battery, Value::Count(30))]);
    policy.origins.insert("https://news.example".into(), of_origin);
    policy.apps.insert(app.clone(), patch(&[(attempts, Value::Count(9))]));
    let shown = |rules: Rules| (rules.max_attempts, rules.periodic.battery, rules.stale_intervals);
    assert_eq!(shown(policy.rules_for("https://news.example", Some(&app))), (9, 30, 7));
    assert_eq!(shown(policy.rules_for("https://news.example", None)), (5, 30, 7));
    assert_eq!(shown(policy.rules_for("https://mail.example", Some(&app))), (9, 20, 7));
    assert_eq!(shown(policy.rules_for("https://mail.example", None)), (3, 20, 7));
}

#[test]
fn a_patch_takes_only_what_a_site_may_have() {
    let mut patch = Patch::default();
    let general = find("shares.slots").unwrap();
    assert_eq!(patch.set(general, Value::Count(2)), Err(PatchError::General));
    let attempts = find("retry.max_attempts").unwrap();
    assert!(matches!(patch.set(attempts, Value::Count(0)), Err(PatchError::Value(_))));
    assert_eq!(patch, Patch::default());
    patch.set(attempts, Value::Count(2)).unwrap();
    patch.set(attempts, Value::Count(4)).unwrap();
    assert_eq!(patch.entries().collect::<Vec<_>>(), [(attempts, Value::Count(4))]);
}

#[test]
fn an_origin_has_no_path() {
    let origin = |text: &str| Section::origin(text).map(|section| section.to_string());
    assert_eq!(origin("https://News.example:443").unwrap(), "origin \"https://news.example\"");
    assert_eq!(origin("http://localhost:8080").unwrap(), "origin \"http://localhost:8080\"");
    for path in ["https://news.example/", "https://news.example/app", "https://news.example?q"] {
        let error = origin(path).unwrap_err().to_string();
        assert!(error.ends_with("alone, such as `https://news.example`"), "{error}");
    }
    assert!(origin("news.example").unwrap_err().to_string().contains("is not a URL"));
    assert!(origin("http://news.example").unwrap_err().to_string().contains("https URL"));
}

#[test]
fn keys_that_contradict_one_another_are_all_found() {
    let mut policy = Policy::default();
    assert_eq!(policy.contradictions(), []);
    policy.rules.initial_retry_delay = Duration::from_secs(200_000);
    policy.owner_slots = 20;
    let of_origin =
        [("one_off.battery", Value::Count(30)), ("retry.max_attempts", Value::Count(5))];
    policy.origins.insert("https://news.example".into(), patch(&of_origin));
    let found: Vec<String> = policy
        .contradictions()
        .iter()
        .map(|one| format!("{}:{}: {}", one.section, one.lower.name, one.text))
        .collect();
    assert_eq!(
        found,
        [
            ":retry.initial_delay: value `200000s` is above `retry.max_delay`, which is `1d`",
            ":shares.owner_slots: value `20` is above `shares.slots`, which is `16`",
            "origin \"https://news.example\":one_off.battery: value `30` is above \
             `periodic.battery`, which is `20`",
        ]
    );
}

#[test]
fn an_app_stands_on_the_section_of_its_origin() {
    let mut policy = Policy::default();
    let of_origin = patch(&[("periodic.battery", Value::Count(50))]);
    policy.origins.insert("https://news.example".into(), of_origin);
    let app = AppId::parse("https://news.example/app").unwrap();
    policy.apps.insert(app, patch(&[("one_off.battery", Value::Count(40))]));
    assert_eq!(policy.contradictions(), []);
}

#[test]
fn orders_name_keys_that_exist_and_hold_by_default() {
    for (lower, upper) in super::super::order::ORDERS {
        let (lower, upper) = (find(lower).unwrap(), find(upper).unwrap());
        assert_eq!(lower.kind.unit(), upper.kind.unit(), "{} {}", lower.name, upper.name);
    }
    assert_eq!(Policy::default().contradictions(), []);
}
