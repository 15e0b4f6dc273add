//! Connections, transactions, and the limits on how long anything may take.

use crate::{
    connect::Hosts,
    error::{self, of, of_pool, silent},
    load,
    memory::Stamp,
    sql::{self, Query},
};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Status};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use store::Error;
use tokio::time::timeout;
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How much longer than the database may take, we wait for it: a database that stands still enforces nothing.
const GRACE: Duration = Duration::from_secs(1);

/// When the database ends a transaction of which nothing is heard any more: a process that stands still must not hold
/// the lock of all writers, however long its statements may take. Between two statements, rules are checked.
const STANDSTILL: Duration = Duration::from_secs(30);

/// The connections of a store.
#[derive(Clone)]
pub(crate) struct Connections {
    pool: Pool,
    hosts: Hosts,
    /// How long a statement may take in the database.
    statement: Duration,
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// One state, and nothing is changed.
    Read,
    /// Changes, all or none.
    Write,
}

/// A transaction. One that is dropped ends with its connection.
pub(crate) struct Transaction {
    client: Option<Object>,
    limit: Duration,
    pool: Pool,
    /// Whether something may still be under way on the connection.
    is_broken: AtomicBool,
}

/// A commit that failed.
pub(crate) enum CommitError {
    /// Nothing was changed.
    Refused(Error),
    /// Nobody knows.
    Unknown(Error),
}

impl Connections {
    /// Connections that are made when they are needed.
    pub(crate) fn new(
        config: tokio_postgres::Config,
        tls: MakeRustlsConnect,
        pool_max: usize,
        statement: Duration,
    ) -> Self {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Verified,
        };
        let limit = statement + GRACE;
        let hosts = Hosts::new(&config, tls, limit);
        let manager = Manager::from_connect(config, hosts.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(pool_max)
            .wait_timeout(Some(limit))
            .create_timeout(Some(hosts.limit()))
            .recycle_timeout(Some(limit))
            .runtime(Runtime::Tokio1)
            .build()
            .expect("a runtime is given, which is all that timeouts need");
        Self {
            pool,
            hosts,
            statement,
        }
    }

    /// The way to the database, for a connection that is not of the pool.
    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The longest time that anything may take here.
    pub(crate) fn limit(&self) -> Duration {
        self.statement + GRACE
    }

    /// How many connections there are, and how they are used.
    pub(crate) fn status(&self) -> Status {
        self.pool.status()
    }

    /// A connection.
    async fn get(&self) -> Result<Object, Error> {
        match timeout(self.limit(), self.pool.get()).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(of_pool(error)),
            Err(_) => {
                forget_idle(&self.pool);
                Err(silent())
            }
        }
    }

    /// The present state, asked for without a transaction around it.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub(crate) async fn present(&self) -> Result<Stamp, Error> {
        let client = self.get().await?;
        match timeout(self.limit(), client.query_typed_one(sql::STATE.text, &[])).await {
            Ok(Ok(row)) => Ok(load::stamp(&row)),
            Ok(Err(error)) => Err(of(error)),
            Err(_) => {
                drop(Object::take(client));
                forget_idle(&self.pool);
                Err(silent())
            }
        }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// When there is no connection.
    pub(crate) async fn begin(&self, access: Access) -> Result<Transaction, Error> {
        let transaction = Transaction {
            client: Some(self.get().await?),
            limit: self.limit(),
            pool: self.pool.clone(),
            is_broken: AtomicBool::new(false),
        };
        let mode = match access {
            Access::Read => "ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => "ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        // Set for the transaction alone: behind a proxy, the next one may be on another connection.
        let statement = self.statement.as_millis();
        let standstill = STANDSTILL.as_millis();
        let begin = format!(
            "BEGIN {mode}; SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {statement}; \
             SET LOCAL idle_in_transaction_session_timeout = {standstill}"
        );
        transaction.batch(&begin).await?;
        Ok(transaction)
    }
}

/// Closes what is not in use: the next connection is a new one.
fn forget_idle(pool: &Pool) {
    pool.retain(|_, _| false);
}

impl Transaction {
    /// Waits longer for an answer than others do.
    pub(crate) fn allow(&mut self, limit: Duration) {
        self.limit = limit;
    }

    fn client(&self) -> &Object {
        self.client
            .as_ref()
            .expect("it is there until the transaction ends")
    }

    async fn within<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        let answer = timeout(self.limit, answer).await;
        let failed = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if !error::is_of_connection(&error) => return Err(of(error)),
            Ok(Err(error)) => of(error),
            Err(_) => silent(),
        };
        self.is_broken.store(true, Ordering::Relaxed);
        forget_idle(&self.pool);
        Err(failed)
    }

    /// The rows that a statement gives.
    pub(crate) async fn rows(
        &self,
        query: &Query,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        let typed = typed(query, parameters);
        self.within(self.client().query_typed(query.text, &typed)).await
    }

    /// The only row that a statement gives.
    pub(crate) async fn row(&self, query: &Query, parameters: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        let typed = typed(query, parameters);
        self.within(self.client().query_typed_one(query.text, &typed))
            .await
    }

    /// Runs a statement.
    pub(crate) async fn run(&self, query: &Query, parameters: &[&(dyn ToSql + Sync)]) -> Result<(), Error> {
        let typed = typed(query, parameters);
        let done = self.client().query_typed(query.text, &typed);
        self.within(done).await.map(drop)
    }

    /// The next rows of a cursor.
    pub(crate) async fn fetch(&self, text: &str) -> Result<Vec<Row>, Error> {
        self.within(self.client().query_typed(text, &[])).await
    }

    /// Runs statements without parameters.
    pub(crate) async fn batch(&self, text: &str) -> Result<(), Error> {
        self.within(self.client().batch_execute(text)).await
    }

    /// Makes the changes durable.
    pub(crate) async fn commit(mut self) -> Result<(), CommitError> {
        let failed = match timeout(self.limit, self.client().batch_execute("COMMIT")).await {
            Ok(Ok(())) => {
                drop(self.client.take());
                return Ok(());
            }
            Ok(Err(error)) if error::is_of_transaction(&error) && self.goes_on().await => {
                CommitError::Refused(of(error))
            }
            Ok(Err(error)) => CommitError::Unknown(of(error)),
            Err(_) => CommitError::Unknown(silent()),
        };
        self.is_broken.store(true, Ordering::Relaxed);
        forget_idle(&self.pool);
        Err(failed)
    }

    /// Whether the session outlived what went wrong.
    async fn goes_on(&self) -> bool {
        let answer = timeout(self.limit, self.client().batch_execute("")).await;
        answer.is_ok_and(|answer| answer.is_ok())
    }

    /// Takes everything back that was changed, and ends the transaction.
    pub(crate) async fn end(mut self) {
        if !self.is_broken.load(Ordering::Relaxed) && self.batch("ROLLBACK").await.is_ok() {
            drop(self.client.take());
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // Out of the pool: with the connection, the database ends the transaction.
            drop(Object::take(client));
        }
    }
}

fn typed<'p>(query: &Query, parameters: &[&'p (dyn ToSql + Sync)]) -> Vec<(&'p (dyn ToSql + Sync), Type)> {
    debug_assert_eq!(parameters.len(), query.takes.len(), "{}", query.name);
    parameters
        .iter()
        .copied()
        .zip(query.takes.iter().cloned())
        .collect()
}

#[cfg(test)]
mod tests;
