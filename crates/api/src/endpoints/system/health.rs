//! Whether the service works: `/health`, `/health/live`, `/health/ready`.
//!
//! Open to everyone, so it says that something fails and since when, and never why: the log has that.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    state::State,
    wire::rule::Time,
};
use axum::{extract::State as Shared, response::Response};
use catalog::{Community, Count, PacksStatus, Status};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;

/// The health of the service.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthData {
    /// `ok`, or `degraded` when a part fails while the service still answers.
    #[schema(example = "ok")]
    status: &'static str,
    version: &'static str,
    uptime_seconds: u64,
    components: Components,
}

/// The parts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Components {
    store: StoreHealth,
    engine: EngineHealth,
    cache: CacheHealth,
    /// Absent where no repository is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    community: Option<CommunityHealth>,
}

/// The community repository.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommunityHealth {
    /// `ok`, or `failing` when the last attempt to ask it failed; what is installed stays in force.
    #[schema(example = "ok")]
    status: &'static str,
    /// When it last gave its index, or said that it is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    fetched_at: Option<Time>,
}

/// Where rules live.
#[derive(Serialize, ToSchema)]
pub(crate) struct StoreHealth {
    /// `ok`, or `failing` when the last attempt to load the rules failed.
    #[schema(example = "ok")]
    status: &'static str,
    #[schema(example = "files")]
    kind: &'static str,
    /// Since when it has been failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<Time>,
}

/// The rules in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct EngineHealth {
    /// `ok`, or `degraded` while rules that an earlier process kept stand in for those of the store.
    #[schema(example = "ok")]
    status: &'static str,
    revision: u64,
    /// When these rules were kept, while they stand in.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_at: Option<Time>,
    /// When these rules came into force.
    loaded_at: Option<Time>,
    /// How long they took to compile.
    build_ms: u64,
    /// Rules that take part in matching.
    matching: usize,
    /// Rules by source, then by state.
    rules: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    /// Rule files and rules that were skipped, ignored or left out.
    problems: usize,
}

/// The resolve cache.
#[derive(Serialize, ToSchema)]
pub(crate) struct CacheHealth {
    status: &'static str,
    entries: usize,
    capacity: usize,
    hits: u64,
    misses: u64,
}

/// Says that the process answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct LiveData {
    #[schema(example = "ok")]
    status: &'static str,
}

/// How the service is; 200 once rules are loaded, whatever the store does later.
#[utoipa::path(
    get, path = "/health", tag = "system", operation_id = "health",
    responses((status = 200, description = "It works", body = Success<HealthData>), (status = 503, body = ErrorBody))
)]
pub(crate) async fn health(Shared(state): Shared<Arc<State>>) -> Result<Response, Error> {
    state.snapshot()?;
    Ok(answer::success(HealthData::of(
        &state,
        &state.catalog.status(),
        state.packs.status(),
    )))
}

/// Whether the process answers.
#[utoipa::path(
    get, path = "/health/live", tag = "system", operation_id = "live",
    responses((status = 200, description = "It answers", body = Success<LiveData>))
)]
pub(crate) async fn live() -> Response {
    answer::success(LiveData { status: "ok" })
}

/// Whether new requests should be sent here: as `/health`, and 503 once a shutdown begins.
#[utoipa::path(
    get, path = "/health/ready", tag = "system", operation_id = "ready",
    responses((status = 200, description = "It is ready", body = Success<HealthData>), (status = 503, body = ErrorBody))
)]
pub(crate) async fn ready(Shared(state): Shared<Arc<State>>) -> Result<Response, Error> {
    if state.is_draining() {
        return Err(Error::unavailable("the service is shutting down"));
    }
    state.snapshot()?;
    Ok(answer::success(HealthData::of(
        &state,
        &state.catalog.status(),
        state.packs.status(),
    )))
}

impl HealthData {
    fn of(state: &State, status: &Status, packs: PacksStatus) -> Self {
        let database = state.config.outside.database.as_ref();
        // It knows earlier than the refresh that is under way.
        let is_away = database.is_some_and(|database| !database.status().is_up);
        let is_failing = status.failure.is_some() || is_away;
        let community = packs.community.map(CommunityHealth::of);
        let is_community_failing = community
            .as_ref()
            .is_some_and(|community| community.status != "ok");
        let store = StoreHealth {
            status: if is_failing { "failing" } else { "ok" },
            kind: status.store,
            failing_since: status.failure.as_ref().map(|failure| Time(failure.since)),
        };
        let engine = EngineHealth {
            status: match status.kept_at {
                Some(_) => "degraded",
                None => "ok",
            },
            revision: status.revision.map_or(0, |revision| revision.0),
            kept_at: status.kept_at.map(Time),
            loaded_at: status.loaded_at.map(Time),
            build_ms: status.build_ms,
            matching: status.matching,
            rules: by_source(&status.counts),
            problems: status.problems,
        };
        let cache = CacheHealth {
            status: "ok",
            entries: status.cache.entries,
            capacity: status.cache.capacity,
            hits: status.cache.hits,
            misses: status.cache.misses,
        };
        Self {
            status: match is_failing || is_community_failing || status.kept_at.is_some() {
                true => "degraded",
                false => "ok",
            },
            version: state.build.version,
            uptime_seconds: state.uptime_seconds(),
            components: Components {
                store,
                engine,
                cache,
                community,
            },
        }
    }
}

impl CommunityHealth {
    fn of(community: Community) -> Self {
        Self {
            status: if community.failure.is_some() {
                "failing"
            } else {
                "ok"
            },
            fetched_at: community.index.map(|index| Time(index.fetched_at)),
        }
    }
}

fn by_source(counts: &[Count]) -> BTreeMap<&'static str, BTreeMap<&'static str, usize>> {
    let mut sources: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for count in counts {
        *sources
            .entry(count.layer.as_str())
            .or_default()
            .entry(count.state)
            .or_default() += count.rules;
    }
    sources
}
