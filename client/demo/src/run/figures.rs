//! Where the time goes between the link and the server. Pure.

use std::time::Duration;

use pwasync_e2e::Moment;

/// The instants of one round, each from the clock of who saw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Instants {
    /// The kernel was asked to set the link up.
    pub(crate) link_up: Moment,
    /// The kernel told everybody of the carrier.
    pub(crate) carrier: Moment,
    /// The daemon said that the host is online.
    pub(crate) online: Moment,
    /// The daemon sent the wake.
    pub(crate) wake: Moment,
    /// The worker's event began.
    pub(crate) event: Moment,
    /// The server read the request.
    pub(crate) request: Moment,
}

/// A part of the way, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) millis: f64,
}

impl Instants {
    /// From the link to the server.
    pub(crate) fn total(&self) -> f64 {
        self.request.millis_since(self.link_up)
    }

    /// What the daemon itself took, waiting on purpose left out; its clock's cut-off millisecond
    /// makes that nothing at times, never less.
    pub(crate) fn daemon(&self, settle: Duration) -> f64 {
        let waited = settle.as_secs_f64() * 1_000.0;
        (self.wake.millis_since(self.carrier) - waited).max(0.0)
    }

    /// The way in order; the parts add up to the total.
    pub(crate) fn parts(&self) -> [Part; 5] {
        [
            Part {
                name: "kernel: link up to carrier",
                millis: self.carrier.millis_since(self.link_up),
            },
            Part {
                name: "daemon: carrier to online",
                millis: self.online.millis_since(self.carrier),
            },
            Part { name: "daemon: settle, then wake", millis: self.wake.millis_since(self.online) },
            Part {
                name: "browser: wake to sync event",
                millis: self.event.millis_since(self.wake),
            },
            Part {
                name: "worker: event to request",
                millis: self.request.millis_since(self.event),
            },
        ]
    }
}

/// The middle value; of an even count the mean of both. `None` of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(upper, *sorted.get(middle - 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: f64) -> Moment {
        Moment::from_unix_millis(1_000_000.0 + millis)
    }

    #[test]
    fn parts_add_up_to_the_total() {
        let round = Instants {
            link_up: at(0.0),
            carrier: at(0.5),
            online: at(2.0),
            wake: at(1_003.0),
            event: at(1_020.0),
            request: at(1_031.5),
        };
        let sum: f64 = round.parts().iter().map(|part| part.millis).sum();
        assert!((sum - round.total()).abs() < 0.001, "{sum} {}", round.total());
        assert!((round.daemon(Duration::from_secs(1)) - 2.5).abs() < 0.001);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }
}
