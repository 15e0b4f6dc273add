//! What tells that a file is still the one that was read, without reading it.

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The time after which another change of a file surely shows in its times, on any file system.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// A file's identity, size and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// The time of the last write, in seconds and nanoseconds.
    written: (i64, i64),
    /// The time of the last change of any kind; no program can set it.
    changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether a file that was read at that time with this stamp cannot change and keep it.
    ///
    /// Some file systems count in steps of two seconds; a time in the future is never trusted.
    pub(crate) fn is_settled(&self, read_at: SystemTime) -> bool {
        let since = |(seconds, nanos): (i64, i64)| {
            let at = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanos).ok()?);
            read_at.duration_since(UNIX_EPOCH.checked_add(at)?).ok()
        };
        [self.written, self.changed]
            .into_iter()
            .all(|time| since(time).is_some_and(|age| age > SETTLED_AFTER))
    }
}

/// The time by the clock that the file system takes its times from.
#[expect(
    clippy::disallowed_methods,
    reason = "compared with the times of files only, which no clock of ours sets"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
