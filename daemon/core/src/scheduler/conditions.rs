//! Conditions: what a registration needs, what the host offers, and all that holds it.

use std::{collections::BTreeSet, sync::Arc};

use super::Scheduler;
use crate::{
    blocker::{Blocker, BlockerCode},
    facts::{ChargeWarning, Facts, NetworkId, Reach, Sleep, StoreAccess},
    key::{AppId, RegistrationKey, SessionId, SyncKind},
    launchers::Start,
    lease::{Fact, FactValue},
    leases::Overrides,
    needs::{BatteryNeed, Needs, Offer, ReachNeed},
    period::Slot,
    policy::{Condition, Networks, Rules},
    ready::Door,
    registration::{Registration, Schedule, State, Wait},
    sessions::Readiness,
    site::SiteKey,
    time::Timestamp,
};

impl Scheduler {
    /// What holds for a registration by policy.
    pub(super) fn rules_of(&self, registration: &Registration) -> Rules {
        self.rules_of_key(&registration.key, registration.app.as_ref())
    }

    /// What holds for registrations with this key and app by policy.
    pub(super) fn rules_of_key(&self, key: &RegistrationKey, app: Option<&AppId>) -> Rules {
        self.policy.rules_for(key.worker.scope.origin(), app)
    }

    /// When the wait for facts after the start ends; `None`: it has ended.
    pub(super) fn starting_ends(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.host.started() + self.policy.starting_limit;
        let expected = self.host.online().is_none()
            || self.host.expects_power()
            || self.host.expects_power_saver();
        (expected && ends > now).then_some(ends)
    }

    /// The facts as they are for everybody.
    pub fn facts(&self) -> Facts {
        let overrides = self.leases.overrides_of_all(&self.host);
        overrides.values().fold(self.host.facts(), Facts::with)
    }

    /// What a registration's facts are overridden with, by what is for everybody and for it.
    pub(super) fn overrides_of<'a>(&'a self, registration: &'a Registration) -> Overrides<'a> {
        let own = self.leases.overrides(&registration.key, registration.app.as_ref(), &self.host);
        self.leases.overrides_of_all(&self.host).or(own)
    }

    /// The facts as they are for a registration.
    pub(super) fn facts_of(&self, registration: &Registration) -> Facts {
        self.overrides_of(registration).values().fold(self.host.facts(), Facts::with)
    }

    /// What the host offers everybody.
    pub(super) fn offer(&self, now: Timestamp) -> Offer {
        self.offer_with(now, &self.leases.overrides_of_all(&self.host))
    }

    fn offer_with(&self, now: Timestamp, overrides: &Overrides<'_>) -> Offer {
        let facts = overrides.values().fold(self.host.facts(), Facts::with);
        let is_pretended = |fact| overrides.get(fact).is_some();
        let pretended = is_pretended(Fact::Network);
        let charge_pretended = is_pretended(Fact::Battery) || is_pretended(Fact::Charging);
        let starting = self.starting_ends(now).is_some();
        let lasts = self.limited_ends(overrides).is_some_and(|at| at <= now);
        Offer {
            facts,
            starting: !pretended && starting && self.host.online().is_none(),
            warning: if is_pretended(Fact::Battery) {
                ChargeWarning::None
            } else {
                self.host.charge_warning().0
            },
            charge_awaited: !charge_pretended && starting && self.host.expects_power(),
            saver_awaited: !is_pretended(Fact::PowerSaver)
                && starting
                && self.host.expects_power_saver(),
            settled: pretended || self.host.is_settled(now),
            limited_for_long: facts.reach == Reach::Limited && lasts,
            returns: self.host.returned().times,
        }
    }

    /// From when on a network without an answer to the check is tried all the same.
    fn limited_ends(&self, overrides: &Overrides<'_>) -> Option<Timestamp> {
        let facts = overrides.values().fold(self.host.facts(), Facts::with);
        let since = self.since(Fact::Network, overrides);
        (facts.reach == Reach::Limited).then(|| since + self.policy.limited_grace)
    }

    /// When the host's offer changes by itself.
    pub(super) fn offer_changes(&self, now: Timestamp) -> Option<Timestamp> {
        let overrides = self.leases.overrides_of_all(&self.host);
        let ends = [self.host.settled_at(), self.limited_ends(&overrides)];
        ends.into_iter().flatten().filter(|at| *at > now).min()
    }

    fn since(&self, fact: Fact, overrides: &Overrides<'_>) -> Timestamp {
        overrides.get(fact).map_or(self.host.since(fact), |(_, lease)| lease.since)
    }

    /// What a registration needs of the host, by policy and on its own account.
    pub(super) fn needs_of(&self, registration: &Registration, now: Timestamp) -> Needs {
        let (rules, kind) = (self.rules_of(registration), registration.kind());
        let of_kind = rules.of(kind);
        let constraints = registration.constraints;
        let stale = self.stale_at(registration, &rules).is_some_and(|at| at <= now);
        let held = |condition| condition == Condition::Held && !stale;
        let low = if constraints.battery_not_low { rules.periodic.battery } else { 0 };
        let patient =
            kind == SyncKind::OneOff && self.limited_gap_ends(registration, now).is_none();
        Needs {
            kind,
            reach: if patient { ReachNeed::LimitedForLong } else { ReachNeed::Online },
            returns: None,
            unmetered: constraints.unmetered || held(of_kind.metered),
            not_roaming: held(of_kind.roaming),
            transports: constraints.transports,
            charging: constraints.charging,
            battery: Some(BatteryNeed {
                held_at: of_kind.battery.max(low),
                critical_at: rules.one_off.battery,
            }),
            on_battery: false,
            no_power_saver: of_kind.power_saver == Condition::Held,
            networks: self.networks_of(registration, of_kind.networks),
            refused: false,
        }
    }

    /// Its needs with the overrides that are for it alone worked in: the lane it waits in.
    pub(super) fn lane_of(&self, registration: &Registration, now: Timestamp) -> Needs {
        let needs = self.needs_of(registration, now);
        let overrides =
            self.leases.overrides(&registration.key, registration.app.as_ref(), &self.host);
        let tried = self.limited_by_override_ends(registration).is_some_and(|at| at <= now)
            && needs.reach == ReachNeed::LimitedForLong;
        overrides.values().fold(needs, |needs, value| {
            if tried && value == FactValue::Network(Reach::Limited) {
                Needs { reach: ReachNeed::Nothing, ..needs }
            } else {
                needs.given(value)
            }
        })
    }

    /// From when on a registration is tried in the limited network that an override for it alone
    /// speaks of.
    pub(super) fn limited_by_override_ends(
        &self,
        registration: &Registration,
    ) -> Option<Timestamp> {
        let overrides =
            self.leases.overrides(&registration.key, registration.app.as_ref(), &self.host);
        let (value, lease) = overrides.get(Fact::Network)?;
        let limited = value == FactValue::Network(Reach::Limited);
        limited.then(|| lease.since + self.policy.limited_grace)
    }

    fn networks_of(
        &self,
        registration: &Registration,
        networks: Networks,
    ) -> Option<Arc<BTreeSet<NetworkId>>> {
        let known = || {
            let site = self.sites.get(&SiteKey::of(&registration.key));
            let known = site.map(|site| site.networks.iter().copied().collect());
            Some(Arc::new(known.unwrap_or_default()))
        };
        match networks {
            _ if registration.constraints.known_network => known(),
            Networks::Any => None,
            Networks::Known => known(),
            // Where no source names networks, none can be told from another.
            Networks::Registered => {
                registration.network.map(|network| Arc::new(BTreeSet::from([network])))
            }
        }
    }

    /// From when on one run is allowed in spite of a metered network.
    pub(super) fn stale_at(&self, registration: &Registration, rules: &Rules) -> Option<Timestamp> {
        let Schedule::Periodic { anchor, plan, .. } = registration.schedule else { return None };
        let after = plan.interval.to_duration().saturating_mul(rules.stale_intervals);
        (rules.stale_intervals > 0).then(|| anchor + after)
    }

    /// In a network without an answer to the check: when the next attempt may come.
    pub(super) fn limited_gap_ends(
        &self,
        registration: &Registration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let last = registration.last_attempt.as_ref()?;
        let ends = last.sent_at + self.policy.limited_gap;
        (ends > now).then_some(ends)
    }

    /// Whether anything may run at all.
    pub(super) fn is_open(&self) -> bool {
        self.host.sleep().0 == Sleep::Awake
            && self.host.store().0 == StoreAccess::Writable
            && self.leases.pause_of_all().is_none()
    }

    /// All that holds a registration; empty while it runs.
    pub(super) fn blockers(&self, registration: &Registration, now: Timestamp) -> Vec<Blocker> {
        if registration.running().is_some() {
            return Vec::new();
        }
        let mut blockers = Vec::from_iter(self.state_blocker(registration, now));
        blockers.extend(self.subject_blockers(registration, now));
        blockers.extend(self.browser_blockers(registration, now));
        blockers.extend(self.host_blockers(registration, now));
        blockers
    }

    /// What its own course holds against it.
    fn state_blocker(&self, registration: &Registration, now: Timestamp) -> Option<Blocker> {
        let waits_since = waits_since(registration);
        let block = |code, since, earliest| Some(Blocker { code, since, earliest });
        match registration.state {
            State::Firing { .. } | State::Pending => None,
            State::Suspended { since } => block(BlockerCode::EngagementNone, since, None),
            State::Waiting { until, wait: Wait::BackOff { earliest } } => {
                let ends = if self.may_return_early(registration) { earliest } else { until };
                // From then on only what else holds it stands between it and its attempt.
                let over = ends < until && ends <= now;
                (!over).then_some(Blocker {
                    code: BlockerCode::BackOff,
                    since: waits_since,
                    earliest: Some(ends),
                })
            }
            State::Waiting { until, wait: Wait::Period } => match registration.plan() {
                Some(plan) if plan.due <= now && plan.spaced > now => {
                    block(BlockerCode::OriginGap, plan.due, Some(plan.spaced))
                }
                Some(plan) if plan.spaced <= now => {
                    let code = match plan.slot {
                        Slot::BeforeUsualHour => BlockerCode::LearnedHour,
                        Slot::Next => BlockerCode::Grid,
                    };
                    block(code, plan.spaced, Some(until))
                }
                // A revived one waits from its revival on.
                Some(plan) => {
                    let since = waits_since.max(registration.anchor().unwrap_or(waits_since));
                    block(BlockerCode::NotDue, since, Some(plan.due))
                }
                None => block(BlockerCode::NotDue, waits_since, Some(until)),
            },
        }
    }

    /// The network has returned since its last attempt, which brings the next one forward (P-03).
    fn may_return_early(&self, registration: &Registration) -> bool {
        let ended = registration.last_attempt.as_ref().map(|ended| ended.finished_at);
        registration.brought_forward < self.policy.max_brought_forward
            && self.host.returned().at > ended
    }

    fn browser_blockers(&self, registration: &Registration, now: Timestamp) -> Vec<Blocker> {
        let profile = &registration.key.worker.profile;
        let block = |code, since, earliest| Blocker { code, since, earliest };
        match self.sessions.of_profile(profile) {
            Some((id, session)) if session.readiness == Readiness::Ready => {
                let full = self.sessions.out_count() >= self.slots();
                if !full && self.sessions.door(profile) == Door::Open {
                    return Vec::new();
                }
                let since = self.last_slot_taken(id).unwrap_or(waits_since(registration));
                vec![block(BlockerCode::Concurrency, since, None)]
            }
            Some(_) | None => {
                let since = self.sessions.gone_since(profile).unwrap_or(self.host.started());
                let closed = block(BlockerCode::BrowserClosed, since, None);
                match self.launchers.start(profile, now) {
                    Start::Impossible => {
                        let gone = self.launchers.gone_since(profile.owner);
                        let since = gone.unwrap_or(self.host.started());
                        vec![closed, block(BlockerCode::NoLauncher, since, None)]
                    }
                    Start::Possible => vec![closed],
                    Start::BackOff { since, until } => {
                        vec![block(BlockerCode::BrowserClosed, since, Some(until))]
                    }
                    Start::UnderWay { since } => {
                        vec![block(BlockerCode::BrowserLaunching, since, None)]
                    }
                }
            }
        }
    }

    /// What the host holds against it.
    fn host_blockers(&self, registration: &Registration, now: Timestamp) -> Vec<Blocker> {
        let overrides = self.overrides_of(registration);
        let offer = self.offer_with(now, &overrides);
        let needs = self.needs_of(registration, now);
        let rules = self.rules_of(registration);
        let mut blockers: Vec<Blocker> = needs
            .unmet(&offer)
            .map(|code| {
                if code == BlockerCode::Starting {
                    let (since, earliest) = (self.host.started(), self.starting_ends(now));
                    return Blocker { code, since, earliest };
                }
                if code == BlockerCode::Settling {
                    let since = self.host.settling_since().unwrap_or(now);
                    return Blocker { code, since, earliest: self.host.settled_at() };
                }
                if code == BlockerCode::UnknownNetwork {
                    return Blocker { code, since: self.host.network_since(), earliest: None };
                }
                if let Some(blocker) = self.charge_blocker(code, &needs, &overrides) {
                    return blocker;
                }
                let fact = code.fact();
                let since = fact.map_or(now, |fact| self.since(fact, &overrides));
                let lease = fact.and_then(|fact| overrides.get(fact)).map(|(_, lease)| lease.until);
                let limited =
                    code == BlockerCode::Limited && registration.kind() == SyncKind::OneOff;
                let costly = code == BlockerCode::Metered && !registration.constraints.unmetered;
                let by_itself = if limited {
                    self.limited_ends(&overrides).max(self.limited_gap_ends(registration, now))
                } else if costly || code == BlockerCode::Roaming {
                    self.stale_at(registration, &rules)
                } else {
                    None
                };
                let earliest = by_itself.into_iter().chain(lease).min();
                Blocker { code, since, earliest }
            })
            .collect();
        let mut add = |code, since| blockers.push(Blocker { code, since, earliest: None });
        if let (Sleep::Suspending, since) = self.host.sleep() {
            add(BlockerCode::Suspending, since);
        }
        if let (StoreAccess::ReadOnly, since) = self.host.store() {
            add(BlockerCode::StoreReadOnly, since);
        }
        blockers
    }

    /// A charge that is too low, where the battery's own says so: since it fell so low, or since
    /// it is not charged.
    fn charge_blocker(
        &self,
        code: BlockerCode,
        needs: &Needs,
        overrides: &Overrides<'_>,
    ) -> Option<Blocker> {
        let battery = needs.battery.filter(|_| overrides.get(Fact::Battery).is_none())?;
        let at = if code == BlockerCode::BatteryCritical {
            battery.held_at.min(battery.critical_at)
        } else if code == BlockerCode::BatteryLow {
            battery.held_at
        } else {
            return None;
        };
        let discharging = self.since(Fact::Charging, overrides);
        let earliest = overrides.get(Fact::Charging).map(|(_, lease)| lease.until);
        let fell = (self.host.facts().battery <= Some(at)).then(|| self.host.charge_since(at));
        let warned = match self.host.charge_warning() {
            (ChargeWarning::Critical, since) => Some(since),
            (ChargeWarning::None, _) => None,
        };
        let fell = fell.into_iter().chain(warned).min().unwrap_or(discharging);
        Some(Blocker { code, since: fell.max(discharging), earliest })
    }

    /// When the last slot was taken: of a session that is full, or of all.
    fn last_slot_taken(&self, session: SessionId) -> Option<Timestamp> {
        let full = self.sessions.out_count() >= self.slots();
        let out = self.sessions.all_out().map(|(_, out)| out);
        let counted = out.filter(|out| full || out.session == Some(session));
        let taken = counted.filter_map(|out| self.registrations.get(out.registration)?.running());
        taken.map(|attempt| attempt.sent_at).max()
    }

    pub(super) fn slots(&self) -> usize {
        usize::try_from(self.policy.slots).unwrap_or(usize::MAX)
    }
}

/// Since when a registration waits for what comes next.
fn waits_since(registration: &Registration) -> Timestamp {
    let ended = registration.last_attempt.as_ref().map(|ended| ended.finished_at);
    ended.unwrap_or(registration.registered_at)
}
