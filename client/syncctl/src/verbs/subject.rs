//! Whom a pause or an override is for, as it is typed.

use clap::Args;
use pwasync_client::Subject;

use super::parse;

/// Without any of them: all of the caller.
#[derive(Clone, Debug, Args)]
pub(crate) struct SubjectArguments {
    /// For everybody; for administrators
    #[arg(long, conflicts_with_all = ["owner", "origin", "app"])]
    all: bool,
    /// For this user; another one is for administrators [default: the caller]
    #[arg(long, value_name = "UID")]
    owner: Option<u32>,
    /// For this origin alone, such as `https://app.example`
    #[arg(long, value_name = "ORIGIN", value_parser = parse::name,
        conflicts_with = "app")]
    origin: Option<String>,
    /// For this app alone, by the id of its manifest
    #[arg(long, value_name = "APP-ID", value_parser = parse::name)]
    app: Option<String>,
}

impl From<SubjectArguments> for Subject {
    fn from(arguments: SubjectArguments) -> Self {
        let SubjectArguments { all, owner, origin, app } = arguments;
        if all {
            return Self::Everything;
        }
        match (origin, app) {
            (Some(origin), _) => Self::Origin { owner_uid: owner, origin },
            (None, Some(app_id)) => Self::App { owner_uid: owner, app_id },
            (None, None) => Self::Owner { owner_uid: owner },
        }
    }
}
