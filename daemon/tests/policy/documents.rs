//! The documents say what the table of keys says.
//!
//! `UPDATE_EXPECT=1 cargo test -p pwasyncd --test policy` writes them anew.

use std::{fmt::Write, fs, path::Path, time::Duration};

use expect_test::expect_file;
use pwasync_core::policy::{
    Policy,
    keys::{GROUPS, Key, Reach},
};
use pwasyncd::policy::{GridOffset, PolicyFile, PolicySource};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pwasyncd.toml");
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/policy.md");
/// The generated part of the document.
const BEGIN: &str = "<!-- keys: generated -->\n";
const END: &str = "<!-- end of keys -->\n";
/// Comments of the sample are not wider.
const WIDTH: usize = 96;

const HEAD: &str = "\
# The policy of pwasyncd: when background syncs may run.
#
# Every key stands here with its default, commented out. What you change goes into this file, or
# into files `*.toml` of the folder `pwasyncd.toml.d` beside it, which stand over it. Try what you
# changed with `pwasyncd --check-config`, then `systemctl reload pwasyncd`.
#
# Durations have a unit: `500ms`, `30s`, `15m`, `12h`, `7d`, `1h30m`.
";

const SITES: &str = "
# A site may have values of its own, for its origin or for one app: the keys that say so above. An
# app's section stands over its origin's, which stands over what holds for everybody.
#
#[origin.\"https://news.example\"]
#retry.max_attempts = 5
#periodic.metered = \"allowed\"
#
#[app.\"https://news.example/reader\"]
#budget.wakes_a_day = 20

# What is known better than NetworkManager knows it may be said of one network: by its interface, the
# name of its Wi-Fi, or the name or UUID of NetworkManager's connection. What is said of a connection
# stands over its Wi-Fi's, and that over its interface's.
#
#[interface.\"wwan0\"]
#network.metered = \"yes\"
#
#[ssid.\"Phone\"]
#network.metered = \"yes\"
#
#[connection.\"Office\"]
#network.online = \"yes\"
";

#[test]
fn the_sample_file_has_every_key_at_its_default() {
    expect_file![SAMPLE].assert_eq(&sample());
}

#[test]
fn the_document_lists_every_key() {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    expect_file![DOCUMENT].assert_eq(&format!("{before}{BEGIN}{}{END}{after}", tables()));
}

#[test]
fn the_sample_file_is_the_default_policy_with_and_without_its_comments() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pwasyncd.toml");
    let text = sample();
    fs::write(&file, &text).unwrap();
    assert_eq!(load(&file), Policy::default());
    let general = text.strip_suffix(SITES).unwrap();
    let uncommented: String = general
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .filter(|line| !line.starts_with('#'))
        .fold(String::new(), |text, line| text + line + "\n");
    fs::write(&file, &uncommented).unwrap();
    assert_eq!(load(&file), Policy::default());
    let keys = GROUPS.iter().map(|group| group.keys.len()).sum::<usize>();
    assert_eq!(uncommented.matches(" = ").count(), keys);
    let sites: String = SITES
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')))
        .fold(String::new(), |text, line| text + line + "\n");
    fs::write(&file, sites).unwrap();
    let policy = load(&file);
    assert_eq!((policy.origins.len(), policy.apps.len()), (1, 1));
}

fn load(file: &Path) -> Policy {
    let source = PolicySource {
        file: Some(PolicyFile::Named(file.to_owned())),
        network_settle: None,
        grid_offset: GridOffset::Fixed(Duration::ZERO),
    };
    source.load().unwrap_or_else(|problems| panic!("{problems}")).policy
}

fn sample() -> String {
    let mut text = HEAD.to_owned();
    for group in &GROUPS {
        write!(text, "\n{}\n[{}]\n", comment(group.about), group.name).unwrap();
        for key in group.keys {
            let (_, name) = key.name.split_once('.').unwrap();
            let of_site = match key.reach() {
                Reach::General => "",
                Reach::Site => " A site may have its own.",
                Reach::Network => " A network may have its own.",
            };
            let rule = if key.rule.is_empty() { String::new() } else { format!(" ({})", key.rule) };
            let about = format!("{} Takes {}{rule}.{of_site}", key.about, key.kind.range());
            let default = key.default().quoted();
            write!(text, "\n{}\n#{name} = {default}\n", comment(&about)).unwrap();
        }
    }
    text + SITES
}

/// Lines of a comment, none of them long.
fn comment(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in text.split(' ') {
        let last = lines.last().unwrap().len();
        if last + 1 + word.len() > WIDTH {
            lines.push("#".to_owned());
        }
        let line = lines.last_mut().unwrap();
        line.push(' ');
        line.push_str(word);
    }
    lines.join("\n")
}

fn tables() -> String {
    let mut text = String::new();
    for group in &GROUPS {
        write!(text, "\n### `[{}]`\n\n{}\n\n", group.name, group.about).unwrap();
        text += "| key | default | range | meaning | rule | site |\n";
        text += "| --- | --- | --- | --- | --- | --- |\n";
        for key in group.keys {
            let site = match key.reach() {
                Reach::General => "–",
                Reach::Site => "yes",
                Reach::Network => "network",
            };
            let (default, range) = (key.default().quoted(), key.kind.range());
            let Key { name, about, rule, .. } = key;
            let rule = if rule.is_empty() { "–" } else { rule };
            writeln!(text, "| `{name}` | `{default}` | {range} | {about} | {rule} | {site} |")
                .unwrap();
        }
    }
    text + "\n"
}
