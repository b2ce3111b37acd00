//! What a run of the benchmarks states: figures, each with the bound it must keep.
//!
//! The rules. A figure is a number that another machine could have too: a ratio to a peer or to a
//! limit which was measured in the same run, a count, or a size; a bare rate or time stands beside
//! it for people and has no bound unless the bound is the promise itself. Pairs are interleaved
//! and a figure is the median of its rounds. What could not be measured is missing: it says why,
//! and is never held.

use serde::Serialize;

/// What a value must keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

/// A figure before it is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Promise {
    /// Names it in `results.jsonl`, for ever the same: `register.share_of_echo`.
    pub(crate) name: &'static str,
    /// What it is, for people; begins without a capital letter.
    pub(crate) what: &'static str,
    /// `×`, `/s`, `µs`, `MiB` ...
    pub(crate) unit: &'static str,
    /// `None`: it stands beside others.
    pub(crate) bound: Option<Bound>,
}

/// A figure of this run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// What it is.
    pub(crate) promise: Promise,
    /// Its value, or why there is none.
    pub(crate) value: Result<f64, String>,
}

/// What became of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is none.
    Unbounded,
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// It was not measured.
    Missing,
}

impl Bound {
    /// Whether a value keeps it.
    fn is_kept_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    /// As people read it.
    pub(crate) fn shown(self) -> String {
        match self {
            Self::AtMost(limit) => format!("≤ {}", number(limit)),
            Self::AtLeast(limit) => format!("≥ {}", number(limit)),
        }
    }
}

impl Promise {
    /// One that stands beside others, without a bound.
    pub(crate) const fn beside(name: &'static str, what: &'static str, unit: &'static str) -> Self {
        Self { name, what, unit, bound: None }
    }

    /// The figure with this value.
    pub(crate) fn is(self, value: f64) -> Figure {
        let value = if value.is_finite() { Ok(value) } else { Err("it is no number".to_owned()) };
        Figure { promise: self, value }
    }

    /// The figure that could not be measured.
    pub(crate) fn missing(self, why: impl Into<String>) -> Figure {
        Figure { promise: self, value: Err(why.into()) }
    }
}

impl Figure {
    /// What became of its bound.
    pub(crate) fn verdict(&self) -> Verdict {
        match (&self.value, self.promise.bound) {
            (Err(_), _) => Verdict::Missing,
            (Ok(_), None) => Verdict::Unbounded,
            (Ok(value), Some(bound)) if bound.is_kept_by(*value) => Verdict::Holds,
            (Ok(_), Some(_)) => Verdict::Broken,
        }
    }

    /// Its value and unit, as people read them.
    pub(crate) fn shown(&self) -> String {
        match &self.value {
            Ok(value) => format!("{} {}", number(*value), self.promise.unit),
            Err(_) => "missing".to_owned(),
        }
    }

    /// As a line of `results.jsonl`.
    pub(crate) fn line(&self) -> String {
        let verdict = self.verdict();
        let line = Line {
            name: self.promise.name,
            value: self.value.as_ref().ok().copied(),
            unit: self.promise.unit,
            bound: self.promise.bound.map(Bound::shown),
            holds: match verdict {
                Verdict::Unbounded => None,
                Verdict::Holds => Some(true),
                Verdict::Broken => Some(false),
                Verdict::Missing => self.promise.bound.map(|_| false),
            },
            missing: self.value.as_ref().err().map(String::as_str),
        };
        serde_json::to_string(&line).expect("names and numbers always encode")
    }
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    value: Option<f64>,
    unit: &'a str,
    bound: Option<String>,
    holds: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a str>,
}

/// Three significant digits; thousands apart.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1_000.0 {
        return grouped(&format!("{value:.0}"));
    }
    let digits = match size {
        size if size >= 100.0 || size.fract() == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.1 => 2,
        _ => 4,
    };
    format!("{value:.digits$}")
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The middle one; of an even number the mean of the middle two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Promise =
        Promise { name: "a.share", what: "a share", unit: "×", bound: Some(Bound::AtLeast(0.35)) };

    #[test]
    fn a_bound_holds_at_its_edge_and_not_beyond() {
        assert_eq!(SHARE.is(0.35).verdict(), Verdict::Holds);
        assert_eq!(SHARE.is(0.349).verdict(), Verdict::Broken);
        let most = Promise { bound: Some(Bound::AtMost(2.0)), ..SHARE };
        assert_eq!(most.is(2.0).verdict(), Verdict::Holds);
        assert_eq!(most.is(2.001).verdict(), Verdict::Broken);
        assert_eq!(Promise { bound: None, ..SHARE }.is(9.0).verdict(), Verdict::Unbounded);
    }

    #[test]
    fn what_is_missing_never_holds() {
        let missing = SHARE.missing("`beanstalkd` is not installed");
        assert_eq!(missing.verdict(), Verdict::Missing);
        assert_eq!(
            missing.line(),
            r#"{"name":"a.share","value":null,"unit":"×","bound":"≥ 0.35","holds":false,"missing":"`beanstalkd` is not installed"}"#
        );
        assert_eq!(SHARE.is(f64::NAN).verdict(), Verdict::Missing);
    }

    #[test]
    fn a_line_says_value_bound_and_verdict() {
        assert_eq!(
            SHARE.is(0.41).line(),
            r#"{"name":"a.share","value":0.41,"unit":"×","bound":"≥ 0.35","holds":true}"#
        );
    }

    #[test]
    fn numbers_are_short() {
        let shown = [1_234_567.8, 999.6, 35.04, 2.0, 0.4149, 0.01234, -1_500.0].map(number);
        assert_eq!(shown, ["1,234,568", "1000", "35.0", "2", "0.41", "0.0123", "-1,500"]);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).to_string(), "2");
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]).to_string(), "2.5");
        assert!(median(&[]).is_nan());
    }
}
