//! A file in the making: its bytes, what is still to be done to them, and what they will give.

use super::refusal;
use crate::{entry, outcome::Outcome, scan::RuleFile, stamp::Stamp};
use rulefile::FILE_BYTES_MAX;
use rules::{Rule, RuleId};
use std::{collections::BTreeSet, sync::Arc};
use store::Error;

/// A file in the making.
pub(super) struct Draft {
    pub(super) file: RuleFile,
    pub(super) before: Option<Stamp>,
    /// The hash of its bytes as they are on disk.
    pub(super) hash: Option<u64>,
    pub(super) bytes: Option<Vec<u8>>,
    /// What is still to be done to the bytes, all at once: each time the whole file is read.
    pub(super) changes: Vec<entry::Change>,
}

impl Draft {
    /// Makes the changes.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let changes = std::mem::take(&mut self.changes);
        if let Some(bytes) = self.bytes.as_deref().filter(|_| !changes.is_empty()) {
            let bytes = entry::change(bytes, &self.file, &changes)?;
            let length = bytes.as_ref().map_or(0, Vec::len);
            if length > FILE_BYTES_MAX {
                return Err(
                    refusal::too_large(&self.file, length).about(changes.iter().map(entry::Change::id))
                );
            }
            self.bytes = bytes;
        }
        Ok(())
    }

    /// What its bytes will give, which must include these rules; nothing where there are no bytes.
    pub(super) fn outcome(
        &self,
        wanted: &[&Arc<Rule>],
        earlier: Option<&Outcome>,
        edited: &BTreeSet<RuleId>,
    ) -> Result<Option<Arc<Outcome>>, Error> {
        let Some(bytes) = &self.bytes else { return Ok(None) };
        let outcome = Outcome::parse(bytes, &self.file);
        if let Some(lost) = outcome.first_missing(wanted) {
            return Err(refusal::unreadable_rule(lost, &self.file));
        }
        let outcome = match earlier {
            Some(earlier) => outcome.following(earlier, edited),
            None => outcome,
        };
        Ok(Some(Arc::new(outcome)))
    }
}
