//! Takes the core's effects: records into the forming batch, everything else behind it.

use pwasync_core::{
    change::{Change, What},
    effect::{CloseReason, Effect},
    time::WallClock,
};

use super::{Engine, pipeline::Gated};
use crate::{
    channel::{Answered, Closing, Reply, ToSession, Watched},
    store::batch::Write,
};

impl Engine {
    pub(super) fn take_effects(&mut self) {
        let now = self.host.now();
        while let Some(effect) = self.core.scheduler().poll_effect() {
            match effect {
                Effect::Record(record) => self.pipeline.write(Write::Record(record), now),
                Effect::CheckConnection(number) => self.checks.ask(number),
                Effect::Wake(_) => {
                    self.pipeline.gate(Gated::Effect(effect));
                    self.hand_over_part();
                }
                Effect::Cancel { .. }
                | Effect::Recorded { .. }
                | Effect::CloseSession { .. }
                | Effect::Launch { .. }
                | Effect::LaunchCancel { .. }
                | Effect::CloseLauncher(_)
                | Effect::Notify(_)
                | Effect::Inhibit(_)
                | Effect::WakeMachine(_)
                | Effect::HostChanged => self.pipeline.gate(Gated::Effect(effect)),
            }
        }
    }

    /// A part that is whole is written while the core works out the rest.
    fn hand_over_part(&mut self) {
        if self.failed.is_some() {
            return;
        }
        if let Some(part) = self.pipeline.part() {
            // The next release tells of it, and nothing leaves any more.
            self.failed = self.commit(part).err();
        }
    }

    /// Sends an answer when the records before it are on disk.
    pub(super) fn answer<T: Send + 'static>(&mut self, reply: Reply<T>, value: T) {
        let send = move |wall: WallClock| {
            // A caller that went away wants no answer.
            drop(reply.send(Answered { value, wall }));
        };
        self.pipeline.gate(Gated::Reply(Box::new(send)));
    }

    pub(super) fn carry_out(&mut self, gated: Vec<Gated>) {
        for one in gated {
            match one {
                Gated::Reply(send) => send(self.wall),
                Gated::Effect(effect) => self.carry_out_effect(effect),
            }
        }
    }

    fn carry_out_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Wake(wake) => {
                self.simulation.count_wake();
                self.sessions.send(wake.session, ToSession::Wake(wake));
            }
            Effect::Cancel { session, attempt, reason } => {
                self.sessions.send(session, ToSession::Cancel { attempt, reason });
            }
            Effect::Recorded { session, attempt, counted } => {
                self.sessions.send(session, ToSession::Recorded { attempt, counted });
            }
            Effect::CloseSession { session, reason } => {
                let CloseReason::Superseded = reason;
                self.sessions.close(session, Closing::Superseded, None);
            }
            Effect::Notify(change) => self.tell_watchers(change),
            Effect::HostChanged => self.host_changed = true,
            Effect::WakeMachine(at) => self.set_alarm(at),
            Effect::Inhibit(inhibition) => self.sleeping.inhibit(inhibition),
            Effect::Launch { launcher, profile, token } => self.launch(launcher, profile, token),
            Effect::LaunchCancel { launcher, token } => self.cancel_launch(launcher, token),
            Effect::CloseLauncher(launcher) => self.supersede_launcher(launcher),
            Effect::Record(_) | Effect::CheckConnection(_) => {
                unreachable!("they wait for no batch")
            }
        }
    }

    fn tell_watchers(&mut self, change: Change) {
        let host = match change.what {
            What::Host => {
                let view = self.host_view();
                let online = view.host.online();
                tracing::info!(?online, power = ?view.host.power(), "the host changed");
                Some(Box::new(view))
            }
            What::Registration { .. } | What::Session { .. } | What::Launch { .. } => None,
        };
        let wall = self.wall;
        self.watchers.tell(&Watched::Change { change, host, wall });
    }
}
