//! `simulate suspend`: the machine goes to sleep.

use super::answer;
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::verbs::Context;

pub(super) async fn run(context: &mut Context) -> Result<(), Failure> {
    context.client.suspend().await?;
    answer(context, "the machine sleeps\n", &SimulationDocument::done())
}
