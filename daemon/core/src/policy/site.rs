//! The parts of a policy that hold for a site or a network alone.

use std::fmt;

use super::{
    NetworkRules, Rules,
    keys::{Key, Reach},
    value::{Value, ValueError},
};
use crate::{
    field::FieldError,
    key::{AppId, Scope},
    place::Place,
};

/// Which part of a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What holds for everybody.
    General,
    /// What holds for an origin.
    Origin(Box<str>),
    /// What holds for an app.
    App(AppId),
    /// What is said of a network.
    Network(Place),
}

impl Section {
    /// The section of an origin: scheme, host and port.
    ///
    /// # Errors
    /// When it is no origin of a service worker, or names more than that.
    pub fn origin(text: &str) -> Result<Self, FieldError> {
        let scope = Scope::parse(text).map_err(|error| FieldError { field: "origin", ..error })?;
        let origin = scope.origin();
        // A URL without a path has `/` once it is parsed; whoever writes one means a path.
        if scope.as_str().strip_suffix('/') != Some(origin) || text.ends_with('/') {
            let rule = format!("must be scheme, host and port alone, such as `{origin}`");
            return Err(FieldError::text("origin", text, rule));
        }
        Ok(Self::Origin(origin.into()))
    }

    /// The section of an app.
    ///
    /// # Errors
    /// When it is no id of an app.
    pub fn app(text: &str) -> Result<Self, FieldError> {
        Ok(Self::App(AppId::parse(text)?))
    }
}

/// As the head of its table; the general part has none.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::General => Ok(()),
            Self::Origin(origin) => write!(f, "origin \"{}\"", origin.escape_debug()),
            Self::App(app) => write!(f, "app \"{}\"", app.as_str().escape_debug()),
            Self::Network(place) => place.fmt(f),
        }
    }
}

/// What a section says: at most one value for a key, in the order of the keys' names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch(Vec<(&'static Key, Value)>);

/// Why a patch does not take a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PatchError {
    /// The key holds for everybody.
    #[error("holds for everybody: a site cannot have a value of its own")]
    General,
    /// The key is of another kind of section.
    #[error("is for sections of {0} alone")]
    Elsewhere(&'static str),
    /// The value does not fit.
    #[error(transparent)]
    Value(#[from] ValueError),
}

impl Patch {
    /// Sets a value, in place of the one that it has.
    ///
    /// # Errors
    /// When no site may have this key, or the value does not fit it.
    pub fn set(&mut self, key: &'static Key, value: Value) -> Result<(), PatchError> {
        match key.reach() {
            Reach::General => return Err(PatchError::General),
            Reach::Network => return Err(PatchError::Elsewhere("networks")),
            Reach::Site => key.kind.check(value)?,
        }
        self.insert(key, value);
        Ok(())
    }

    /// As [`Self::set`], of a network.
    ///
    /// # Errors
    /// When no network may have this key, or the value does not fit it.
    pub fn set_of_network(&mut self, key: &'static Key, value: Value) -> Result<(), PatchError> {
        match key.reach() {
            Reach::General => return Err(PatchError::General),
            Reach::Site => return Err(PatchError::Elsewhere("sites")),
            Reach::Network => key.kind.check(value)?,
        }
        self.insert(key, value);
        Ok(())
    }

    fn insert(&mut self, key: &'static Key, value: Value) {
        match self.0.binary_search_by(|(known, _)| known.name.cmp(key.name)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// What it says.
    pub fn entries(&self) -> impl Iterator<Item = (&'static Key, Value)> + '_ {
        self.0.iter().copied()
    }

    /// Lays it over what holds otherwise.
    pub(super) fn lay_over(&self, rules: &mut Rules) {
        for (key, value) in self.entries() {
            key.set_for_site(rules, value);
        }
    }

    /// Lays it over what is said of a network otherwise.
    pub(super) fn lay_over_network(&self, rules: &mut NetworkRules) {
        for (key, value) in self.entries() {
            key.set_for_network(rules, value);
        }
    }
}
