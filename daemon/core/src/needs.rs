//! What a due registration needs of the host. Registrations with the same needs wait together.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    blocker::BlockerCode,
    constraints::Transports,
    facts::{ChargeWarning, Facts, NetworkId, Reach},
    key::SyncKind,
    lease::FactValue,
};

/// Needs of the host. Small in number: they come from policy, constraints and overrides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Needs {
    pub(crate) kind: SyncKind,
    pub(crate) reach: ReachNeed,
    /// Waits until the network has returned more often than this (P-03).
    pub(crate) returns: Option<u64>,
    pub(crate) unmetered: bool,
    pub(crate) not_roaming: bool,
    /// Empty: any.
    pub(crate) transports: Transports,
    pub(crate) charging: bool,
    pub(crate) battery: Option<BatteryNeed>,
    /// Counts as discharging whatever the charger says, by an override.
    pub(crate) on_battery: bool,
    pub(crate) no_power_saver: bool,
    /// `None`: any.
    pub(crate) networks: Option<Arc<BTreeSet<NetworkId>>>,
    /// An override says that something needed is not so.
    pub(crate) refused: bool,
}

/// The charges in percent at or below which a discharging battery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BatteryNeed {
    pub(crate) held_at: u8,
    /// Called critical from here on.
    pub(crate) critical_at: u8,
}

/// How far the network must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReachNeed {
    /// An override says that it does.
    Nothing,
    /// A network without an answer to the check will do, once it has lasted.
    LimitedForLong,
    Online,
}

/// What needs are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) facts: Facts,
    /// Not every source of the network has spoken since the start.
    pub(crate) starting: bool,
    /// What the host itself thinks of its charge.
    pub(crate) warning: ChargeWarning,
    /// The source of battery and charger has not spoken since the start.
    pub(crate) charge_awaited: bool,
    /// The power saver has not spoken since the start.
    pub(crate) saver_awaited: bool,
    /// Online, and for long enough.
    pub(crate) settled: bool,
    /// Limited, and for long enough that it is tried.
    pub(crate) limited_for_long: bool,
    /// How often the network has returned.
    pub(crate) returns: u64,
}

impl Needs {
    /// Whether the host offers all of it.
    pub(crate) fn met_by(&self, offer: &Offer) -> bool {
        let returned = self.returns.is_none_or(|times| offer.returns > times);
        returned && !self.refused && self.unmet(offer).next().is_none()
    }

    /// What the host does not offer.
    pub(crate) fn unmet(&self, offer: &Offer) -> impl Iterator<Item = BlockerCode> {
        let facts = &offer.facts;
        let of = |unmet: bool, code: BlockerCode| unmet.then_some(code);
        let transport = facts.transport.is_some_and(|one| self.transports.contains(one));
        let discharging = self.on_battery || facts.charging == Some(false);
        let charge = facts.battery.filter(|_| discharging);
        let known = self.networks.as_ref().is_none_or(|networks| {
            facts.network.is_some_and(|network| networks.contains(&network))
        });
        let unreached = self.unreached(offer);
        let expected = self.expects(offer) && unreached != Some(BlockerCode::Starting);
        [
            unreached,
            of(expected, BlockerCode::Starting),
            of(self.unmetered && facts.metered, BlockerCode::Metered),
            of(self.not_roaming && facts.roaming, BlockerCode::Roaming),
            of(!self.transports.is_empty() && !transport, BlockerCode::Transport),
            of(!known, BlockerCode::UnknownNetwork),
            charge.and_then(|charge| self.too_low(charge, offer.warning)),
            of(self.charging && facts.charging != Some(true), BlockerCode::NotCharging),
            of(self.no_power_saver && facts.power_saver, BlockerCode::PowerSaver),
        ]
        .into_iter()
        .flatten()
    }

    /// What has not been told since the start is needed.
    fn expects(&self, offer: &Offer) -> bool {
        let charge = self.charging || self.battery.is_some_and(|battery| battery.held_at > 0);
        offer.charge_awaited && charge || offer.saver_awaited && self.no_power_saver
    }

    fn unreached(&self, offer: &Offer) -> Option<BlockerCode> {
        match (self.reach, offer.facts.reach) {
            (ReachNeed::Nothing, _) => None,
            (_, Reach::Offline) if offer.starting => Some(BlockerCode::Starting),
            (_, Reach::Offline) => Some(BlockerCode::Offline),
            (_, Reach::CaptivePortal) => Some(BlockerCode::CaptivePortal),
            (ReachNeed::LimitedForLong, Reach::Limited) if offer.limited_for_long => None,
            (_, Reach::Limited) => Some(BlockerCode::Limited),
            (_, Reach::Online) => (!offer.settled).then_some(BlockerCode::Settling),
        }
    }

    fn too_low(&self, charge: u8, warning: ChargeWarning) -> Option<BlockerCode> {
        let warned = warning == ChargeWarning::Critical;
        let is_low =
            |battery: &BatteryNeed| charge <= battery.held_at || warned && battery.held_at > 0;
        let battery = self.battery.filter(is_low)?;
        let critical = charge <= battery.critical_at || warned;
        Some(if critical { BlockerCode::BatteryCritical } else { BlockerCode::BatteryLow })
    }

    /// The same where this is so, whatever the host says.
    #[must_use]
    pub(crate) fn given(mut self, value: FactValue) -> Self {
        let refused = match value {
            FactValue::Network(Reach::Online) => {
                self.reach = ReachNeed::Nothing;
                false
            }
            FactValue::Network(_) => true,
            FactValue::Metered(metered) => std::mem::take(&mut self.unmetered) && metered,
            FactValue::Roaming(roaming) => std::mem::take(&mut self.not_roaming) && roaming,
            FactValue::Transport(transport) => {
                let wanted = std::mem::take(&mut self.transports);
                !wanted.is_empty() && !wanted.contains(transport)
            }
            // Whether it is charged was said before: see `Overrides`.
            FactValue::Battery(charge) => {
                let too_low = self.too_low(charge, ChargeWarning::None).is_some();
                self.battery = None;
                too_low
            }
            FactValue::Charging(true) => {
                (self.charging, self.battery) = (false, None);
                false
            }
            FactValue::Charging(false) => {
                self.on_battery = true;
                self.charging
            }
            FactValue::PowerSaver(on) => std::mem::take(&mut self.no_power_saver) && on,
        };
        self.refused |= refused;
        self
    }
}
