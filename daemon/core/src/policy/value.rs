//! The values of policy keys: what they are, how a file writes them, and what they may be.
//!
//! Knows nothing of the keys, and nothing of TOML: a file's scalars come as [`Raw`].

mod duration;

use std::{fmt, time::Duration};

use crate::field::shorten;

/// The word for a limit that is not there.
const UNLIMITED: &str = "unlimited";

/// The value of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A length of time.
    Duration(Duration),
    /// A whole number, a percentage included.
    Count(u64),
    /// Points of engagement, or a proportion.
    Number(f64),
    /// One of the words of its key.
    Word(&'static str),
    /// On or off.
    Switch(bool),
    /// There is no limit.
    Unlimited,
}

/// As in the file, without the quotes.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Duration(value) => duration::show(value, f),
            Self::Count(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Word(value) => f.write_str(value),
            Self::Switch(value) => value.fmt(f),
            Self::Unlimited => f.write_str(UNLIMITED),
        }
    }
}

impl Value {
    /// As in the file, with the quotes.
    pub fn quoted(self) -> String {
        match self {
            Self::Duration(_) | Self::Word(_) | Self::Unlimited => format!("\"{self}\""),
            Self::Count(_) | Self::Number(_) | Self::Switch(_) => self.to_string(),
        }
    }

    /// Whether this is more than the other; values of different kinds cannot be compared.
    pub(super) fn is_above(self, other: Self) -> bool {
        match (self, other) {
            (Self::Duration(one), Self::Duration(other)) => one > other,
            (Self::Count(one), Self::Count(other)) => one > other,
            (Self::Number(one), Self::Number(other)) => one > other,
            (
                Self::Duration(_)
                | Self::Count(_)
                | Self::Number(_)
                | Self::Word(_)
                | Self::Switch(_)
                | Self::Unlimited,
                _,
            ) => false,
        }
    }
}

/// A scalar of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Something that no key takes, by its name: "a table".
    Other(&'static str),
}

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&shorten(text)),
            Self::Integer(value) => write!(f, "`{value}`"),
            Self::Float(value) => write!(f, "`{value}`"),
            Self::Boolean(value) => write!(f, "`{value}`"),
            Self::Other(name) => write!(f, "({name})"),
        }
    }
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A length of time.
    Duration {
        /// Shortest.
        least: Duration,
        /// Longest.
        most: Duration,
    },
    /// A whole number.
    Count {
        /// Smallest.
        least: u64,
        /// Largest.
        most: u64,
    },
    /// A whole number of 0 to 100.
    Percent,
    /// Points of engagement.
    Points {
        /// Largest; the smallest is 0.
        most: f64,
    },
    /// A proportion of 0 to 1.
    Proportion,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// The word `unlimited`, or something else.
    OrUnlimited(&'static Self),
}

/// Why a value does not fit its key, as the end of a sentence about the key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ValueError {
    /// It is of another type.
    #[error("value {value} is not {wanted}")]
    Type {
        /// The value.
        value: String,
        /// What it must be.
        wanted: String,
    },
    /// A length of time without a unit.
    #[error("value {value} needs a unit, such as `{example}`")]
    NoUnit {
        /// The value.
        value: String,
        /// The same with a unit.
        example: String,
    },
    /// A unit that is none of time.
    #[error("value {value}: unit {unit} is none of `ms`, `s`, `m`, `h`, `d`")]
    Unit {
        /// The value.
        value: String,
        /// The unit.
        unit: String,
    },
    /// It is too small.
    #[error("value `{value}` is below the limit `{limit}`")]
    Below {
        /// The value.
        value: String,
        /// The smallest allowed.
        limit: Value,
    },
    /// It is too large.
    #[error("value `{value}` is above the limit `{limit}`")]
    Above {
        /// The value.
        value: String,
        /// The largest allowed.
        limit: Value,
    },
}

impl Kind {
    /// Reads a scalar.
    ///
    /// # Errors
    /// When it is of another type, has a wrong unit or none, or is out of range.
    pub fn read(&self, raw: Raw<'_>) -> Result<Value, ValueError> {
        let value = match (self, raw) {
            (Self::OrUnlimited(_), Raw::Text(UNLIMITED)) => return Ok(Value::Unlimited),
            (Self::OrUnlimited(kind), raw) => {
                return kind.read(raw).map_err(|error| self.widened(error));
            }
            (Self::Duration { .. }, Raw::Text(text)) => {
                Value::Duration(duration::read(text).map_err(|error| match error {
                    duration::Wrong::Form => self.refused(raw),
                    duration::Wrong::NoUnit => without_unit(raw),
                    duration::Wrong::Unit(unit) => {
                        ValueError::Unit { value: raw.to_string(), unit: shorten(unit) }
                    }
                })?)
            }
            (Self::Duration { .. }, Raw::Integer(_) | Raw::Float(_)) => {
                return Err(without_unit(raw));
            }
            (Self::Count { least, .. }, Raw::Integer(number)) => {
                let limit = Value::Count(*least);
                Value::Count(u64::try_from(number).map_err(|_| below(number, limit))?)
            }
            (Self::Percent, Raw::Integer(number)) => {
                Value::Count(u64::try_from(number).map_err(|_| below(number, Value::Count(0)))?)
            }
            (Self::Points { .. } | Self::Proportion, Raw::Float(number)) if number.is_finite() => {
                Value::Number(number)
            }
            #[expect(clippy::cast_precision_loss, reason = "what is out of range stays so")]
            (Self::Points { .. } | Self::Proportion, Raw::Integer(number)) => {
                Value::Number(number as f64)
            }
            (Self::Choice(words), Raw::Text(text)) => {
                let word = words.iter().find(|word| **word == text);
                Value::Word(word.ok_or_else(|| self.refused(raw))?)
            }
            (Self::Switch, Raw::Boolean(switch)) => Value::Switch(switch),
            (
                Self::Duration { .. }
                | Self::Count { .. }
                | Self::Percent
                | Self::Points { .. }
                | Self::Proportion
                | Self::Choice(_)
                | Self::Switch,
                _,
            ) => return Err(self.refused(raw)),
        };
        self.check(value)?;
        Ok(value)
    }

    /// Refuses a value of another type, or out of range.
    ///
    /// # Errors
    /// When it is one.
    pub fn check(&self, value: Value) -> Result<(), ValueError> {
        match (self, value) {
            (Self::OrUnlimited(_), Value::Unlimited) | (Self::Switch, Value::Switch(_)) => Ok(()),
            (Self::OrUnlimited(kind), value) => kind.check(value),
            (Self::Choice(words), Value::Word(word)) if words.contains(&word) => Ok(()),
            (Self::Duration { .. }, Value::Duration(_))
            | (Self::Count { .. } | Self::Percent, Value::Count(_))
            | (Self::Points { .. } | Self::Proportion, Value::Number(_)) => self.in_range(value),
            (
                Self::Duration { .. }
                | Self::Count { .. }
                | Self::Percent
                | Self::Points { .. }
                | Self::Proportion
                | Self::Choice(_)
                | Self::Switch,
                _,
            ) => Err(self.mismatch(value)),
        }
    }

    /// The error for a value of another type.
    pub(super) fn mismatch(&self, value: Value) -> ValueError {
        ValueError::Type { value: format!("`{value}`"), wanted: self.wanted() }
    }

    fn in_range(&self, value: Value) -> Result<(), ValueError> {
        let Some((least, most)) = self.limits() else { return Ok(()) };
        if least.is_above(value) {
            return Err(ValueError::Below { value: value.to_string(), limit: least });
        }
        if value.is_above(most) {
            return Err(ValueError::Above { value: value.to_string(), limit: most });
        }
        Ok(())
    }

    /// What it is counted in, in a word or two.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Duration { .. } => "duration",
            Self::Count { .. } => "count",
            Self::Percent => "percent",
            Self::Points { .. } => "points",
            Self::Proportion => "factor",
            Self::Choice(_) => "word",
            Self::Switch => "yes or no",
            Self::OrUnlimited(kind) => kind.unit(),
        }
    }

    /// What it may be: `1s to 7d`, or the words.
    pub fn range(&self) -> String {
        match self {
            Self::Choice(words) => words.join(", "),
            Self::Switch => "true, false".to_owned(),
            Self::OrUnlimited(kind) => format!("{}, {UNLIMITED}", kind.range()),
            Self::Duration { .. }
            | Self::Count { .. }
            | Self::Percent
            | Self::Points { .. }
            | Self::Proportion => {
                self.limits().map_or_else(String::new, |(least, most)| format!("{least} to {most}"))
            }
        }
    }

    fn limits(&self) -> Option<(Value, Value)> {
        Some(match self {
            Self::Duration { least, most } => (Value::Duration(*least), Value::Duration(*most)),
            Self::Count { least, most } => (Value::Count(*least), Value::Count(*most)),
            Self::Percent => (Value::Count(0), Value::Count(100)),
            Self::Points { most } => (Value::Number(0.0), Value::Number(*most)),
            Self::Proportion => (Value::Number(0.0), Value::Number(1.0)),
            Self::OrUnlimited(kind) => return kind.limits(),
            Self::Choice(_) | Self::Switch => return None,
        })
    }

    fn refused(&self, raw: Raw<'_>) -> ValueError {
        let value = match (self, raw) {
            (Self::Duration { .. } | Self::Choice(_) | Self::OrUnlimited(_), raw) => {
                raw.to_string()
            }
            // The quotes are what is wrong with `"3"`.
            (
                Self::Count { .. }
                | Self::Percent
                | Self::Points { .. }
                | Self::Proportion
                | Self::Switch,
                Raw::Text(text),
            ) => format!("`\"{}\"`", shorten(text).trim_matches('`')),
            (
                Self::Count { .. }
                | Self::Percent
                | Self::Points { .. }
                | Self::Proportion
                | Self::Switch,
                raw,
            ) => raw.to_string(),
        };
        ValueError::Type { value, wanted: self.wanted() }
    }

    /// The error of what is inside, for a kind that also takes `unlimited`.
    fn widened(&self, error: ValueError) -> ValueError {
        match error {
            ValueError::Type { value, .. } => ValueError::Type { value, wanted: self.wanted() },
            ValueError::NoUnit { .. }
            | ValueError::Unit { .. }
            | ValueError::Below { .. }
            | ValueError::Above { .. } => error,
        }
    }

    fn wanted(&self) -> String {
        match self {
            Self::Duration { .. } => "a duration, such as `\"5m\"`".to_owned(),
            Self::Count { .. } => "a whole number without a unit, such as `3`".to_owned(),
            Self::Percent => "a percentage without its sign, such as `20`".to_owned(),
            Self::Points { .. } => "a number of points, such as `1.5`".to_owned(),
            Self::Proportion => "a proportion, such as `0.984`".to_owned(),
            Self::Choice(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Switch => "`true` or `false`".to_owned(),
            Self::OrUnlimited(kind) => format!("{} or `\"{UNLIMITED}\"`", kind.wanted()),
        }
    }
}

fn without_unit(raw: Raw<'_>) -> ValueError {
    let number = raw.to_string();
    let example = match raw {
        Raw::Integer(0..) | Raw::Text(_) => format!("{}s", number.trim_matches('`')),
        Raw::Integer(_) | Raw::Float(_) | Raw::Boolean(_) | Raw::Other(_) => "5m".to_owned(),
    };
    ValueError::NoUnit { value: number, example }
}

fn below(number: i64, limit: Value) -> ValueError {
    ValueError::Below { value: number.to_string(), limit }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTES: Kind =
        Kind::Duration { least: Duration::from_secs(1), most: Duration::from_secs(3_600) };
    const FEW: Kind = Kind::Count { least: 1, most: 10 };

    fn refused(kind: Kind, raw: Raw<'_>) -> String {
        kind.read(raw).unwrap_err().to_string()
    }

    #[test]
    fn a_duration_needs_its_unit() {
        assert_eq!(MINUTES.read(Raw::Text("5m")), Ok(Value::Duration(Duration::from_secs(300))));
        let text = refused(MINUTES, Raw::Integer(5));
        assert_eq!(text, "value `5` needs a unit, such as `5s`");
        let text = refused(MINUTES, Raw::Text("5"));
        assert_eq!(text, "value `5` needs a unit, such as `5s`");
        let text = refused(MINUTES, Raw::Float(0.5));
        assert_eq!(text, "value `0.5` needs a unit, such as `5m`");
        let text = refused(MINUTES, Raw::Text("5 parsecs"));
        assert_eq!(text, "value `5 parsecs`: unit `parsecs` is none of `ms`, `s`, `m`, `h`, `d`");
        let text = refused(MINUTES, Raw::Text("soon"));
        assert_eq!(text, "value `soon` is not a duration, such as `\"5m\"`");
        let text = refused(MINUTES, Raw::Boolean(true));
        assert_eq!(text, "value `true` is not a duration, such as `\"5m\"`");
    }

    #[test]
    fn limits_belong_to_the_range() {
        assert!(MINUTES.read(Raw::Text("1s")).is_ok());
        assert!(MINUTES.read(Raw::Text("1h")).is_ok());
        let text = refused(MINUTES, Raw::Text("999ms"));
        assert_eq!(text, "value `999ms` is below the limit `1s`");
        let text = refused(MINUTES, Raw::Text("61m"));
        assert_eq!(text, "value `61m` is above the limit `1h`");
        assert_eq!(refused(FEW, Raw::Integer(0)), "value `0` is below the limit `1`");
        assert_eq!(refused(FEW, Raw::Integer(11)), "value `11` is above the limit `10`");
        assert_eq!(refused(FEW, Raw::Integer(-1)), "value `-1` is below the limit `1`");
        assert_eq!(
            refused(Kind::Percent, Raw::Integer(101)),
            "value `101` is above the limit `100`"
        );
    }

    #[test]
    fn numbers_are_finite() {
        let points = Kind::Points { most: 100.0 };
        assert_eq!(points.read(Raw::Integer(5)), Ok(Value::Number(5.0)));
        assert_eq!(points.read(Raw::Float(0.06)), Ok(Value::Number(0.06)));
        for number in [f64::NAN, f64::INFINITY, -f64::INFINITY] {
            assert!(refused(points, Raw::Float(number)).contains("is not a number of points"));
        }
        let text = refused(points, Raw::Float(-0.5));
        assert_eq!(text, "value `-0.5` is below the limit `0`");
        let text = refused(Kind::Proportion, Raw::Integer(i64::MAX));
        assert!(text.ends_with("is above the limit `1`"), "{text}");
    }

    #[test]
    fn words_are_those_of_the_key() {
        let kind = Kind::Choice(&["allowed", "held"]);
        assert_eq!(kind.read(Raw::Text("held")), Ok(Value::Word("held")));
        let text = refused(kind, Raw::Text("Held"));
        assert_eq!(text, "value `Held` is not one of `\"allowed\"`, `\"held\"`");
        let text = refused(Kind::Switch, Raw::Text("on"));
        assert_eq!(text, "value `\"on\"` is not `true` or `false`");
        let text = refused(Kind::Percent, Raw::Text("20%"));
        assert_eq!(text, "value `\"20%\"` is not a percentage without its sign, such as `20`");
        assert_eq!(
            refused(FEW, Raw::Other("a table")),
            format!("value (a table) is not {}", FEW.wanted())
        );
    }

    #[test]
    fn a_budget_may_be_unlimited() {
        const BUDGET: Kind = Kind::OrUnlimited(&FEW);
        assert_eq!(BUDGET.read(Raw::Text("unlimited")), Ok(Value::Unlimited));
        assert_eq!(BUDGET.read(Raw::Integer(3)), Ok(Value::Count(3)));
        let text = refused(BUDGET, Raw::Text("none"));
        assert_eq!(
            text,
            "value `\"none\"` is not a whole number without a unit, such as `3` or `\"unlimited\"`"
        );
        assert!(BUDGET.read(Raw::Integer(11)).is_err());
        assert_eq!(BUDGET.range(), "1 to 10, unlimited");
    }
}
