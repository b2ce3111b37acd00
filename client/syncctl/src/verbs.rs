//! The verbs, one file each: what may be typed after it, the calls it makes, and what it prints.

pub(crate) mod completions;
pub(crate) mod db;
pub(crate) mod doctor;
pub(crate) mod engagement;
pub(crate) mod forecast;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod overrides;
mod parse;
pub(crate) mod pause;
pub(crate) mod policy;
pub(crate) mod remove;
pub(crate) mod resume;
pub(crate) mod run;
mod sessions;
pub(crate) mod show;
pub(crate) mod simulate;
mod status;
mod subject;
pub(crate) mod watch;
pub(crate) mod why;

use std::time::SystemTime;

use pwasync_client::{Client, RegistrationId, SocketPath};

use crate::cli::Verb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::{Format, Settings};
use crate::text::Look;

/// What verbs work with.
pub(crate) struct Context {
    client: Client,
    socket: SocketPath,
    format: Format,
    look: Look,
    output: Output,
}

/// Runs one verb; without one, `status`.
pub(crate) async fn run(verb: Option<Verb>, settings: Settings) -> Result<Exit, Failure> {
    let Settings { socket, format, look } = settings;
    let client = Client::new(socket.clone());
    let mut context = Context { client, socket, format, look, output: Output::stdout() };
    match verb {
        None | Some(Verb::Status) => status::run(&mut context).await,
        Some(Verb::Doctor) => doctor::run(&mut context).await,
        Some(Verb::List(arguments)) => list::run(&mut context, arguments).await,
        Some(Verb::Show(arguments)) => show::run(&mut context, &arguments).await,
        Some(Verb::Why(arguments)) => why::run(&mut context, &arguments).await,
        Some(Verb::Forecast(arguments)) => forecast::run(&mut context, arguments).await,
        Some(Verb::History(arguments)) => history::run(&mut context, arguments).await,
        Some(Verb::Pause(arguments)) => pause::run(&mut context, arguments).await,
        Some(Verb::Resume(arguments)) => resume::run(&mut context, arguments).await,
        Some(Verb::Override(arguments)) => overrides::run(&mut context, arguments).await,
        Some(Verb::Engagement(arguments)) => engagement::run(&mut context, arguments).await,
        Some(Verb::Policy(arguments)) => policy::run(&mut context, arguments).await,
        Some(Verb::Sessions) => sessions::run(&mut context).await,
        Some(Verb::Watch(arguments)) => watch::run(&mut context, &arguments).await,
        Some(Verb::Run(arguments)) => run::run(&mut context, &arguments).await,
        Some(Verb::Remove(arguments)) => remove::run(&mut context, &arguments).await,
        Some(Verb::Simulate(arguments)) => simulate::run(&mut context, arguments).await,
        Some(Verb::Db(arguments)) => db::run(&mut context, arguments).await,
        Some(Verb::Completions(arguments)) => completions::run(&mut context, &arguments),
        Some(Verb::Man(arguments)) => man::run(&context, &arguments),
    }
}

/// On the wire an id of 0 stands for all of them; no registration has it.
fn demand_id(id: RegistrationId) -> Result<RegistrationId, Failure> {
    if id.value() == 0 { Err(Failure::NoSuchRegistration(id)) } else { Ok(id) }
}

impl Context {
    /// The daemon's time, simulated or real: what its instants are relative to.
    async fn now(&self) -> Result<Option<SystemTime>, Failure> {
        Ok(self.client.status().await?.now)
    }

    /// A verb that prints files has nothing to say in JSON.
    fn demand_no_json(&self, verb: &'static str) -> Result<(), Failure> {
        match self.format {
            Format::People => Ok(()),
            Format::Json => Err(Failure::NoJson { verb }),
        }
    }
}
