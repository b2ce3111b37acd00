//! The real scene, played by itself: outages one after another, figures, pictures, the daemon's
//! own account at the end.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use pwasync_e2e::{Binaries, Command, Ending};

use super::{
    RunArguments,
    figures::{Instants, median},
    narrator::{Narrator, Verdict},
    round,
    stage::{LIMIT, Show, Stage},
};

/// The daemon's default for `network.settle`.
const DEFAULT_SETTLE: Duration = Duration::from_secs(1);
/// Chromium alone takes about this long from the link to the event: its own delay of network
/// changes.
const CHROMIUM_ALONE_MILLIS: f64 = 1_500.0;
const TEXTS: [&str; 5] = [
    "Sent from a train in a tunnel.",
    "Still in here.",
    "The tea is good, the network is not.",
    "Is anybody out there?",
    "Nearly home.",
];

pub(super) async fn play(
    arguments: &RunArguments,
    binaries: &Binaries,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<Verdict> {
    narrator.heading("pwasync demo: a message crosses an outage")?;
    let pictures = pictures(arguments, binaries)?;
    let mut stage = Stage::build(binaries, arguments.settle, Show::Headless, narrator).await?;
    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds {
        let title = match arguments.rounds {
            1 => "The outage".to_owned(),
            all => format!("Outage {number} of {all}"),
        };
        narrator.heading(&title)?;
        let before = (number == 1).then(|| pictures.join("before.png"));
        rounds.push(one_round(&mut stage, number, before.as_deref(), narrator).await?);
    }
    let after = pictures.join("after.png");
    take_picture(&mut stage, &after, narrator).await?;

    narrator.heading("Where the time went")?;
    let settle = arguments.settle.unwrap_or(DEFAULT_SETTLE);
    tell_parts(&rounds, settle, narrator)?;
    narrator.heading("What the daemon says: syncctl list")?;
    narrator.quote(&syncctl(binaries, &stage, &["list"]).await?)?;
    narrator.heading("What it did: syncctl watch --recent 50 --only-recent")?;
    let watched = syncctl(binaries, &stage, &["watch", "--recent", "50", "--only-recent"]).await?;
    narrator.quote(&watched)?;
    narrator.verdict(Verdict::Arrived, &verdict(&rounds))?;
    Ok(Verdict::Arrived)
}

async fn one_round(
    stage: &mut Stage,
    number: u32,
    before: Option<&Path>,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<Instants> {
    round::pull_out(stage, narrator).await?;
    let text = TEXTS.iter().cycle().nth(number as usize - 1).copied().unwrap_or_default();
    let id = round::write(stage, text, narrator).await?;
    if let Some(path) = before {
        take_picture(stage, path, narrator).await?;
    }
    round::stop_worker(stage, narrator).await?;
    let seen = round::put_back(stage, id).await?;
    for (at, what) in &seen.story {
        narrator.timed(*at, seen.instants.link_up, what)?;
    }
    Ok(seen.instants)
}

async fn take_picture(
    stage: &mut Stage,
    path: &Path,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<()> {
    let picture = stage.chromium.screenshot(&stage.page).await?;
    fs::write(path, picture).with_context(|| format!("could not write `{}`", path.display()))?;
    narrator.line("picture", &path.display().to_string())?;
    Ok(())
}

fn pictures(arguments: &RunArguments, binaries: &Binaries) -> anyhow::Result<PathBuf> {
    let folder = arguments.pictures.clone().unwrap_or_else(|| binaries.beside("demo"));
    fs::create_dir_all(&folder)
        .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
    Ok(folder)
}

fn tell_parts(
    rounds: &[Instants],
    settle: Duration,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<()> {
    let parts: Vec<_> = rounds.iter().map(Instants::parts).collect();
    let names = parts.first().map(|first| first.each_ref().map(|part| part.name));
    for (index, name) in names.into_iter().flatten().enumerate() {
        let middle = median(parts.iter().map(|part| part[index].millis)).unwrap_or_default();
        narrator.quote(&format!("{name:<30} {middle:>9.1} ms"))?;
    }
    let total = median(rounds.iter().map(Instants::total)).unwrap_or_default();
    narrator.quote(&format!("{:<30} {total:>9.1} ms", "link to server"))?;
    let own = median(rounds.iter().map(|round| round.daemon(settle))).unwrap_or_default();
    narrator.quote(&format!(
        "{:<30} {own:>9.1} ms ({} ms of settle time left out; it tells whole milliseconds)",
        "the daemon's own work",
        settle.as_millis()
    ))?;
    if rounds.len() > 1 {
        narrator.quote(&format!("(each line is the median of {})", rounds.len()))?;
    }
    Ok(())
}

fn verdict(rounds: &[Instants]) -> String {
    let total = median(rounds.iter().map(Instants::total)).unwrap_or_default();
    let (what, how) = match rounds.len() {
        1 => ("The message".to_owned(), String::new()),
        count => (format!("All {count} messages"), format!(" (median of {count})")),
    };
    let compared = if total < CHROMIUM_ALONE_MILLIS {
        "; Chromium alone needs about 1.5 s, and must be running"
    } else {
        ""
    };
    format!("{what} arrived, {:.3} s after the link came back{how}{compared}.", total / 1_000.0)
}

async fn syncctl(binaries: &Binaries, stage: &Stage, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(binaries.program("syncctl")?)
        .arguments(arguments)
        .variable("PWASYNC_SOCKET", &stage.socket)
        .variable("NO_COLOR", "1")
        .run(None, LIMIT)
        .await?;
    if output.ending != Ending::Good {
        bail!("`syncctl {}` failed: {}", arguments.join(" "), output.stderr.trim());
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pwasync_e2e::Moment;

    fn round(request: f64) -> Instants {
        let at = |millis| Moment::from_unix_millis(1_000.0 + millis);
        Instants {
            link_up: at(0.0),
            carrier: at(1.0),
            online: at(2.0),
            wake: at(3.0),
            event: at(4.0),
            request: at(request),
        }
    }

    #[test]
    fn the_verdict_compares_only_what_is_faster() {
        assert!(verdict(&[round(42.0)]).starts_with("The message arrived, 0.042 s after"));
        assert!(verdict(&[round(42.0)]).contains("Chromium alone"));
        let slow = verdict(&[round(2_000.0), round(3_000.0)]);
        assert_eq!(slow, "All 2 messages arrived, 2.500 s after the link came back (median of 2).");
    }
}
