//! The host's facts: what its sources say goes to the core, and what the core makes of it to those
//! who ask.

use pwasync_core::{
    Viewer,
    event::Event,
    facts::{Manager, Netlink, Power, PowerSaver, Source},
    lease::{Leased, Subject},
};

use super::{Engine, HOST_UPDATE_GAP};
use crate::channel::{ClockView, HostView};

impl Engine {
    pub(super) fn take_netlink(&mut self, facts: Netlink) {
        self.netlink = Some(facts.clone());
        self.happened(Event::NetlinkChanged(facts));
    }

    pub(super) fn take_manager(&mut self, manager: Manager) {
        self.manager = Some(manager.clone());
        self.happened(Event::ManagerChanged(manager));
    }

    pub(super) fn take_power(&mut self, power: Source<Power>) {
        self.power = power;
        self.happened(Event::PowerChanged(power));
    }

    pub(super) fn take_power_saver(&mut self, saver: Source<PowerSaver>) {
        self.power_saver = saver;
        self.happened(Event::PowerSaverChanged(saver));
    }

    pub(super) fn host_view(&mut self) -> HostView {
        let (now, origin) = (self.host.now(), self.host.origin());
        let core = self.core.scheduler();
        let mut everybodys = core.leases(Viewer::Administrator);
        everybodys
            .retain(|lease| lease.place.as_ref().is_none_or(|place| core.host().is_at(place)));
        // The narrower one counts.
        everybodys.sort_by_key(|lease| (lease.place.clone(), lease.id));
        let overrides =
            everybodys.into_iter().filter_map(|lease| match (lease.subject, lease.what) {
                (Subject::All, Leased::Override(value)) => {
                    Some((value.fact(), (value, lease.since)))
                }
                (Subject::All, Leased::Pause)
                | (Subject::Owner(_) | Subject::Origin(..) | Subject::App(..), _) => None,
            });
        let overrides = overrides.collect();
        let sleep = self.sleeping.view.clone();
        let (synchronised, zone) = (self.host.synchronised(), self.host.zone_name());
        let clock = ClockView { since: self.trust.since, synchronised, zone };
        HostView {
            host: core.host().clone(),
            overrides,
            now,
            origin,
            sleep,
            clock,
            wall: self.wall,
        }
    }

    pub(super) fn update_host(&mut self) {
        self.host_changed = false;
        self.next_host_update = self.host.now() + HOST_UPDATE_GAP;
        let view = self.host_view();
        self.sessions.tell_all_host(&view);
    }

    /// Tells a new core what is known of the host.
    pub(super) fn feed_facts(&mut self) {
        if let Some(simulated) = self.host.simulated() {
            self.wall = simulated.wall;
        }
        // The clock first: what is overdue is decided with the first event, and has its day.
        self.happened(Event::WallClockChanged(self.wall));
        if let Some(simulated) = self.host.simulated() {
            for event in simulated.facts() {
                self.happened(event);
            }
            return;
        }
        // Before netlink: a network that a manager may hold does not count without its word.
        let manager = self.manager.clone().unwrap_or(Manager::Awaited);
        self.happened(Event::ManagerChanged(manager));
        self.happened(Event::PowerChanged(self.power));
        self.happened(Event::PowerSaverChanged(self.power_saver));
        if let Some(facts) = self.netlink.clone() {
            self.happened(Event::NetlinkChanged(facts));
        }
        self.happened(Event::SleepChanged(self.sleeping.sleep()));
    }
}
