//! The simulated host as the engine drives it: time moves from deadline to deadline, each batch
//! is on disk before the next step, and nothing moves by itself.

use std::time::Duration;

use pwasync_core::{
    event::Event,
    facts::{Known, Sleep},
    time::Timestamp,
};
use tokio::time::Instant;

use super::{Engine, EngineError, HOST_UPDATE_GAP};
use crate::{
    channel::{
        Advance, AdvanceError, AdvanceTarget, Advanced, AttemptsOut, Closing, Reply,
        SimulationRequest,
    },
    host::SimulatedHost,
    store::{batch::Write, committer::Disk},
};

/// What is under way on a simulated host.
#[derive(Default)]
pub(super) struct Simulation {
    advances: Vec<Advancing>,
    wakes: u64,
    /// Those who wait until the core is up again. All who cut the power while the store is being
    /// opened wait for the same opening.
    power_cuts: Vec<Reply<u64>>,
    disk: Disk,
    store_mended_at: Option<Timestamp>,
    /// The instant that the store has.
    stored_now: Option<Timestamp>,
}

/// An advance under way.
struct Advancing {
    target: Timestamp,
    attempts_out: AttemptsOut,
    patience: Duration,
    /// Real time at which it gives up, unless something moves.
    gives_up_at: Instant,
    wakes_before: u64,
    reply: Reply<Result<Advanced, AdvanceError>>,
}

impl Simulation {
    pub(super) fn count_wake(&mut self) {
        self.wakes += 1;
    }

    /// Time is being moved: each step finds everything on disk.
    pub(super) fn is_advancing(&self) -> bool {
        !self.advances.is_empty()
    }

    /// What the next command to the committer meets.
    pub(super) fn disk(&self) -> Disk {
        self.disk
    }

    /// The simulated failure of the store ends.
    pub(super) fn mend_store(&mut self) {
        self.store_mended_at = None;
        self.disk = Disk::Works;
    }

    pub(super) fn store_mended_at(&self) -> Option<Timestamp> {
        self.store_mended_at
    }

    /// Ends when an advance has waited too long in real time.
    pub(super) async fn out_of_patience(&self) {
        match self.advances.iter().map(|advance| advance.gives_up_at).min() {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// The store does not open: those who cut the power get no answer, which is UNAVAILABLE.
    pub(super) fn refuse_power_cuts(&mut self) {
        self.power_cuts.clear();
    }

    fn moved(&mut self) {
        for advance in &mut self.advances {
            advance.gives_up_at = Instant::now() + advance.patience;
        }
    }
}

impl Engine {
    pub(super) fn simulate(&mut self, request: SimulationRequest) -> Result<(), EngineError> {
        let opening = self.is_opening();
        // The service is there only on a simulated host.
        let Some(host) = self.host.simulated() else { return Ok(()) };
        match request {
            SimulationRequest::SetNetwork { network, reply } => {
                host.network = Known::Yes(network);
                let facts = host.network_facts();
                facts.into_iter().for_each(|fact| self.happened(fact));
                let view = self.host_view();
                self.answer(reply, view);
            }
            SimulationRequest::SetPower { power, reply } => {
                host.power = power;
                let facts = host.power_facts();
                facts.into_iter().for_each(|fact| self.happened(fact));
                let view = self.host_view();
                self.answer(reply, view);
            }
            SimulationRequest::Suspend { reply } => {
                host.sleep = Sleep::Suspending;
                self.happened(Event::SleepChanged(Sleep::Suspending));
                self.answer(reply, ());
            }
            SimulationRequest::Resume { after, reply } => {
                host.now = host.now + after;
                host.sleep = Sleep::Awake;
                let now = host.now;
                self.happened(Event::SleepChanged(Sleep::Awake));
                self.answer(reply, now);
            }
            SimulationRequest::Advance(advance) => self.begin_advance(advance),
            SimulationRequest::StepClock { by_millis, utc_offset, reply } => {
                host.set_clock(by_millis, utc_offset);
                let (wall, now) = (host.wall, host.now);
                self.take_wall_clock(wall);
                self.answer(reply, now);
            }
            SimulationRequest::CutPower { reply, .. } if opening => {
                self.simulation.power_cuts.push(reply);
            }
            SimulationRequest::CutPower { clock_error_millis, reply } => {
                if let Some(error_millis) = clock_error_millis {
                    self.boot_simulated(error_millis);
                }
                self.sessions.close_all(Closing::Restarting, HOST_UPDATE_GAP);
                self.drop_core("the power was cut".into());
                self.simulation.power_cuts.push(reply);
                self.reopen()?;
            }
            SimulationRequest::FailStore { failure, for_, reply } => {
                let until = for_.map(|for_| host.now + for_);
                self.simulation.store_mended_at = failure.and(until);
                self.simulation.disk = failure.map_or(Disk::Works, Disk::Fails);
                self.answer(reply, ());
            }
        }
        Ok(())
    }

    fn begin_advance(&mut self, advance: Advance) {
        let Some(host) = self.host.simulated() else { return };
        let Some(target) = target(host, advance.target) else {
            self.answer(advance.reply, Err(AdvanceError::Past));
            return;
        };
        self.simulation.advances.push(Advancing {
            target,
            attempts_out: advance.attempts_out,
            patience: advance.patience,
            gives_up_at: Instant::now() + advance.patience,
            wakes_before: self.simulation.wakes,
            reply: advance.reply,
        });
    }

    /// Moves simulated time one step, or ends an advance. False: nothing can move now.
    pub(super) fn step_simulation(&mut self) -> bool {
        if !self.simulation.is_advancing() || !self.pipeline.is_idle() || self.is_opening() {
            return false;
        }
        let held = self.down.is_none() && self.core.scheduler().attempts_with_session() > 0;
        let may_go = |advance: &Advancing| !held || advance.attempts_out == AttemptsOut::LetTimeOut;
        let advances = self.simulation.advances.iter().enumerate();
        let next = advances.filter(|(_, advance)| may_go(advance));
        let Some((index, advance)) = next.min_by_key(|(_, advance)| advance.target) else {
            return false;
        };
        let target = advance.target;
        let due = self.next_deadline().map(|(at, _)| at).filter(|at| *at <= target);
        let Some(host) = self.host.simulated() else { return false };
        if due.is_none() && host.now >= target {
            self.end_advance(index);
            return true;
        }
        host.now = host.now.max(due.unwrap_or(target));
        self.simulation.moved();
        true
    }

    fn end_advance(&mut self, index: usize) {
        let advance = self.simulation.advances.remove(index);
        let wakes = self.simulation.wakes - advance.wakes_before;
        let now = self.host.now();
        self.answer(advance.reply, Ok(Advanced { now, wakes }));
        self.simulation.moved();
    }

    /// Ends the advances that have waited too long.
    pub(super) fn lose_patience(&mut self) {
        let out = self.core.scheduler().attempts_with_session();
        let now = Instant::now();
        let advances = std::mem::take(&mut self.simulation.advances);
        let (over, rest): (Vec<_>, Vec<_>) =
            advances.into_iter().partition(|advance| advance.gives_up_at <= now);
        self.simulation.advances = rest;
        for advance in over {
            let patience = advance.patience;
            self.answer(advance.reply, Err(AdvanceError::OutOfPatience { out, patience }));
        }
    }

    /// A batch also carries where the simulated clock stands, and so does the end of an advance.
    pub(super) fn note_simulated_now(&mut self) {
        let Some(host) = self.host.simulated() else { return };
        let now = host.now;
        let idle = !self.simulation.is_advancing();
        let stale = self.simulation.stored_now != Some(now);
        if stale && self.down.is_none() && (self.pipeline.has_writes() || idle) {
            self.simulation.stored_now = Some(now);
            self.pipeline.write(Write::SaveSimulatedNow(now), now);
        }
    }

    /// After a power cut the core is up again.
    pub(super) fn answer_power_cuts(&mut self, epoch: u64) {
        self.simulation.stored_now = None;
        for reply in std::mem::take(&mut self.simulation.power_cuts) {
            self.answer(reply, epoch);
        }
    }
}

/// Where an advance ends; `None`: in the past.
fn target(host: &SimulatedHost, target: AdvanceTarget) -> Option<Timestamp> {
    let at = match target {
        AdvanceTarget::By(by) => host.now + by,
        AdvanceTarget::ToUnixMillis(unix) => {
            let at = u64::try_from(unix.saturating_sub(host.wall.offset_millis)).ok()?;
            Timestamp::from_millis(at)
        }
    };
    (at >= host.now).then_some(at)
}
