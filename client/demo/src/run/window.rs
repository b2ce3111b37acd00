//! The real scene in a real window, with the cable in the person's hand.

use std::time::Duration;

use anyhow::{Context, bail};
use pwasync_e2e::{Binaries, CableEnd, Moment, ServerEvent, variable};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{
    RunArguments,
    narrator::{Narrator, Verdict, since},
    stage::{Show, Stage},
};

/// A person may play as long as they like.
const AFTERNOON: Duration = Duration::from_secs(12 * 60 * 60);

enum Happened {
    Key(Option<String>),
    Message(ServerEvent),
    Closed,
}

pub(super) async fn play(
    arguments: &RunArguments,
    binaries: &Binaries,
    narrator: &mut Narrator<'_>,
) -> anyhow::Result<Verdict> {
    if variable("DISPLAY").is_none() && variable("WAYLAND_DISPLAY").is_none() {
        bail!(
            "no desktop to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set\nhint: run `make demo` without BROWSER=window"
        );
    }
    narrator.heading("pwasync demo: the cable is yours")?;
    let mut stage = Stage::build(binaries, arguments.settle, Show::Window, narrator).await?;
    narrator.heading("Enter pulls the cable out and puts it back; q and Enter ends")?;
    let mut keys = BufReader::new(tokio::io::stdin()).lines();
    let (mut verdict, mut plugged, mut back) = (Verdict::Lost, true, None::<Moment>);
    loop {
        let happened = tokio::select! {
            line = keys.next_line() => Happened::Key(line.context("could not read the keys")?),
            message = stage.server.next_message(AFTERNOON) => Happened::Message(message?),
            ended = stage.browser.process.ended(AFTERNOON) => ended.map(|_| Happened::Closed)?,
        };
        match happened {
            Happened::Key(Some(line)) if line.trim().is_empty() => {
                if plugged {
                    stage.cable.down(CableEnd::Far)?;
                    narrator.line("cable", "out: write a message, close the tab if you like")?;
                } else {
                    back = Some(stage.cable.up(CableEnd::Far)?);
                    narrator.line("cable", "back in")?;
                }
                plugged = !plugged;
            }
            Happened::Key(Some(line)) if line.trim() != "q" => {
                narrator.line("you", "Enter alone moves the cable, q ends")?;
            }
            Happened::Message(ServerEvent::Message { at, status, message, .. }) => {
                verdict = Verdict::Arrived;
                let at = Moment::from_unix_millis(at);
                let after = back
                    .map_or(String::new(), |back| format!(", {} after the link", since(at, back)));
                narrator
                    .line("server", &format!("\"{}\", answer {status}{after}", message.text))?;
            }
            Happened::Message(_) => {}
            Happened::Key(_) | Happened::Closed => break,
        }
    }
    let text = match verdict {
        Verdict::Arrived => "Your messages arrived.",
        Verdict::Lost => "No message was sent.",
    };
    narrator.verdict(verdict, text)?;
    Ok(verdict)
}
