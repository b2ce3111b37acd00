//! `db import`.

use std::fs::File;
use std::io::{self, Read};

use pwasync_client::{ImportMode, ImportTally, Imported};

use super::super::Context;
use super::ImportArguments;
use super::progress::Progress;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ImportDocument;
use crate::settings::Format;
use crate::text::{Cell, Look, Table, escape};

/// Read at a time.
const PIECE: usize = 48 << 10;

pub(super) async fn run(
    context: &mut Context,
    arguments: ImportArguments,
) -> Result<Exit, Failure> {
    let ImportArguments { file, dry_run } = arguments;
    let mode = if dry_run { ImportMode::DryRun } else { ImportMode::Apply };
    let failed = |source| Failure::Read { file: file.clone(), source };
    let (mut source, expected): (Box<dyn Read>, u64) = if file.as_os_str() == "-" {
        (Box::new(io::stdin().lock()), 0)
    } else {
        let opened = File::open(&file).map_err(failed)?;
        let length = opened.metadata().map_err(failed)?.len();
        (Box::new(opened), length)
    };
    let mut progress = Progress::bytes(expected);
    let mut done = 0;
    let imported = context
        .client
        .import(mode, async || {
            let mut piece = vec![0; PIECE];
            let length = source.read(&mut piece)?;
            piece.truncate(length);
            done += length as u64;
            progress.set(done, expected);
            Ok((length > 0).then_some(piece))
        })
        .await
        .map_err(failed)??;
    drop(progress);
    match context.format {
        Format::People => context.output.text(&words(&imported, mode, &context.look))?,
        Format::Json => context.output.json(&ImportDocument::new(&imported, mode))?,
    }
    match imported.problem_count {
        0 => Ok(Exit::Ok),
        problems => Err(Failure::ImportRefused { problems }),
    }
}

fn words(imported: &Imported, mode: ImportMode, look: &Look) -> String {
    if imported.problem_count > 0 {
        let mut text: String =
            imported.problems.iter().map(|problem| format!("{}\n", escape(problem))).collect();
        let more = imported.problem_count.saturating_sub(imported.problems.len() as u64);
        if more > 0 {
            text.push_str(&format!("and {more} more\n"));
        }
        return text;
    }
    let mut table = Table::new(&["", "ADDED", "CHANGED", "UNCHANGED", "LEFT OUT"]);
    let mut row = |name: &str, tally: ImportTally| {
        let ImportTally { added, changed, unchanged, left_out } = tally;
        let counts = [added, changed, unchanged, left_out];
        if counts != [0; 4] {
            let cells = counts.iter().map(|count| Cell::new(count.to_string()));
            table.row([Cell::new(name)].into_iter().chain(cells).collect());
        }
    };
    row("registrations", imported.registrations);
    row("sites", imported.sites);
    row("profiles", imported.profiles);
    row("pauses and overrides", imported.leases);
    row("history", imported.history);
    row("owners", imported.owners);
    let table = table.render(look);
    match mode {
        ImportMode::Apply => table,
        ImportMode::DryRun => format!("{table}nothing was changed: this was a dry run\n"),
    }
}
