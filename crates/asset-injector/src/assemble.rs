//! The one place where parts meet: store, clock, randomness, catalog, API.

use crate::{build_info, client::Answer, config::Config, failure::Failure};
use anyhow::Context as _;
use api::{State, Tokens};
use bytes::Bytes;
use catalog::{Catalog, Snapshot};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use rules::{Clock, Timestamp};
use serde_json::Value;
use std::{sync::Arc, time::SystemTime};
use store::{ErrorKind, RuleStore};
use store_file::{Access, FileStore};
use tokio::runtime::Runtime;
use tower_service::Service as _;

/// The wall clock.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everyone else is given"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The configured files, owned by this process unless they are to be read only.
///
/// # Errors
///
/// When another process owns them.
pub(crate) fn own(config: &Config) -> anyhow::Result<FileStore> {
    let access = match config.folders.read_only {
        true => Access::ReadOnly {
            reason: "READ_ONLY is true".to_owned(),
        },
        false => Access::ReadWrite,
    };
    let opened = FileStore::open(config.folders.folders.clone(), access, Arc::new(SystemClock));
    opened.map_err(|error| {
        if error.kind == ErrorKind::InUse {
            let help = "stop it, or run this one with READ_ONLY=true";
            return Failure::new(error.message, help).into();
        }
        error.into()
    })
}

/// A catalog over a store, without a snapshot yet.
pub(crate) fn catalog(config: &Config, store: Arc<dyn RuleStore>) -> Arc<Catalog> {
    Arc::new(Catalog::new(store, Arc::new(SystemClock), config.catalog))
}

/// The state of the API over a catalog, for callers with these tokens.
pub(crate) fn state(config: &Config, catalog: Arc<Catalog>, tokens: Option<Arc<Tokens>>) -> Arc<State> {
    let access = api::Access {
        listens_on_loopback: config.server.address.ip().to_canonical().is_loopback(),
        tokens,
        require_read: config.access.require_read,
        allowed_hosts: config.access.allowed_hosts.clone(),
        cors_origins: config.access.cors_origins.clone(),
        trusted_proxies: config.access.trusted_proxies.clone(),
        rate_limit: config.access.rate_limit,
    };
    let http = api::Config {
        request_timeout: config.http.request_timeout,
        operation_timeout: config.http.operation_timeout,
        resolve_max_age: config.http.resolve_max_age,
        body_limit: config.http.body_limit,
        inject_from_pages: config.http.inject_from_pages,
        read_only: config.folders.read_only,
        requests_max: config.http.requests_max,
        access,
    };
    let build = api::Build {
        version: build_info::VERSION,
        commit: build_info::COMMIT,
        commit_time: build_info::commit_time(),
        rustc: build_info::RUSTC,
    };
    State::new(catalog, http, build, || fastrand::u128(..))
}

/// Loads and publishes the rules; the work is done on threads that end with it.
///
/// # Errors
///
/// When the files cannot be read at all.
pub(crate) fn load(catalog: &Catalog) -> anyhow::Result<Arc<Snapshot>> {
    let runtime = runtime()?;
    Ok(runtime.block_on(catalog.refresh())?)
}

/// A runtime on the calling thread.
///
/// # Errors
///
/// When the system has no descriptors left.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")
}

/// The API over a rules tree, in this process.
pub(crate) struct Local {
    state: Arc<State>,
    snapshot: Arc<Snapshot>,
}

impl Local {
    /// Loads the configured tree.
    ///
    /// # Errors
    ///
    /// When its files cannot be read at all.
    pub(crate) fn load(config: &Config) -> anyhow::Result<Self> {
        let store = FileStore::new(config.folders.folders.clone());
        let catalog = catalog(config, Arc::new(store));
        let snapshot = load(&catalog)?;
        Ok(Self {
            state: state(config, catalog, None),
            snapshot,
        })
    }

    /// The rules as they were loaded.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Asks by POST with a JSON body.
    ///
    /// # Errors
    ///
    /// When no answer comes, which no input can bring about.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_string())))?;
        runtime()?.block_on(async {
            let Ok(answer) = api::in_process(Arc::clone(&self.state)).call(request).await;
            let status = answer.status().as_u16();
            let bytes = answer
                .into_body()
                .collect()
                .await
                .map_err(|error| anyhow::anyhow!("{error}"))?
                .to_bytes();
            Ok(Answer {
                status,
                body: serde_json::from_slice(&bytes).unwrap_or_default(),
            })
        })
    }
}
