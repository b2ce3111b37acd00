//! `forecast`: what would happen, and when, under stated conditions. Nothing is touched.

mod words;

use std::time::{Duration, SystemTime};

use clap::Args;
use pwasync_client::{FactValue, Forecast, ForecastItem, ForecastQuestion};

use self::words::{Word, words};
use super::run::not_found;
use super::{Context, demand_id, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ForecastDocument;
use crate::settings::Format;
use crate::text::{Cell, Look, Table, code_words, compact, counted, escape};

const LONGEST_CELL: usize = 48;

const CONDITIONS: &str = "\
Conditions, as words or as options:
  online, offline, portal, limited        the network
  metered, unmetered, roaming             what it costs
  wifi, ethernet, cellular                what it is made of
  battery PERCENT, charging, discharging  the battery
  power-saver                             the power saver
  browser running, browser closed         every browser
  advance DURATION                        so much time passes first
  for DURATION                            how far to look after that
  FACT=VALUE                              any fact, as with `syncctl override`";

/// What may follow `forecast`.
#[derive(Debug, Args)]
#[command(after_help = CONDITIONS)]
pub(crate) struct ForecastArguments {
    /// A registration's id, and conditions such as `metered` or `battery 15` or `advance 8h`
    #[arg(value_name = "ID or CONDITION")]
    words: Vec<String>,
    /// Whether the network is there
    #[arg(long, value_name = "YES/NO", value_parser = parse::yes_or_no)]
    online: Option<String>,
    /// How far it reaches: none, portal, limited or full
    #[arg(long, value_name = "REACH")]
    connectivity: Option<String>,
    /// Whether it costs by volume
    #[arg(long, value_name = "YES/NO", value_parser = parse::yes_or_no)]
    metered: Option<String>,
    /// Whether it is a foreign one
    #[arg(long, value_name = "YES/NO", value_parser = parse::yes_or_no, num_args = 0..=1,
        require_equals = true, default_missing_value = "yes")]
    roaming: Option<String>,
    /// What it is made of: wifi, ethernet, cellular or other
    #[arg(long, value_name = "LINK")]
    transport: Option<String>,
    /// How full the battery is, 0 to 100
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=100))]
    battery: Option<u32>,
    /// Whether the battery is being charged
    #[arg(long, value_name = "YES/NO", value_parser = parse::yes_or_no, num_args = 0..=1,
        require_equals = true, default_missing_value = "yes")]
    charging: Option<String>,
    /// Whether the power saver is on
    #[arg(long, value_name = "YES/NO", value_parser = parse::yes_or_no, num_args = 0..=1,
        require_equals = true, default_missing_value = "yes")]
    power_saver: Option<String>,
    /// Whether every browser runs or is closed
    #[arg(long, value_name = "running/closed")]
    browser: Option<String>,
    /// So much time passes first, with the conditions as stated
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    advance: Option<Duration>,
    /// How far to look after that [default: 24h]
    #[arg(long = "for", value_name = "DURATION", value_parser = parse::duration)]
    horizon: Option<Duration>,
}

impl ForecastArguments {
    /// What was asked, in words and in options.
    fn into_question(self) -> Result<ForecastQuestion, Failure> {
        let said = words(&self.words).map_err(Failure::Words)?;
        let mut question = ForecastQuestion {
            advance: self.advance,
            horizon: self.horizon,
            ..ForecastQuestion::default()
        };
        let options = [
            ("online", self.online),
            ("connectivity", self.connectivity),
            ("metered", self.metered),
            ("roaming", self.roaming),
            ("transport", self.transport),
            ("battery_percent", self.battery.map(|percent| percent.to_string())),
            ("charging", self.charging),
            ("power_saver", self.power_saver),
            ("browser", self.browser),
        ];
        for (fact, value) in options {
            let condition = value.map(|value| FactValue { fact: fact.to_owned(), value });
            question.conditions.extend(condition);
        }
        let twice = |what: &str| Failure::Words(format!("`{what}` is said twice"));
        for word in said {
            match word {
                Word::Id(id) if question.id.is_some() => {
                    return Err(Failure::Words(format!("`{id}` is a second id: one may be named")));
                }
                Word::Id(id) => question.id = Some(demand_id(id)?),
                Word::Advance(_) if question.advance.is_some() => return Err(twice("advance")),
                Word::Advance(by) => question.advance = Some(by),
                Word::For(_) if question.horizon.is_some() => return Err(twice("for")),
                Word::For(by) => question.horizon = Some(by),
                Word::Fact(condition) => question.conditions.push(condition),
            }
        }
        // The daemon takes them in order: a browser that opens before the facts are stated would be
        // woken under the old ones, and so would one that closes after them.
        question.conditions.sort_by_key(|one| match (one.fact.as_str(), one.value.as_str()) {
            ("browser", "closed") => 0,
            ("browser", _) => 2,
            (_, _) => 1,
        });
        let mut facts: Vec<&str> =
            question.conditions.iter().map(|condition| condition.fact.as_str()).collect();
        facts.sort_unstable();
        if let Some(pair) = facts.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(twice(pair[0]));
        }
        Ok(question)
    }
}

pub(super) async fn run(
    context: &mut Context,
    arguments: ForecastArguments,
) -> Result<Exit, Failure> {
    let question = arguments.into_question()?;
    let forecast = context.client.forecast(&question).await.map_err(|error| match question.id {
        Some(id) => not_found(error, id),
        None => Failure::Client(error),
    })?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&page(&forecast, &question, now, &context.look))?;
        }
        Format::Json => context.output.json(&ForecastDocument::new(&forecast, &question))?,
    }
    Ok(Exit::Ok)
}

fn page(
    forecast: &Forecast,
    question: &ForecastQuestion,
    now: Option<SystemTime>,
    look: &Look,
) -> String {
    let Forecast { from, until, items, truncated, wakes } = forecast;
    let conditions: String = question
        .conditions
        .iter()
        .map(|FactValue { fact, value }| format!(", {fact} {value}"))
        .collect();
    let mut text = format!(
        "from {} to {}{}\n",
        look.both(now, *from),
        look.both(now, *until),
        escape(&conditions)
    );
    if items.is_empty() {
        text.push_str("no registrations\n");
        return text;
    }
    let mut table = Table::new(&["AT", "IN", "ID", "KIND", "SCOPE", "TAG", "HELD BY", "MORE"]);
    for item in items {
        table.row(row(item, now, look));
    }
    text.push_str(&table.render(look));
    let events = items.iter().filter(|item| item.at.is_some()).count();
    let events = u32::try_from(events).unwrap_or(u32::MAX);
    text.push_str(&format!("{}, {}\n", counted(events, "event"), counted(*wakes, "wake")));
    if *truncated {
        text.push_str("there are more: name a registration, or look less far with `--for`\n");
    }
    text
}

fn row(item: &ForecastItem, now: Option<SystemTime>, look: &Look) -> Vec<Cell> {
    let held = if item.held.is_empty() { "-".to_owned() } else { code_words(&item.held) };
    let last_chance = if item.last_chance { "last chance; " } else { "" };
    vec![
        Cell::new(look.both(None, item.at)),
        Cell::new(compact(now, item.at)),
        Cell::new(item.registration_id.to_string()),
        Cell::new(item.key.kind.as_str()),
        Cell::short(&item.key.scope, LONGEST_CELL),
        Cell::short(&item.key.tag, LONGEST_CELL),
        Cell::new(held),
        Cell::new(format!("{last_chance}{}", item.text)),
    ]
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use expect_test::expect;
    use pwasync_client::{BlockerCode, RegistrationId};

    use super::super::show::tests::registration;
    use super::*;
    use crate::json::tests::documented;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        arguments: ForecastArguments,
    }

    fn question(typed: &str) -> Result<ForecastQuestion, String> {
        let words = ["forecast"].into_iter().chain(typed.split_whitespace());
        let typed = Typed::try_parse_from(words).map_err(|error| error.to_string())?;
        typed.arguments.into_question().map_err(|failure| failure.to_string())
    }

    fn conditions(typed: &str) -> String {
        let conditions = question(typed).unwrap().conditions;
        let words: Vec<String> =
            conditions.iter().map(|one| format!("{}={}", one.fact, one.value)).collect();
        words.join(" ")
    }

    #[test]
    fn conditions_are_words_or_options() {
        assert_eq!(conditions(""), "");
        assert_eq!(conditions("metered"), "metered=yes");
        assert_eq!(conditions("--metered yes"), "metered=yes");
        assert_eq!(conditions("--metered no battery 15"), "metered=no battery_percent=15");
        assert_eq!(conditions("--battery 15 --charging"), "battery_percent=15 charging=yes");
        assert_eq!(conditions("--charging=no metered"), "charging=no metered=yes");
        assert_eq!(conditions("--charging metered"), "charging=yes metered=yes");
        assert_eq!(conditions("browser running metered"), "metered=yes browser=running");
        assert_eq!(conditions("--online no --browser closed"), "browser=closed online=no");
    }

    #[test]
    fn times_and_the_registration_are_words_or_options() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3_600));
        let wanted = ForecastQuestion {
            conditions: vec![],
            advance: hours(8),
            horizon: hours(48),
            id: Some(RegistrationId::new(12)),
        };
        assert_eq!(question("12 advance 8h for 2d"), Ok(wanted.clone()));
        assert_eq!(question("--advance 8h --for 2d 12"), Ok(wanted));
    }

    #[test]
    fn what_is_said_twice_or_makes_no_sense_is_refused() {
        assert_eq!(question("metered unmetered").unwrap_err(), "`metered` is said twice");
        assert_eq!(question("--metered no metered").unwrap_err(), "`metered` is said twice");
        assert_eq!(question("--advance 1h advance 2h").unwrap_err(), "`advance` is said twice");
        assert_eq!(question("--for 1h for 2h").unwrap_err(), "`for` is said twice");
        assert_eq!(question("1 2").unwrap_err(), "`2` is a second id: one may be named");
        assert!(question("--metered perhaps").unwrap_err().contains("yes or no"));
        assert!(question("0").unwrap_err().contains("there is none with this id"));
    }

    #[test]
    fn a_page_shows_what_goes_and_what_does_not() {
        let (forecast, question, now) = forecast();
        expect![[r#"
            from 2023-11-14 22:23:20 (now) to 2023-11-15 22:23:20 (in 1d), metered yes
            AT                   IN     ID  KIND     SCOPE                 TAG     HELD BY        MORE
            2023-11-14 22:28:20  in 5m  12  one-off  https://app.example/  outbox  -              last chance; goes when its back-off ends
            -                    -      13  one-off  https://app.example/  outbox  METERED, GRID  waits for a network that costs nothing
            1 event, 1 wake
            there are more: name a registration, or look less far with `--for`
        "#]].assert_eq(&page(&forecast, &question, now, &Look::plain()));
        let nothing = Forecast { items: vec![], ..forecast };
        let nothing = page(&nothing, &question, now, &Look::plain());
        assert!(nothing.ends_with("\nno registrations\n"), "{nothing}");
    }

    #[test]
    fn json_says_the_same() {
        let (forecast, question, _) = forecast();
        expect![[r#"
            {"version":1,"conditions":[{"fact":"metered","value":"yes"}],"advance_ms":null,"from":"2023-11-14T22:23:20.000Z","until":"2023-11-15T22:23:20.000Z","items":[{"id":12,"owner_uid":1000,"kind":"one-off","tag":"outbox","scope":"https://app.example/","browser":"chromium","profile":"Default","at":"2023-11-14T22:28:20.000Z","last_chance":true,"held":[],"text":"goes when its back-off ends"},{"id":13,"owner_uid":1000,"kind":"one-off","tag":"outbox","scope":"https://app.example/","browser":"chromium","profile":"Default","at":null,"last_chance":false,"held":["METERED","GRID"],"text":"waits for a network that costs nothing"}],"truncated":true,"wakes":1}
        "#]].assert_eq(&documented(&ForecastDocument::new(&forecast, &question)));
    }

    fn forecast() -> (Forecast, ForecastQuestion, Option<SystemTime>) {
        let (registration, now) = registration();
        let goes = ForecastItem {
            registration_id: registration.id,
            owner_uid: registration.owner_uid,
            key: registration.key,
            at: registration.next_at,
            last_chance: true,
            held: vec![],
            text: "goes when its back-off ends".to_owned(),
        };
        let stays = ForecastItem {
            registration_id: RegistrationId::new(13),
            at: None,
            last_chance: false,
            held: vec![BlockerCode::Metered, BlockerCode::Grid],
            text: "waits for a network that costs nothing".to_owned(),
            ..goes.clone()
        };
        let metered = FactValue { fact: "metered".to_owned(), value: "yes".to_owned() };
        let question =
            ForecastQuestion { conditions: vec![metered], ..ForecastQuestion::default() };
        let until = now.map(|now| now + Duration::from_secs(86_400));
        let items = vec![goes, stays];
        (Forecast { from: now, until, items, truncated: true, wakes: 1 }, question, now)
    }
}
