//! The facts that conditions are about, joined from all sources.

use crate::{
    constraints::Transport,
    facts::NetworkId,
    lease::{Fact, FactValue},
    time::Timestamp,
};

/// How far the network reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nowhere.
    Offline,
    /// To a captive portal.
    CaptivePortal,
    /// Somewhere, but the connectivity check has no answer.
    Limited,
    /// To the internet.
    Online,
}

/// What is so at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How far the network reaches.
    pub reach: Reach,
    /// Which network it is, where that is known.
    pub network: Option<NetworkId>,
    /// It costs by volume.
    pub metered: bool,
    /// It is in a foreign mobile network.
    pub roaming: bool,
    /// The kind of the primary link, where that is known.
    pub transport: Option<Transport>,
    /// Charge in percent, 0 to 100; `None`: no battery, or not known.
    pub battery: Option<u8>,
    /// The charger is plugged in, or there is no battery; `None`: not known.
    pub charging: Option<bool>,
    /// The power saver is on.
    pub power_saver: bool,
}

impl Facts {
    /// While no source has spoken.
    pub(crate) fn unknown() -> Self {
        Self {
            reach: Reach::Offline,
            network: None,
            metered: false,
            roaming: false,
            transport: None,
            battery: None,
            charging: None,
            power_saver: false,
        }
    }

    /// The same with one of them replaced.
    #[must_use]
    pub fn with(mut self, value: FactValue) -> Self {
        match value {
            FactValue::Network(reach) => self.reach = reach,
            FactValue::Metered(metered) => self.metered = metered,
            FactValue::Roaming(roaming) => self.roaming = roaming,
            FactValue::Transport(transport) => self.transport = Some(transport),
            FactValue::Battery(percent) => self.battery = Some(percent),
            FactValue::Charging(charging) => self.charging = Some(charging),
            FactValue::PowerSaver(on) => self.power_saver = on,
        }
        self
    }
}

/// Since when each fact has been so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    network: Timestamp,
    /// Which network it is.
    identity: Timestamp,
    metered: Timestamp,
    roaming: Timestamp,
    transport: Timestamp,
    battery: Timestamp,
    /// Since when the charge has been at or below each percent that it is at or below.
    charge: [Timestamp; 101],
    charging: Timestamp,
    power_saver: Timestamp,
}

impl Since {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            network: now,
            identity: now,
            metered: now,
            roaming: now,
            transport: now,
            battery: now,
            charge: [now; 101],
            charging: now,
            power_saver: now,
        }
    }

    pub(crate) fn note(&mut self, now: Timestamp, before: &Facts, after: &Facts) {
        let note = |changed: bool, since: &mut Timestamp| {
            if changed {
                *since = now;
            }
        };
        note(before.reach != after.reach, &mut self.network);
        note(before.network != after.network, &mut self.identity);
        note(before.metered != after.metered, &mut self.metered);
        note(before.roaming != after.roaming, &mut self.roaming);
        note(before.transport != after.transport, &mut self.transport);
        let power = |facts: &Facts| (facts.battery, facts.charging);
        note(power(before) != power(after), &mut self.battery);
        // A charge that is not known is not low.
        let charge = |facts: &Facts| facts.battery.map_or(self.charge.len(), usize::from);
        let (before_charge, charge) = (charge(before), charge(after));
        for since in self.charge.iter_mut().take(before_charge).skip(charge) {
            *since = now;
        }
        note(before.charging != after.charging, &mut self.charging);
        note(before.power_saver != after.power_saver, &mut self.power_saver);
    }

    /// How far the network reaches is known only since now.
    pub(crate) fn learned_network(&mut self, now: Timestamp) {
        self.network = now;
    }

    /// Since when the charge has been this low, while it is.
    pub(crate) fn charge(&self, percent: u8) -> Timestamp {
        self.charge.get(usize::from(percent)).copied().unwrap_or(self.battery)
    }

    /// Since when it is this network.
    pub(crate) fn identity(&self) -> Timestamp {
        self.identity
    }

    pub(crate) fn of(&self, fact: Fact) -> Timestamp {
        match fact {
            Fact::Network => self.network,
            Fact::Metered => self.metered,
            Fact::Roaming => self.roaming,
            Fact::Transport => self.transport,
            Fact::Battery => self.battery,
            Fact::Charging => self.charging,
            Fact::PowerSaver => self.power_saver,
        }
    }
}
