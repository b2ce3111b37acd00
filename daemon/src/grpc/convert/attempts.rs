//! Attempts and outcomes.

use pwasync_core::{
    FieldError,
    attempt::{Attempt, Ended, Outcome},
    time::WallClock,
};
use pwasync_proto::v1 as wire;

use super::{limits::none_of, time::timestamp_to_proto};

const OUTCOMES: &str = "COMPLETED (1), REJECTED (2), TIMED_OUT (3), OFFLINE (4), ABORTED (5), \
                        UNAVAILABLE (6) or SCOPE_GONE (7)";

/// An attempt that is out.
pub(crate) fn attempt_to_proto(wall: WallClock, attempt: &Attempt) -> wire::Attempt {
    wire::Attempt {
        id: attempt.id.to_string(),
        number: attempt.number.into(),
        last_chance: attempt.last_chance,
        sent_at: Some(timestamp_to_proto(wall, attempt.sent_at)),
        started_at: attempt.started_at().map(|at| timestamp_to_proto(wall, at)),
        finished_at: None,
        outcome: wire::Outcome::Unspecified.into(),
        detail: String::new(),
    }
}

/// An attempt that has ended.
pub(crate) fn ended_to_proto(wall: WallClock, ended: &Ended) -> wire::Attempt {
    wire::Attempt {
        id: ended.id.to_string(),
        number: ended.number.into(),
        last_chance: ended.last_chance,
        sent_at: Some(timestamp_to_proto(wall, ended.sent_at)),
        started_at: ended.started_at.map(|at| timestamp_to_proto(wall, at)),
        finished_at: Some(timestamp_to_proto(wall, ended.finished_at)),
        outcome: outcome_to_proto(ended.outcome).into(),
        detail: ended.detail.to_string(),
    }
}

fn outcome_to_proto(outcome: Outcome) -> wire::Outcome {
    match outcome {
        Outcome::Completed => wire::Outcome::Completed,
        Outcome::Rejected => wire::Outcome::Rejected,
        Outcome::TimedOut => wire::Outcome::TimedOut,
        Outcome::Offline => wire::Outcome::Offline,
        Outcome::Aborted => wire::Outcome::Aborted,
        Outcome::Unavailable => wire::Outcome::Unavailable,
        Outcome::ScopeGone => wire::Outcome::ScopeGone,
        Outcome::Lost => wire::Outcome::Lost,
    }
}

/// An outcome that a browser may report.
///
/// # Errors
/// When it is none, or LOST, which the daemon alone can know.
pub(crate) fn outcome_from_proto(outcome: i32) -> Result<Outcome, FieldError> {
    match wire::Outcome::try_from(outcome) {
        Ok(wire::Outcome::Completed) => Ok(Outcome::Completed),
        Ok(wire::Outcome::Rejected) => Ok(Outcome::Rejected),
        Ok(wire::Outcome::TimedOut) => Ok(Outcome::TimedOut),
        Ok(wire::Outcome::Offline) => Ok(Outcome::Offline),
        Ok(wire::Outcome::Aborted) => Ok(Outcome::Aborted),
        Ok(wire::Outcome::Unavailable) => Ok(Outcome::Unavailable),
        Ok(wire::Outcome::ScopeGone) => Ok(Outcome::ScopeGone),
        Ok(wire::Outcome::Unspecified | wire::Outcome::Lost) | Err(_) => {
            Err(none_of("outcome", outcome, OUTCOMES))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use pwasync_core::{attempt::Progress, key::AttemptId, time::Timestamp};

    #[test]
    fn outcomes_read_back_but_for_lost() {
        for outcome in [
            Outcome::Completed,
            Outcome::Rejected,
            Outcome::TimedOut,
            Outcome::Offline,
            Outcome::Aborted,
            Outcome::Unavailable,
            Outcome::ScopeGone,
        ] {
            assert_eq!(outcome_from_proto(outcome_to_proto(outcome).into()), Ok(outcome));
        }
        for wrong in [wire::Outcome::Unspecified.into(), wire::Outcome::Lost.into(), 99, -1] {
            let error = outcome_from_proto(wrong).unwrap_err().to_string();
            assert!(error.starts_with(&format!("field `outcome`: value `{wrong}` must be")));
        }
    }

    #[test]
    fn an_attempt_that_runs_has_no_outcome() {
        let at = Timestamp::from_millis;
        let attempt = Attempt {
            id: AttemptId { epoch: 2, counter: 7 },
            number: 3,
            last_chance: true,
            brought_forward: false,
            sent_at: at(1_000),
            progress: Progress::Started { at: at(2_000), finish_by: at(9_000) },
            run_limit: Duration::from_secs(7),
        };
        let sent = attempt_to_proto(WallClock::default(), &attempt);
        assert_eq!((sent.id.as_str(), sent.number, sent.last_chance), ("2-7", 3, true));
        assert_eq!(sent.started_at.unwrap().seconds, 2);
        assert_eq!(sent.finished_at, None);
        assert_eq!(sent.outcome(), wire::Outcome::Unspecified);
    }
}
