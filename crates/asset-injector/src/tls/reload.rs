//! Reads the certificate again when its files change. A pair that cannot be used leaves the one in force.

use super::{InForce, Pair};
use crate::config::TlsFiles;
use rules::Clock;
use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

/// The wait between two looks. Files that changed are read when they stay the same for as long: one of the two
/// is always written first.
const INTERVAL: Duration = Duration::from_secs(1);

/// What tells that both files are still those that were read, through all links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamps([Option<Stamp>; 2]);

type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

impl Stamps {
    pub(super) fn of(files: &TlsFiles) -> Self {
        Self([stamp(&files.certificate), stamp(&files.key)])
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let m = fs::metadata(file).ok()?;
    let (modified, changed) = ((m.mtime(), m.mtime_nsec()), (m.ctime(), m.ctime_nsec()));
    Some((m.dev(), m.ino(), m.size(), modified, changed))
}

/// Looks at the files for as long as the certificate is served.
pub(super) fn start(
    files: TlsFiles,
    stamps: Stamps,
    in_force: &Arc<InForce>,
    clock: Arc<dyn Clock>,
) -> io::Result<()> {
    let mut watch = Watch {
        loaded: stamps.clone(),
        seen: stamps,
        files,
        in_force: Arc::downgrade(in_force),
        clock,
    };
    let thread = thread::Builder::new().name("certificate".to_owned());
    thread.spawn(move || {
        while watch.look() {
            thread::sleep(INTERVAL);
        }
    })?;
    Ok(())
}

pub(super) struct Watch {
    files: TlsFiles,
    /// Of what was read last.
    loaded: Stamps,
    /// Of the last look.
    seen: Stamps,
    in_force: Weak<InForce>,
    clock: Arc<dyn Clock>,
}

impl Watch {
    /// Looks once; false when nobody is served any more.
    fn look(&mut self) -> bool {
        let Some(in_force) = self.in_force.upgrade() else {
            return false;
        };
        let now = Stamps::of(&self.files);
        if now != self.loaded && now == self.seen {
            self.loaded = now.clone();
            match Pair::load(&self.files) {
                Ok(pair) => {
                    pair.announce(&self.files, &*self.clock);
                    in_force.replace(pair);
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate that changed cannot be used; the one in force stays");
                }
            }
        }
        self.seen = now;
        true
    }
}
