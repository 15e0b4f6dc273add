//! A database that is asked again and again whether it is there while something long is under way: one that stands
//! still is given up soon, however long a statement may take.

use anyhow::Context as _;
use async_trait::async_trait;
use rules::PackFile;
use std::{collections::BTreeMap, time::Duration};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Look, Revision, RuleStore};
use store_pg::{PgStore, Settings, Target};
use tokio::{
    runtime::Runtime,
    time::{Instant, sleep},
};

/// How long a database may be silent when it is asked whether it is there.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The pause between two such questions.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How long one statement may take in a database that is there: one carries a thousand rules at the most, or waits for
/// another writer, or for a standby that has to have it too.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// For how long it may give no answer before it counts as away: one question that fails, as where a connection breaks, is
/// asked again. That it takes no more connections is an answer.
const AWAY_AFTER: Duration = Duration::from_secs(10);

/// Connections to a database: a copy uses one at a time, and asks for another where a commit's answer is lost.
const POOL_MAX: usize = 2;

/// A database that has answered, and is watched.
pub(super) struct Watched {
    store: PgStore,
    /// The same database, asked impatiently.
    asked: PgStore,
}

impl Watched {
    /// Opens a database that answers now.
    ///
    /// # Errors
    ///
    /// When it does not, or this program cannot work on it.
    pub(super) fn open(
        database: &Target,
        read_only: Option<String>,
        runtime: &Runtime,
    ) -> anyhow::Result<Self> {
        let open = |statement_timeout, read_only| {
            let settings = Settings {
                target: database.clone(),
                pool_max: POOL_MAX,
                statement_timeout,
                read_only,
            };
            PgStore::open(settings).with_context(|| database.to_string())
        };
        let asked = open(ANSWER_TIMEOUT, Some("it is only asked".to_owned()))?;
        let standing = runtime.block_on(asked.standing());
        standing.with_context(|| database.to_string())?;
        let store = open(STATEMENT_TIMEOUT, read_only)?;
        Ok(Self { store, asked })
    }

    /// Goes on with something for as long as the database answers.
    async fn while_there<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            biased;
            done = call => done,
            away = self.away() => Err(away),
        }
    }

    /// Waits until the database does not answer any more.
    async fn away(&self) -> Error {
        away(|| self.asked.standing()).await
    }
}

/// Asks until nobody has answered for too long; says why.
async fn away<T, F: Future<Output = Result<T, Error>>>(ask: impl Fn() -> F) -> Error {
    let mut answered = Instant::now();
    loop {
        sleep(ASK_EVERY).await;
        match ask().await {
            Err(error) if error.kind == ErrorKind::Unavailable && !store_pg::is_full(&error) => {
                if answered.elapsed() >= AWAY_AFTER {
                    return error;
                }
            }
            // That it answers is enough.
            Ok(_) | Err(_) => answered = Instant::now(),
        }
    }
}

#[async_trait]
impl RuleStore for Watched {
    async fn load(&self) -> Result<Contents, Error> {
        self.while_there(self.store.load()).await
    }

    async fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        self.while_there(self.store.changes(since, look)).await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        self.while_there(self.store.singles(digest)).await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        self.while_there(self.store.pack_files(name)).await
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        tokio::select! {
            biased;
            written = self.store.write(edits) => written,
            away = self.away() => {
                Err(Error::new(ErrorKind::Torn, format!("{away} while the change was made")).because(away))
            }
        }
    }

    fn read_only(&self) -> Option<String> {
        self.store.read_only()
    }

    fn kind(&self) -> &'static str {
        self.store.kind()
    }
}

#[cfg(test)]
mod tests;
