//! `override`: a fact has another value for a while. Without arguments: what holds now.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use clap::Args;
use pwasync_client::{FactValue, Lease, Leased, NetworkName, NewOverride, Subject};

use super::subject::SubjectArguments;
use super::{Context, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::{ClearedDocument, LeasesDocument};
use crate::settings::Format;
use crate::text::{Cell, Look, Table, compact, counted, escape, subject_words};

const FACTS: &str = "\
Facts:
  online           yes, no
  connectivity     none, portal, limited, full
  metered          yes, no
  roaming          yes, no
  transport        wifi, ethernet, cellular, other
  battery_percent  0 to 100
  charging         yes, no
  power_saver      yes, no";

/// What may follow `override`.
#[derive(Debug, Args)]
#[command(after_help = FACTS)]
pub(crate) struct OverrideArguments {
    /// Facts and their values, such as metered=yes; without any, what holds now is listed
    #[arg(value_name = "FACT=VALUE", value_parser = parse::fact_value)]
    facts: Vec<FactValue>,
    /// End the override of this fact, or all of the subject's
    #[arg(long, value_name = "FACT", value_parser = parse::name, num_args = 0..=1,
        conflicts_with_all = ["facts", "lasting"])]
    clear: Option<Option<String>>,
    #[command(flatten)]
    subject: SubjectArguments,
    #[command(flatten)]
    network: NetworkArguments,
    /// For how long, at most 7d; it ends by itself [default: 1h]
    #[arg(long = "for", value_name = "DURATION", value_parser = parse::duration,
        requires = "facts")]
    lasting: Option<Duration>,
}

/// Where it holds: without any of them, everywhere.
#[derive(Debug, Args)]
#[group(multiple = false, requires = "facts")]
struct NetworkArguments {
    /// Only while this interface leads out
    #[arg(long, value_name = "NAME", value_parser = parse::name)]
    interface: Option<String>,
    /// Only in this Wi-Fi
    #[arg(long, value_name = "NAME", value_parser = parse::name)]
    ssid: Option<String>,
    /// Only on this connection of NetworkManager, by its name or its UUID
    #[arg(long, value_name = "NAME", value_parser = parse::name)]
    connection: Option<String>,
}

impl NetworkArguments {
    fn name(self) -> Option<NetworkName> {
        let Self { interface, ssid, connection } = self;
        let interface = interface.map(NetworkName::Interface);
        let ssid = ssid.map(NetworkName::Ssid);
        interface.or(ssid).or(connection.map(NetworkName::Connection))
    }
}

pub(super) async fn run(
    context: &mut Context,
    arguments: OverrideArguments,
) -> Result<Exit, Failure> {
    let OverrideArguments { facts, clear, subject, network, lasting } = arguments;
    let subject = Subject::from(subject);
    let network = network.name();
    if let Some(fact) = clear {
        return end(context, &subject, fact.as_deref()).await;
    }
    if facts.is_empty() {
        return list(context).await;
    }
    let mut named = BTreeSet::new();
    if let Some(again) = facts.iter().find(|one| !named.insert(one.fact.as_str())) {
        return Err(Failure::FactTwice { fact: again.fact.clone() });
    }
    let mut leases = Vec::new();
    for fact in facts {
        let (subject, network) = (subject.clone(), network.clone());
        let new = NewOverride { subject, fact, network, lease: lasting };
        leases.push(context.client.set_override(&new).await?);
    }
    match context.format {
        Format::People => {
            let now = context.now().await?;
            let look = &context.look;
            let lines: String = leases.iter().map(|lease| sentence(lease, now, look)).collect();
            context.output.text(&lines)?;
        }
        Format::Json => context.output.json(&LeasesDocument::new(&leases))?,
    }
    Ok(Exit::Ok)
}

async fn end(
    context: &mut Context,
    subject: &Subject,
    fact: Option<&str>,
) -> Result<Exit, Failure> {
    let cleared = context.client.clear_override(subject, fact).await?;
    match context.format {
        Format::People if cleared == 0 => {}
        Format::People => {
            let whose = escape(&subject_words(subject));
            context
                .output
                .text(&format!("cleared: {} for {whose}\n", counted(cleared, "override")))?;
        }
        Format::Json => context.output.json(&ClearedDocument::new(cleared))?,
    }
    if cleared > 0 {
        Ok(Exit::Ok)
    } else {
        Err(Failure::NotOverridden { subject: subject_words(subject) })
    }
}

async fn list(context: &mut Context) -> Result<Exit, Failure> {
    let leases = context.client.leases().await?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&table(&leases, now, &context.look))?;
        }
        Format::Json => context.output.json(&LeasesDocument::new(&leases))?,
    }
    Ok(Exit::Ok)
}

fn sentence(lease: &Lease, now: Option<SystemTime>, look: &Look) -> String {
    format!(
        "overridden: {} for {} until {}\n",
        escape(&what(lease)),
        escape(&subject_words(&lease.subject)),
        look.both(now, lease.ends_at),
    )
}

fn what(lease: &Lease) -> String {
    match &lease.what {
        Leased::Pause { .. } => "pause".to_owned(),
        Leased::Override(FactValue { fact, value }) => {
            let network = match &lease.network {
                None => return format!("{fact}={value}"),
                Some(NetworkName::Interface(name)) => format!("interface {name}"),
                Some(NetworkName::Ssid(name)) => format!("Wi-Fi {name}"),
                Some(NetworkName::Connection(name)) => format!("connection {name}"),
            };
            format!("{fact}={value} on {network}")
        }
    }
}

fn table(leases: &[Lease], now: Option<SystemTime>, look: &Look) -> String {
    if leases.is_empty() {
        return "no pauses and no overrides\n".to_owned();
    }
    let mut table = Table::new(&["WHAT", "FOR", "SINCE", "ENDS", "REASON"]);
    for lease in leases {
        let reason = match &lease.what {
            Leased::Pause { reason } => reason.as_deref(),
            Leased::Override(_) => None,
        };
        table.row(vec![
            Cell::new(what(lease)),
            Cell::new(subject_words(&lease.subject)),
            Cell::new(compact(now, lease.since)),
            Cell::new(look.both(now, lease.ends_at)),
            Cell::new(reason.unwrap_or("-")),
        ]);
    }
    table.render(look)
}

#[cfg(test)]
pub(super) mod tests {
    use expect_test::expect;

    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_table_shows_what_holds_and_until_when() {
        let (leases, now) = leases();
        expect![[r#"
            WHAT                      FOR                               SINCE  ENDS                         REASON
            pause                     https://app.example of user 1000  now    2023-11-15 00:13:20 (in 2h)  on a train
            metered=yes               everything                        now    2023-11-15 00:13:20 (in 2h)  -
            metered=no on Wi-Fi Home  everything                        now    2023-11-15 00:13:20 (in 2h)  -
        "#]].assert_eq(&table(&leases, now, &Look::plain()));
        assert_eq!(table(&[], now, &Look::plain()), "no pauses and no overrides\n");
        expect![[r#"
            overridden: metered=yes for everything until 2023-11-15 00:13:20 (in 2h)
        "#]]
        .assert_eq(&sentence(&leases[1], now, &Look::plain()));
    }

    #[test]
    fn json_says_the_same() {
        let (leases, _) = leases();
        expect![[r#"
            {"version":1,"leases":[{"subject":{"all":false,"owner_uid":1000,"origin":"https://app.example","app_id":null},"what":"pause","override":null,"network":null,"since":"2023-11-14T22:13:20.000Z","ends_at":"2023-11-15T00:13:20.000Z","reason":"on a train"},{"subject":{"all":true,"owner_uid":null,"origin":null,"app_id":null},"what":"override","override":{"fact":"metered","value":"yes"},"network":null,"since":"2023-11-14T22:13:20.000Z","ends_at":"2023-11-15T00:13:20.000Z","reason":null},{"subject":{"all":true,"owner_uid":null,"origin":null,"app_id":null},"what":"override","override":{"fact":"metered","value":"no"},"network":{"interface":null,"ssid":"Home","connection":null},"since":"2023-11-14T22:13:20.000Z","ends_at":"2023-11-15T00:13:20.000Z","reason":null}]}
        "#]].assert_eq(&documented(&LeasesDocument::new(&leases)));
        assert_eq!(documented(&ClearedDocument::new(2)), "{\"version\":1,\"cleared\":2}\n");
    }

    /// A pause and an override, and the time.
    pub(in crate::verbs) fn leases() -> (Vec<Lease>, Option<SystemTime>) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let at = |seconds| Some(now + Duration::from_secs(seconds));
        let origin = "https://app.example".to_owned();
        let pause = Lease {
            subject: Subject::Origin { owner_uid: Some(1_000), origin },
            what: Leased::Pause { reason: Some("on a train".to_owned()) },
            network: None,
            since: at(0),
            ends_at: at(7_200),
        };
        let fact = FactValue { fact: "metered".to_owned(), value: "yes".to_owned() };
        let everything =
            Lease { subject: Subject::Everything, what: Leased::Override(fact), ..pause.clone() };
        let fact = FactValue { fact: "metered".to_owned(), value: "no".to_owned() };
        let network = Some(NetworkName::Ssid("Home".to_owned()));
        let home = Lease { what: Leased::Override(fact), network, ..everything.clone() };
        (vec![pause, everything, home], at(0))
    }
}
