//! Hands out what is saved, and takes over what was exported.

use pwasync_core::{Import, ImportMode};

use super::{Engine, EngineError};
use crate::{
    channel::{SavedPart, SavedRequest},
    recording::TakeImport,
    store::committer::{Command, SendError},
};

impl Engine {
    pub(super) fn take_saved(&mut self, request: SavedRequest) -> Result<(), EngineError> {
        // While the store is down memory may be ahead of it: nothing of it is saved. Dropping the
        // reply says so.
        if self.down.is_some() {
            return Ok(());
        }
        // What rides along goes now: an answer says what is on disk.
        self.pipeline.hurry();
        match request {
            SavedRequest::Page { whose, from, limit, reply } => {
                let (now, frame) = (self.host.now(), self.host.frame(self.wall));
                let core = self.core.scheduler();
                let page = core.saved_page(whose, from, limit);
                let part = SavedPart { page, epoch: core.epoch(), now, frame };
                self.answer(reply, part);
            }
            SavedRequest::Import { viewer, caller, import, reply } => {
                if self.stopping && import.mode == ImportMode::Apply {
                    return Ok(());
                }
                let Import { mode, .. } = import;
                let value = self.call(TakeImport(viewer, caller, import));
                if mode == ImportMode::Apply {
                    // An input of its size is not kept: the record begins behind it.
                    self.core.begin_again();
                }
                self.answer(reply, value);
            }
            SavedRequest::Beside { records, reply } => {
                let value = self.core.scheduler().saved_beside(&records);
                self.answer(reply, value);
            }
            SavedRequest::Stored { after, limit, reply } => {
                match self.committer.send(Command::Read { after, limit, reply }) {
                    // A reading that has no room is given up, and says so by its reply.
                    Ok(()) | Err(SendError::Busy) => {}
                    Err(SendError::Gone) => return Err(EngineError::Committer),
                }
            }
        }
        Ok(())
    }
}
