//! A store in memory, for tests and throw-away simulations. Its records are encoded and decoded as
//! those on disk, so that what a record would lose is lost here too.

use std::{collections::BTreeMap, ops::Bound};

use crate::channel::StoredPiece;
use crate::store::{
    Opened, Store,
    batch::Batch,
    error::{Cause, Doing, StoreError},
    frame::ClockFrame,
    index::{Change, Index},
    load::Loader,
    record::Record,
};

/// A store whose disk is this value: it lasts over closing and opening.
#[derive(Debug, Default)]
pub struct MemoryStore {
    pieces: BTreeMap<Vec<u8>, Vec<u8>>,
    set_aside: BTreeMap<Vec<u8>, Vec<u8>>,
    /// There while it is open.
    index: Option<Index>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn apply(&mut self, changes: Vec<Change>) {
        for (key, bytes) in changes {
            match bytes {
                Some(bytes) => self.pieces.insert(key, bytes),
                None => self.pieces.remove(&key),
            };
        }
    }

    fn load(&mut self, frame: ClockFrame) -> Result<Opened, Cause> {
        let mut loader = Loader::new(frame);
        self.set_aside.keys().for_each(|key| loader.taken(key));
        for (key, bytes) in &self.pieces {
            loader.piece(key, bytes)?;
        }
        let mut loaded = loader.finish()?;
        for key in loaded.bad_keys {
            let bytes = self.pieces.remove(&key).unwrap_or_default();
            self.set_aside.insert(key, bytes);
        }
        loaded.opened.epoch = loaded.opened.epoch.saturating_add(1);
        let mut changes = Vec::new();
        loaded.index.save(&Record::Epoch(loaded.opened.epoch), frame, &mut changes);
        self.apply(changes);
        self.index = Some(loaded.index);
        Ok(loaded.opened)
    }
}

impl Store for MemoryStore {
    fn open(&mut self, frame: ClockFrame) -> Result<Opened, StoreError> {
        self.close();
        self.load(frame).map_err(|cause| StoreError::new(Doing::Open, cause))
    }

    fn commit(&mut self, batch: &Batch, frame: ClockFrame) -> Result<(), StoreError> {
        let Some(index) = &mut self.index else {
            return Err(StoreError::new(Doing::Commit, Cause::Closed));
        };
        let changes = index.changes(batch, frame);
        self.apply(changes);
        Ok(())
    }

    fn read(&self, after: &[u8], limit: usize) -> Result<Vec<StoredPiece>, StoreError> {
        let from = (Bound::Excluded(after), Bound::Unbounded);
        let pieces = self.pieces.range::<[u8], _>(from).take(limit);
        Ok(pieces.map(|(key, bytes)| (key.clone(), bytes.clone())).collect())
    }

    fn close(&mut self) {
        self.index = None;
    }
}
