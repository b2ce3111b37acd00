//! Figures of a run.

/// How often things happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Registrations, changes and removals that were answered.
    pub writes: u64,
    /// Answers to questions, each checked.
    pub reads: u64,
    /// Calls that were refused, with nothing done.
    pub refused: u64,
    /// Calls that ended without an answer: perhaps done.
    pub doubtful: u64,
    /// Wakes that arrived.
    pub wakes: u64,
    /// Outcomes that were recorded and counted.
    pub outcomes: u64,
    /// Outcomes that were told again after a loss of the session, counted or not.
    pub told_again: u64,
    /// Outcomes of attempts that no longer counted.
    pub uncounted: u64,
    /// Registrations that were compared after a start.
    pub compared: u64,
    /// What was acknowledged and is not so.
    pub losses: u64,
}

impl Counts {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            writes: self.writes + other.writes,
            reads: self.reads + other.reads,
            refused: self.refused + other.refused,
            doubtful: self.doubtful + other.doubtful,
            wakes: self.wakes + other.wakes,
            outcomes: self.outcomes + other.outcomes,
            told_again: self.told_again + other.told_again,
            uncounted: self.uncounted + other.uncounted,
            compared: self.compared + other.compared,
            losses: self.losses + other.losses,
        }
    }
}
