//! Imports that are refused: each says why, and changes nothing.

use std::{fmt::Write as _, fs};

use pwasync_client::SyncKind;
use pwasync_e2e::{Ending, Output, Signal};
use serde_json::{Value, json};

use crate::bed::{Bed, LIMIT};

const POLICY: &str = r#"
[shares]
owner_registrations = 6
origin_registrations = 4
registrations = 8
"#;

/// A daemon that has something, and what another one exported.
struct Scene {
    bed: Bed,
    _daemon: pwasync_e2e::Daemon,
    export: String,
    before: (Value, Value),
}

impl Scene {
    async fn begin() -> Self {
        let mut bed = Bed::new();
        let mut other = bed.start().await;
        for (scope, tag) in [
            ("https://mail.example/", "outbox"),
            ("https://mail.example/", "drafts"),
            ("https://news.example/", "comment"),
        ] {
            bed.register(scope, tag, SyncKind::OneOff).await;
        }
        let export = bed.syncctl(&["db", "export"]).await;
        assert_eq!(export.ending, Ending::Good, "{export:?}");
        other.process.stop(LIMIT).await.unwrap();
        let fresh = bed.workdir.folder("fresh", None).unwrap();
        bed.setup.keep_state_in(fresh);
        fs::write(bed.setup.policy(), POLICY).unwrap();
        let daemon = bed.start().await;
        bed.register("https://own.example/", "own", SyncKind::OneOff).await;
        bed.register("https://mail.example/", "outbox", SyncKind::OneOff).await;
        let before = shown(&bed).await;
        Self { bed, _daemon: daemon, export: export.stdout, before }
    }

    async fn import(&self, text: &str, more: &[&str]) -> Output {
        let file = self.bed.file("import.jsonl");
        fs::write(&file, text).unwrap();
        self.bed.syncctl(&[&["db", "import", file.to_str().unwrap()], more].concat()).await
    }

    /// Whether it is tried or meant, it is refused with this and changes nothing.
    async fn refuses(&self, text: &str, why: &str) {
        for more in [&["--dry-run"][..], &[]] {
            let refused = self.import(text, more).await;
            assert_eq!(refused.ending, Ending::Status(1), "{why}: {refused:?}");
            assert!(refused.stdout.contains(why), "{why}: {refused:?}");
            self.is_unchanged(why).await;
        }
    }

    async fn is_unchanged(&self, after: &str) {
        assert_eq!(shown(&self.bed).await, self.before, "after `{after}`");
    }
}

async fn shown(bed: &Bed) -> (Value, Value) {
    (bed.json(&["list", "--json"]).await, bed.json(&["history", "--json"]).await)
}

#[tokio::test]
async fn what_cannot_be_read_is_named_by_its_line() {
    let scene = Scene::begin().await;
    let lines: Vec<&str> = scene.export.split_inclusive('\n').collect();
    let registration = lines.iter().position(|line| line.contains("drafts")).unwrap();
    let number = registration + 1;
    let edited = |from: &str, to: &str| {
        assert!(scene.export.contains(from), "{from}");
        sealed(&scene.export.replace(from, to))
    };
    let (cut, _) = scene.export.split_at(scene.export.len() / 2);
    let cases = [
        (
            scene.export.replace("drafts", "crafts"),
            "the checksum does not match: the file was changed or damaged".to_owned(),
        ),
        (
            edited("\"registrations\":3", "\"registrations\":4"),
            "the counts do not match: lines are missing or were added".to_owned(),
        ),
        (
            sealed(&scene.export.replace(lines[registration], "")),
            "the counts do not match: lines are missing or were added".to_owned(),
        ),
        (
            edited("\"tag\":\"drafts\"", "\"tug\":\"drafts\""),
            format!("line {number}: unknown field `tug`"),
        ),
        (
            edited(
                "\"format\":\"pwasync-export\",\"version\":1",
                "\"format\":\"pwasync-export\",\"version\":2",
            ),
            "line 1: version `2` of the export is not known, this daemon reads version 1".into(),
        ),
        ("- not: JSON\n".to_owned(), "line 1: is not the header of an export of pwasync".into()),
        (
            edited(lines[registration], "not JSON\n"),
            format!("line {number}: expected value in column 1"),
        ),
        (String::new(), "line 1: the end is missing: the file was cut short".to_owned()),
        (cut.to_owned(), "the end is missing: the file was cut short".to_owned()),
        (format!("{}{}", scene.export, lines[1]), "follows the end".to_owned()),
        (
            edited(lines[registration], &lines[registration].repeat(2)),
            format!("line {}: stands in a place where no such line may stand", number + 1),
        ),
    ];
    for (text, why) in cases {
        scene.refuses(&text, &why).await;
    }
    // Each error is told, and how many there are.
    let many = format!("{}{}", lines[0], "nonsense\n".repeat(500));
    let file = scene.bed.file("many.jsonl");
    fs::write(&file, many).unwrap();
    let refused = scene.bed.syncctl(&["db", "import", file.to_str().unwrap(), "--json"]).await;
    assert_eq!(refused.ending, Ending::Status(1), "{refused:?}");
    let told: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(told["problem_count"], 501, "{told}");
    assert_eq!(told["problems"].as_array().unwrap().len(), 20, "{told}");
    scene.is_unchanged("many").await;
}

#[tokio::test]
async fn what_does_not_fit_is_not_taken_in_part() {
    let scene = Scene::begin().await;
    let lines: Vec<&str> = scene.export.split_inclusive('\n').collect();
    let model = lines.iter().find(|line| line.contains("drafts")).unwrap();
    // So many more of an origin, or of another owner each, behind the last of the export.
    let with = |count: usize, edit: &dyn Fn(usize, Value) -> Value| {
        let mut text = String::new();
        for line in &lines {
            if line.starts_with("{\"end\"") {
                continue;
            }
            text.push_str(line);
            if line.contains("\"comment\"") && line.starts_with("{\"registration\"") {
                for number in 0..count {
                    let mut one: Value = serde_json::from_str(model).unwrap();
                    one["registration"]["id"] = json!(100 + number);
                    one["registration"]["tag"] = json!(format!("more {number}"));
                    writeln!(text, "{}", edit(number, one)).unwrap();
                }
            }
        }
        let end = lines.last().unwrap();
        let counted = format!("\"registrations\":{}", 3 + count);
        sealed(&format!("{text}{}", end.replace("\"registrations\":3", &counted)))
    };
    let same = |_: usize, one: Value| one;
    let spread = |number: usize, mut one: Value| {
        one["registration"]["scope"] = json!(format!("https://site{number}.example/"));
        one
    };
    let others = |number: usize, mut one: Value| {
        one["registration"]["owner_uid"] = json!(70_000 + number / 3);
        one["registration"]["scope"] = json!(format!("https://site{number}.example/"));
        one
    };
    let origin =
        "registrations of origin `https://mail.example` of owner `0`: 5 is more than the limit 4";
    scene.refuses(&with(3, &same), origin).await;
    let owner = "registrations of owner `0`: 7 is more than the limit 6";
    scene.refuses(&with(3, &spread), owner).await;
    scene.refuses(&with(5, &others), "registrations: 9 is more than the limit 8").await;
    // What fits is taken, whole.
    let text = with(2, &spread);
    let tried = scene.import(&text, &["--dry-run", "--json"]).await;
    assert_eq!(tried.ending, Ending::Good, "{tried:?}");
    scene.is_unchanged("a trial").await;
    let taken = scene.import(&text, &["--json"]).await;
    assert_eq!(taken.ending, Ending::Good, "{taken:?}");
    let [tried, taken]: [Value; 2] =
        [tried, taken].map(|output| serde_json::from_str(&output.stdout).unwrap());
    assert_eq!(tried["registrations"], taken["registrations"]);
    assert_eq!(taken["registrations"]["added"], 4, "{taken}");
    let (list, _) = shown(&scene.bed).await;
    assert_eq!(list["registrations"].as_array().unwrap().len(), 6, "{list}");
}

#[tokio::test]
async fn an_import_that_breaks_off_changes_nothing() {
    let scene = Scene::begin().await;
    let mut importer = scene.bed.command(&["db", "import", "-"]).spawn(None).unwrap();
    let lines: Vec<&str> = scene.export.lines().collect();
    for line in &lines[..lines.len() - 1] {
        importer.write_line(line).await.unwrap();
    }
    // Longer than what waits between the two: it has gone on reading, and sending.
    let padding = " ".repeat(256 << 10);
    importer.write_line(&padding).await.unwrap();
    importer.signal(Signal::Kill).unwrap();
    assert_eq!(importer.ended(LIMIT).await.unwrap(), Ending::Signal);
    scene.is_unchanged("a killed import").await;
    // Nor is anything in the way of the next.
    let taken = scene.import(&scene.export, &[]).await;
    assert_eq!(taken.ending, Ending::Good, "{taken:?}");
}

/// With the checksum that belongs to it.
fn sealed(text: &str) -> String {
    let end = text.rfind("{\"end\":").unwrap();
    let crc = text.rfind("\"crc32\":\"").unwrap() + "\"crc32\":\"".len();
    let sum = crc32(&text.as_bytes()[..end]);
    format!("{}{sum:08x}{}", &text[..crc], &text[crc + 8..])
}

/// That of the form of exports, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !bytes.iter().fold(!0, byte)
}
