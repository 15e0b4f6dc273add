//! How it has gone so far, for people and scripts: `GET /v1/stats`.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::rule::Time,
};
use ::rules::RuleId;
use axum::{extract::State as Shared, http::Uri, response::Response};
use catalog::{Matches, Status};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;

/// The most rules that are listed by their matches.
const MOST_MATCHED: usize = 10;

/// How it has gone since the process began.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsData {
    uptime_seconds: u64,
    /// The number of the state of the rules that is in force; 0 before the first ones are loaded.
    revision: u64,
    rules: RuleCounts,
    resolves: Resolves,
    cache: CacheUse,
}

/// The rules that are loaded, in force or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleCounts {
    total: usize,
    by_type: BTreeMap<&'static str, usize>,
    by_source: BTreeMap<&'static str, usize>,
    by_state: BTreeMap<&'static str, usize>,
    /// Rule files and rules that were skipped, ignored or left out.
    problems: usize,
    /// Rules that were part of an answer.
    matched: usize,
    /// Those that were part of the most answers, the greatest first.
    most_matched: Vec<RuleMatches>,
}

/// How often a rule was part of an answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleMatches {
    #[schema(example = "onetrust")]
    rule_id: String,
    /// Answers since the process began.
    matches: u64,
    /// When the last one was given.
    last_matched_at: Option<Time>,
}

/// Answers by what they hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resolves {
    matched: u64,
    /// More rules matched than the limits let in.
    truncated: u64,
    unmatched: u64,
}

/// The resolve cache.
#[derive(Serialize, ToSchema)]
pub(crate) struct CacheUse {
    hits: u64,
    misses: u64,
    /// Hits of all, from 0 to 1; 0 before the first.
    ratio: f64,
    size: usize,
    capacity: usize,
    /// Answers that made room for others.
    evictions: u64,
}

/// Counts since the process began, and what is in force.
#[utoipa::path(
    get, path = "/v1/stats", tag = "system", operation_id = "stats",
    responses(
        (status = 200, description = "The counts", body = Success<StatsData>),
        (status = 400, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, uri: Uri) -> Result<Response, Error> {
    Query::parse(uri.query()).finish()?;
    answer(&state).await
}

pub(super) async fn answer(state: &State) -> Result<Response, Error> {
    let most_matched = state.catalog.most_matched(MOST_MATCHED).await?;
    let most_matched = most_matched.into_iter().map(RuleMatches::of).collect();
    let status = state.catalog.status();
    Ok(answer::success(StatsData::of(state, &status, most_matched)))
}

impl RuleMatches {
    pub(crate) fn of((id, matches): (RuleId, Matches)) -> Self {
        Self {
            rule_id: id.to_string(),
            matches: matches.count,
            last_matched_at: matches.last.map(Time),
        }
    }
}

impl StatsData {
    fn of(state: &State, status: &Status, most_matched: Vec<RuleMatches>) -> Self {
        let Status { answers, cache, .. } = status;
        let asked = cache.hits + cache.misses;
        Self {
            uptime_seconds: state.uptime_seconds(),
            revision: status.revision.map_or(0, |revision| revision.0),
            rules: RuleCounts {
                total: status.counts.iter().map(|count| count.rules).sum(),
                by_type: sums(status, |count| count.kind.as_str()),
                by_source: sums(status, |count| count.layer.as_str()),
                by_state: sums(status, |count| count.state),
                problems: status.problems,
                matched: status.rules_matched,
                most_matched,
            },
            resolves: Resolves {
                matched: answers.matched,
                truncated: answers.truncated,
                unmatched: answers.unmatched,
            },
            cache: CacheUse {
                hits: cache.hits,
                misses: cache.misses,
                ratio: cache.hits as f64 / asked.max(1) as f64,
                size: cache.entries,
                capacity: cache.capacity,
                evictions: cache.evictions,
            },
        }
    }
}

/// The rules by one of their properties.
fn sums(status: &Status, property: fn(&catalog::Count) -> &'static str) -> BTreeMap<&'static str, usize> {
    let mut sums = BTreeMap::new();
    for count in &status.counts {
        *sums.entry(property(count)).or_default() += count.rules;
    }
    sums
}
