//! A whole run: every figure in its turn, then the table and the files.

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Args;
use pwasync_e2e::{Binaries, Workdir};

use crate::{
    clock::Moment,
    figures::{ENTRIES, Entry, Outcome},
    report::{self, Section},
    stage::{Pace, Stage},
};

/// How a figure's time stands to that of a full run.
const QUICK_SECONDS: f64 = 0.5;
const FULL_SECONDS: f64 = 2.0;
/// An entry that takes longer hangs. The longest counts to a million.
const ENTRY_LIMIT: Duration = Duration::from_secs(1_800);

/// What to measure and where to write.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Entries to measure, or the beginnings of their names; none: all
    #[arg(value_delimiter = ',')]
    only: Vec<String>,
    /// Measure for a short time: to try the benchmarks, not to believe them
    #[arg(long)]
    quick: bool,
    /// Where `results.jsonl` goes
    #[arg(long, value_name = "FOLDER")]
    results: PathBuf,
    /// The document to write; only a full run of all entries writes it
    #[arg(long, value_name = "FILE")]
    docs: Option<PathBuf>,
}

/// Measures, prints and writes; fails when a bound does not hold.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let wanted = wanted(&arguments.only)?;
    raise_descriptors();
    let pace = if arguments.quick {
        Pace { rounds: 3, span: Duration::from_secs_f64(QUICK_SECONDS), scale: 10 }
    } else {
        Pace { rounds: 5, span: Duration::from_secs_f64(FULL_SECONDS), scale: 1 }
    };
    let binaries = Binaries::find()?;
    fs::create_dir_all(&arguments.results).context("cannot make the folder of the results")?;
    let results = arguments.results.join("results.jsonl");
    let mut sections = Vec::new();
    for (at, entry) in wanted.iter().enumerate() {
        let workdir = Workdir::create().context("cannot make a folder")?;
        let stage = Stage::new(&binaries, &workdir, pace, entry.name);
        stage.says(&format!("{} of {}: {}", at + 1, wanted.len(), entry.title));
        let begun = Moment::now();
        let outcome = tokio::time::timeout(ENTRY_LIMIT, (entry.measure)(&stage)).await;
        let outcome = match outcome {
            Ok(Ok(outcome)) => outcome.filled(entry),
            Ok(Err(error)) => Outcome::all_missing(entry, &format!("{error:#}")),
            Err(_) => Outcome::all_missing(entry, "it did not end in time"),
        };
        stage.says(&format!("took {:.0} s", begun.elapsed().as_secs_f64()));
        sections.push(Section { entry, outcome });
        // A long run that is ended loses only what was not measured yet.
        fs::write(&results, report::lines(&sections)).context("cannot write the results")?;
    }
    let whole = arguments.only.is_empty() && !arguments.quick;
    report::print(&sections)?;
    if let Some(docs) = arguments.docs.as_ref().filter(|_| whole) {
        fs::write(docs, report::document(&sections)).context("cannot write the document")?;
    }
    Ok(report::verdict(&sections))
}

fn wanted(only: &[String]) -> anyhow::Result<Vec<&'static Entry>> {
    let is_wanted = |entry: &&Entry| {
        only.is_empty() || only.iter().any(|begin| entry.name.starts_with(begin.as_str()))
    };
    let wanted: Vec<_> = ENTRIES.iter().filter(is_wanted).collect();
    let known: Vec<_> = ENTRIES.iter().map(|entry| entry.name).collect();
    anyhow::ensure!(
        !wanted.is_empty(),
        "no entry begins with `{}`\nhint: there are {}",
        only.join(","),
        known.join(", ")
    );
    Ok(wanted)
}

/// A thousand sessions are a thousand descriptors, in the daemon too, which inherits the limit.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // What then needs more of them says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
