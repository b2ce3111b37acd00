//! What came of the attempts of a phone's life, as text that can be compared.

use std::{collections::BTreeMap, fmt::Write};

use pwasync_core::{
    attempt::Outcome,
    key::{AttemptId, RegistrationId},
    time::Timestamp,
};

use super::START;

/// The attempts of a life by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lived(pub(crate) BTreeMap<AttemptId, Attempted>);

/// One attempt.
#[derive(Clone, Debug)]
pub(crate) struct Attempted {
    pub(crate) registration: RegistrationId,
    pub(crate) name: String,
    pub(crate) sent_at: Timestamp,
    /// How and when it ended; `None`: it was out when its registration was removed.
    pub(crate) ended: Option<(Outcome, Timestamp)>,
}

impl Lived {
    /// An attempt was sent out.
    pub(crate) fn sent(&mut self, id: AttemptId, attempted: Attempted) {
        let before = self.0.insert(id, attempted);
        assert!(before.is_none(), "attempt {id} came twice");
    }

    /// An attempt has ended so, and then.
    pub(crate) fn ended(&mut self, id: AttemptId, how: (Outcome, Timestamp)) {
        let one = self.0.get_mut(&id).expect("what ended was sent");
        assert_eq!(one.ended, None, "attempt {id} ended twice");
        one.ended = Some(how);
    }

    /// A line for each attempt, by id: `1-17 0d 06:31:05.000 #3 site-00/news Completed 0d
    /// 06:31:09.000`.
    pub(crate) fn trace(&self) -> String {
        let mut text = String::new();
        for (id, one) in &self.0 {
            let Attempted { registration, name, sent_at, ended } = one;
            write!(text, "{id} {} #{registration} {name}", clock(*sent_at)).unwrap();
            match ended {
                Some((outcome, at)) => writeln!(text, " {outcome:?} {}", clock(*at)).unwrap(),
                None => writeln!(text, " -").unwrap(),
            }
        }
        text
    }
}

/// The time since the start.
fn clock(at: Timestamp) -> String {
    let millis = at.saturating_since(START).as_millis();
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    format!("{days}d {hours:02}:{:02}:{:02}.{millis:03}", seconds / 60 % 60, seconds % 60)
}
