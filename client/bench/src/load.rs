//! Closed loops: each caller has one call outstanding, and all of them live on one thread, since
//! waking a thread for each would be what is measured.

use std::{future::Future, time::Duration};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::clock::Moment;

/// How long a load runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Not counted.
    pub(crate) warm_up: Duration,
    /// Counted.
    pub(crate) measured: Duration,
}

/// What a load saw.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Measured {
    /// Calls that ended inside the span.
    pub(crate) calls: u64,
    /// Calls a second.
    pub(crate) rate: f64,
    /// Median time of a call, in microseconds.
    pub(crate) p50: f64,
    /// The time that one call of a hundred takes longer than, in microseconds.
    pub(crate) p99: f64,
}

/// Whoever makes calls one after the other.
pub(crate) trait Caller: Send + 'static {
    /// Makes one call and waits for its answer.
    fn call(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

impl Span {
    /// A span with a short time to warm up before it.
    pub(crate) fn of(measured: Duration) -> Self {
        Self { warm_up: measured / 5, measured }
    }
}

/// Has all callers call for the span.
///
/// # Errors
/// When a call fails.
pub(crate) async fn closed_loop<C: Caller>(
    callers: Vec<C>,
    span: Span,
) -> anyhow::Result<Measured> {
    let mut loops = JoinSet::new();
    let begun = Moment::now();
    for caller in callers {
        loops.spawn(one_loop(caller, begun, span));
    }
    let mut times = Vec::new();
    while let Some(ended) = loops.join_next().await {
        times.extend(ended.context("a caller panicked")??);
    }
    Ok(Measured::of(times, span.measured))
}

async fn one_loop<C: Caller>(
    mut caller: C,
    begun: Moment,
    span: Span,
) -> anyhow::Result<Vec<Duration>> {
    let end = span.warm_up + span.measured;
    let mut times = Vec::new();
    let mut asked = Moment::now();
    loop {
        caller.call().await?;
        let answered = Moment::now();
        let at = answered.since(begun);
        if at > end {
            return Ok(times);
        }
        if at > span.warm_up {
            times.push(answered.since(asked));
        }
        asked = answered;
    }
}

impl Measured {
    /// From the time of each call.
    pub(crate) fn of(mut times: Vec<Duration>, within: Duration) -> Self {
        times.sort_unstable();
        let calls = u64::try_from(times.len()).unwrap_or(u64::MAX);
        let rate = float(times.len()) / within.as_secs_f64();
        Self { calls, rate, p50: percentile(&times, 50), p99: percentile(&times, 99) }
    }
}

/// Microseconds that so many of a hundred are not above, of sorted times.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times = (1..=100).rev().map(Duration::from_micros).collect();
        let measured = Measured::of(times, Duration::from_secs(2));
        assert_eq!((measured.calls, measured.rate.to_string().as_str()), (100, "50"));
        assert!((measured.p50 - 50.0).abs() < 0.01, "{measured:?}");
        assert!((measured.p99 - 99.0).abs() < 0.01, "{measured:?}");
    }
}
