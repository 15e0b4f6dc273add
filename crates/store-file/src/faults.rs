//! Makes the calls that change the tree fail, one at a time or from one on, for tests.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Which calls fail, counted from 0; clones are of the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    calls: Arc<AtomicUsize>,
    planned: Arc<Mutex<Vec<Fails>>>,
    /// What every call takes, in milliseconds.
    takes: Arc<AtomicU64>,
}

/// Calls that fail with a system's error number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fails {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) errno: i32,
}

impl Faults {
    /// Plans what fails from now on, and counts anew; returns the calls that were made before.
    pub(crate) fn plan(&self, fails: impl IntoIterator<Item = Fails>) -> usize {
        *self.planned.lock().unwrap() = fails.into_iter().collect();
        self.calls.swap(0, Ordering::Relaxed)
    }

    /// From now on every call takes so long at least.
    pub(crate) fn slow(&self, call: Duration) {
        let millis = u64::try_from(call.as_millis()).unwrap();
        self.takes.store(millis, Ordering::Relaxed);
    }

    /// The fate of the next call.
    pub(crate) fn next(&self) -> io::Result<()> {
        thread::sleep(Duration::from_millis(self.takes.load(Ordering::Relaxed)));
        let n = self.calls.fetch_add(1, Ordering::Relaxed);
        let planned = self.planned.lock().unwrap();
        match planned
            .iter()
            .find(|fails| (fails.first..=fails.last).contains(&n))
        {
            Some(fails) => Err(io::Error::from_raw_os_error(fails.errno)),
            None => Ok(()),
        }
    }
}

mod tests;
