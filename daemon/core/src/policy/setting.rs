//! Between the fields of the policy and the values of its keys.

use std::time::Duration;

use super::{
    rules::{Condition, LearnedHours, Networks, Permission},
    said::Said,
    suspend::WakeMachine,
    value::Value,
};

/// A field's type as a key's value.
pub(super) trait Setting: Copy {
    fn show(self) -> Value;
    /// `None`: the value is of another kind, or too large for the field.
    fn read(value: Value) -> Option<Self>;
}

/// A way to a field of a larger whole.
pub(super) struct Lens<W: 'static> {
    pub(super) show: fn(&W) -> Value,
    pub(super) set: fn(&mut W, Value) -> Option<()>,
}

/// The way to a field, by its path.
macro_rules! lens {
    ($($path:ident).+) => {
        Lens {
            show: |whole| $crate::policy::setting::Setting::show(whole.$($path).+),
            set: |whole, value| {
                whole.$($path).+ = $crate::policy::setting::Setting::read(value)?;
                Some(())
            },
        }
    };
}
pub(super) use lens;

impl Setting for Duration {
    fn show(self) -> Value {
        Value::Duration(self)
    }

    fn read(value: Value) -> Option<Self> {
        if let Value::Duration(duration) = value { Some(duration) } else { None }
    }
}

impl Setting for f64 {
    fn show(self) -> Value {
        Value::Number(self)
    }

    fn read(value: Value) -> Option<Self> {
        if let Value::Number(number) = value { Some(number) } else { None }
    }
}

/// Whole numbers of each width.
macro_rules! count {
    ($($width:ty)+) => {
        $(impl Setting for $width {
            fn show(self) -> Value {
                Value::Count(u64::try_from(self).unwrap_or(u64::MAX))
            }

            fn read(value: Value) -> Option<Self> {
                let Value::Count(count) = value else { return None };
                Self::try_from(count).ok()
            }
        })+
    };
}
count!(u8 u16 u32 usize);

/// Fields that are one of some words.
macro_rules! words {
    ($($name:ident: $($variant:ident = $word:literal),+;)+) => {
        $(impl $name {
            /// The words that stand for it in a policy file.
            pub(super) const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl Setting for $name {
            fn show(self) -> Value {
                match self {
                    $(Self::$variant => Value::Word($word),)+
                }
            }

            fn read(value: Value) -> Option<Self> {
                match value {
                    $(Value::Word($word) => Some(Self::$variant),)+
                    Value::Word(_)
                    | Value::Duration(_)
                    | Value::Count(_)
                    | Value::Number(_)
                    | Value::Switch(_)
                    | Value::Unlimited => None,
                }
            }
        })+
    };
}
words! {
    Permission: Allowed = "allowed", Denied = "denied";
    Condition: Allowed = "allowed", Held = "held";
    WakeMachine: Never = "never", Charging = "charging", Always = "always";
    Networks: Any = "any", Known = "known", Registered = "registered";
    Said: AsFound = "as-found", Yes = "yes", No = "no";
}

impl Setting for LearnedHours {
    fn show(self) -> Value {
        Value::Switch(self == Self::On)
    }

    fn read(value: Value) -> Option<Self> {
        let Value::Switch(switch) = value else { return None };
        Some(if switch { Self::On } else { Self::Off })
    }
}

impl<T: Setting> Setting for Option<T> {
    fn show(self) -> Value {
        self.map_or(Value::Unlimited, T::show)
    }

    fn read(value: Value) -> Option<Self> {
        if value == Value::Unlimited { Some(None) } else { T::read(value).map(Some) }
    }
}
