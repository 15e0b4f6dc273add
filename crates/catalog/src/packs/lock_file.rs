//! `packs.lock`: it follows every operation that changes something, and can be restored.

use super::{Inner, Kept, PackError};
use crate::Snapshot;
use ::packs::lock::{self, LOCK_FILE, Locked};
use std::sync::Arc;

impl Inner {
    /// Records what is installed after a change; a word on it where that cannot be.
    ///
    /// What is recorded and not installed stays: a lock file that came from elsewhere may not have been restored yet.
    /// Only the pack that is `gone` leaves it. The packs are in force already, and the next change records them again,
    /// so this fails nothing.
    pub(super) async fn record(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        gone: Option<String>,
    ) -> Option<String> {
        let snapshot = Arc::clone(snapshot);
        let recorded = self.apart(move |inner| {
            let keep = &inner.sources.keep;
            let before = keep.read(Kept::Lock).map_err(|error| error.to_string())?;
            // What cannot be understood may still be put right by hand.
            let known = before.as_deref().map_or(Ok(Vec::new()), lock::parse)?;
            let text = lock::print(&lock::following(known, snapshot.packs(), gone.as_deref()));
            match before.is_some_and(|before| before == text.as_bytes()) {
                true => Ok(()),
                false => keep
                    .write(Kept::Lock, text.as_bytes())
                    .map_err(|error| error.to_string()),
            }
        });
        let reason = match recorded.await {
            Ok(recorded) => recorded.err()?,
            Err(error) => error.to_string(),
        };
        Some(format!("`{LOCK_FILE}` could not be written: {reason}"))
    }

    /// What is recorded.
    pub(super) fn locked(&self) -> Result<Vec<Locked>, PackError> {
        let read = self.sources.keep.read(Kept::Lock);
        let read = read.map_err(|error| PackError::Lock(format!("`{LOCK_FILE}` cannot be read: {error}")))?;
        let bytes = read.ok_or_else(|| PackError::Lock(format!("there is no `{LOCK_FILE}` to restore")))?;
        lock::parse(&bytes).map_err(PackError::Lock)
    }
}
