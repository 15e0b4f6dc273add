//! `GET /v1/conflicts`: ids with rules from several sources.

use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::sources::RuleSources,
};
use ::rules::{RuleId, Timestamp};
use axum::{extract::State as Shared, http::Uri, response::Response};
use catalog::Snapshot;
use serde::Serialize;
use std::sync::Arc;
use tokio::task;
use utoipa::ToSchema;

/// The most conflicts that one answer lists; further ones are counted.
const CONFLICTS_MAX: usize = 10_000;

/// Ids with rules from several sources.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConflictsData<'a> {
    /// By id; at most 10 000.
    conflicts: Vec<RuleSources<'a>>,
    /// All conflicts, those that are not listed included.
    count: usize,
}

/// Lists the ids that have rules from several sources, which of them counts, and why.
#[utoipa::path(
    get, path = "/v1/conflicts", tag = "rules", operation_id = "list_conflicts",
    responses(
        (status = 200, description = "The conflicts", body = Success<ConflictsData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, uri: Uri) -> Result<Response, Error> {
    Query::parse(uri.query()).finish()?;
    let (snapshot, now) = (state.snapshot()?, state.now());
    // Every rule is looked at, which is not done on a thread that answers resolves.
    task::spawn_blocking(move || list(&snapshot, now))
        .await
        .map_err(|error| Error::internal(error.to_string()))
}

fn list(snapshot: &Snapshot, now: Timestamp) -> Response {
    let ids = contested(snapshot);
    let listed = ids.iter().take(CONFLICTS_MAX);
    answer::success(ConflictsData {
        conflicts: listed.map(|id| RuleSources::of(snapshot, id, now)).collect(),
        count: ids.len(),
    })
}

/// The ids that more than one rule has; rules of one id stand together.
fn contested(snapshot: &Snapshot) -> Vec<&RuleId> {
    let mut ids: Vec<&RuleId> = Vec::new();
    let mut before = None;
    for entry in snapshot.set().entries().iter() {
        let id = entry.sourced.rule.id();
        if before == Some(id) && ids.last() != Some(&id) {
            ids.push(id);
        }
        before = Some(id);
    }
    ids
}
