//! The reference implementation: rules in memory, for tests and for tools.

use crate::{Contents, Error, RuleStore};
use async_trait::async_trait;
use std::sync::Mutex;

/// A store that holds its contents in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    contents: Mutex<Contents>,
}

impl MemoryStore {
    /// A store with these contents.
    pub fn new(contents: Contents) -> Self {
        Self {
            contents: Mutex::new(contents),
        }
    }

    /// Replaces everything.
    pub fn replace(&self, contents: Contents) {
        *self.contents.lock().expect("no holder of the lock panics") = contents;
    }
}

#[async_trait]
impl RuleStore for MemoryStore {
    async fn load(&self) -> Result<Contents, Error> {
        Ok(self
            .contents
            .lock()
            .expect("no holder of the lock panics")
            .clone())
    }

    fn kind(&self) -> &'static str {
        "memory"
    }
}

#[cfg(test)]
mod tests;
