//! What a registration asks of the host, and whether it has it (design, section 4): worked out
//! straight from the facts, for one registration at a time, with nothing of the scheduler's.

use std::collections::BTreeMap;

use pwasync_core::{
    constraints::Constraints,
    facts::{NetworkId, PowerSaver, Reach, Sleep, StoreAccess},
    key::{AppId, RegistrationKey, SyncKind},
    lease::{Fact, FactValue, Lease, Leased, Subject},
    policy::{Condition, Networks, Policy, Rules},
    registration::{Registration, Schedule},
    time::Timestamp,
};

use super::facts::Facts;

/// What one registration asks.
pub(crate) struct Asks<'a> {
    pub(crate) kind: SyncKind,
    pub(crate) rules: Rules,
    pub(crate) constraints: Constraints,
    /// When its anchor is so long ago that costs do not count any more.
    pub(crate) stale_at: Option<Timestamp>,
    /// When the wake of its last attempt left.
    pub(crate) last_sent: Option<Timestamp>,
    /// The network on which it was registered.
    pub(crate) registered_on: Option<NetworkId>,
    /// Networks on which its site was used.
    pub(crate) used_on: &'a [NetworkId],
    pub(crate) overrides: Overrides,
}

/// What is pretended, and since when.
pub(crate) type Overrides = BTreeMap<Fact, (FactValue, Timestamp)>;

/// The overrides that are for a registration: an app's over an origin's over the owner's over
/// everybody's.
pub(crate) fn overrides<'a>(
    leases: impl Iterator<Item = &'a Lease> + Clone,
    key: &RegistrationKey,
    app: Option<&AppId>,
) -> Overrides {
    let rank = |subject: &Subject| match subject {
        Subject::All => 0,
        Subject::Owner(_) => 1,
        Subject::Origin(..) => 2,
        Subject::App(..) => 3,
    };
    let mut everybodys = Overrides::new();
    let mut own = Overrides::new();
    for wanted in 0..4 {
        let at_rank = leases.clone().filter(|lease| rank(&lease.subject) == wanted);
        for lease in at_rank.filter(|lease| lease.subject.covers(key, app)) {
            if let Leased::Override(value) = lease.what {
                let into = if wanted == 0 { &mut everybodys } else { &mut own };
                into.insert(value.fact(), (value, lease.since));
            }
        }
    }
    // A charge that is pretended is one of a battery in use, unless the charger is spoken of too.
    for some in [&mut everybodys, &mut own] {
        if let Some((_, since)) = some.get(&Fact::Battery).copied() {
            some.entry(Fact::Charging).or_insert((FactValue::Charging(false), since));
        }
    }
    everybodys.extend(own);
    everybodys
}

/// When a periodic has not run for so long that costs do not count any more.
pub(crate) fn stale_at(one: &Registration, rules: &Rules) -> Option<Timestamp> {
    let Schedule::Periodic { anchor, plan, .. } = one.schedule else { return None };
    let intervals = rules.stale_intervals;
    (intervals > 0).then(|| (0..intervals).fold(anchor, |at, _| at + plan.interval.to_duration()))
}

impl Asks<'_> {
    /// What it does not have, as codes.
    pub(crate) fn unmet(&self, host: &Facts, now: Timestamp, policy: &Policy) -> Vec<&'static str> {
        let mut codes = Vec::new();
        let mut unless = |met: bool, code| {
            if !met {
                codes.push(code);
            }
        };
        let of_kind = self.rules.of(self.kind);
        let stale = self.stale_at.is_some_and(|at| at <= now);
        let held = |condition| condition == Condition::Held && !stale;
        if let Some(code) = self.unreached(host, now, policy) {
            unless(false, code);
        }
        let metered = self.constraints.unmetered || held(of_kind.metered);
        unless(!metered || !self.metered(host), "METERED");
        unless(!held(of_kind.roaming) || !self.roaming(host), "ROAMING");
        unless(self.transport_will_do(host), "TRANSPORT");
        unless(self.network_will_do(host, of_kind.networks), "UNKNOWN_NETWORK");
        let charging = self.charging(host);
        let charge = self.charge(host).filter(|_| charging == Some(false)).unwrap_or(100);
        let low = if self.constraints.battery_not_low { self.rules.periodic.battery } else { 0 };
        let critical = charge <= self.rules.one_off.battery;
        let code = if critical { "BATTERY_CRITICAL" } else { "BATTERY_LOW" };
        unless(charge == 100 || charge > of_kind.battery.max(low), code);
        unless(!self.constraints.charging || charging == Some(true), "NOT_CHARGING");
        unless(of_kind.power_saver == Condition::Allowed || !self.saves(host), "POWER_SAVER");
        unless(host.sleep == Sleep::Awake, "SUSPENDING");
        unless(host.store == StoreAccess::Writable, "STORE_READ_ONLY");
        codes
    }

    fn pretended(&self, fact: Fact) -> Option<FactValue> {
        self.overrides.get(&fact).map(|(value, _)| *value)
    }

    fn unreached(&self, host: &Facts, now: Timestamp, policy: &Policy) -> Option<&'static str> {
        let (reach, since) = match self.overrides.get(&Fact::Network) {
            Some((FactValue::Network(Reach::Online), _)) => return None,
            Some((FactValue::Network(reach), since)) => (*reach, *since),
            Some(_) | None if host.network.is_none() => {
                let starting = now < host.started + policy.starting_limit;
                return Some(if starting { "STARTING" } else { "OFFLINE" });
            }
            Some(_) | None => (host.reach(), host.reaches_since),
        };
        match reach {
            Reach::Offline => Some("OFFLINE"),
            Reach::CaptivePortal => Some("CAPTIVE_PORTAL"),
            Reach::Limited => {
                let lasts = since + policy.limited_grace <= now;
                let rests = self.last_sent.is_some_and(|at| now < at + policy.limited_gap);
                let tried = self.kind == SyncKind::OneOff && lasts && !rests;
                (!tried).then_some("LIMITED")
            }
            Reach::Online => {
                let settled = host.settled_at.is_some_and(|at| at <= now);
                (!settled).then_some("SETTLING")
            }
        }
    }

    fn metered(&self, host: &Facts) -> bool {
        match self.pretended(Fact::Metered) {
            Some(FactValue::Metered(metered)) => metered,
            Some(_) | None => host.connection.is_some_and(|one| one.metered.is_metered()),
        }
    }

    fn roaming(&self, host: &Facts) -> bool {
        match self.pretended(Fact::Roaming) {
            Some(FactValue::Roaming(roaming)) => roaming,
            Some(_) | None => host.connection.and_then(|one| one.roaming) == Some(true),
        }
    }

    fn transport_will_do(&self, host: &Facts) -> bool {
        let transport = match self.pretended(Fact::Transport) {
            Some(FactValue::Transport(transport)) => Some(transport),
            Some(_) | None => host.connection.and_then(|one| one.transport),
        };
        let wanted = self.constraints.transports;
        wanted.is_empty() || transport.is_some_and(|one| wanted.contains(one))
    }

    fn network_will_do(&self, host: &Facts, networks: Networks) -> bool {
        let here = host.network_id();
        let known = || here.is_some_and(|here| self.used_on.contains(&here));
        match networks {
            _ if self.constraints.known_network => known(),
            Networks::Any => true,
            Networks::Known => known(),
            Networks::Registered => self.registered_on.is_none_or(|there| here == Some(there)),
        }
    }

    fn charging(&self, host: &Facts) -> Option<bool> {
        match self.pretended(Fact::Charging) {
            Some(FactValue::Charging(charging)) => Some(charging),
            Some(_) | None => host.power.map(|power| !power.on_battery),
        }
    }

    fn charge(&self, host: &Facts) -> Option<u8> {
        match self.pretended(Fact::Battery) {
            Some(FactValue::Battery(percent)) => Some(percent),
            Some(_) | None => host.power.and_then(|power| power.battery_percent),
        }
    }

    fn saves(&self, host: &Facts) -> bool {
        match self.pretended(Fact::PowerSaver) {
            Some(FactValue::PowerSaver(on)) => on,
            Some(_) | None => host.saver == Some(PowerSaver::On),
        }
    }
}
