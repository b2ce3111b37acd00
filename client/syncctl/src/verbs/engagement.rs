//! `engagement`: how much web apps are used, as far as it decides about their syncs.

use std::time::SystemTime;

use clap::{Args, Subcommand};
use pwasync_client::{ClientError, Engagement, EngagementFilter, NewScore, ProfileId};

use super::{Context, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::{EngagementDocument, EngagementsDocument};
use crate::settings::Format;
use crate::text::{Cell, Look, Table, compact, escape};

const LONGEST_CELL: usize = 48;

/// What may follow `engagement`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct EngagementArguments {
    #[command(subcommand)]
    verb: Option<EngagementVerb>,
    /// Only of this origin, such as `https://app.example`
    #[arg(value_parser = parse::name)]
    origin: Option<String>,
    #[command(flatten)]
    whose: WhoseArguments,
}

#[derive(Debug, Subcommand)]
enum EngagementVerb {
    /// Set the score of an origin by hand
    Set(SetArguments),
}

#[derive(Debug, Args)]
struct SetArguments {
    /// The origin, such as `https://app.example`
    origin: String,
    /// 0 to 100
    #[arg(value_parser = parse::score)]
    score: f64,
    #[command(flatten)]
    whose: WhoseArguments,
}

#[derive(Debug, Args)]
struct WhoseArguments {
    /// Of this browser profile, such as `chromium/Default`
    #[arg(long, value_name = "BROWSER/PROFILE", value_parser = parse::profile)]
    profile: Option<ProfileId>,
    /// Of this user; for administrators
    #[arg(long, value_name = "UID")]
    owner: Option<u32>,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: EngagementArguments,
) -> Result<Exit, Failure> {
    let EngagementArguments { verb, origin, whose: WhoseArguments { profile, owner } } = arguments;
    if let Some(EngagementVerb::Set(arguments)) = verb {
        return set(context, arguments).await;
    }
    let filter = EngagementFilter { profile, origin, owner_uid: owner };
    let list = context.client.engagement(&filter).await?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&table(&list, now, &context.look))?;
        }
        Format::Json => context.output.json(&EngagementsDocument::new(&list))?,
    }
    Ok(Exit::Ok)
}

async fn set(context: &mut Context, arguments: SetArguments) -> Result<Exit, Failure> {
    let SetArguments { origin, score, whose: WhoseArguments { profile, owner } } = arguments;
    let profile = match profile {
        Some(profile) => profile,
        None => the_profile(context, &origin, owner).await?,
    };
    let new = NewScore { profile, origin, score, owner_uid: owner };
    let engagement = context.client.set_engagement(&new).await.map_err(|error| {
        if matches!(error, ClientError::NotFound { .. }) {
            Failure::NoEngagement { origin: new.origin.clone() }
        } else {
            Failure::Client(error)
        }
    })?;
    match context.format {
        Format::People => {
            context.output.text(&format!(
                "set: {} in {}: score {:.1}, {}\n",
                escape(&engagement.origin),
                escape(&engagement.profile.to_string()),
                engagement.score,
                engagement.level.as_str(),
            ))?;
        }
        Format::Json => context.output.json(&EngagementDocument::new(&engagement))?,
    }
    Ok(Exit::Ok)
}

/// The only profile that knows the origin.
async fn the_profile(
    context: &Context,
    origin: &str,
    owner: Option<u32>,
) -> Result<ProfileId, Failure> {
    let origin = origin.to_owned();
    let filter = EngagementFilter { profile: None, origin: Some(origin.clone()), owner_uid: owner };
    let mut list = context.client.engagement(&filter).await?;
    match (list.pop(), list.is_empty()) {
        (None, _) => Err(Failure::NoEngagement { origin }),
        (Some(one), true) => Ok(one.profile),
        (Some(_), false) => Err(Failure::SeveralProfiles { origin }),
    }
}

fn table(list: &[Engagement], now: Option<SystemTime>, look: &Look) -> String {
    if list.is_empty() {
        return "no engagement is known\n".to_owned();
    }
    let headings =
        ["ORIGIN", "BROWSER", "OWNER", "LEVEL", "SCORE", "TODAY", "LAST", "FROM", "0 TO 24 H"];
    let mut table = Table::new(&headings);
    for one in list {
        table.row(vec![
            Cell::short(&one.origin, LONGEST_CELL),
            Cell::short(&one.profile.to_string(), LONGEST_CELL),
            Cell::new(one.owner_uid.to_string()),
            Cell::new(one.level.as_str()),
            Cell::new(format!("{:.1}", one.score)),
            Cell::new(format!("{:.1}", one.points_today)),
            Cell::new(compact(now, one.last_at)),
            Cell::new(if one.reported { "browser" } else { "events" }),
            Cell::new(bars(&one.hours)),
        ]);
    }
    table.render(look)
}

/// A bar for each hour, as high as its weight is beside the greatest.
fn bars(hours: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let greatest = hours.iter().copied().fold(0.0, f64::max);
    let bar = |weight: &f64| {
        let part = weight / greatest;
        // Too small to be seen, or no number at all.
        if part.is_nan() || part <= 0.01 {
            return '·';
        }
        let higher = |step: &usize| part * 8.0 > f64::from(u8::try_from(*step).unwrap_or(u8::MAX));
        BARS[(1..8).take_while(higher).count()]
    };
    if hours.is_empty() { "-".to_owned() } else { hours.iter().map(bar).collect() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;
    use pwasync_client::EngagementLevel;

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_table_shows_scores_and_hours() {
        let (list, now) = list();
        expect![[r#"
            ORIGIN               BROWSER           OWNER  LEVEL  SCORE  TODAY  LAST     FROM     0 TO 24 H
            https://app.example  chromium/Default  1000   low    12.3   3.6    10m ago  events   ·······█·············▄··
            https://app.example  chromium/Default  1000   none   0.0    3.6    -        browser  -
        "#]].assert_eq(&table(&list, now, &Look::plain()));
        assert_eq!(table(&[], now, &Look::plain()), "no engagement is known\n");
    }

    #[test]
    fn bars_stand_beside_the_greatest_weight() {
        assert_eq!(bars(&[0.0, 0.05, 1.0, 2.0, 3.0, 4.0, 8.0]), "··▁▂▃▄█");
        assert_eq!(bars(&[0.0, f64::NAN, -1.0]), "···");
        assert_eq!(bars(&[]), "-");
    }

    #[test]
    fn json_says_the_same() {
        let (list, _) = list();
        let document = documented(&EngagementsDocument::new(&list));
        expect![[r#"{"version":1,"engagements":[{"owner_uid":1000,"browser":"chromium","profile":"Default","origin":"https://app.example","score":12.34,"level":"low","points_today":3.6,"last_at":"2023-11-14T22:03:20.000Z","reported":false"#]].assert_eq(document.split(",\"hours\"").next().unwrap());
        documented(&EngagementDocument::new(&list[0]));
    }

    fn list() -> (Vec<Engagement>, Option<SystemTime>) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let mut hours = vec![0.0; 24];
        (hours[7], hours[21]) = (4.0, 2.0);
        let engagement = Engagement {
            owner_uid: 1_000,
            profile: ProfileId { browser: "chromium".to_owned(), profile: "Default".to_owned() },
            origin: "https://app.example".to_owned(),
            score: 12.34,
            level: EngagementLevel::Low,
            points_today: 3.6,
            last_at: Some(now - Duration::from_secs(600)),
            hours,
            reported: false,
        };
        let reported = Engagement {
            score: 0.0,
            level: EngagementLevel::None,
            last_at: None,
            hours: vec![],
            reported: true,
            ..engagement.clone()
        };
        (vec![engagement, reported], Some(now))
    }
}
