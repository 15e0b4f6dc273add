//! The store over a database.

use crate::{
    connection::{Access, CommitError, Connections, Transaction},
    error::unavailable,
    follow::Follow,
    load,
    memory::{Memory, Stamp},
    migrate::{self, MIGRATIONS, Standing},
    sql,
    target::Target,
    worker::Worker,
    write,
};
use async_trait::async_trait;
use rules::{PackFile, SINGLES};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, Once,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Look, Revision, RuleStore};
use tokio_postgres::{Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a store needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database.
    pub target: Target,
    /// The most connections at a time, besides the one that listens for changes.
    pub pool_max: usize,
    /// How long a statement may take; a few seconds more than that, and a call fails.
    pub statement_timeout: Duration,
    /// Why nothing may be written, the schema included; `None` where it may.
    pub read_only: Option<String>,
}

/// Rules in a database.
pub struct PgStore {
    shared: Arc<Shared>,
    worker: Worker,
    listening: Once,
}

/// What work on the store's thread needs.
struct Shared {
    settings: Settings,
    connector: (Config, MakeRustlsConnect),
    connections: Connections,
    memory: Mutex<Memory>,
    follow: Follow,
    /// Whether the schema is known to fit.
    is_migrated: AtomicBool,
}

impl PgStore {
    /// A store over a database that is not asked anything yet; it may be unreachable.
    ///
    /// # Errors
    ///
    /// When the certificates that the target names cannot be used, or this machine has no thread left.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let connector = settings.target.connector().map_err(unavailable)?;
        let (config, tls) = connector.clone();
        let connections = Connections::new(config, tls, settings.pool_max, settings.statement_timeout);
        let worker = Worker::start()
            .map_err(|error| unavailable("the store's thread cannot be started").because(error))?;
        let shared = Shared {
            settings,
            connector,
            connections,
            memory: Mutex::default(),
            follow: Follow::default(),
            is_migrated: AtomicBool::new(false),
        };
        Ok(Self {
            shared: Arc::new(shared),
            worker,
            listening: Once::new(),
        })
    }

    /// How the database's schema stands to this program.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`] when this program cannot work on it.
    pub async fn standing(&self) -> Result<Standing, Error> {
        let shared = Arc::clone(&self.shared);
        let standing = async move { migrate::standing(&shared.connections, MIGRATIONS).await };
        self.worker.run(standing).await
    }

    /// Brings the schema up to date; says by which migrations.
    ///
    /// # Errors
    ///
    /// As [`standing`](Self::standing), and when a migration fails: nothing is changed then.
    pub async fn migrate(&self) -> Result<Vec<(i32, String)>, Error> {
        let shared = Arc::clone(&self.shared);
        let migrate = async move { migrate::migrate(&shared.connections, MIGRATIONS).await };
        self.worker.run(migrate).await
    }
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no holder of the lock panics")
    }

    /// Makes sure once that the schema fits.
    async fn prepare(&self) -> Result<(), Error> {
        if self.is_migrated.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.settings.read_only.is_some() {
            let standing = migrate::standing(&self.connections, MIGRATIONS).await?;
            if !standing.pending.is_empty() {
                return Err(unavailable("the database is not migrated, and is only read"));
            }
        } else {
            for (version, name) in migrate::migrate(&self.connections, MIGRATIONS).await? {
                tracing::info!(version, name, "the database was migrated");
            }
        }
        self.is_migrated.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn load(&self) -> Result<Contents, Error> {
        self.prepare().await?;
        let transaction = self.connections.begin(Access::Read).await?;
        let loaded = load::load(&transaction).await;
        transaction.end().await;
        let (contents, seen) = loaded?;
        self.follow.told(&seen.stamp);
        self.memory().see(seen);
        Ok(contents)
    }

    async fn changes(&self, since: Revision) -> Result<Option<Changes>, Error> {
        let (since, seen) = {
            let memory = self.memory();
            match (memory.given(since), memory.seen.clone()) {
                (Some(since), Some(seen)) => (since, seen),
                _ => return Ok(None),
            }
        };
        let transaction = self.connections.begin(Access::Read).await?;
        let changes = load::changes(&transaction, &since, seen).await;
        transaction.end().await;
        Ok(changes?.map(|(changes, seen)| {
            self.follow.told(&seen.stamp);
            self.memory().see(seen);
            changes
        }))
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        let rows = self.files(SINGLES).await?;
        Ok(rows.iter().map(|row| (row.get(0), digest(row.get(1)))).collect())
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
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
        self.prepare().await?;
        let transaction = self.connections.begin(Access::Read).await?;
        let rows = transaction.rows(&sql::FILES, &[&pack]).await;
        transaction.end().await;
        rows
    }

    async fn lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, Error> {
        if let Some(reason) = &self.settings.read_only {
            return Err(Error::new(ErrorKind::ReadOnly, reason));
        }
        self.prepare().await?;
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

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        if let Some(reason) = &self.settings.read_only {
            return Err(Error::new(ErrorKind::ReadOnly, reason));
        }
        self.prepare().await?;
        let token = format!("{:032x}", fastrand::u128(..));
        let transaction = self.connections.begin(Access::Write).await?;
        let (before, next) = match write::write(&transaction, edits, &token).await {
            Ok((before, Some(next))) => (before, next),
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
        self.follow.wrote(before, &next);
        self.memory().give(&next);
        Ok(next.revision)
    }

    /// Finds out whether a commit was made whose answer was lost.
    ///
    /// Whoever gets the lock of all writers knows that the transaction has ended, one way or the other.
    async fn confirm(&self, next: &Stamp, lost: Error) -> Result<(), Error> {
        match self.has_committed(next).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(lost),
            Err(_) => {
                let message = format!("the connection broke while the change was committed: {lost}");
                Err(Error::new(ErrorKind::Torn, message).because(lost))
            }
        }
    }

    async fn has_committed(&self, next: &Stamp) -> Result<bool, Error> {
        let transaction = self.connections.begin(Access::Write).await?;
        let found = has_committed(&transaction, next).await;
        transaction.end().await;
        found
    }
}

async fn has_committed(transaction: &Transaction, next: &Stamp) -> Result<bool, Error> {
    transaction.row(&sql::LOCK, &[]).await?;
    let revision = load::stored(next.revision);
    let found = transaction.rows(&sql::TOKEN_OF, &[&revision]).await?;
    Ok(found
        .first()
        .is_some_and(|row| row.get::<_, &str>(0) == next.token))
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PgStore");
        shown
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl RuleStore for PgStore {
    async fn load(&self) -> Result<Contents, Error> {
        let shared = Arc::clone(&self.shared);
        self.worker.run(async move { shared.load().await }).await
    }

    async fn changes(&self, since: Revision, _: Look) -> Result<Option<Changes>, Error> {
        let shared = Arc::clone(&self.shared);
        self.worker.run(async move { shared.changes(since).await }).await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        let shared = Arc::clone(&self.shared);
        self.worker.run(async move { shared.singles(digest).await }).await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        let (shared, name) = (Arc::clone(&self.shared), name.to_owned());
        self.worker
            .run(async move { shared.pack_files(&name).await })
            .await
    }

    async fn lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, Error> {
        let shared = Arc::clone(&self.shared);
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.worker
            .run(async move { shared.lease(&name, &holder, duration).await })
            .await
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        let (shared, edits) = (Arc::clone(&self.shared), edits.to_vec());
        self.worker.run(async move { shared.write(&edits).await }).await
    }

    async fn changed(&self) {
        self.listening.call_once(|| {
            let shared = Arc::clone(&self.shared);
            let (config, tls) = self.shared.connector.clone();
            self.worker
                .begin(async move { shared.follow.listen(config, tls).await });
        });
        loop {
            self.shared.follow.rest().await;
            let shared = Arc::clone(&self.shared);
            let present = self.worker.run(async move { shared.connections.present().await });
            if self.shared.follow.hear(present.await) {
                return;
            }
        }
    }

    fn read_only(&self) -> Option<String> {
        self.shared.settings.read_only.clone()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn kind(&self) -> &'static str {
        "postgresql"
    }
}
