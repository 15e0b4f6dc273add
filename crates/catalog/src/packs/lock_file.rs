//! `packs.lock`: it follows every operation, and can be restored.

use super::{Inner, Kept, PackError};
use crate::Snapshot;
use ::packs::lock::{self, LOCK_FILE, Locked};
use std::sync::Arc;

impl Inner {
    /// Records what is installed; a word on it where that cannot be.
    ///
    /// The packs are in force already, and the next operation records them again, so this fails nothing.
    pub(super) async fn record(self: &Arc<Self>, snapshot: &Arc<Snapshot>) -> Option<String> {
        let snapshot = Arc::clone(snapshot);
        let recorded = self.apart(move |inner| {
            let text = lock::print(&lock::of_installed(snapshot.packs()));
            let keep = &inner.sources.keep;
            let is_same = matches!(keep.read(Kept::Lock), Ok(Some(bytes)) if bytes == text.as_bytes());
            match is_same {
                true => Ok(()),
                false => keep.write(Kept::Lock, text.as_bytes()),
            }
        });
        match recorded.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("`{LOCK_FILE}` could not be written: {error}")),
            Err(error) => Some(format!("`{LOCK_FILE}` could not be written: {error}")),
        }
    }

    /// What is recorded.
    pub(super) fn locked(&self) -> Result<Vec<Locked>, PackError> {
        let read = self.sources.keep.read(Kept::Lock);
        let read = read.map_err(|error| PackError::Lock(format!("`{LOCK_FILE}` cannot be read: {error}")))?;
        let bytes = read.ok_or_else(|| PackError::Lock(format!("there is no `{LOCK_FILE}` to restore")))?;
        lock::parse(&bytes).map_err(PackError::Lock)
    }
}
