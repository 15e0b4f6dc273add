//! What the handlers share: the catalog, the configuration, what was built, and whether we are draining.

use catalog::{Catalog, Packs, Snapshot};
use packs::fetch::Fetcher;
use rules::Timestamp;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use trace::Tracer;

use crate::{
    access::{policy::Access, right::Rights},
    endpoints::{rules::import::Imports, system::log_level::LogLevel},
    error::Error,
    metrics::{Outside, requests::Requests},
};

/// What the HTTP part can be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long a request may take until its answer begins (`REQUEST_TIMEOUT`).
    pub request_timeout: Duration,
    /// The same for packs, import and export (`OPERATION_TIMEOUT`).
    pub operation_timeout: Duration,
    /// How long a client may keep an answer of `GET /v1/resolve` and the bare assets (`RESOLVE_MAX_AGE`); zero: not at all.
    pub resolve_max_age: Duration,
    /// Bytes of a request's body (`BODY_LIMIT`), except where the API names another bound.
    pub body_limit: usize,
    /// The same for an import, fetched or sent (`IMPORT_BODY_LIMIT`).
    pub import_body_limit: usize,
    /// Fetches what an import names by its URL, with the exceptions of `FETCH_ALLOWED_HOSTS`.
    pub fetcher: Fetcher,
    /// Whether pages of other sites may load the bare assets (`INJECT_FROM_PAGES`).
    pub inject_from_pages: bool,
    /// Whether calls that change rules, packs, pins or disabling are refused (`READ_ONLY`).
    pub read_only: bool,
    /// Requests that may run at a time (`MAX_CONCURRENT_REQUESTS`).
    pub requests_max: usize,
    /// What is logged.
    pub log_level: Arc<dyn LogLevel>,
    /// Continues callers' traces, and says where spans go.
    pub tracer: Tracer,
    /// Who may call.
    pub access: Access,
    /// Whether requests are counted and `/metrics` is answered (`ENABLE_METRICS`).
    pub metrics: bool,
    /// The label of every metric (`ENVIRONMENT`).
    pub environment: String,
    /// What is counted outside of the router.
    pub outside: Outside,
}

/// What was built, from what, by what.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// The release.
    pub version: &'static str,
    /// The commit, or empty where it is unknown.
    pub commit: &'static str,
    /// The commit's time, RFC 3339, or empty where it is unknown.
    pub commit_time: &'static str,
    /// The compiler.
    pub rustc: &'static str,
}

/// What the middleware counts beside the requests.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) panics: AtomicU64,
    pub(crate) rate_limited: AtomicU64,
    pub(crate) shed: AtomicU64,
}

/// What the handlers share.
pub struct State {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) packs: Arc<Packs>,
    pub(crate) config: Config,
    pub(crate) build: Build,
    pub(crate) random: fn() -> u128,
    started_at: Timestamp,
    draining: AtomicBool,
    pub(crate) counters: Arc<Counters>,
    /// Known with the routes; the same for every router of this state.
    requests: OnceLock<Arc<Requests>>,
    pub(crate) imports: Imports,
}

impl State {
    /// The state of a server that starts now, over packs and the catalog that holds them. `random` gives 128 random bits a call, for request ids.
    pub fn new(packs: Arc<Packs>, config: Config, build: Build, random: fn() -> u128) -> Arc<Self> {
        let catalog = Arc::clone(packs.catalog());
        let started_at = catalog.clock().now();
        Arc::new(Self {
            catalog,
            packs,
            config,
            build,
            random,
            started_at,
            draining: AtomicBool::new(false),
            counters: Arc::default(),
            requests: OnceLock::new(),
            imports: Imports::default(),
        })
    }

    /// Makes `/health/ready` answer 503 from now on; everything else goes on being served.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// How many requests have panicked.
    pub fn panics(&self) -> u64 {
        self.counters.panics.load(Ordering::Relaxed)
    }

    /// The counters for requests to these routes; none where nobody wants to know.
    pub(crate) fn count_requests(&self, routes: &Rights) -> Option<Arc<Requests>> {
        let make = || Arc::new(Requests::of(routes.paths()));
        self.config
            .metrics
            .then(|| Arc::clone(self.requests.get_or_init(make)))
    }

    /// The counters of requests, where there are any.
    pub(crate) fn requests(&self) -> Option<&Requests> {
        self.requests.get().map(|requests| &**requests)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.catalog.clock().now()
    }

    pub(crate) fn uptime_seconds(&self) -> u64 {
        let millis = self.now().as_millis().saturating_sub(self.started_at.as_millis());
        u64::try_from(millis / 1000).unwrap_or(0)
    }

    /// The snapshot in force, or `UNAVAILABLE` while there is none.
    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        self.catalog
            .snapshot()
            .ok_or_else(|| Error::unavailable("the rules are still being loaded"))
    }
}
