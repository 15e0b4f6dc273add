//! The last good rules: kept in `DATA_DIR` while the database can be reached, and in force from the start where it
//! cannot be.

use crate::{assemble::SystemClock, atomic, config::Config};
use backup::{Head, Saved, Writer};
use catalog::{Catalog, Snapshot};
use rules::{Clock as _, RuleId, State, Timestamp};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufReader, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::RuleStore;
use tokio::{task::spawn_blocking, time::sleep};

/// How often the rules are kept at most: to print and pack a hundred thousand of them takes some seconds of one core.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// Digits of the hash that tells the files of several databases apart.
const DATABASE_DIGITS: usize = 12;

/// The file of one database.
#[derive(Clone, Debug)]
pub(super) struct LastGood {
    path: PathBuf,
}

/// What stands in for the rules of a database.
pub(super) struct StandIn {
    pub(super) snapshot: Arc<Snapshot>,
    /// The identity of the database that it comes from.
    database: Option<String>,
}

impl StandIn {
    /// Says so if the database that was loaded now is not the one that these rules come from: nothing of them is left.
    pub(super) fn compare(&self, store: &dyn RuleStore, loaded: &Snapshot) {
        if let Some((kept, loaded)) = self.database.clone().zip(store.identity(loaded.revision()))
            && kept != loaded
        {
            tracing::warn!(
                kept,
                loaded,
                "the database is another one than the one whose rules were kept; all of it was loaded, and nothing of them is left"
            );
        }
    }
}

impl LastGood {
    /// The file for the configured database; none where the rules are files: these are there when the process is.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let database = config.database.as_ref()?;
        let name = format!(
            "last-good-{}{}",
            &database.identity[..DATABASE_DIGITS],
            backup::ENDING
        );
        Some(Self {
            path: config.folders.data.join(name),
        })
    }

    /// Puts what was kept into force, as long as the store cannot be loaded; nothing where none or no whole file is there.
    /// `away` says in the log what is wrong with the database.
    pub(super) async fn stand_in(&self, catalog: &Catalog, away: &str) -> Option<StandIn> {
        let path = self.path.clone();
        let (saved, kept_at) = spawn_blocking(move || read(&path)).await.ok()??;
        let (left_out, database) = (saved.left_out.len(), saved.store);
        let stands_in = catalog.stand_in(saved.contents, kept_at).await;
        let snapshot =
            stands_in.inspect_err(|error| tracing::warn!(%error, "what was kept cannot be served"));
        let snapshot = snapshot.ok()??;
        let age = SystemClock.now().as_millis().saturating_sub(kept_at.as_millis());
        tracing::warn!(
            kept_at = %kept_at,
            age_seconds = age / 1000,
            revision = snapshot.revision().0,
            rules = snapshot.set().entries().len(),
            left_out,
            "{away}; the rules that were kept last are in force meanwhile, and nothing is written"
        );
        Some(StandIn { snapshot, database })
    }

    /// Keeps what is in force now, and whatever is published later, until the process stops.
    pub(super) async fn keep_up(&self, store: &dyn RuleStore, catalog: &Catalog) {
        let mut publications = catalog.publications();
        publications.mark_changed();
        let mut is_failing = false;
        while publications.changed().await.is_ok() {
            // What stands in was kept already.
            let in_force = catalog.snapshot().filter(|snapshot| snapshot.kept_at().is_none());
            let Some(snapshot) = in_force else { continue };
            let (path, revision) = (self.path.clone(), snapshot.revision().0);
            let database = store.identity(snapshot.revision());
            let kept = spawn_blocking(move || keep(&path, &snapshot, database)).await;
            match kept {
                Ok(Ok(())) => {
                    is_failing = false;
                    tracing::debug!(revision, "the rules were kept");
                }
                Ok(Err(error)) if !is_failing => {
                    is_failing = true;
                    let error = format!("{error:#}");
                    tracing::warn!(error, "the rules cannot be kept for a start without the database");
                }
                // It was said already, or the process is stopping.
                Ok(Err(_)) | Err(_) => {}
            }
            if is_failing {
                // The disk may have room again, or be there at last, long before the rules change.
                publications.mark_changed();
            }
            sleep(KEEP_EVERY).await;
        }
    }
}

fn keep(path: &Path, snapshot: &Snapshot, database: Option<String>) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    atomic::put_private(path, |file| {
        let head = Head {
            revision: snapshot.revision(),
            store: database,
            pack_files: false,
            written_at: Some(SystemClock.now()),
        };
        let mut writer = Writer::begin(file, head)?;
        for (name, pack) in snapshot.packs() {
            // Its rules stand in the archive themselves.
            writer.pack(name, pack, 0)?;
        }
        let mut disabled: BTreeSet<&RuleId> = BTreeSet::new();
        for entry in snapshot.set().entries() {
            writer.rule(&entry.sourced)?;
            if entry.state == State::Disabled {
                disabled.insert(entry.sourced.rule.id());
            }
        }
        disabled.into_iter().try_for_each(|id| writer.disabled(id))?;
        let mut pins = snapshot.pins().iter();
        pins.try_for_each(|(id, layer)| writer.pin(id, *layer))?;
        writer.finish()?;
        Ok(())
    })
}

/// What was kept, and when; what is wrong with the file is said, and it counts as none.
fn read(path: &Path) -> Option<(Saved, Timestamp)> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        opened => opened.map_err(backup::ReadError::Io),
    };
    let read = file.and_then(|file| backup::read(BufReader::new(file)));
    let ignored = |reason: &str| {
        tracing::warn!(file = %path.display(), reason, "the rules that were kept last are ignored");
    };
    match read {
        Ok(saved) => match saved.written_at {
            Some(kept_at) => Some((saved, kept_at)),
            None => {
                ignored("nobody says when they were kept");
                None
            }
        },
        Err(error) => {
            ignored(&error.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests;
