//! Small files in memory, in the place of `DATA_DIR`: for tests of those who have packs (feature `doubles`).

use super::{Keep, Kept};
use std::{
    collections::HashMap,
    io,
    sync::{Mutex, MutexGuard},
};

/// Files that last as long as this value.
#[derive(Debug, Default)]
pub struct KeptInMemory(Mutex<HashMap<Kept, Vec<u8>>>);

impl KeptInMemory {
    fn files(&self) -> MutexGuard<'_, HashMap<Kept, Vec<u8>>> {
        self.0.lock().expect("no holder of the lock panics")
    }
}

impl Keep for KeptInMemory {
    fn read(&self, file: Kept) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files().get(&file).cloned())
    }

    fn write(&self, file: Kept, bytes: &[u8]) -> io::Result<()> {
        self.files().insert(file, bytes.to_vec());
        Ok(())
    }
}
