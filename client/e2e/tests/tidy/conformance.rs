//! The table of rules names each of them, and only tests that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::tree::Tree;
use crate::{check, demand_none};

const TABLE: &str = "docs/conformance.md";
/// Rows that a test shows, at least.
const SHOWN: usize = 150;

/// Numbers of each series; drafts and Chromium leave gaps.
const SERIES: [(&str, &[RangeInclusive<u32>]); 9] = [
    ("S-O-", &[1..=6, 10..=16, 20..=20, 30..=42]),
    ("S-P-", &[1..=8, 10..=16, 20..=21, 30..=33, 40..=45, 50..=53]),
    ("K-", &[1..=22]),
    ("A-", &[1..=23]),
    ("E-", &[1..=18, 20..=34]),
    ("P-", &[1..=19]),
    ("D-", &[1..=8]),
    ("Q-", &[1..=7]),
    ("L-", &[1..=18]),
];
/// Scenarios that Chromium has a test for, by the numbers that stand in the table.
const SCENARIOS: [u32; 185] = [
    1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24, 25, 27, 28, 30, 31, 33, 34, 36, 37,
    39, 40, 42, 43, 45, 46, 48, 49, 51, 52, 54, 55, 57, 58, 60, 61, 63, 64, 67, 69, 70, 72, 73, 75,
    76, 78, 79, 81, 82, 84, 85, 87, 88, 90, 91, 93, 94, 96, 97, 99, 100, 102, 103, 105, 106, 108,
    109, 111, 112, 114, 115, 117, 118, 120, 121, 123, 124, 126, 127, 129, 130, 132, 133, 135, 136,
    138, 139, 141, 142, 144, 145, 147, 148, 150, 151, 153, 154, 156, 157, 159, 160, 162, 163, 165,
    166, 168, 169, 171, 172, 174, 175, 177, 178, 180, 181, 183, 184, 186, 187, 189, 190, 192, 193,
    195, 196, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214,
    215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233,
    234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252,
];
const OUTCOMES: [&str; 9] = [
    "COMPLETED",
    "REJECTED",
    "TIMED_OUT",
    "OFFLINE",
    "ABORTED",
    "UNAVAILABLE",
    "SCOPE_GONE",
    "LOST_UNSTARTED",
    "LOST_STARTED",
];

#[test]
fn the_table_of_rules_names_only_tests_that_exist() {
    let row = "| rule | is | test |\n| --- | --- | --- |\n| P-01 | x | `no_such_test` |\n";
    check(unknown_tests, "each test exists", TABLE, row);
    let helper = "fn no_such_test() {}\n";
    let with_helper = Tree::repository().with(TABLE, row).with("daemon/src/helper.rs", helper);
    assert_eq!(unknown_tests(&with_helper).len(), 1, "a function that is no test passed");
}

#[test]
fn the_table_of_rules_names_every_rule_once() {
    check(missing_rules, "each rule has a row", TABLE, "| P-01 | x | `y` |\n");
    let twice = format!("{}\n| P-01 | x | `y` |\n", Tree::repository().files[TABLE]);
    assert_eq!(missing_rules(&Tree::repository().with(TABLE, &twice)).len(), 1);
}

#[test]
fn the_table_of_rules_shows_most_of_them() {
    check(too_few_tests, "150 rows have a test", TABLE, "| P-01 | x | `y` |\n");
}

#[test]
fn the_table_of_rules_says_why_where_there_is_no_test() {
    check(silent_rows, "a test or a reason", TABLE, "| P-01 | x | — |\n");
    demand_none("a reason", &silent_rows(&Tree::default().with(TABLE, "| P-01 | x | — no |\n")));
}

/// What stands in a row: the tests, or why there is none.
struct Row<'a> {
    number: String,
    cell: &'a str,
}

impl<'a> Row<'a> {
    fn tests(&self) -> impl Iterator<Item = &'a str> {
        self.cell.split('`').skip(1).step_by(2)
    }
}

/// The rows of all tables. Outcomes and codes share names: theirs are told apart by their heads.
fn rows(tree: &Tree) -> Vec<Row<'_>> {
    let text = tree.files.get(TABLE).map_or("", String::as_str);
    let mut rows = Vec::new();
    let mut head = "";
    for line in text.lines() {
        let Some(line) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            continue;
        };
        let cells: Vec<_> = line.split(" | ").collect();
        let [number, _, cell] = cells[..] else { continue };
        if cell == "shown by" {
            head = number;
        } else if number != "---" {
            let number = match head {
                "outcome" | "code" => format!("{head} {number}"),
                _ => number.to_owned(),
            };
            rows.push(Row { number, cell });
        }
    }
    rows
}

/// Functions below an attribute that makes a test of them, `proptest!` blocks included.
fn tests(tree: &Tree) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (_, text) in tree.below("", &[".rs"]) {
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            let function = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                marked = true;
            } else if let Some(function) = function {
                if marked {
                    found.extend(function.split(['(', '<']).next());
                }
                marked = false;
            }
        }
    }
    found
}

fn unknown_tests(tree: &Tree) -> Vec<String> {
    let known = tests(tree);
    let rows = rows(tree);
    let named = rows.iter().flat_map(|row| row.tests().map(move |test| (&row.number, test)));
    named
        .filter(|(_, test)| !known.contains(test))
        .map(|(number, test)| format!("{TABLE}: {number}: no test `{test}`"))
        .collect()
}

fn missing_rules(tree: &Tree) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(tree) {
        *counts.entry(row.number).or_default() += 1;
    }
    let count = |number: &String| counts.get(number).copied().unwrap_or(0);
    all_rules(tree)
        .into_iter()
        .filter(|number| count(number) != 1)
        .map(|number| format!("{TABLE}: {number} has {} rows", count(&number)))
        .collect()
}

fn all_rules(tree: &Tree) -> Vec<String> {
    let mut all = Vec::new();
    for (series, ranges) in SERIES {
        for number in ranges.iter().cloned().flatten() {
            all.push(match series {
                "D-" | "Q-" => format!("{series}{number}"),
                _ => format!("{series}{number:02}"),
            });
        }
    }
    all.extend(SCENARIOS.map(|number| format!("C{number:03}")));
    all.extend(OUTCOMES.map(|outcome| format!("outcome {outcome}")));
    all.extend(codes(tree).into_iter().map(|code| format!("code {code}")));
    all
}

/// The stable codes, as the protocol has them.
fn codes(tree: &Tree) -> BTreeSet<&str> {
    let below = tree.below("proto/pwasync/v1", &[".proto"]);
    let lines = below.flat_map(|(_, text)| text.lines());
    let values = lines.filter_map(|line| line.trim().strip_prefix("BLOCKER_CODE_"));
    let names = values.filter_map(|value| value.split_once(" =").map(|(name, _)| name));
    names.filter(|name| *name != "UNSPECIFIED").collect()
}

fn too_few_tests(tree: &Tree) -> Vec<String> {
    let shown = rows(tree).iter().filter(|row| row.tests().next().is_some()).count();
    let few = shown < SHOWN;
    few.then(|| format!("{TABLE}: {shown} rows have a test, {SHOWN} must")).into_iter().collect()
}

fn silent_rows(tree: &Tree) -> Vec<String> {
    let silent = |row: &Row<'_>| {
        let reason = row.cell.strip_prefix("— ").unwrap_or_default();
        row.tests().next().is_none() && reason.trim().is_empty()
    };
    let rows = rows(tree);
    let silent = rows.iter().filter(|row| silent(row));
    silent.map(|row| format!("{TABLE}: {} has neither test nor reason", row.number)).collect()
}
