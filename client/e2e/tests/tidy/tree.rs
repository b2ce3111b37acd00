//! The text files of the repository, read once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::imports::imports;

static REPOSITORY: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree = Tree::default();
    tree.read(&Tree::root(), "");
    tree
});

/// Paths relative to the root, with `/`, and what the files say.
#[derive(Clone, Default)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, String>,
    /// Folders at the root.
    pub(crate) top: Vec<String>,
}

impl Tree {
    pub(crate) fn repository() -> &'static Self {
        &REPOSITORY
    }

    pub(crate) fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// The same with one file more, or another.
    pub(crate) fn with(&self, path: &str, text: &str) -> Self {
        let mut tree = self.clone();
        tree.files.insert(path.to_owned(), text.to_owned());
        if let Some((folder, _)) = path.split_once('/')
            && !tree.top.iter().any(|top| top == folder)
        {
            tree.top.push(folder.to_owned());
        }
        tree
    }

    /// Files below a folder (or the very file) whose name ends in one of the endings.
    pub(crate) fn below<'a>(
        &'a self,
        place: &'a str,
        endings: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files.iter().filter_map(move |(path, text)| {
            let inside = path.strip_prefix(place).is_some_and(|rest| {
                rest.is_empty() || place.is_empty() || place.ends_with('/') || rest.starts_with('/')
            });
            let wanted = endings.iter().any(|ending| path.ends_with(ending));
            (inside && wanted).then_some((path.as_str(), text.as_str()))
        })
    }

    /// Each line that is no comment, and each import written out, that contains one of the words:
    /// as `path:line: word`.
    pub(crate) fn lines_with(path: &str, text: &str, words: &[&str]) -> Vec<String> {
        let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.to_owned()));
        let lines = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
        let mut found = Vec::new();
        for (number, line) in lines.chain(imports(text)) {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{path}:{number}: `{word}`"));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    fn read(&mut self, folder: &Path, prefix: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{prefix}{name}");
            if name == ".git" {
                continue;
            }
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                if prefix.is_empty() {
                    if name == "target" {
                        continue;
                    }
                    self.top.push(name);
                }
                self.read(&entry.path(), &format!("{path}/"));
            } else if kind.is_file()
                && let Ok(text) = String::from_utf8(fs::read(entry.path()).unwrap())
            {
                self.files.insert(path, text);
            }
        }
    }
}
