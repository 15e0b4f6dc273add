//! The store over a database.

use crate::{
    connection::Connections,
    database::Database,
    error::unavailable,
    follow::Follow,
    migrate::{self, Standing, Wait},
    target::Target,
    worker::Worker,
};
use async_trait::async_trait;
use rules::PackFile;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Changes, Contents, Digest, Edit, Error, Look, Revision, RuleStore};
use trace::{Kind, Span};

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

/// The store's connections, as operators see them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether the database answered the last time it was asked.
    pub is_up: bool,
    /// Connections that wait for work.
    pub idle: usize,
    /// Connections at work.
    pub in_use: usize,
    /// Calls that wait for a connection.
    pub waiting: usize,
    /// How often the connection that listens for changes was lost and made again.
    pub reconnects: u64,
    /// Notifications of changes that arrived, one's own included.
    pub notifications: u64,
}

/// Rules in a database.
pub struct PgStore {
    shared: Arc<Database>,
    worker: Worker,
    listening: Once,
}

impl PgStore {
    /// A store over a database that is not asked anything yet; it may be unreachable.
    ///
    /// # Errors
    ///
    /// When the certificates that the target names cannot be used, or this machine has no thread left.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let (config, tls) = settings.target.connector().map_err(unavailable)?;
        let connections = Connections::new(config, tls, settings.pool_max, settings.statement_timeout);
        let worker = Worker::start()
            .map_err(|error| unavailable("the store's thread cannot be started").because(error))?;
        let shared = Database {
            settings,
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

    /// How the connections are at this moment.
    pub fn status(&self) -> Status {
        let (pool, follow) = (self.shared.connections.status(), &self.shared.follow);
        Status {
            is_up: follow.is_up.load(Ordering::Relaxed),
            idle: pool.available,
            in_use: pool.size.saturating_sub(pool.available),
            waiting: pool.waiting,
            reconnects: follow.reconnects.load(Ordering::Relaxed),
            notifications: follow.notifications.load(Ordering::Relaxed),
        }
    }

    /// How the database's schema stands to this program.
    ///
    /// # Errors
    ///
    /// [`store::ErrorKind::Corrupt`] when this program cannot work on it.
    pub async fn standing(&self) -> Result<Standing, Error> {
        let shared = Arc::clone(&self.shared);
        let standing = async move { migrate::standing(&shared.connections, migrate::known()).await };
        self.worker.run(standing).await
    }

    /// Brings the schema up to date; says by which migrations. Where another process is at it already, `say` is called
    /// and its end is waited for, however long that takes.
    ///
    /// # Errors
    ///
    /// As [`standing`](Self::standing), when a backup is being restored, and when a migration fails: nothing is changed
    /// then.
    pub async fn migrate(&self, say: impl Fn() + Send + Sync + 'static) -> Result<Vec<(i32, String)>, Error> {
        let shared = Arc::clone(&self.shared);
        let migrate = async move {
            let connections = &shared.connections;
            migrate::migrate(connections, migrate::known(), Wait::Out(&say)).await
        };
        self.worker.run(migrate).await
    }
}

/// Does something in a span of its own.
async fn traced<T>(name: &'static str, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let describe = |span: &mut Span, done: &Result<T, Error>| {
        span.set("db.system.name", "postgresql");
        if let Err(error) = done {
            span.fail(format!("{:?}", error.kind));
        }
    };
    trace::in_span_async(name, Kind::Client, work, describe).await
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
        traced("db.load", self.worker.run(async move { shared.load().await })).await
    }

    async fn changes(&self, since: Revision, _: Look) -> Result<Option<Changes>, Error> {
        let shared = Arc::clone(&self.shared);
        traced(
            "db.changes",
            self.worker.run(async move { shared.changes(since).await }),
        )
        .await
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
        traced(
            "db.write",
            self.worker.run(async move { shared.write(&edits).await }),
        )
        .await
    }

    async fn changed(&self) {
        self.listening.call_once(|| {
            let shared = Arc::clone(&self.shared);
            self.worker
                .begin(async move { shared.follow.listen(shared.connections.hosts()).await });
        });
        while !self.shared.follow.take_news() {
            self.shared.follow.rest().await;
            let shared = Arc::clone(&self.shared);
            let ask = async move {
                shared.follow.hear(shared.connections.present().await);
                Ok(())
            };
            if let Err(stopped) = self.worker.run(ask).await {
                self.shared.follow.hear(Err(stopped));
            }
        }
    }

    fn read_only(&self) -> Option<String> {
        self.shared.settings.read_only.clone()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn identity(&self, of: Revision) -> Option<String> {
        self.shared.identity(of)
    }

    fn kind(&self) -> &'static str {
        "postgresql"
    }
}
