//! What a store does on its own thread.

use crate::{
    connection::{Access, CommitError, Connections, Transaction},
    error::{self, unavailable},
    follow::Follow,
    load,
    memory::{Memory, Seen, Stamp},
    migrate::{self, Wait},
    pg_store::Settings,
    sql, write,
};
use rules::{PackFile, SINGLES};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Revision};
use tokio_postgres::Row;

/// What work on the store's thread needs.
pub(crate) struct Database {
    pub(crate) settings: Settings,
    pub(crate) connections: Connections,
    pub(crate) memory: Mutex<Memory>,
    pub(crate) follow: Follow,
    /// Whether the schema is known to fit.
    pub(crate) is_migrated: AtomicBool,
}

impl Database {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no holder of the lock panics")
    }

    /// The identity of the database that a state is of.
    pub(crate) fn identity(&self, of: Revision) -> Option<String> {
        self.memory().given(of).map(|stamp| stamp.database)
    }

    /// Makes sure that the schema fits: once, and again after it turned out to be another one.
    async fn prepare(&self) -> Result<(), Error> {
        if self.is_migrated.load(Ordering::Relaxed) {
            return Ok(());
        }
        let standing = migrate::standing(&self.connections, migrate::known()).await?;
        if standing.version == 0 && self.memory().seen.is_some() {
            return Err(unavailable(
                "there is nothing in the database any more: restore a backup to it, or run `asset-injector migrate`",
            ));
        }
        if self.settings.read_only.is_some() {
            if let [(version, name), ..] = &standing.pending[..] {
                return Err(unavailable(format!(
                    "the database is not migrated, and is only read: it lacks the migration {version} ({name}), which `asset-injector migrate` makes"
                )));
            }
        } else {
            let migrated = migrate::migrate(&self.connections, migrate::known(), Wait::Briefly).await;
            // Whoever serves says once that nothing can be loaded, which can have had another reason then.
            let migrated = migrated
                .inspect_err(|error| tracing::warn!(%error, "the database cannot be migrated at the moment"));
            for (version, name) in migrated? {
                tracing::info!(version, name, "the database was migrated");
            }
        }
        self.is_migrated.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Does what needs the schema. Where that is not the one that it was, as after a backup of an older release was
    /// restored, the next call looks at it again.
    async fn on_schema<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.prepare().await?;
        let done = work.await;
        if done.as_ref().is_err_and(error::is_of_schema) {
            self.is_migrated.store(false, Ordering::Relaxed);
        }
        done
    }

    pub(crate) async fn load(&self) -> Result<Contents, Error> {
        self.on_schema(self.load_all()).await
    }

    async fn load_all(&self) -> Result<Contents, Error> {
        let before = self.memory().latest();
        let transaction = self.connections.begin(Access::Read).await?;
        let loaded = load::load(&transaction).await;
        transaction.end().await;
        let (contents, seen) = loaded?;
        let revision = self.see(seen, before);
        Ok(Contents { revision, ..contents })
    }

    pub(crate) async fn changes(&self, since: Revision) -> Result<Option<Changes>, Error> {
        let (since, seen, before) = {
            let memory = self.memory();
            match (memory.given(since), memory.seen.clone()) {
                (Some(since), Some(seen)) => (since, seen, memory.latest()),
                _ => return Ok(None),
            }
        };
        let changes = async {
            let transaction = self.connections.begin(Access::Read).await?;
            let changes = load::changes(&transaction, &since, seen).await;
            transaction.end().await;
            changes
        };
        Ok(self.on_schema(changes).await?.map(|(changes, seen)| {
            let revision = self.see(seen, before);
            Changes { revision, ..changes }
        }))
    }

    /// Takes note of a state that was read; returns the number to give it out under.
    fn see(&self, seen: Seen, before: Revision) -> Revision {
        self.follow.told(&seen.stamp);
        self.memory().see(seen, before)
    }

    pub(crate) async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        let rows = self.files(SINGLES).await?;
        Ok(rows.iter().map(|row| (row.get(0), digest(row.get(1)))).collect())
    }

    pub(crate) async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        // No column can hold it, so that there is no such pack either.
        if name.contains('\0') {
            return Ok(Vec::new());
        }
        let file = |row: &Row| PackFile {
            path: row.get(0),
            bytes: row.get(1),
        };
        Ok(self.files(name).await?.iter().map(file).collect())
    }

    async fn files(&self, pack: &str) -> Result<Vec<Row>, Error> {
        let rows = async {
            let transaction = self.connections.begin(Access::Read).await?;
            let rows = transaction.rows(&sql::FILES, &[&pack]).await;
            transaction.end().await;
            rows
        };
        self.on_schema(rows).await
    }

    pub(crate) async fn lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, Error> {
        if let Some(reason) = &self.settings.read_only {
            return Err(Error::new(ErrorKind::ReadOnly, reason));
        }
        self.on_schema(self.ask_lease(name, holder, duration)).await
    }

    async fn ask_lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, Error> {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let transaction = self.connections.begin(Access::Write).await?;
        let granted = transaction.rows(&sql::LEASE, &[&name, &holder, &millis]).await;
        match granted {
            Ok(rows) => match transaction.commit().await {
                Ok(()) => Ok(!rows.is_empty()),
                Err(CommitError::Refused(error) | CommitError::Unknown(error)) => Err(error),
            },
            Err(error) => {
                transaction.end().await;
                Err(error)
            }
        }
    }

    pub(crate) async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        if let Some(reason) = &self.settings.read_only {
            return Err(Error::new(ErrorKind::ReadOnly, reason));
        }
        self.on_schema(self.write_all(edits)).await
    }

    async fn write_all(&self, edits: &[Edit]) -> Result<Revision, Error> {
        let token = format!("{:032x}", fastrand::u128(..));
        let transaction = self.connections.begin(Access::Write).await?;
        let given = |number| self.memory().given(number);
        let next = match write::write(&transaction, edits, &token, given).await {
            Ok((_, Some(next))) => next,
            Ok((before, None)) => {
                transaction.end().await;
                return Ok(before);
            }
            Err(error) => {
                transaction.end().await;
                return Err(error);
            }
        };
        match transaction.commit().await {
            Ok(()) => {}
            Err(CommitError::Refused(error)) => return Err(error),
            Err(CommitError::Unknown(error)) => self.confirm(&next, error).await?,
        }
        Ok(self.memory().give(&next))
    }

    /// Finds out whether a commit was made whose answer was lost.
    ///
    /// Whoever gets the lock of all writers knows that the transaction has ended, one way or the other.
    async fn confirm(&self, next: &Stamp, lost: Error) -> Result<(), Error> {
        match self.has_committed(next).await {
            Ok(Some(true)) => Ok(()),
            Ok(Some(false)) => Err(lost),
            Ok(None) | Err(_) => {
                let message = format!("the connection broke while the change was committed: {lost}");
                Err(Error::new(ErrorKind::Torn, message).because(lost))
            }
        }
    }

    async fn has_committed(&self, next: &Stamp) -> Result<Option<bool>, Error> {
        let transaction = self.connections.begin(Access::Write).await?;
        let found = has_committed(&transaction, next).await;
        transaction.end().await;
        found
    }
}

/// Whether the state that a write makes belongs to the database's history; `None` when that has been forgotten.
async fn has_committed(transaction: &Transaction, next: &Stamp) -> Result<Option<bool>, Error> {
    let locked = transaction.row(&sql::LOCK, &[]).await?;
    // What another database holds says nothing of this one.
    if locked.get::<_, &str>(2) != next.database {
        return Ok(None);
    }
    let revision = load::stored(next.revision);
    let found = transaction.rows(&sql::TOKEN_OF, &[&revision]).await?;
    match found.first() {
        Some(row) => Ok(Some(row.get::<_, &str>(0) == next.token)),
        // Later writes may have cut off what led to them.
        None if load::revision(locked.get(0)) >= next.revision => Ok(None),
        None => Ok(Some(false)),
    }
}

#[cfg(test)]
mod tests;
