//! Puts a store together that takes the place of one that was set aside whole.

use std::{fs, io, path::Path};

use pwasync_core::{effect, saved::Saved};

use super::{Atomicity, Open, aside, directory, watch::Watch};
use crate::store::{
    batch::{Batch, Write},
    error::Cause,
    frame::ClockFrame,
    record::Record,
    snapshot::{Restored, newest},
};

/// Numbers that were given since the snapshot, or without one ever, are below the next multiple.
const EPOCH_STEP: u64 = 1_000_000;
const ID_STEP: u64 = 1_000_000_000;

/// So many records are written at once.
const BATCH: usize = 1_000;

/// Makes a store of the newest snapshot, or an empty one where there is none, and gives it the
/// store's name. Its epoch is above the one that this process gave last.
pub(super) fn restore(
    state: &Path,
    watch: &Watch,
    frame: ClockFrame,
    given: u64,
) -> Result<(), Cause> {
    let fresh = aside::restoring(state);
    match fs::remove_dir_all(&fresh) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed?,
    }
    let lost = aside::count(state)?;
    let newest = newest(state, frame);
    let note = match &newest {
        Some(Restored { taken_at, path, .. }) => format!(
            "what came after the snapshot of {} (`{}`) may be lost",
            frame.wall_text(*taken_at),
            path.display()
        ),
        None => "there was no snapshot: what browsers do not tell again is lost".to_owned(),
    };
    let (mut saved, mut epoch) = newest.map(|one| (one.saved, one.epoch)).unwrap_or_default();
    let leap = |number: u64, step: u64| {
        number.max(lost.saturating_sub(1).saturating_mul(step)).saturating_add(step)
    };
    epoch = leap(epoch.max(given), EPOCH_STEP);
    let counters = &mut saved.counters;
    counters.last_registration = leap(counters.last_registration, ID_STEP);
    counters.last_lease = leap(counters.last_lease, ID_STEP);

    let (mut open, slack) = Open::files(&fresh, watch)?;
    fill(&mut open, saved, epoch, frame)?;
    drop((open, slack));
    watch.let_go();
    directory::sync(&fresh)?;
    fs::rename(&fresh, aside::database(state))?;
    directory::sync(state)?;
    tracing::warn!(%note, "a new store took the place of the damaged one");
    // The log has it.
    let _ = aside::add_to_note(state, &note);
    Ok(())
}

fn fill(open: &mut Open, saved: Saved, epoch: u64, frame: ClockFrame) -> Result<(), Cause> {
    let mut writes = writes(saved);
    loop {
        let batch: Batch = writes.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        let changes = open.index.changes(&batch, frame);
        open.commit(changes, Atomicity::Whole)?;
    }
    let mut changes = Vec::new();
    open.index.save(&Record::Epoch(epoch), frame, &mut changes);
    open.commit(changes, Atomicity::Whole)
}

fn writes(saved: Saved) -> impl Iterator<Item = Write> {
    use effect::Record as Core;
    let Saved { registrations, counters, owners, sites, profiles, leases, history } = saved;
    let registrations = registrations.into_iter().map(|one| Core::Save(Box::new(one)));
    let owners = owners.into_iter().map(|(owner, name)| Core::SaveOwner { owner, name });
    let sites = sites.into_iter().map(|site| Core::SaveSite(Box::new(site)));
    let profiles = profiles.into_iter().map(|profile| Core::SaveProfile(Box::new(profile)));
    let leases = leases.into_iter().map(Core::SaveLease);
    let history = history.into_iter().map(|entry| Core::SaveEntry(Box::new(entry)));
    let all = registrations.chain(owners).chain(sites).chain(profiles).chain(leases).chain(history);
    all.chain([Core::SaveCounters(counters)]).map(Write::Record)
}
