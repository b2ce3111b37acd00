//! Conditions as people say them: `metered`, `battery 15`, `advance 8h`.

use std::time::Duration;

use pwasync_client::{FactValue, RegistrationId};

use crate::verbs::parse;

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Id(RegistrationId),
    Fact(FactValue),
    Advance(Duration),
    For(Duration),
}

/// What was said, in order.
pub(super) fn words(said: &[String]) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = said.iter();
    while let Some(word) = rest.next() {
        let mut next =
            |what: &str| rest.next().ok_or_else(|| format!("`{word}` is followed by {what}"));
        words.push(match word.as_str() {
            "online" => fact("online", "yes"),
            "offline" => fact("online", "no"),
            "portal" | "limited" => fact("connectivity", word),
            "metered" => fact("metered", "yes"),
            "unmetered" => fact("metered", "no"),
            "roaming" => fact("roaming", "yes"),
            "wifi" | "ethernet" | "cellular" => fact("transport", word),
            "battery" => fact("battery_percent", next("a percentage")?),
            "charging" => fact("charging", "yes"),
            "discharging" => fact("charging", "no"),
            "power-saver" => fact("power_saver", "yes"),
            "browser" => fact("browser", next("`running` or `closed`")?),
            "advance" => Word::Advance(length(next("a length of time, such as 8h")?)?),
            "for" => Word::For(length(next("a length of time, such as 8h")?)?),
            other => id_or_fact(other)?,
        });
    }
    Ok(words)
}

fn fact(fact: &str, value: &str) -> Word {
    Word::Fact(FactValue { fact: fact.to_owned(), value: value.to_owned() })
}

fn length(text: &str) -> Result<Duration, String> {
    parse::duration(text).map_err(|error| format!("`{text}`: {error}"))
}

fn id_or_fact(word: &str) -> Result<Word, String> {
    if let Ok(id) = word.parse::<RegistrationId>() {
        return Ok(Word::Id(id));
    }
    if let Ok(fact) = parse::fact_value(word) {
        return Ok(Word::Fact(fact));
    }
    Err(format!("`{word}` is neither a registration's id nor a condition"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Vec<Word>, String> {
        let said: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words(&said)
    }

    #[test]
    fn each_condition_is_a_fact() {
        let cases = [
            ("online", "online", "yes"),
            ("offline", "online", "no"),
            ("portal", "connectivity", "portal"),
            ("limited", "connectivity", "limited"),
            ("metered", "metered", "yes"),
            ("unmetered", "metered", "no"),
            ("roaming", "roaming", "yes"),
            ("wifi", "transport", "wifi"),
            ("ethernet", "transport", "ethernet"),
            ("cellular", "transport", "cellular"),
            ("battery 15", "battery_percent", "15"),
            ("charging", "charging", "yes"),
            ("discharging", "charging", "no"),
            ("power-saver", "power_saver", "yes"),
            ("browser closed", "browser", "closed"),
            ("transport=other", "transport", "other"),
        ];
        for (text, name, value) in cases {
            assert_eq!(said(text), Ok(vec![fact(name, value)]), "{text}");
        }
    }

    #[test]
    fn an_id_and_times_go_between_them() {
        let wanted = vec![
            Word::Id(RegistrationId::new(12)),
            fact("metered", "yes"),
            Word::Advance(Duration::from_secs(28_800)),
            Word::For(Duration::from_secs(60)),
        ];
        assert_eq!(said("12 metered advance 8h for 1m"), Ok(wanted));
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_word() {
        let refused = |text| said(text).unwrap_err();
        assert_eq!(refused("battery"), "`battery` is followed by a percentage");
        assert_eq!(refused("browser"), "`browser` is followed by `running` or `closed`");
        assert!(refused("advance").contains("such as 8h"));
        assert!(refused("for soon").starts_with("`soon`: a length of time"));
        assert_eq!(refused("tired"), "`tired` is neither a registration's id nor a condition");
    }
}
