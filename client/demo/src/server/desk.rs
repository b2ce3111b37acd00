//! The only owner of what the server remembers: which messages came, how many it must refuse,
//! whether it answers at all. It writes the events, in the order in which it decides.

use std::collections::{BTreeSet, VecDeque};

use anyhow::Context;
use pwasync_e2e::{Moment, SentMessage, ServerEvent};
use tokio::{
    io::AsyncWriteExt,
    sync::{mpsc, oneshot},
};

/// Ids that are remembered, to know a message that comes again.
const REMEMBERED: usize = 10_000;
const CREATED: u16 = 201;
const OK: u16 = 200;
const UNAVAILABLE: u16 = 503;

/// What the desk is told.
pub(super) enum DeskInput {
    /// A whole message; the reply is the status to answer with.
    Arrived { at: Moment, message: SentMessage, reply: oneshot::Sender<u16> },
    /// Something that was no message.
    Refused { at: Moment, status: u16, reason: String },
    /// How many messages were accepted?
    Count { reply: oneshot::Sender<usize> },
    /// A line from stdin.
    Command(String),
}

/// Works until all senders are gone or nobody reads the events.
pub(super) async fn run(
    first: ServerEvent,
    mut inputs: mpsc::Receiver<DeskInput>,
) -> anyhow::Result<()> {
    let mut desk = Desk::default();
    let mut stdout = tokio::io::stdout();
    let mut next = Some(first);
    loop {
        if let Some(event) = next.take() {
            let mut line = serde_json::to_string(&event).context("could not write an event")?;
            line.push('\n');
            stdout.write_all(line.as_bytes()).await.context("could not write to stdout")?;
            stdout.flush().await.context("could not write to stdout")?;
        }
        let Some(input) = inputs.recv().await else { return Ok(()) };
        next = desk.handle(input);
    }
}

#[derive(Default)]
struct Desk {
    known: BTreeSet<String>,
    /// The same ids, oldest first.
    order: VecDeque<String>,
    accepted: usize,
    to_fail: u32,
    /// Answers that wait for `release`; `None`: nothing is held. Connections bound its length.
    held: Option<Vec<(oneshot::Sender<u16>, u16)>>,
}

impl Desk {
    fn handle(&mut self, input: DeskInput) -> Option<ServerEvent> {
        match input {
            DeskInput::Arrived { at, message, reply } => Some(self.take(at, message, reply)),
            DeskInput::Refused { at, status, reason } => {
                Some(ServerEvent::Refused { at: at.to_unix_millis(), status, reason })
            }
            DeskInput::Count { reply } => {
                // Who asked may have gone.
                let _ = reply.send(self.accepted);
                None
            }
            DeskInput::Command(command) => {
                self.obey(&command).then_some(ServerEvent::Obeyed { command })
            }
        }
    }

    fn take(
        &mut self,
        at: Moment,
        message: SentMessage,
        reply: oneshot::Sender<u16>,
    ) -> ServerEvent {
        let duplicate = self.known.contains(&message.id);
        let status = if self.to_fail > 0 {
            self.to_fail -= 1;
            UNAVAILABLE
        } else if duplicate {
            OK
        } else {
            self.remember(message.id.clone());
            CREATED
        };
        match &mut self.held {
            Some(held) => held.push((reply, status)),
            // Who asked may have gone.
            None => drop(reply.send(status)),
        }
        ServerEvent::Message { at: at.to_unix_millis(), status, duplicate, message }
    }

    fn remember(&mut self, id: String) {
        self.accepted += 1;
        self.known.insert(id.clone());
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    fn obey(&mut self, command: &str) -> bool {
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["fail", times] => match times.parse() {
                Ok(times) => self.to_fail = times,
                Err(_) => return false,
            },
            ["hold"] => drop(self.held.get_or_insert_default()),
            ["release"] => {
                for (reply, status) in self.held.take().unwrap_or_default() {
                    // Who asked may have gone.
                    let _ = reply.send(status);
                }
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(desk: &mut Desk, id: &str) -> (u16, bool, oneshot::Receiver<u16>) {
        let (reply, answer) = oneshot::channel();
        let message = SentMessage {
            id: id.to_owned(),
            text: "hello".to_owned(),
            written_at: 0.0,
            started_at: 0.0,
            attempts: 1,
            last_chance: false,
        };
        let at = Moment::from_unix_millis(5.0);
        let Some(ServerEvent::Message { status, duplicate, .. }) =
            desk.handle(DeskInput::Arrived { at, message, reply })
        else {
            panic!("a message makes an event");
        };
        (status, duplicate, answer)
    }

    fn command(desk: &mut Desk, line: &str) -> bool {
        desk.handle(DeskInput::Command(line.to_owned())).is_some()
    }

    #[test]
    fn a_message_that_comes_again_is_accepted_once() {
        let mut desk = Desk::default();
        assert_eq!(arrive(&mut desk, "a").0, 201);
        let (status, duplicate, _) = arrive(&mut desk, "a");
        assert_eq!((status, duplicate, desk.accepted), (200, true, 1));
    }

    #[test]
    fn it_fails_as_often_as_told() {
        let mut desk = Desk::default();
        assert!(command(&mut desk, "fail 2"));
        let statuses: Vec<u16> = (0..3).map(|_| arrive(&mut desk, "a").0).collect();
        assert_eq!(statuses, [503, 503, 201]);
    }

    #[test]
    fn a_held_answer_comes_with_the_release() {
        let mut desk = Desk::default();
        assert!(command(&mut desk, "hold"));
        let (_, _, mut answer) = arrive(&mut desk, "a");
        assert!(answer.try_recv().is_err());
        assert!(command(&mut desk, "release"));
        assert_eq!(answer.try_recv(), Ok(201));
    }

    #[test]
    fn an_unknown_command_is_not_obeyed() {
        let mut desk = Desk::default();
        assert!(!command(&mut desk, "fail many"));
        assert!(!command(&mut desk, "dance"));
    }
}
