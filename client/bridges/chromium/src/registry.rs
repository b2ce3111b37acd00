//! The service workers of the profile, as Chromium's ServiceWorker domain tells them.
//!
//! A pure mirror: it is fed events and answers questions. What it does not list does not exist,
//! once it has settled.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use crate::cdp::Event;

/// More registrations than any profile has; further ones are not seen.
const MAX_REGISTRATIONS: usize = 20_000;
const MAX_VERSIONS: usize = 2 * MAX_REGISTRATIONS;
/// As the daemon's limit for a scope.
const MAX_SCOPE_BYTES: usize = 2_048;

/// Service worker registrations and their versions.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// How many lists have come; the first one is whole.
    lists: u64,
    registrations: BTreeMap<String, String>,
    versions: BTreeMap<String, Version>,
    /// By registration; a version that cannot be started may be gone at once.
    failed_starts: BTreeMap<String, u64>,
}

/// One version of a service worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Names it to Chromium.
    pub id: String,
    /// The registration that it belongs to.
    pub registration: String,
    /// Whether a worker exists.
    pub running: Running,
    /// Whether it is the active worker of its registration.
    pub active: bool,
    /// Whether it may get events: not before its activation has ended.
    pub activated: bool,
    /// The worker's debugging target while it exists.
    pub target: Option<String>,
    /// How many clients it controls.
    pub clients: usize,
}

/// Whether a worker exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// No worker.
    Stopped,
    /// Being started.
    Starting,
    /// It runs.
    Running,
    /// Being stopped.
    Stopping,
}

/// What a scope is worth to a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The profile's list has not come yet.
    Unsettled,
    /// No registration has this scope.
    Absent,
    /// It is registered, under this id; `active` tells whether an active worker is known.
    Present {
        /// Names the registration to Chromium.
        registration: String,
        /// Whether an active worker is known.
        active: bool,
    },
}

impl Registry {
    /// Takes an event in; returns the scopes that went with it.
    pub fn handle_event(&mut self, event: &Event) -> Vec<String> {
        match event.method.as_str() {
            "ServiceWorker.workerRegistrationUpdated" => {
                self.update_registrations(&event.params["registrations"])
            }
            "ServiceWorker.workerVersionUpdated" => {
                self.update_versions(&event.params["versions"]);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Looks a scope up.
    #[must_use]
    pub fn look_up(&self, scope: &str) -> Lookup {
        // Chromium counts ids upwards; a scope that is there twice belongs to two partitions, and
        // the first one is the first party's in all but contrived cases.
        let mut ids: Vec<&String> =
            self.registrations.iter().filter(|(_, s)| *s == scope).map(|(id, _)| id).collect();
        ids.sort_by_key(|id| (id.len(), id.as_str()));
        match ids.first() {
            Some(id) => Lookup::Present {
                registration: (*id).clone(),
                active: self.active_version(id).is_some(),
            },
            None if self.is_settled() => Lookup::Absent,
            None => Lookup::Unsettled,
        }
    }

    /// The whole list of the profile has come.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.lists > 0
    }

    /// How many lists of registrations have come.
    #[must_use]
    pub fn lists(&self) -> u64 {
        self.lists
    }

    /// The scope of a registration.
    #[must_use]
    pub fn scope(&self, registration: &str) -> Option<&str> {
        self.registrations.get(registration).map(String::as_str)
    }

    /// The active worker of a registration.
    #[must_use]
    pub fn active_version(&self, registration: &str) -> Option<&Version> {
        self.versions
            .values()
            .filter(|version| version.active && version.registration == registration)
            .max_by_key(|version| (version.id.len(), version.id.as_str()))
    }

    /// How often workers of a registration were started in vain.
    #[must_use]
    pub fn failed_starts(&self, registration: &str) -> u64 {
        self.failed_starts.get(registration).copied().unwrap_or_default()
    }

    /// A version by its id.
    #[must_use]
    pub fn version(&self, id: &str) -> Option<&Version> {
        self.versions.get(id)
    }

    fn update_registrations(&mut self, list: &Value) -> Vec<String> {
        let mut gone = Vec::new();
        for entry in list.as_array().map(Vec::as_slice).unwrap_or_default() {
            let Some(id) = entry["registrationId"].as_str() else { continue };
            if entry["isDeleted"].as_bool() == Some(true) {
                gone.extend(self.registrations.remove(id));
                self.failed_starts.remove(id);
                continue;
            }
            let Some(scope) = entry["scopeURL"].as_str() else { continue };
            let full = self.registrations.len() >= MAX_REGISTRATIONS;
            if scope.len() <= MAX_SCOPE_BYTES && (!full || self.registrations.contains_key(id)) {
                self.registrations.insert(id.to_owned(), scope.to_owned());
            }
        }
        self.lists += 1;
        // The same scope may live on under another id: registered anew, or in another partition.
        gone.retain(|scope| !self.registrations.values().any(|other| other == scope));
        gone
    }

    fn update_versions(&mut self, list: &Value) {
        for entry in list.as_array().map(Vec::as_slice).unwrap_or_default() {
            let Some(version) = version(entry) else { continue };
            let before = self.versions.get(&version.id).map(|version| version.running);
            if before == Some(Running::Starting)
                && matches!(version.running, Running::Stopping | Running::Stopped)
                && self.registrations.contains_key(&version.registration)
            {
                *self.failed_starts.entry(version.registration.clone()).or_default() += 1;
            }
            let redundant = entry["status"].as_str() == Some("redundant");
            if redundant && version.running == Running::Stopped {
                self.versions.remove(&version.id);
            } else if self.versions.len() < MAX_VERSIONS || self.versions.contains_key(&version.id)
            {
                self.versions.insert(version.id.clone(), version);
            }
        }
    }
}

fn version(entry: &Value) -> Option<Version> {
    Some(Version {
        id: entry["versionId"].as_str()?.to_owned(),
        registration: entry["registrationId"].as_str()?.to_owned(),
        running: match entry["runningStatus"].as_str()? {
            "starting" => Running::Starting,
            "running" => Running::Running,
            "stopping" => Running::Stopping,
            _ => Running::Stopped,
        },
        active: matches!(entry["status"].as_str(), Some("activating" | "activated")),
        activated: entry["status"].as_str() == Some("activated"),
        target: entry["targetId"].as_str().map(str::to_owned),
        clients: entry["controlledClients"].as_array().map_or(0, Vec::len),
    })
}

/// Whether the daemon takes registrations for this URL's origin: https, or http on this machine.
#[must_use]
pub fn can_sync(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCOPE: &str = "https://a.example/";

    #[test]
    fn nothing_is_absent_before_the_list_has_come() {
        let mut registry = Registry::default();
        assert_eq!(registry.look_up(SCOPE), Lookup::Unsettled);
        registrations(&mut registry, json!([]));
        assert_eq!(registry.look_up(SCOPE), Lookup::Absent);
    }

    #[test]
    fn a_start_that_ends_before_the_worker_runs_has_failed() {
        let mut registry = Registry::default();
        registrations(&mut registry, json!([entry("3", SCOPE)]));
        for (states, failed) in [
            (["stopped", "starting", "running", "stopping", "stopped"], 0),
            (["stopped", "starting", "starting", "stopping", "stopped"], 1),
            (["stopped", "starting", "stopped", "starting", "stopped"], 3),
        ] {
            for state in states {
                let mut version = running("9", "3", "activated");
                version["runningStatus"] = json!(state);
                versions(&mut registry, json!([version]));
            }
            assert_eq!(registry.failed_starts("3"), failed, "{states:?}");
        }
        let mut gone = entry("3", SCOPE);
        gone["isDeleted"] = json!(true);
        registrations(&mut registry, json!([gone]));
        assert_eq!(registry.failed_starts("3"), 0);
    }

    #[test]
    fn a_registration_is_active_with_its_version() {
        let mut registry = Registry::default();
        registrations(&mut registry, json!([entry("3", SCOPE)]));
        assert_eq!(registry.look_up(SCOPE), present("3", false));
        versions(&mut registry, json!([running("9", "3", "installed")]));
        assert_eq!(registry.look_up(SCOPE), present("3", false));
        versions(&mut registry, json!([running("9", "3", "activating")]));
        assert_eq!(registry.look_up(SCOPE), present("3", true));
        assert_eq!(registry.active_version("3").unwrap().target.as_deref(), Some("T"));
    }

    #[test]
    fn a_deleted_registration_takes_its_scope_along() {
        let mut registry = Registry::default();
        registrations(&mut registry, json!([entry("3", SCOPE)]));
        let deleted = json!([{"registrationId": "3", "scopeURL": SCOPE, "isDeleted": true}]);
        assert_eq!(registrations(&mut registry, deleted.clone()), [SCOPE]);
        assert_eq!(registrations(&mut registry, deleted), [""; 0], "told once");
        assert_eq!(registry.look_up(SCOPE), Lookup::Absent);
    }

    #[test]
    fn a_scope_that_lives_on_under_another_id_is_not_gone() {
        let mut registry = Registry::default();
        registrations(&mut registry, json!([entry("9", SCOPE), entry("10", SCOPE)]));
        assert_eq!(registry.look_up(SCOPE), present("9", false));
        let deleted = json!([{"registrationId": "9", "scopeURL": SCOPE, "isDeleted": true}]);
        assert_eq!(registrations(&mut registry, deleted), [""; 0]);
        assert_eq!(registry.look_up(SCOPE), present("10", false));
    }

    #[test]
    fn events_of_any_shape_are_survived() {
        let mut registry = Registry::default();
        for params in
            [json!(null), json!([]), json!({"registrations": 1}), json!([{"versions": {}}])]
        {
            for method in
                ["ServiceWorker.workerRegistrationUpdated", "ServiceWorker.workerVersionUpdated"]
            {
                registry.handle_event(&event(method, params.clone()));
            }
        }
        versions(&mut registry, json!([1, {"versionId": 1}, {"versionId": "1"}]));
        assert_eq!(registry.version("1"), None);
    }

    #[test]
    fn only_origins_that_the_daemon_takes_can_sync() {
        for (url, expected) in [
            ("https://a.example/", true),
            ("http://localhost:8080/", true),
            ("http://127.0.0.1/", true),
            ("http://[::1]:1/", true),
            ("http://app.localhost/", true),
            ("http://a.example/", false),
            ("http://localhost.example/", false),
            ("chrome-extension://abc/", false),
            ("about:blank", false),
        ] {
            assert_eq!(can_sync(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    fn present(registration: &str, active: bool) -> Lookup {
        Lookup::Present { registration: registration.to_owned(), active }
    }

    fn entry(id: &str, scope: &str) -> Value {
        json!({"registrationId": id, "scopeURL": scope, "isDeleted": false})
    }

    fn running(id: &str, registration: &str, status: &str) -> Value {
        json!({"versionId": id, "registrationId": registration, "runningStatus": "running",
            "status": status, "targetId": "T", "controlledClients": ["c"]})
    }

    fn registrations(registry: &mut Registry, list: Value) -> Vec<String> {
        let params = json!({"registrations": list});
        registry.handle_event(&event("ServiceWorker.workerRegistrationUpdated", params))
    }

    fn versions(registry: &mut Registry, list: Value) {
        registry
            .handle_event(&event("ServiceWorker.workerVersionUpdated", json!({"versions": list})));
    }

    fn event(method: &str, params: Value) -> Event {
        Event { session: None, method: method.to_owned(), params }
    }
}
