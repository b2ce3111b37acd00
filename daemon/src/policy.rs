//! The policy files: which they are, what they say, and everything that is wrong with them.
//!
//! Reads files and nothing else; what a key means is in the core's table of keys.

mod describe;
mod document;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod machine;
mod merge;
mod problem;
pub mod reload;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use pwasync_core::policy::{Policy, Section, keys};

pub use describe::{Changed, Described};
pub use machine::GridOffset;
pub use problem::{Place, PolicyProblems, Problem};

use merge::Merged;
use problem::Collected;

/// The name of the flag that stands over `network.settle`.
const SETTLE_FLAG: &str = "--network-settle";

/// Where the policy comes from. Cheap to clone, so that whoever reloads it has one.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// The main file; its drop-ins are beside it. `None`: there is no place for one.
    pub file: Option<PolicyFile>,
    /// Stands over `network.settle`.
    pub network_settle: Option<Duration>,
    /// Where the slots of the wake grid begin.
    pub grid_offset: GridOffset,
}

/// The main file of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyFile {
    /// Where it is by default: it need not exist.
    Default(PathBuf),
    /// It was named, so it must exist.
    Named(PathBuf),
}

impl PolicyFile {
    fn path(&self) -> &Path {
        match self {
            Self::Default(path) | Self::Named(path) => path,
        }
    }
}

/// A policy, and where its values come from.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedPolicy {
    /// The policy.
    pub policy: Policy,
    /// The files, in the order in which they were read; what stands in a later one wins.
    pub files: Vec<PathBuf>,
    /// Values that are not there by default, and where they stand.
    places: BTreeMap<(Section, &'static str), Place>,
}

/// A policy of no file.
impl From<Policy> for LoadedPolicy {
    fn from(policy: Policy) -> Self {
        Self { policy, files: Vec::new(), places: BTreeMap::new() }
    }
}

impl PolicySource {
    /// Reads all files. Blocks: not for the runtime's own thread once the daemon serves.
    ///
    /// # Errors
    /// Everything that is wrong in any of them.
    pub fn load(&self) -> Result<LoadedPolicy, PolicyProblems> {
        let mut problems = Collected::default();
        let texts =
            self.file.as_ref().map_or_else(Vec::new, |file| files::read(file, &mut problems));
        let mut merged = Merged::default();
        for text in &texts {
            let path: Arc<Path> = Arc::from(text.path.as_path());
            merged.add(document::parse(&path, &text.text, &mut problems), text.rank, &mut problems);
        }
        let (mut policy, mut places) = merged.finish(&mut problems);
        problems.into_result()?;
        if let Some(settle) = self.network_settle {
            policy.settle = settle;
            let settle = keys::all().find(|key| key.name == "network.settle");
            let flag = Place::Flag(SETTLE_FLAG);
            places.extend(settle.map(|key| ((Section::General, key.name), flag)));
        }
        policy.grid_offset = self.grid_offset.within(policy.longest_slot());
        policy.suspend.resume_offset = self.grid_offset.part_of(policy.suspend.resume_jitter);
        Ok(LoadedPolicy {
            policy,
            files: texts.into_iter().map(|text| text.path).collect(),
            places,
        })
    }
}

#[cfg(test)]
mod tests;
