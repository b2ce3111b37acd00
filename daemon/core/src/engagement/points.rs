//! A number of points that is always a good one.

use crate::field::FieldError;

/// Points of engagement: a finite number from 0 to [`Points::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Points(f64);

/// Points are never NaN, so that each equals itself.
impl Eq for Points {}

impl Points {
    /// None.
    pub const ZERO: Self = Self(0.0);
    /// As many as can be counted; the policy's highest score is far below.
    pub const MAX: Self = Self(1_000_000.0);

    /// The nearest points to any number; what is not a number is none.
    pub fn nearest(number: f64) -> Self {
        if number.is_nan() {
            return Self::ZERO;
        }
        Self(number.clamp(Self::ZERO.0, Self::MAX.0))
    }

    /// A score as a browser or a person reports it.
    ///
    /// # Errors
    /// When it is not a number from 0 to `max_score`.
    pub fn parse(field: &'static str, number: f64, max_score: f64) -> Result<Self, FieldError> {
        if (0.0..=max_score).contains(&number) {
            return Ok(Self::nearest(number));
        }
        Err(FieldError::plain(field, number, format!("is not a number from 0 to {max_score}")))
    }

    /// The number.
    pub const fn value(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_from_outside_is_kept_as_it_is() {
        let cut =
            [f64::NAN, f64::NEG_INFINITY, -1.0, -0.0, 7.5, f64::INFINITY].map(Points::nearest);
        assert_eq!(cut.map(Points::value), [0.0, 0.0, 0.0, 0.0, 7.5, 1e6]);
    }

    #[test]
    fn a_reported_score_has_limits() {
        assert_eq!(Points::parse("score", 100.0, 100.0).unwrap().value(), 100.0);
        for wrong in [f64::NAN, -0.1, 100.1, f64::INFINITY] {
            assert!(Points::parse("score", wrong, 100.0).is_err(), "{wrong}");
        }
        let error = Points::parse("score", f64::NAN, 100.0).unwrap_err();
        assert_eq!(error.to_string(), "field `score`: value `NaN` is not a number from 0 to 100");
    }
}
