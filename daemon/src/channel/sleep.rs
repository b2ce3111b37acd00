//! The machine's sleep: what is known of it, and what the engine wishes.

use pwasync_core::{effect::Inhibition, facts::Sleep, time::Timestamp};
use tokio::sync::{mpsc, watch};

use super::{EngineGone, Input};
use crate::clock::AlarmError;

/// What logind says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Logind {
    /// There is none, or no bus.
    #[default]
    Absent,
    /// It is there.
    Present {
        /// Whether the machine goes to sleep.
        sleep: Sleep,
        /// What became of the wish to delay that.
        inhibitor: Inhibitor,
    },
}

/// What became of the wish to delay the machine's sleep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Inhibitor {
    /// Nothing wants it.
    #[default]
    Free,
    /// Sleep is delayed.
    Held,
    /// It was refused, for this reason.
    Refused(Box<str>),
}

/// What is known of the machine's sleep, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SleepView {
    /// Who tells of it.
    pub logind: Logind,
    /// Since when the inhibitor is as it is, and logind there or not.
    pub since: Timestamp,
    /// Why the machine cannot be woken though policy wants it.
    pub alarm_problem: Option<AlarmError>,
    /// When it is woken, if it sleeps then.
    pub alarm_at: Option<Timestamp>,
}

/// Says only what logind knows.
#[derive(Clone, Debug)]
pub struct SleepSender(pub(super) mpsc::Sender<Input>);

impl SleepSender {
    /// Waits for room, then hands over what logind says.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, logind: Logind) -> Result<(), EngineGone> {
        self.0.send(Input::Logind(logind)).await.map_err(|_| EngineGone)
    }
}

/// Tells whether the machine's sleep is to be delayed; only the last word counts.
#[derive(Debug)]
pub struct Inhibitions(watch::Sender<Inhibition>);

impl Inhibitions {
    pub(crate) fn tell(&self, inhibition: Inhibition) {
        self.0.send_replace(inhibition);
    }
}

/// Makes that channel.
pub fn inhibitions() -> (Inhibitions, watch::Receiver<Inhibition>) {
    let (sender, receiver) = watch::channel(Inhibition::Free);
    (Inhibitions(sender), receiver)
}
