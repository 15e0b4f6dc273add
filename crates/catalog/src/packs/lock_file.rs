//! `packs.lock`: it follows every operation that changes something, and can be restored.
//!
//! It is written after the packs. A process that ends between the two leaves a note of what it was about to do, and
//! the next operation, or the next start, lets the lock file follow.

use super::{Inner, Kept, PackChange, PackError};
use crate::Snapshot;
use ::packs::lock::{self, LOCK_FILE, Locked};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A change of packs that the lock file may not have followed.
#[derive(Serialize, Deserialize)]
struct Unrecorded {
    /// The pack that was to be taken out.
    gone: Option<String>,
}

impl Inner {
    /// Notes that packs are about to change, and which of them is to be `gone`.
    pub(super) async fn announce(self: &Arc<Self>, gone: Option<String>) -> Result<(), PackError> {
        let note = serde_json::to_vec(&Unrecorded { gone }).unwrap_or_default();
        self.apart(move |inner| inner.note(&note)).await
    }

    /// Records what is installed after a change; a word on it where that cannot be.
    ///
    /// What is recorded and not installed stays: a lock file that came from elsewhere may not have been restored yet.
    /// Only the pack that is `gone` leaves it. The packs are in force already, and the next operation records them
    /// again, so this fails nothing.
    pub(super) async fn record(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        gone: Option<String>,
    ) -> Option<String> {
        let snapshot = Arc::clone(snapshot);
        let recorded = self.apart(move |inner| inner.follow(&snapshot, gone.as_deref()));
        let reason = match recorded.await {
            Ok(recorded) => recorded.err()?,
            Err(error) => error.to_string(),
        };
        Some(format!("`{LOCK_FILE}` could not be written: {reason}"))
    }

    /// Records what is installed if any of these changed it.
    pub(super) async fn record_changes(
        self: &Arc<Self>,
        changes: &[Result<PackChange, PackError>],
        snapshot: &Arc<Snapshot>,
    ) -> Result<Option<String>, PackError> {
        let is_change =
            |change: &Result<PackChange, PackError>| change.as_ref().is_ok_and(|change| change.changed);
        match changes.iter().any(is_change) {
            true => Ok(self.record(snapshot, None).await),
            false => self.withdraw().await.map(|()| None),
        }
    }

    /// Says that what was announced has changed nothing.
    pub(super) async fn withdraw(self: &Arc<Self>) -> Result<(), PackError> {
        self.apart(|inner| inner.note(&[])).await
    }

    /// Lets the lock file follow what an operation has changed that did not come to its end; for who has the turn.
    pub(super) async fn catch_up(self: &Arc<Self>) -> Result<(), PackError> {
        let Ok(snapshot) = self.writable() else {
            return Ok(());
        };
        let caught_up = self.apart(move |inner| {
            let note = inner.sources.keep.read(Kept::Unrecorded).ok().flatten();
            let note: Option<Unrecorded> = note.and_then(|note| serde_json::from_slice(&note).ok());
            // Where it fails the note stays, and the next one tries it again.
            note.map(|note| inner.follow(&snapshot, note.gone.as_deref()))
        });
        caught_up.await.map(drop)
    }

    /// What is recorded.
    pub(super) fn locked(&self) -> Result<Vec<Locked>, PackError> {
        let read = self.sources.keep.read(Kept::Lock);
        let read = read.map_err(|error| PackError::Lock(format!("`{LOCK_FILE}` cannot be read: {error}")))?;
        let bytes = read.ok_or_else(|| PackError::Lock(format!("there is no `{LOCK_FILE}` to restore")))?;
        lock::parse(&bytes).map_err(PackError::Lock)
    }

    fn follow(&self, snapshot: &Snapshot, gone: Option<&str>) -> Result<(), String> {
        let keep = &self.sources.keep;
        let before = keep.read(Kept::Lock).map_err(|error| error.to_string())?;
        // What cannot be understood may still be put right by hand.
        let known = before.as_deref().map_or(Ok(Vec::new()), lock::parse)?;
        let text = lock::print(&lock::following(known, snapshot.packs(), gone));
        if before.is_none_or(|before| before != text.as_bytes()) {
            keep.write(Kept::Lock, text.as_bytes())
                .map_err(|error| error.to_string())?;
        }
        self.note(&[]);
        Ok(())
    }

    /// Where a note cannot be kept, a lock file that is behind waits for the next change.
    fn note(&self, note: &[u8]) {
        let _ = self.sources.keep.write(Kept::Unrecorded, note);
    }
}
