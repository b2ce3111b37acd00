//! `use` items, written out: `use a::{b, c::{d, e}};` is `a::b`, `a::c::d`, `a::c::e`.

/// All paths that the `use` items of a file import, each with the line it begins on.
pub(crate) fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let item = line.trim_start();
        let item = item.strip_prefix("pub ").unwrap_or(item);
        let item = item.strip_prefix("pub(crate) ").unwrap_or(item);
        if item.starts_with("use ") {
            let start = at + line.find("use ").map_or(0, |offset| offset + 4);
            let rest = &text[start..];
            let tree: String = rest.chars().take_while(|c| *c != ';').collect();
            let bare: String = tree.chars().filter(|c| !c.is_whitespace()).collect();
            expand("", &bare, &mut |path| found.push((number + 1, path)));
        }
        at += line.len();
    }
    found
}

fn expand(prefix: &str, tree: &str, found: &mut impl FnMut(String)) {
    let Some((head, rest)) = tree.split_once('{') else {
        found(format!("{prefix}{tree}"));
        return;
    };
    let prefix = format!("{prefix}{head}");
    let inner = rest.strip_suffix('}').unwrap_or(rest);
    let mut depth = 0;
    let mut start = 0;
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand_branch(&prefix, &inner[start..at], found);
                start = at + 1;
            }
            _ => {}
        }
    }
    expand_branch(&prefix, &inner[start..], found);
}

fn expand_branch(prefix: &str, branch: &str, found: &mut impl FnMut(String)) {
    if !branch.is_empty() {
        expand(prefix, branch, found);
    }
}

#[test]
fn nested_imports_are_written_out() {
    let text =
        "use std::fs;\n\npub use crate::{\n    a::B,\n    store::{self, record::{C, D}},\n};\n";
    let expected = [
        "std::fs",
        "crate::a::B",
        "crate::store::self",
        "crate::store::record::C",
        "crate::store::record::D",
    ];
    let found: Vec<String> = imports(text).into_iter().map(|(_, path)| path).collect();
    assert_eq!(found, expected);
    assert_eq!(imports(text)[1].0, 3);
}
