//! Reads all pieces of a store. What is long is read and decoded at once, by two threads.

use std::{panic::resume_unwind, sync::mpsc, thread};

use sled::IVec;

use crate::store::{
    error::Cause,
    load::{Loaded, Loader},
};

/// Pieces that are handed over at once; a store with fewer is not worth a thread.
const CHUNK: usize = 2_048;
/// Chunks that wait to be decoded: some 2 MiB.
const WAITING: usize = 4;

/// Hands all of them to the loader, in the order of their keys.
///
/// # Errors
/// When sled cannot read them, a newer daemon wrote one, or the system has no thread to give.
pub(super) fn load(db: &sled::Db, mut loader: Loader) -> Result<Loaded, Cause> {
    let mut pieces = db.iter();
    let mut next = || pieces.by_ref().take(CHUNK).collect::<Result<Vec<_>, _>>();
    let first = next()?;
    let is_all = first.len() < CHUNK;
    for (key, bytes) in first {
        loader.piece(&key, &bytes)?;
    }
    if is_all {
        return loader.finish();
    }
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel::<Vec<(IVec, IVec)>>(WAITING);
        // A system that has no thread to give does not say that the store is damaged, as a panic would.
        let decoding =
            thread::Builder::new().name("load".to_owned()).spawn_scoped(scope, move || {
                for (key, bytes) in receiver.into_iter().flatten() {
                    loader.piece(&key, &bytes)?;
                }
                loader.finish()
            });
        let decoding = decoding.map_err(Cause::InputOutput)?;
        loop {
            let chunk = next()?;
            // A decoder that has ended says why when it is joined.
            if chunk.is_empty() || sender.send(chunk).is_err() {
                break;
            }
        }
        drop(sender);
        decoding.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
