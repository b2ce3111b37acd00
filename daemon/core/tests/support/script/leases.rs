//! Pauses and overrides.

use pwasync_core::{LeaseError, NewLease, lease::Leased};

use super::{Script, words};
use crate::support::trace;

impl Script {
    /// `pause all for 1h [as bob]`, `unpause all`, `override owner:ana network offline for 1h`,
    /// `clear owner:ana [network]`. Subjects: `all`, `owner:bob`, `origin:[bob/]shop`,
    /// `app:[bob/]mail`.
    pub(super) fn lease(&mut self, command: &str, rest: &[&str]) -> bool {
        match (command, rest) {
            ("pause", [subject, rest @ ..]) => self.take(subject, Leased::Pause, rest),
            ("override", [subject, fact, value, rest @ ..]) => {
                let value = words::fact_value(words::fact(fact), value);
                self.take(subject, Leased::Override(value), rest);
            }
            ("unpause", [subject, rest @ ..]) => {
                let (subject, viewer) = (words::subject(subject), words::viewer(rest));
                // The answer is in the trace.
                let _ = self
                    .world
                    .request(|scheduler, now| scheduler.resume(now, viewer, &subject), given_back);
            }
            ("clear", [subject, rest @ ..]) => {
                let (subject, viewer) = (words::subject(subject), words::viewer(rest));
                let fact = rest.first().filter(|word| **word != "as");
                let fact = fact.map(|word| words::fact(word));
                let _ = self.world.request(
                    |scheduler, now| scheduler.clear_override(now, viewer, &subject, fact),
                    given_back,
                );
            }
            _ => return false,
        }
        true
    }

    fn take(&mut self, subject: &str, what: Leased, rest: &[&str]) {
        let viewer = words::viewer(rest);
        let lasts = words::after(rest, "for").unwrap_or_else(|| panic!("for how long?"));
        let new = NewLease {
            subject: words::subject(subject),
            what,
            place: None,
            lasts,
            reason: "a test".into(),
        };
        let _ = self.world.request(
            |scheduler, now| scheduler.lease(now, viewer, new),
            |result| Some(trace::leased(result)),
        );
    }
}

fn given_back(result: &Result<usize, LeaseError>) -> Option<String> {
    Some(match result {
        Ok(count) => format!("gave back {count}"),
        Err(error) => format!("refused: {error}"),
    })
}
