use std::fs;

use expect_test::{Expect, expect};
use pwasync_core::{key::AppId, policy::Value};
use tempfile::TempDir;

use super::*;

/// A folder of policy files.
struct Bed(TempDir);

impl Bed {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("p.toml.d")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn source(&self) -> PolicySource {
        PolicySource {
            file: Some(PolicyFile::Named(self.0.path().join("p.toml"))),
            network_settle: None,
            grid_offset: GridOffset::Fixed(Duration::ZERO),
        }
    }

    fn load(&self) -> LoadedPolicy {
        self.source().load().unwrap_or_else(|problems| panic!("{problems}"))
    }

    #[track_caller]
    fn check(&self, expected: Expect) {
        let problems = self.source().load().unwrap_err().to_string();
        expected.assert_eq(&problems.replace(&format!("{}/", self.0.path().display()), ""));
    }
}

fn place_of(loaded: &LoadedPolicy, section: &Section, name: &str) -> String {
    let described = loaded.describe();
    let one = described.iter().find(|one| one.section == *section && one.key.name == name).unwrap();
    one.place.as_ref().map_or_else(|| "default".to_owned(), Place::to_string)
}

#[test]
fn c_060_c_090_without_files_everything_is_as_by_default() {
    let none = PolicySource {
        file: None,
        network_settle: None,
        grid_offset: GridOffset::Fixed(Duration::ZERO),
    };
    let loaded = none.load().unwrap();
    assert_eq!((loaded.policy, loaded.files), (Policy::default(), Vec::new()));
    let folder = tempfile::tempdir().unwrap();
    let file = PolicyFile::Default(folder.path().join("absent/p.toml"));
    let loaded = PolicySource { file: Some(file), ..none }.load().unwrap();
    assert_eq!((loaded.policy, loaded.files), (Policy::default(), Vec::new()));
}

#[test]
fn c_091_what_is_not_set_stays_as_by_default() {
    let text = "one_off.permission = \"denied\"\nretry.initial_delay = \"100s\"\n";
    let loaded = Bed::new(&[("p.toml", text)]).load();
    let mut expected = Policy::default();
    expected.rules.one_off.permission = pwasync_core::policy::Permission::Denied;
    expected.rules.initial_retry_delay = Duration::from_secs(100);
    assert_eq!(loaded.policy, expected);
}

#[test]
fn a_named_file_must_exist() {
    Bed::new(&[]).check(expect![[r#"
        1 mistake in the policy
        p.toml: does not exist"#]]);
}

#[test]
fn drop_ins_stand_over_the_main_file_in_the_order_of_their_names() {
    let bed = Bed::new(&[
        ("p.toml", "[retry]\nmax_attempts = 5\nfactor = 2\n"),
        ("p.toml.d/20-more.toml", "retry.max_attempts = 7\n[grid]\nlong = \"30m\"\n"),
        ("p.toml.d/10-some.toml", "# nothing\n"),
        ("p.toml.d/.hidden.toml", "rubbish"),
        ("p.toml.d/notes.txt", "rubbish"),
        ("p.toml.d/30-same.toml", "grid.long = \"1800s\"\n"),
    ]);
    let loaded = bed.load();
    assert_eq!(loaded.policy.rules.max_attempts, 7);
    assert_eq!(loaded.policy.rules.retry_factor, 2);
    assert_eq!(loaded.policy.grid_long, Duration::from_secs(1_800));
    let names: Vec<&str> =
        loaded.files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["p.toml", "10-some.toml", "20-more.toml", "30-same.toml"]);
    let place = |name: &str| place_of(&loaded, &Section::General, name);
    assert!(place("retry.max_attempts").ends_with("/p.toml.d/20-more.toml:1"));
    assert!(place("retry.factor").ends_with("/p.toml:3"));
    assert!(place("grid.long").ends_with("/p.toml.d/30-same.toml:1"));
    assert_eq!(place("grid.short"), "default");
}

#[test]
fn a_mistyped_key_a_wrong_unit_a_number_out_of_range_and_a_conflict_are_told_at_once() {
    Bed::new(&[
        ("p.toml", "[retry]\ninital_delay = \"5m\"\n[network]\nsettle = 5\n"),
        ("p.toml.d/a.toml", "[retry]\nmax_attempts = 100000\n[grid]\nlong = \"10m\"\n"),
        ("p.toml.d/b.toml", "[grid]\nlong = \"20m\"\n[shares\n"),
    ])
    .check(expect![[r#"
        5 mistakes in the policy
        p.toml:2:1: key `retry.inital_delay`: is no key of the policy: did you mean `retry.initial_delay`?
        p.toml:4:10: key `network.settle`: value `5` needs a unit, such as `5s`
        p.toml.d/a.toml:2:16: key `retry.max_attempts`: value `100000` is above the limit `1000`
        p.toml.d/b.toml:2:8: key `grid.long`: is `20m` here and `10m` in p.toml.d/a.toml:4
        p.toml.d/b.toml:3:8: unclosed table, expected `]`"#]]);
}

#[test]
fn keys_that_contradict_one_another_are_named_with_both_places() {
    Bed::new(&[
        ("p.toml", "retry.initial_delay = \"2d\"\nevent.launched_start_limit = \"10s\"\n"),
        ("p.toml.d/a.toml", "[origin.\"https://news.example\"]\none_off.battery = 50\n"),
        ("p.toml.d/b.toml", "[app.\"https://news.example/app\"]\nperiodic.battery = 10\n"),
    ])
    .check(expect![[r#"
        4 mistakes in the policy
        p.toml:1:23: key `retry.initial_delay`: value `2d` is above `retry.max_delay`, which is `1d` (default)
        p.toml:2:30: key `event.start_limit`: value `30s` is above `event.launched_start_limit`, which is `10s` (p.toml:2)
        p.toml.d/a.toml:2:19: key `one_off.battery`: value `50` is above `periodic.battery`, which is `10` (p.toml.d/b.toml:2)
        p.toml.d/a.toml:2:19: key `one_off.battery`: value `50` is above `periodic.battery`, which is `20` (default)"#]]);
}

#[test]
fn a_wrong_value_contradicts_nothing() {
    Bed::new(&[("p.toml", "[retry]\ninitial_delay = \"2d\"\nmax_delay = \"3\"\n")]).check(expect![
        [r#"
            1 mistake in the policy
            p.toml:3:13: key `retry.max_delay`: value `3` needs a unit, such as `3s`"#]
    ]);
}

#[test]
fn one_origin_spelt_in_two_ways_is_one_section() {
    Bed::new(&[(
        "p.toml",
        "[origin.\"https://news.example\"]\nretry.factor = 2\n\
         [origin.\"https://News.example:443\"]\nretry.factor = 4\n",
    )])
    .check(expect![[r#"
        1 mistake in the policy
        p.toml:2:16: key `retry.factor`: is `2` here and `4` in p.toml:4"#]]);
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let bed = Bed::new(&[("p.toml", "retry.factor = 0")]);
    let folder = bed.0.path().join("p.toml.d");
    fs::write(folder.join("a.toml"), b"\xff").unwrap();
    fs::write(folder.join("b.toml"), vec![b'\n'; (1 << 20) + 1]).unwrap();
    fs::create_dir(folder.join("c.toml")).unwrap();
    nix::unistd::mkfifo(&folder.join("d.toml"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all", folder.join("e.toml")).unwrap();
    fs::write(folder.join("f.toml"), vec![b'\n'; 1 << 20]).unwrap();
    bed.check(expect![[r#"
        6 mistakes in the policy
        p.toml:1:16: key `retry.factor`: value `0` is below the limit `1`
        p.toml.d/a.toml: is not UTF-8
        p.toml.d/b.toml: is larger than the limit 1048576 bytes
        p.toml.d/c.toml: is no regular file
        p.toml.d/d.toml: is no regular file
        p.toml.d/e.toml: does not exist"#]]);
}

#[test]
fn there_are_limits_on_files_and_sites() {
    let bed = Bed::new(&[("p.toml", "")]);
    for number in 0..257 {
        fs::write(bed.0.path().join(format!("p.toml.d/{number}.toml")), "").unwrap();
    }
    bed.check(expect![[r#"
        1 mistake in the policy
        p.toml.d: has 257 files, more than the limit 256"#]]);
    let sites: String = (0..1_002)
        .map(|site| format!("[origin.\"https://{site}.example\"]\nretry.factor = 2\n"))
        .collect();
    Bed::new(&[("p.toml", &sites)]).check(expect![[r#"
        2 mistakes in the policy
        p.toml:1998:16: key `retry.factor`: sites have more sections than the limit 1000
        p.toml:2000:16: key `retry.factor`: sites have more sections than the limit 1000"#]]);
}

#[test]
fn the_flag_stands_over_every_file() {
    let bed = Bed::new(&[("p.toml", "network.settle = \"2s\"\n")]);
    assert_eq!(bed.load().policy.settle, Duration::from_secs(2));
    let settle = Some(Duration::from_millis(7));
    let loaded = PolicySource { network_settle: settle, ..bed.source() }.load().unwrap();
    assert_eq!(loaded.policy.settle, Duration::from_millis(7));
    assert_eq!(place_of(&loaded, &Section::General, "network.settle"), "--network-settle");
}

#[test]
fn the_grid_begins_within_its_longest_slot() {
    let bed = Bed::new(&[("p.toml", "grid.long = \"1m\"\ngrid.middle = \"2m\"\n")]);
    let grid_offset = GridOffset::Machine(500_001);
    let loaded = PolicySource { grid_offset, ..bed.source() }.load().unwrap();
    assert_eq!(loaded.policy.grid_offset, Duration::from_millis(500_001 % 120_000));
}

#[test]
fn a_policy_is_described_value_by_value() {
    let text = "retry.factor = 2\n[app.\"https://a.example/\"]\nretry.factor = 4\n";
    let loaded = Bed::new(&[("p.toml", text)]).load();
    let described = loaded.describe();
    assert_eq!(described.len(), keys::all().count() + 1);
    let last = described.last().unwrap();
    assert_eq!(
        (last.section.to_string().as_str(), last.value),
        ("app \"https://a.example/\"", Value::Count(4))
    );
    let app = Section::App(AppId::parse("https://a.example/").unwrap());
    assert!(place_of(&loaded, &app, "retry.factor").ends_with("p.toml:3"));
}

#[test]
fn what_a_reload_changes_is_told() {
    let bed = Bed::new(&[(
        "p.toml",
        "retry.factor = 2\n[origin.\"https://a.example\"]\nretry.factor = 4\n",
    )]);
    let before = bed.load();
    assert_eq!(before.changes_since(&before), []);
    let text = "\n[app.\"a\"]\nretry.factor = 5\n[shares]\nslots = 20\n";
    fs::write(bed.0.path().join("p.toml"), text).unwrap();
    let changes: Vec<String> = bed
        .load()
        .changes_since(&before)
        .iter()
        .map(|change| {
            let shown =
                |value: Option<Value>| value.map_or("–".into(), |value| value.to_string());
            let (before, after) = (shown(change.before), shown(change.after));
            format!("{} {}: {before} -> {after}", change.section, change.key.name)
        })
        .collect();
    assert_eq!(
        changes,
        [
            " retry.factor: 2 -> 3",
            " shares.slots: 16 -> 20",
            "app \"a\" retry.factor: – -> 5",
            "origin \"https://a.example\" retry.factor: 4 -> –",
        ]
    );
}
