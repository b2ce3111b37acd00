//! How far a long verb has come, on standard error where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::environment;

/// A shorter verb has no use for the time that is left.
const LONG: Duration = Duration::from_secs(3);

/// A bar that vanishes with this value.
pub(super) struct Progress {
    bar: ProgressBar,
    long: bool,
}

impl Progress {
    /// Counts things of which so many are expected; 0: not known.
    pub(super) fn things(expected: u64) -> Self {
        Self::new(expected, "{bar:30} {human_pos}/{human_len} records")
    }

    /// Counts bytes of which so many are expected; 0: not known.
    pub(super) fn bytes(expected: u64) -> Self {
        let template =
            if expected == 0 { "{bytes} read" } else { "{bar:30} {bytes}/{total_bytes}" };
        Self::new(expected, template)
    }

    fn new(expected: u64, template: &'static str) -> Self {
        let target = if environment::stderr_is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(expected), target);
        set_template(&bar, template);
        Self { bar, long: false }
    }

    pub(super) fn set(&mut self, done: u64, expected: u64) {
        if expected > 0 {
            self.bar.set_length(expected.max(done));
        }
        self.bar.set_position(done);
        if !self.long && expected > 0 && self.bar.elapsed() >= LONG {
            self.long = true;
            set_template(&self.bar, "{bar:30} {percent} %, {eta} left");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn set_template(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
