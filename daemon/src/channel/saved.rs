//! What is saved, as the shell that writes and reads exports asks for it.

use pwasync_core::{
    Caller, Import, ImportRefused, Imported, SavedCursor, SavedPage, Viewer, key::OwnerId,
    saved::Saved, time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};

use super::{Answered, EngineGone, Input, Reply};
use crate::store::{error::StoreError, frame::ClockFrame};

/// A request about all that is saved.
#[derive(Debug)]
pub enum SavedRequest {
    /// See [`pwasync_core::Scheduler::saved_page`]. Answered when all of the page is on disk.
    Page {
        /// Of one owner, or of all.
        whose: Option<OwnerId>,
        /// Behind this; `None`: from the beginning.
        from: Option<SavedCursor>,
        /// At most so many records.
        limit: usize,
        /// The answer.
        reply: Reply<SavedPart>,
    },
    /// See [`pwasync_core::Scheduler::import`].
    Import {
        /// Who asks.
        viewer: Viewer,
        /// In whose name.
        caller: Caller,
        /// What.
        import: Import,
        /// The answer.
        reply: Reply<Result<Imported, ImportRefused>>,
    },
    /// See [`pwasync_core::Scheduler::saved_beside`]. Answered when all of it is on disk.
    Beside {
        /// Records from the disk.
        records: Box<Saved>,
        /// What is in memory in their place.
        reply: Reply<Saved>,
    },
    /// Pieces of records as they are on disk.
    Stored {
        /// Behind this key; empty: from the first on.
        after: Vec<u8>,
        /// At most so many.
        limit: usize,
        /// The answer; dropped unsent while the store is not open.
        reply: oneshot::Sender<Result<Vec<StoredPiece>, StoreError>>,
    },
}

/// A piece of a record: its key and its bytes.
pub type StoredPiece = (Vec<u8>, Vec<u8>);

/// A page of what is saved, and how to write it down.
#[derive(Debug)]
pub struct SavedPart {
    /// The page.
    pub page: SavedPage,
    /// The number of this start.
    pub epoch: u64,
    /// When.
    pub now: Timestamp,
    /// How its instants relate to other clocks.
    pub frame: ClockFrame,
}

/// Asks only for what is saved.
#[derive(Clone, Debug)]
pub struct SavedSender(pub(super) mpsc::Sender<Input>);

impl SavedSender {
    /// Asks for a page, and waits for it; `None`: it could not be recorded.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn page(
        &self,
        whose: Option<OwnerId>,
        from: Option<SavedCursor>,
        limit: usize,
    ) -> Result<Option<SavedPart>, EngineGone> {
        let ask = |reply| SavedRequest::Page { whose, from, limit, reply };
        Ok(self.ask(ask).await?.map(|answered| answered.value))
    }

    /// Takes an import over, and waits until it is on disk; `None`: it could not be recorded.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn import(
        &self,
        viewer: Viewer,
        caller: Caller,
        import: Import,
    ) -> Result<Option<Result<Imported, ImportRefused>>, EngineGone> {
        let ask = |reply| SavedRequest::Import { viewer, caller, import, reply };
        Ok(self.ask(ask).await?.map(|answered| answered.value))
    }

    /// Asks for what is in memory in the place of records; `None`: it could not be recorded.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn beside(&self, records: Box<Saved>) -> Result<Option<Saved>, EngineGone> {
        let ask = |reply| SavedRequest::Beside { records, reply };
        Ok(self.ask(ask).await?.map(|answered| answered.value))
    }

    /// Asks for pieces on disk; `None`: the store is not open.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn stored(
        &self,
        after: Vec<u8>,
        limit: usize,
    ) -> Result<Option<Result<Vec<StoredPiece>, StoreError>>, EngineGone> {
        let (reply, answer) = oneshot::channel();
        let request = SavedRequest::Stored { after, limit, reply };
        self.0.send(Input::Saved(request)).await.map_err(|_| EngineGone)?;
        Ok(answer.await.ok())
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(Reply<T>) -> SavedRequest,
    ) -> Result<Option<Answered<T>>, EngineGone> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Input::Saved(request(reply))).await.map_err(|_| EngineGone)?;
        Ok(answer.await.ok())
    }
}
