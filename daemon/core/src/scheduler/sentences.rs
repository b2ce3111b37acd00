//! What holds a registration, in sentences: with the values of this moment, so that nobody has to
//! look them up.

use super::{Denial, Scheduler, Viewer};
use crate::{
    blocker::BlockerCode,
    constraints::Transport,
    key::RegistrationId,
    lease::{Fact, Lease, Subject},
    policy::{Said, Value},
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
        let sentence = |code| self.sentence(registration, code);
        Some(blockers.iter().map(|blocker| sentence(blocker.code)).collect())
    }

    fn sentence(&self, registration: &Registration, code: BlockerCode) -> String {
        let plain = code.holds();
        let more = match code {
            BlockerCode::BatteryLow | BlockerCode::BatteryCritical => self.charge(registration),
            BlockerCode::Transport => Some(self.wanted_transport(registration)),
            BlockerCode::Paused => self.paused_by(registration),
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
        let charge = self.facts_of(registration).battery?;
        let limit = self.needs_of(registration, self.now).battery?.held_at;
        if charge > limit {
            return Some(format!("{charge} %, which the host itself calls critical"));
        }
        Some(format!("{charge} %; {limit} % or less holds it unless it is charged"))
    }

    fn wanted_transport(&self, registration: &Registration) -> String {
        let wanted: Vec<_> =
            registration.constraints.transports.iter().map(Transport::name).collect();
        let wanted = wanted.join(" or ");
        match self.facts_of(registration).transport {
            Some(transport) => format!("it asked for {wanted}, this is {}", transport.name()),
            None => format!("it asked for {wanted}, and nothing says what this is"),
        }
    }

    fn paused_by(&self, registration: &Registration) -> Option<String> {
        let own = self.leases.pauses(&registration.key, registration.app.as_ref());
        let all = self.leases.pause_of_all().into_iter().chain(own);
        let last = all.max_by_key(|lease| lease.until)?;
        let Lease { subject, reason, .. } = last;
        let whose = match subject {
            Subject::All => "those of everybody".to_owned(),
            Subject::Owner(_) => "all of this user".to_owned(),
            Subject::Origin(_, origin) => format!("those of {origin}"),
            Subject::App(_, app) => format!("those of the app {}", app.as_str()),
        };
        Some(if reason.is_empty() { whose } else { format!("{whose}: {reason}") })
    }

    fn denied_by(&self, registration: &Registration) -> Option<String> {
        let rules = self.rules_of(registration);
        let (denial, _): (Denial, _) = self.denied(&registration.key, &rules)?;
        Some(denial.to_string())
    }

    fn interval(&self, registration: &Registration) -> Option<String> {
        let interval = registration.plan()?.interval.to_duration();
        Some(format!("of {}", Value::Duration(interval)))
    }

    /// Whether a person says that it is so, and no source.
    fn pretended(&self, registration: &Registration, code: BlockerCode) -> Option<String> {
        let fact = code.fact().filter(|_| code != BlockerCode::Settling)?;
        let overrides = self.overrides_of(registration);
        let is_charge = fact == Fact::Battery && overrides.get(Fact::Charging).is_some();
        if overrides.get(fact).is_some() || is_charge {
            return Some("set by an override".to_owned());
        }
        let said = self.host.said();
        let by_policy = (fact == Fact::Metered && said.metered != Said::AsFound)
            || (fact == Fact::Network && said.online == Said::No);
        by_policy.then(|| "set by policy for this network".to_owned())
    }
}
