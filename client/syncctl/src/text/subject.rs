//! Whom a pause or an override is for, in words.

use pwasync_client::Subject;

/// A noun, not escaped.
pub(crate) fn subject_words(subject: &Subject) -> String {
    match subject {
        Subject::Everything => "everything".to_owned(),
        Subject::Owner { owner_uid } => format!("all{}", of_user(*owner_uid)),
        Subject::Origin { owner_uid, origin } => format!("{origin}{}", of_user(*owner_uid)),
        Subject::App { owner_uid, app_id } => format!("app {app_id}{}", of_user(*owner_uid)),
    }
}

fn of_user(owner_uid: Option<u32>) -> String {
    owner_uid.map_or_else(|| " of this user".to_owned(), |uid| format!(" of user {uid}"))
}
