//! All pauses and overrides, and when they end.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    facts::Host,
    key::{AppId, OwnerId, RegistrationKey},
    lease::{Fact, FactValue, Lease, LeaseId, Leased, Subject},
    place::Place,
    time::Timestamp,
};

/// Leases by number, by owner and by end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases {
    by_id: BTreeMap<LeaseId, Lease>,
    /// `None`: everybody's.
    of_owner: BTreeMap<Option<OwnerId>, BTreeSet<LeaseId>>,
    ends: BTreeSet<(Timestamp, LeaseId)>,
}

impl Leases {
    pub(crate) fn insert(&mut self, lease: Lease) {
        self.of_owner.entry(lease.subject.owner()).or_default().insert(lease.id);
        self.ends.insert((lease.until, lease.id));
        self.by_id.insert(lease.id, lease);
    }

    pub(crate) fn remove(&mut self, id: LeaseId) -> Option<Lease> {
        let lease = self.by_id.remove(&id)?;
        self.ends.remove(&(lease.until, id));
        let owner = lease.subject.owner();
        if let Some(own) = self.of_owner.get_mut(&owner) {
            own.remove(&id);
            if own.is_empty() {
                self.of_owner.remove(&owner);
            }
        }
        Some(lease)
    }

    pub(crate) fn get(&self, id: LeaseId) -> Option<&Lease> {
        self.by_id.get(&id)
    }

    /// The next end of a lease.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// Takes a lease that has ended.
    pub(crate) fn pop_ended(&mut self, now: Timestamp) -> Option<Lease> {
        let (at, id) = self.ends.first().copied()?;
        if at > now { None } else { self.remove(id) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Lease> {
        self.by_id.values()
    }

    /// Those of one owner, or everybody's.
    pub(crate) fn of(&self, owner: Option<OwnerId>) -> impl Iterator<Item = &Lease> {
        let own = self.of_owner.get(&owner).into_iter().flatten();
        own.filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn count_of(&self, owner: Option<OwnerId>) -> usize {
        self.of_owner.get(&owner).map_or(0, BTreeSet::len)
    }

    /// Those that hold in some places only.
    pub(crate) fn of_places(&self) -> impl Iterator<Item = &Lease> {
        self.iter().filter(|lease| lease.place.is_some())
    }

    /// The lease of a subject that does the same, in the same place.
    pub(crate) fn find(
        &self,
        subject: &Subject,
        what: Leased,
        place: Option<&Place>,
    ) -> Option<LeaseId> {
        let same = |one: &Leased| match (one, what) {
            (Leased::Pause, Leased::Pause) => true,
            (Leased::Override(one), Leased::Override(other)) => one.fact() == other.fact(),
            (Leased::Pause | Leased::Override(_), _) => false,
        };
        let mut own = self.of(subject.owner());
        let meant = own.find(|lease| {
            lease.subject == *subject && same(&lease.what) && lease.place.as_ref() == place
        });
        meant.map(|lease| lease.id)
    }

    /// The pause of everybody.
    pub(crate) fn pause_of_all(&self) -> Option<&Lease> {
        self.of(None).find(|lease| lease.what == Leased::Pause)
    }

    /// The pauses that hold a registration beyond that of everybody.
    pub(crate) fn pauses<'a>(
        &'a self,
        key: &'a RegistrationKey,
        app: Option<&'a AppId>,
    ) -> impl Iterator<Item = &'a Lease> {
        let own = self.of(Some(key.owner()));
        own.filter(move |lease| lease.what == Leased::Pause && lease.subject.covers(key, app))
    }

    /// What everybody's facts are overridden with.
    pub(crate) fn overrides_of_all(&self, host: &Host) -> Overrides<'_> {
        Overrides::of(self.of(None), host)
    }

    /// What one registration's facts are overridden with beyond those of everybody: an app's
    /// over an origin's over the owner's.
    pub(crate) fn overrides<'a>(
        &'a self,
        key: &'a RegistrationKey,
        app: Option<&'a AppId>,
        host: &Host,
    ) -> Overrides<'a> {
        let own = self.of(Some(key.owner()));
        Overrides::of(own.filter(move |lease| lease.subject.covers(key, app)), host)
    }
}

/// At most one override for each fact, in the order of facts. There are none, mostly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides<'a> {
    by_fact: Vec<(FactValue, &'a Lease)>,
}

impl<'a> Overrides<'a> {
    fn of(leases: impl Iterator<Item = &'a Lease>, host: &Host) -> Self {
        let mut overrides = Self::default();
        for lease in leases {
            if lease.place.as_ref().is_some_and(|place| !host.is_at(place)) {
                continue;
            }
            let Leased::Override(value) = lease.what else { continue };
            let weaker = |(_, other): (FactValue, &Lease)| {
                let order = |one: &Lease| (rank(&one.subject), one.place.clone(), one.id);
                order(other) < order(lease)
            };
            if overrides.get(value.fact()).is_none_or(weaker) {
                overrides.set(value, lease);
            }
        }
        // A charge is spoken of while the battery is discharged, unless the charger is named too.
        if let Some((_, lease)) = overrides.get(Fact::Battery)
            && overrides.get(Fact::Charging).is_none()
        {
            overrides.set(FactValue::Charging(false), lease);
        }
        overrides
    }

    fn set(&mut self, value: FactValue, lease: &'a Lease) {
        match self.place(value.fact()) {
            Ok(at) => self.by_fact[at] = (value, lease),
            Err(at) => self.by_fact.insert(at, (value, lease)),
        }
    }

    fn place(&self, fact: Fact) -> Result<usize, usize> {
        self.by_fact.binary_search_by_key(&fact, |(value, _)| value.fact())
    }

    /// These, and for other facts those.
    #[must_use]
    pub(crate) fn or(mut self, narrower: Self) -> Self {
        for (value, lease) in narrower.by_fact {
            self.set(value, lease);
        }
        self
    }

    pub(crate) fn get(&self, fact: Fact) -> Option<(FactValue, &'a Lease)> {
        self.place(fact).ok().map(|at| self.by_fact[at])
    }

    /// In the order of facts.
    pub(crate) fn values(&self) -> impl Iterator<Item = FactValue> {
        self.by_fact.iter().map(|(value, _)| *value)
    }
}

/// The narrower subject wins, and for one subject the narrower place.
fn rank(subject: &Subject) -> u8 {
    match subject {
        Subject::All => 0,
        Subject::Owner(_) => 1,
        Subject::Origin(..) => 2,
        Subject::App(..) => 3,
    }
}
