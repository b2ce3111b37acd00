//! `simulate cut-power`: what is not on disk is gone.

use super::answer;
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::verbs::Context;

pub(super) async fn run(context: &mut Context) -> Result<(), Failure> {
    let epoch = context.client.cut_power().await?;
    let sentence = format!("started again from the store, epoch {epoch}\n");
    answer(context, &sentence, &SimulationDocument::epoch(epoch))
}
