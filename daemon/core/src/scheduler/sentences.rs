//! What holds a registration, in sentences: with the values of this moment, so that nobody has to
//! look them up.

use super::{Denial, Scheduler, Viewer};
use crate::{
    blocker::BlockerCode,
    constraints::{Transport, Transports},
    key::RegistrationId,
    lease::{Fact, Lease, Subject},
    policy::Value,
    registration::Registration,
    time::Timestamp,
};

impl Scheduler {
    /// One sentence for each of a registration's blockers, in their order. `None`: there is none
    /// that the viewer sees.
    pub fn sentences(
        &self,
        now: Timestamp,
        viewer: Viewer,
        id: RegistrationId,
    ) -> Option<Vec<String>> {
        let registration = self.registrations.get(id)?;
        if !viewer.sees(registration.key.owner()) {
            return None;
        }
        let blockers = self.blockers(registration, now.max(self.now));
        let sentence = |code| self.sentence(registration, viewer, code);
        Some(blockers.iter().map(|blocker| sentence(blocker.code)).collect())
    }

    fn sentence(&self, registration: &Registration, viewer: Viewer, code: BlockerCode) -> String {
        let plain = code.holds();
        let more = match code {
            BlockerCode::BatteryLow | BlockerCode::BatteryCritical => self.charge(registration),
            BlockerCode::Transport => Some(self.wanted_transport(registration)),
            BlockerCode::Paused => self.paused_by(registration, viewer),
            BlockerCode::PermissionDenied => self.denied_by(registration),
            BlockerCode::NotInstalled => {
                let hold = Value::Duration(self.policy.uninstalled_hold);
                Some(format!("{hold} after that the sync goes too"))
            }
            BlockerCode::NotDue => self.interval(registration),
            BlockerCode::Starting
            | BlockerCode::BackOff
            | BlockerCode::Offline
            | BlockerCode::Settling
            | BlockerCode::Limited
            | BlockerCode::CaptivePortal
            | BlockerCode::Metered
            | BlockerCode::Roaming
            | BlockerCode::UnknownNetwork
            | BlockerCode::NotCharging
            | BlockerCode::PowerSaver
            | BlockerCode::Suspending
            | BlockerCode::EngagementNone
            | BlockerCode::BudgetSpent
            | BlockerCode::LearnedHour
            | BlockerCode::OriginGap
            | BlockerCode::Grid
            | BlockerCode::Concurrency
            | BlockerCode::BrowserClosed
            | BlockerCode::BrowserLaunching
            | BlockerCode::NoLauncher
            | BlockerCode::StoreReadOnly => None,
        };
        let pretended = self.pretended(registration, code);
        let parts = more.into_iter().chain(pretended).collect::<Vec<_>>();
        if parts.is_empty() {
            return plain.to_owned();
        }
        format!("{plain} ({})", parts.join("; "))
    }

    fn charge(&self, registration: &Registration) -> Option<String> {
        let now = self.now;
        let own = self.leases.overrides(&registration.key, registration.app.as_ref());
        let facts = own.values().fold(self.facts(), crate::facts::Facts::with);
        let limit = self.needs_of(registration, now).battery?.held_at;
        Some(format!("{} %; {limit} % or less holds it unless it is charged", facts.battery?))
    }

    fn wanted_transport(&self, registration: &Registration) -> String {
        let wanted = names(registration.constraints.transports);
        match self.facts().transport {
            Some(transport) => format!("it asked for {wanted}, this is {}", name(transport)),
            None => format!("it asked for {wanted}, and nothing says what this is"),
        }
    }

    fn paused_by(&self, registration: &Registration, viewer: Viewer) -> Option<String> {
        let own = self.leases.pauses(&registration.key, registration.app.as_ref());
        let all = self.leases.pause_of_all().into_iter().chain(own);
        let last = all.max_by_key(|lease| lease.until)?;
        let Lease { subject, reason, .. } = last;
        let whose = match subject {
            Subject::All => "everybody's".to_owned(),
            Subject::Owner(_) => "all of this user".to_owned(),
            Subject::Origin(_, origin) => format!("those of {origin}"),
            Subject::App(_, app) => format!("those of the app {}", app.as_str()),
        };
        // What an administrator wrote about everybody is for everybody to read.
        let reason = (!reason.is_empty()).then_some(reason);
        Some(match (reason, viewer) {
            (Some(reason), Viewer::Owner(_) | Viewer::Administrator) => {
                format!("{whose}: {reason}")
            }
            (None, _) => whose,
        })
    }

    fn denied_by(&self, registration: &Registration) -> Option<String> {
        let rules = self.rules_of(registration);
        let (denial, _): (Denial, _) = self.denied(&registration.key, &rules)?;
        Some(denial.to_string())
    }

    fn interval(&self, registration: &Registration) -> Option<String> {
        let interval = registration.plan()?.interval;
        Some(format!("of {}", Value::Duration(interval)))
    }

    /// Whether a person says that it is so, and no source.
    fn pretended(&self, registration: &Registration, code: BlockerCode) -> Option<String> {
        let fact = super::conditions::fact_of(code).filter(|_| code != BlockerCode::Settling)?;
        let own = self.leases.overrides(&registration.key, registration.app.as_ref());
        let overrides = self.leases.overrides_of_all().or(own);
        let is_charge = fact == Fact::Battery && overrides.get(Fact::Charging).is_some();
        (overrides.get(fact).is_some() || is_charge).then(|| "set by an override".to_owned())
    }
}

fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Wifi => "wifi",
        Transport::Ethernet => "ethernet",
        Transport::Cellular => "cellular",
        Transport::Other => "another kind",
    }
}

fn names(transports: Transports) -> String {
    let names: Vec<_> = transports.iter().map(name).collect();
    names.join(" or ")
}
