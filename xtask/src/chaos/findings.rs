//! What went wrong; the first of it ends the run.

use std::sync::{Mutex, MutexGuard};

use anyhow::{Result, bail};

/// What threads have found.
#[derive(Debug, Default)]
pub(super) struct Findings(Mutex<Vec<String>>);

impl Findings {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().expect("nobody panics with it")
    }

    pub(super) fn add(&self, finding: impl Into<String>) {
        let finding = finding.into();
        println!("  FOUND: {finding}");
        self.lock().push(finding);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Fails with the first finding, if there is one.
    pub(super) fn first(&self) -> Result<()> {
        match self.lock().first() {
            Some(finding) => bail!("{finding}"),
            None => Ok(()),
        }
    }
}
