//! `db check`.

use pwasync_client::CheckReport;

use super::super::Context;
use super::progress::Progress;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::CheckDocument;
use crate::settings::Format;
use crate::text::escape;

pub(super) async fn run(context: &mut Context) -> Result<Exit, Failure> {
    let mut check = context.client.check_store().await?;
    let mut progress = Progress::things(0);
    let mut findings = Vec::new();
    let checked = loop {
        match check.next().await? {
            Some(CheckReport::Progress(checked)) => {
                progress.set(checked.records, checked.expected);
            }
            Some(CheckReport::Finding(text)) => findings.push(text),
            Some(CheckReport::Done(checked)) => break checked,
            None => return Err(Failure::CheckEnded),
        }
    };
    drop(progress);
    match context.format {
        Format::People => {
            let mut text: String =
                findings.iter().map(|finding| format!("{}\n", escape(finding))).collect();
            if findings.is_empty() {
                text = format!(
                    "the store is sound: {} records, {} bytes of files\n",
                    checked.records, checked.bytes
                );
            }
            context.output.text(&text)?;
        }
        Format::Json => context.output.json(&CheckDocument::new(checked, &findings))?,
    }
    match checked.findings {
        0 => Ok(Exit::Ok),
        findings => Err(Failure::Findings { findings }),
    }
}
