//! An attempt in few words.

use pwasync_client::{Attempt, LastChance};

use super::escape::escape;

/// Its id and number, escaped.
pub(crate) fn attempt_words(attempt: &Attempt) -> String {
    let last_chance = match attempt.last_chance {
        LastChance::Yes => ", last chance",
        LastChance::No => "",
    };
    format!("attempt {} (number {}{last_chance})", escape(attempt.id.as_str()), attempt.number)
}
