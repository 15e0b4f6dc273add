//! What packs need from outside, as tests want it: a repository in memory, and files in memory.

use catalog::{Keep, Kept, Sources};
use packs::{
    fetch::{Exceptions, Fetcher},
    signature::TrustedKeys,
};
use semver::Version;
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Files in memory.
#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<Kept, Vec<u8>>>);

impl Keep for Memory {
    fn read(&self, file: Kept) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(&file).cloned())
    }

    fn write(&self, file: Kept, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().insert(file, bytes.to_vec());
        Ok(())
    }
}

/// No repository, no keys, no exceptions for those who fetch.
pub(crate) fn nothing_outside() -> Sources {
    Sources {
        repository: None,
        fetcher: Fetcher::new(Exceptions::default()),
        keys: TrustedKeys::default(),
        keep: Arc::<Memory>::default(),
        index_ttl: Duration::from_secs(3600),
        engine: Version::new(1, 2, 3),
    }
}
