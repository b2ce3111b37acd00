//! Of which network a manager's word on a link is.
//!
//! A manager checks a link when it has set it up and every few minutes after that. A cable that is
//! out for a moment, or leads elsewhere all of a sudden, is no reason for it: its word is still
//! that on the network before.

use std::collections::BTreeMap;

use super::{Connectivity, Host, Manager, NetworkIdentity, Recheck};

/// The number of a check that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckNumber(u64);

impl CheckNumber {
    /// The check with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// What is known of when a manager's words were found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks {
    /// Its word on each link, and the network that it was found out on, as far as that is known.
    found: BTreeMap<Box<str>, (Connectivity, Option<NetworkIdentity>)>,
    /// The last check that was asked for, of which link, and the network that it was on.
    asked: Option<(Box<str>, NetworkIdentity)>,
    number: u64,
    /// It has not been passed on.
    wanted: bool,
}

impl Checks {
    /// Takes what a manager says. A word that is another than before was found out just now.
    pub(crate) fn hear(
        &mut self,
        manager: &Manager,
        network: impl Fn(&str) -> Option<NetworkIdentity>,
    ) {
        let Manager::Present(managed) = manager else {
            *self = Self { number: self.number, ..Self::default() };
            return;
        };
        self.found.retain(|link, _| managed.links.contains_key(link));
        for (link, connection) in &managed.links {
            let word = connection.connectivity;
            match self.found.get_mut(link) {
                Some((known, _)) if *known == word => {}
                Some(found) => *found = (word, network(link)),
                None => {
                    self.found.insert(link.clone(), (word, network(link)));
                }
            }
        }
    }

    /// Whether the word on a link is that on the network that it leads to.
    pub(crate) fn holds(&mut self, link: &str, network: &NetworkIdentity) -> Holds {
        let Some((word, known)) = self.found.get_mut(link) else { return Holds::Yes };
        let checked = match word {
            Connectivity::Portal | Connectivity::Limited | Connectivity::Full => true,
            Connectivity::Unchecked | Connectivity::None => false,
        };
        if !checked || known.as_ref().is_none_or(|known| known.is_same(network)) {
            *known = Some(network.clone());
            return Holds::Yes;
        }
        Holds::Perhaps
    }

    /// A link is to be checked, unless that was asked for already.
    pub(crate) fn ask(&mut self, link: &str, network: &NetworkIdentity) {
        let same = |(asked, on): &(Box<str>, NetworkIdentity)| **asked == *link && on == network;
        if self.asked.as_ref().is_some_and(same) {
            return;
        }
        self.asked = Some((link.into(), network.clone()));
        self.number += 1;
        self.wanted = true;
    }

    /// The check that is to be passed on.
    pub(crate) fn take_wanted(&mut self) -> Option<CheckNumber> {
        std::mem::take(&mut self.wanted).then_some(CheckNumber(self.number))
    }

    /// The manager has checked, and said what it found. Only what was asked for last counts.
    pub(crate) fn answered(&mut self, number: CheckNumber) {
        if number != CheckNumber(self.number) {
            return;
        }
        let Some((link, network)) = self.asked.take() else { return };
        if let Some((_, known)) = self.found.get_mut(&link) {
            *known = Some(network);
        }
    }
}

impl Host {
    /// Whether the manager's word on the link that leads out is of where it leads; it is asked
    /// where that is not sure.
    pub(super) fn check_link(&mut self) -> Holds {
        let (Manager::Present(managed), Some(view)) = (&self.manager, self.netlink.as_option())
        else {
            return Holds::Yes;
        };
        let Some((link, network)) = view.link().and_then(|link| Some((link, view.behind(link)?)))
        else {
            return Holds::Yes;
        };
        match (managed.recheck, self.checks.holds(link, network)) {
            (Recheck::Never, _) | (Recheck::Asked, Holds::Yes) => Holds::Yes,
            (Recheck::Asked, Holds::Perhaps) => {
                self.checks.ask(link, network);
                Holds::Perhaps
            }
        }
    }
}

/// Whether a manager's word is of the network as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It is.
    Yes,
    /// It may be of the one before.
    Perhaps,
}
