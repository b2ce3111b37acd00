//! The daemon's policy: its values, where they come from, and what is wrong with its files.

/// The policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// By key, the general value before those of sections.
    pub values: Vec<PolicyValue>,
    /// Files in the order in which they were read.
    pub files: Vec<String>,
    /// Mistakes of the last reading; empty: the values are what the files say.
    pub problems: Vec<PolicyProblem>,
}

/// One value, written as in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyValue {
    /// Such as `network.settle`.
    pub key: String,
    /// What holds.
    pub value: String,
    /// What it is measured in, such as `duration`.
    pub unit: String,
    /// What holds where no file says otherwise.
    pub default_value: String,
    /// What is allowed; none: anything of the unit.
    pub range: Option<String>,
    /// A sentence.
    pub about: String,
    /// The rule that it belongs to.
    pub rule: Option<String>,
    /// `default`, file and line, or a flag of the daemon.
    pub source: String,
    /// The section of one origin or app that it stands in; none: it is general.
    pub section: Option<String>,
}

/// A mistake in the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Where; none: in no single file.
    pub file: Option<String>,
    /// From 1; 0: in no single line.
    pub line: u32,
    /// From 1; 0: not known.
    pub column: u32,
    /// Which key; none: no single one.
    pub key: Option<String>,
    /// What is wrong, and what is allowed.
    pub message: String,
}

/// What a reading of the files changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyReload {
    /// What is different.
    pub changed: Vec<PolicyChange>,
    /// All mistakes; if there is one, the policy stays as it was.
    pub problems: Vec<PolicyProblem>,
    /// Files in the order in which they were read.
    pub files: Vec<String>,
}

/// A value that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyChange {
    /// Such as `network.settle`.
    pub key: String,
    /// The section of one origin or app; none: it is general.
    pub section: Option<String>,
    /// None: it was not there.
    pub before: Option<String>,
    /// None: it is there no more.
    pub after: Option<String>,
}
