//! The one place where parts meet: store, clock, randomness, catalog, API.

use crate::{
    atomic, build_info,
    call::{Answer, Call, Observer},
    config::{Config, DatabaseConfig},
    failure::Failure,
    outside::{Files, SystemPace},
    pack_folder,
    telemetry::Level,
};
use anyhow::Context as _;
use api::{Outside, State, Tokens};
use catalog::{Catalog, Packs, Snapshot, Sources, Upstream};
use http_body_util::{BodyExt as _, Full};
use packs::{fetch::Fetcher, repository::Client};
use rules::{Clock, Timestamp};
use std::{sync::Arc, time::SystemTime};
use store::{ErrorKind, RuleStore};
use store_file::{Access, FileStore};
use store_pg::{PgStore, Settings};
use tokio::runtime::Runtime;
use tower_service::Service as _;
use trace::Tracer;

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

/// Why nothing may be written, if the configuration says so.
fn read_only(config: &Config) -> Option<String> {
    config.folders.read_only.then(|| "READ_ONLY is true".to_owned())
}

/// The configured database, which is not asked anything yet.
///
/// # Errors
///
/// When it cannot be asked at all as it is configured.
pub(crate) fn database(config: &DatabaseConfig, read_only: Option<String>) -> anyhow::Result<PgStore> {
    let DatabaseConfig {
        target,
        pool_max,
        statement_timeout,
        identity: _,
    } = config.clone();
    let settings = Settings {
        target,
        pool_max,
        statement_timeout,
        read_only,
    };
    PgStore::open(settings).context("DATABASE_URL")
}

/// A store, and the database that it is over, where it is.
pub(crate) struct Owned {
    pub(crate) store: Arc<dyn RuleStore>,
    pub(crate) database: Option<Arc<PgStore>>,
}

/// The configured store: the database where one is named, else files that this process owns unless they are to be
/// read only. What processes that were killed have left in `DATA_DIR` is removed in either case: who only reads rules
/// keeps things there as well, and nobody loses what somebody is writing.
///
/// # Errors
///
/// When another process owns the files; `help` says what to do then.
pub(crate) fn own(config: &Config, help: &str) -> anyhow::Result<Owned> {
    let owned = opened(config, help)?;
    atomic::remove_left_over(&config.folders.data);
    Ok(owned)
}

fn opened(config: &Config, help: &str) -> anyhow::Result<Owned> {
    let Some(configured) = &config.database else {
        let store = Arc::new(own_files(config, help)?);
        return Ok(Owned {
            store,
            database: None,
        });
    };
    let database = Arc::new(database(configured, read_only(config))?);
    Ok(Owned {
        store: Arc::clone(&database) as Arc<dyn RuleStore>,
        database: Some(database),
    })
}

fn own_files(config: &Config, help: &str) -> anyhow::Result<FileStore> {
    let access = match read_only(config) {
        Some(reason) => Access::ReadOnly { reason },
        None => Access::ReadWrite,
    };
    let opened = FileStore::open(config.folders.folders.clone(), access, Arc::new(SystemClock));
    opened.map_err(|error| {
        if error.kind == ErrorKind::InUse {
            return Failure::new(error.message, help).into();
        }
        error.into()
    })
}

/// A catalog over a store, without a snapshot yet.
pub(crate) fn catalog(config: &Config, store: Arc<dyn RuleStore>) -> Arc<Catalog> {
    Arc::new(Catalog::new(store, Arc::new(SystemClock), config.catalog.clone()))
}

/// The packs of a catalog.
///
/// # Errors
///
/// When the repository cannot be asked at all as it is configured.
pub(crate) fn packs(config: &Config, catalog: Arc<Catalog>) -> anyhow::Result<Arc<Packs>> {
    let community = &config.community;
    let client = |repository| Client::new(repository, Arc::new(SystemPace::default()));
    let client = community.repository.as_ref().map(client).transpose()?;
    let sources = Sources {
        repository: client.map(|client| Arc::new(client) as Arc<dyn Upstream>),
        fetcher: Fetcher::new(config.http.fetch_allowed_hosts.clone()),
        keep: Arc::new(Files::new(config)),
        index_ttl: community.index_ttl,
        held_bytes_max: catalog::HELD_BYTES_MAX,
        engine: pack_folder::engine(),
    };
    Ok(Arc::new(Packs::new(catalog, sources)))
}

/// The state of the API over packs and their catalog, for callers with these tokens.
pub(crate) fn state(
    config: &Config,
    packs: Arc<Packs>,
    tokens: Option<Arc<Tokens>>,
    (log_level, tracer): (Arc<Level>, Tracer),
    outside: Outside,
) -> Arc<State> {
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
        import_body_limit: config.http.import_body_limit,
        fetcher: Fetcher::new(config.http.fetch_allowed_hosts.clone()),
        inject_from_pages: config.http.inject_from_pages,
        read_only: config.folders.read_only,
        requests_max: config.http.requests_max,
        log_level,
        tracer,
        access,
        metrics: config.http.metrics,
        environment: config.log.environment.clone(),
        outside,
    };
    let build = api::Build {
        version: build_info::VERSION,
        commit: build_info::COMMIT,
        commit_time: build_info::commit_time(),
        rustc: build_info::RUSTC,
    };
    State::new(packs, http, build, || fastrand::u128(..))
}

/// A tracer whose spans go nowhere.
pub(crate) fn tracer() -> Tracer {
    #[expect(
        clippy::disallowed_methods,
        reason = "spans want more than the milliseconds of our clock"
    )]
    Tracer::new(|| fastrand::u128(..), SystemTime::now)
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
    runtime: Runtime,
}

impl Local {
    /// Loads the configured tree or database, to be looked at.
    ///
    /// # Errors
    ///
    /// When it cannot be read at all.
    pub(crate) fn load(config: &Config) -> anyhow::Result<Self> {
        let store: Arc<dyn RuleStore> = match &config.database {
            Some(configured) => Arc::new(database(configured, Some("it is only read".to_owned()))?),
            None => Arc::new(FileStore::new(config.folders.folders.clone())),
        };
        Self::over(store, config)
    }

    /// Loads the configured tree or database, to be changed: no other process can change a tree meanwhile.
    ///
    /// # Errors
    ///
    /// When another process may change it, or nobody may, or its files cannot be read at all.
    pub(crate) fn own(config: &Config) -> anyhow::Result<Self> {
        let help = "a tree that a server serves is changed through that server: name it with --server URL";
        let store = own(config, help)?.store;
        match store.read_only() {
            None => Self::over(store, config),
            Some(reason) => {
                let message = format!("the rules cannot be changed: {reason}");
                let help = "let this user write to them, or change them through the server that serves them";
                Err(Failure::new(message, help).into())
            }
        }
    }

    fn over(store: Arc<dyn RuleStore>, config: &Config) -> anyhow::Result<Self> {
        let catalog = catalog(config, store);
        let runtime = runtime()?;
        let snapshot = runtime.block_on(catalog.refresh())?;
        // Nobody else waits, and a call that is given up would end with this process.
        let mut config = config.clone();
        config.http.request_timeout = config.http.operation_timeout;
        let log_level = Level::of_no_log(config.log.filter.clone());
        let packs = packs(&config, catalog)?;
        Ok(Self {
            state: state(&config, packs, None, (log_level, tracer()), Outside::default()),
            snapshot,
            runtime,
        })
    }

    /// The rules as they were loaded.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Makes a call.
    ///
    /// # Errors
    ///
    /// When the call cannot be made, or its answer breaks off.
    pub(crate) fn send(&self, call: &Call, seen: Observer<'_>) -> anyhow::Result<Answer> {
        let call = call.clone().header("host", "localhost");
        let request = call.request("").context("the request")?;
        let request = request.map(|body| Full::new(body.unwrap_or_default()));
        self.runtime.block_on(async {
            let Ok(answer) = api::in_process(Arc::clone(&self.state)).call(request).await;
            let (head, mut body) = answer.into_parts();
            let mut whole = Vec::new();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| anyhow::anyhow!("{error}"))?;
                if let Some(piece) = frame.data_ref() {
                    seen(piece);
                    whole.extend_from_slice(piece);
                }
            }
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: whole,
            })
        })
    }
}
