//! `GET /v1/rules/{id}/stats`: how often a rule was part of an answer.

use super::target::Target;
use crate::{
    answer::{self, Success},
    endpoints::system::stats::RuleMatches,
    error::{Error, ErrorBody},
    state::State,
};
use axum::{extract::State as Shared, response::Response};
use std::sync::Arc;

/// How often a rule was part of an answer of this process, and when it was the last time.
///
/// A rule that is deleted and made again begins anew.
#[utoipa::path(
    get, path = "/v1/rules/{id}/stats", tag = "rules", operation_id = "get_rule_stats",
    params(("id" = String, Path, description = "the effective id, whatever its case")),
    responses(
        (status = 200, description = "The counts since the process began", body = Success<RuleMatches>),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, target: Target) -> Result<Response, Error> {
    let snapshot = state.snapshot()?;
    let entry = snapshot.set().find(&target.id).ok_or_else(Error::no_such_rule)?;
    let id = entry.sourced.rule.id().clone();
    let matches = state.catalog.matches(&id);
    Ok(answer::success(RuleMatches::of((id, matches))))
}
